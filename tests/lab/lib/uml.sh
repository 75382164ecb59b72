# shellcheck shell=bash disable=SC2154,SC2054 # the options come from `run`; commas are meant
# User-Mode Linux: the kernel is an ordinary program, which reads the machine's files itself
# (hostfs). `run` sources this for uml-*.

# Starts in $talk, as the current directory.
boot() {
    local options=(
        "mem=${memory}M" rootfstype=hostfs rootflags=/ ro quiet
        "init=$talk/init"
        "umid=guest" "uml_dir=$talk/"
        # Kernel messages to our log; fds 8 and 9 are where CMD's stdout and stderr are to go.
        con=null con0=null,fd:1 con1=null,fd:8 con2=null,fd:9
    )
    local launcher=()
    # Where the kernel offers it (6.16), this way of trapping system calls is five times faster.
    [[ $kernel = uml-7.* ]] && options+=(seccomp=auto)

    # A kernel with a C library of its own looks for its loader here. The variable must reach
    # only that program, and not the guest: start's environment is long written down.
    if [[ -d $kernel_dir/libc ]]; then
        ln -s "$kernel_dir/libc" libc
        launcher=(env "LD_LIBRARY_PATH=$kernel_dir/libc")
    fi
    # Linux 5.10's hostfs, below an overlay, mistakes the overlay's private data for its own root
    # path when it opens a file. That data begins with the number of layers as an integer, 2, so
    # the path it opens is "\002/etc/passwd", seen from here. Let that be the right file.
    [[ $kernel = uml-5.10 ]] && ln -s / $'\002'
    local processor=''
    take_processor && launcher=(taskset --cpu-list "$processor" "${launcher[@]}")
    # TERM and not KILL: UML passes it on to its helper processes, which a KILL would leave behind.
    TMPDIR=$(memory_dir) as_guest TERM "${launcher[@]}" "$kernel_dir/linux" "${options[@]}"
}

# take_processor: sets $processor to one that no other guest has, until this one ends. A guest's processes take turns, and
# each turn takes several times as long where another processor has to be woken up for it, above all on a machine that does
# nothing else. Where every processor is taken, the machine decides.
take_processor() {
    local taken
    mkdir -p "$LAB_CACHE/processors"
    for processor in $(allowed_processors); do
        exec {taken}>"$LAB_CACHE/processors/$processor"
        flock -n "$taken" && return
        exec {taken}>&-
    done
    return 1
}

# allowed_processors: their numbers, from a list such as 0-3,8.
allowed_processors() {
    local list range
    list=$(sed -n 's/^Cpus_allowed_list:\s*//p' /proc/self/status)
    for range in ${list//,/ }; do seq "${range%-*}" "${range#*-}"; done
}

# memory_dir: where UML may keep the guest's memory, a file that it executes from. Containers
# often have a /dev/shm that is too small or mounted noexec.
memory_dir() {
    local free
    free=$(df --output=avail -BM /dev/shm 2>/dev/null | tail -n 1 | tr -dc 0-9)
    if ((${free:-0} >= memory)) && ! findmnt -no OPTIONS -T /dev/shm | grep -qw noexec; then
        echo /dev/shm
    else
        echo /tmp
    fi
}
