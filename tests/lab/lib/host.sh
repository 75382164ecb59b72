# shellcheck shell=bash disable=SC2154 # the options come from `run`
# `-k host`: no other kernel, only namespaces of the running one. For machines (CI runners, a
# contributor's own) whose kernel has bonding and where we are root. `run` sources this.

check_host() {
    local instead="use the default kernel instead, -k uml: it needs neither"
    ((EUID == 0)) || die "-k host needs root; $instead"
    [[ -d /sys/module/bonding ]] || modprobe bonding max_bonds=0 2>/dev/null ||
        die "-k host needs a kernel with the bonding driver, $(uname -r) has none; $instead"
    [[ $modules = default ]] || die "-k host leaves the running kernel's modules as they are," \
        "--modules $modules is not for it; $instead"
    modprobe -a veth dummy bridge 8021q sch_netem 2>/dev/null # may be built in, or not needed
}

# Starts in $talk, as the current directory.
boot() {
    # KILL, because unshare ignores TERM; its death ends all that runs in the namespaces.
    as_guest KILL unshare --net --mount --pid --fork --kill-child "$talk/host" >&8 2>&9
}
