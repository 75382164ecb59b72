# shellcheck shell=bash disable=SC2154 # the options come from `run`
# The life of a guest as seen from outside, whatever kind it is. `run` sets the variables that are
# used here; uml.sh or qemu.sh bring `boot`, which replaces its process by the guest's.
#
# Host and guest talk through one folder, $talk, which the guest sees too:
#   config environ command cwd   what to do                 (written here, read by guest/init)
#   status                       CMD's exit status          (written by guest/init, last of all)
#   out err                      CMD's output              (written by the guest's two consoles)
#   kernel.log                   the kernel's messages

run_in_guest() {
    talk=$(mktemp -d /tmp/mpath-lab.XXXXXX) || die "cannot make a folder in /tmp"
    guest='' timer='' relays=()
    trap 'stop_guest; rm -rf "$talk"' EXIT
    trap 'exit 143' TERM
    trap 'exit 130' INT
    trap 'exit 129' HUP
    describe_command "$@"
    (cd "$talk" && boot) </dev/null >>"$talk/kernel.log" 2>&1 8>>"$talk/out" 9>>"$talk/err" &
    guest=$!
    relay out
    relay err >&2
    sleep "$timeout" &
    timer=$!
    local first=none why=ended
    wait -n -p first "$guest" "$timer" "${relays[@]}" 2>/dev/null
    case $first in
    "$guest") ;;
    "$timer") why=timeout ;;
    *) why=unread ;;
    esac
    stop_guest
    wait "${relays[@]}"
    finish $why
}

# relay FILE: copies to our stdout what the guest adds to FILE. Not a pipe, because a guest that
# turns itself off does not wait for the reader of a full one: the rest would be lost.
relay() {
    tail -c +1 -f -s 0.02 --pid="$guest" "$talk/$1" 2>/dev/null &
    relays+=($!)
}

# describe_command CMD ARG…: writes down all that the guest must know. NUL-separated, so that any
# byte gets through.
describe_command() {
    local dir
    cp -r "$lab"/guest/. "$talk/"
    printf '%s\0' "$@" >"$talk/command"
    env -0 >"$talk/environ"
    # A root of its own need not have our directory.
    if [[ -n $tree ]]; then echo -n / >"$talk/cwd"; else printf '%s' "$PWD" >"$talk/cwd"; fi
    touch "$talk/out" "$talk/err"
    for dir in "${writable[@]}"; do printf '%s\n' "$dir"; done >"$talk/writable"
    cat >"$talk/config" <<EOF
kind=${kernel%%-*}
talk='$talk'
kernel_modules='${kernel_modules-}'
load_modules=$modules
boot='${boot-}'
tree='${tree-}'
first=${first_process-}
orderly=$orderly
EOF
}

# as_guest SIGNAL PROGRAM ARG…: becomes the guest's first process.
# setsid: the guest may be many processes; as a group of their own they can be ended together.
# pdeathsig: not even a `kill -9` of this script leaves a guest behind; SIGNAL is what ends it.
as_guest() { exec setsid setpriv --pdeathsig "$@"; }

stop_guest() {
    [[ -z $timer ]] || kill "$timer" 2>/dev/null
    [[ -z $guest ]] || kill -KILL -- "-$guest" 2>/dev/null
    [[ -z $guest || -z $timer ]] || wait "$guest" "$timer" 2>/dev/null
    guest='' timer=''
}

# finish WHY: leaves with the right status. WHY: ended, timeout, or unread, which means that nobody
# reads our output any more: then we end as any other program does.
finish() {
    local kept=$log
    if [[ -n $log ]]; then
        cp "$talk/kernel.log" "$log" || kept=''
    fi
    # A system that should shut down by itself and is there when time is up hangs.
    [[ -s $talk/status && (-z $orderly || $1 = ended) ]] && exit "$(<"$talk/status")"
    [[ $1 = unread ]] && exit 141
    if [[ -z $kept ]]; then
        kept=$(mktemp /tmp/mpath-lab-kernel.XXXXXX.log) && cp "$talk/kernel.log" "$kept"
    fi
    [[ $1 = timeout ]] && die 124 "still running after $timeout s, stopped (kernel log: $kept)"
    die 125 "the guest ended before it told CMD's exit status (kernel log: $kept)"
}
