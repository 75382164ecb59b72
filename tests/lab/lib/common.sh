# shellcheck shell=bash
# What `run`, `setup` and `selftest` share: the list of kernels and where they are kept.

# Raise this number when a kernel already prepared by an older checkout would not do any more
# (a new module in the initramfs, another file layout): everybody's kernels are then made anew.
readonly LAB_RECIPE=1

readonly LAB_CACHE=${MPATH_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mpath-lab}
# shellcheck disable=SC2034 # for those who source this file
readonly LAB_KERNELS="uml-5.10 uml-6.1 uml-6.12 uml-7.2 \
qemu-5.10 qemu-6.1 qemu-6.12 qemu-7.2 qemu-7.3 vt-6.1"

warn() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# die [STATUS] MESSAGE: 125 is the lab's own "it was me, not your command".
die() {
    local status=125
    [[ $1 =~ ^[0-9]+$ ]] && { status=$1; shift; }
    warn "$*"
    exit "$status"
}

# os_release FIELD: a field of the machine's own description (bookworm, debian, …).
os_release() { (. /etc/os-release && printf '%s' "${!1-}"); }

# The one in which programs start quickest. Debian's suites move on: one day this version is not to be had any more.
readonly LAB_QUICKEST=uml-7.2

# resolve_kernel NAME: prints the full name (`uml` is that of the machine's own Debian release, or the same version emulated
# where that does not start; `quick` is the quickest if `setup` could get it, and `uml` if not).
resolve_kernel() {
    local version
    if [[ $1 = quick && -d $(kernel_dir $LAB_QUICKEST) ]]; then
        printf %s $LAB_QUICKEST
    elif [[ $1 != uml && $1 != quick ]]; then
        printf '%s' "$1"
    else
        case $(os_release VERSION_CODENAME) in
        bullseye) version=5.10 ;;
        trixie) version=6.12 ;;
        forky | sid) version=7.2 ;;
        *) version=6.1 ;; # bookworm, and whatever is not Debian
        esac
        if starts_here uml-$version; then printf %s uml-$version; else printf %s qemu-$version; fi
    fi
}

# starts_here KERNEL: whether the processor lets it. Those in user mode had room for so many registers (HOST_FP_SIZE in
# arch/x86/um) before it was asked for at the start (host_fp_size), and the machine's kernel sets all that there are or none
# (xstateregs_set in arch/x86/kernel/fpu/regset.c, EFAULT): with those of AMX none of these starts its first process.
starts_here() {
    case $1 in
    uml-5.10 | uml-6.1 | uml-6.12) ! grep -qw amx_tile /proc/cpuinfo ;;
    esac
}

# known_kernel NAME
known_kernel() { [[ " $LAB_KERNELS " == *" $1 "* ]]; }

# kernel_dir NAME: the folder that `setup` makes. It appears there complete or not at all.
kernel_dir() { printf '%s/kernels-%s/%s' "$LAB_CACHE" "$LAB_RECIPE" "$1"; }

# kernel_ready NAME: is it there, and are the programs without which it cannot start?
kernel_ready() {
    [[ -d $(kernel_dir "$1") && -x /usr/bin/busybox ]] || return
    [[ $1 = uml-* ]] || type -P qemu-system-x86_64 >/dev/null
}
