# shellcheck shell=bash disable=SC2154 # the options come from `run`
# The life of a guest as seen from outside, whatever kind it is. `run` sets the variables that are
# used here; uml.sh or qemu.sh bring `boot`, which replaces its process by the guest's.
#
# Host and guest talk through one folder, $talk, which the guest sees too:
#   config environ command cwd   what to do                 (written here, read by guest/init)
#   status                       CMD's exit status          (written by guest/init, last of all)
#   out err                      pipes that the guest's two output consoles lead to
#   kernel.log                   the kernel's messages

run_in_guest() {
    talk=$(mktemp -d /tmp/mpath-lab.XXXXXX) || die "cannot make a folder in /tmp"
    guest='' timer='' relays=()
    trap 'stop_guest; rm -rf "$talk"' EXIT
    trap 'exit 143' TERM
    trap 'exit 130' INT
    trap 'exit 129' HUP
    describe_command "$@"
    open_relays
    (cd "$talk" && boot) 8>&"$out_pipe" 9>&"$err_pipe" {out_pipe}>&- {err_pipe}>&- </dev/null \
        >>"$talk/kernel.log" 2>&1 &
    guest=$!
    sleep "$timeout" {out_pipe}>&- {err_pipe}>&- &
    timer=$!
    local first timed_out=no
    wait -n -p first "$guest" "$timer"
    [[ $first = "$timer" ]] && timed_out=yes
    stop_guest
    close_relays
    finish $timed_out
}

# describe_command CMD ARG…: writes down all that the guest must know. NUL-separated, so that any
# byte gets through.
describe_command() {
    local dir
    cp -r "$lab"/guest/. "$talk/"
    printf '%s\0' "$@" >"$talk/command"
    env -0 >"$talk/environ"
    printf '%s' "$PWD" >"$talk/cwd"
    : >"$talk/writable"
    for dir in "${writable[@]}"; do printf '%s\n' "$dir" >>"$talk/writable"; done
    cat >"$talk/config" <<EOF
kind=${kernel%%-*}
talk='$talk'
kernel_modules='$(readlink -f "$kernel_dir"/modules/*)'
load_modules=$modules
EOF
}

# The guest never gets our own stdout and stderr but pipes to `cat`s that do: UML makes whatever
# it writes to non-blocking, and whoever shares our stdout would be hit by that.
open_relays() {
    local stream
    for stream in out err; do mkfifo "$talk/$stream"; done
    cat <"$talk/out" &
    relays+=($!)
    cat <"$talk/err" >&2 &
    relays+=($!)
    exec {out_pipe}>"$talk/out" {err_pipe}>"$talk/err"
}

close_relays() {
    exec {out_pipe}>&- {err_pipe}>&-
    wait "${relays[@]}"
}

# as_guest PROGRAM ARG…: becomes the guest's first process.
# setsid: the guest may be many processes; as a group of their own they can be ended together.
# pdeathsig: not even a `kill -9` of this script leaves a guest behind.
as_guest() { exec setsid setpriv --pdeathsig TERM "$@"; }

stop_guest() {
    [[ -z $timer ]] || kill "$timer" 2>/dev/null
    [[ -z $guest ]] || kill -KILL -- "-$guest" 2>/dev/null
    [[ -z $guest$timer ]] || wait $guest $timer 2>/dev/null
    guest='' timer=''
}

# finish TIMED_OUT: leaves with the right status.
finish() {
    local kept=$log
    if [[ -n $log ]]; then
        cp "$talk/kernel.log" "$log" || kept=''
    fi
    [[ -s $talk/status ]] && exit "$(<"$talk/status")"
    if [[ -z $kept ]]; then
        kept=$(mktemp /tmp/mpath-lab-kernel.XXXXXX.log) && cp "$talk/kernel.log" "$kept"
    fi
    [[ $1 = yes ]] && die 124 "still running after $timeout s, stopped (kernel log: $kept)"
    die 125 "the guest ended before it told CMD's exit status (kernel log: $kept)"
}
