# shellcheck shell=bash disable=SC2154 # the options come from `run`
# `-k host`: no other kernel, only namespaces of the running one. For machines (CI runners, a
# contributor's own) whose kernel has bonding and where we are root.

run_on_host() {
    local need="-k host needs" instead="use the default kernel instead, -k uml: it needs neither"
    ((EUID == 0)) || die "$need root; $instead"
    [[ -d /sys/module/bonding ]] || modprobe bonding max_bonds=0 2>/dev/null ||
        die "$need a kernel with the bonding driver, $(uname -r) has none; $instead"
    [[ $modules = default ]] ||
        die "$need --modules default: the running kernel's modules stay as they are; $instead"
    modprobe -a veth dummy bridge 8021q sch_netem 2>/dev/null # may be built in, or not needed
    timeout -k 5 "$timeout" unshare --net --mount --pid --fork --kill-child \
        /bin/bash "$lab/lib/host-inside.sh" "${#writable[@]}" "${writable[@]}" "$@"
    exit # 124 comes from `timeout`
}
