# shellcheck shell=bash
# How each kind of kernel is made ready. `setup` calls prepare_KIND VERSION DIR.

# Debian suites in which to look for a version, the best first. To add a kernel: a line here and
# its name in LAB_KERNELS.
suites_of() {
    case $1 in
    uml-5.10) echo bullseye ;;
    uml-6.1) echo bookworm ;;
    uml-6.12) echo trixie ;;
    uml-7.2) echo sid forky ;;
    qemu-5.10) echo bullseye-security bullseye ;;
    qemu-6.1) echo bookworm bookworm-security ;;
    qemu-6.12) echo trixie-security trixie ;;
    qemu-7.2) echo sid forky trixie-backports ;;
    qemu-7.3) echo trixie-backports sid ;;
    esac
}

# User-Mode Linux: one package with the kernel, an ordinary program, and its modules.
prepare_uml() {
    local version=$1 dir=$2 name found
    for name in $(suites_of "uml-$version"); do
        use_suite "$name"
        found=$(suite_version user-mode-linux)
        [[ $found == "$version"[!0-9]* ]] && break
        found=
    done
    [[ -n $found ]] || die "no user-mode-linux $version in Debian any more" \
        "(looked in: $(suites_of "uml-$version"))"
    suite_unpack "$dir/unpacked" user-mode-linux
    mv "$dir/unpacked/usr/bin/linux.uml" "$dir/linux"
    mv "$dir/unpacked/usr/lib/uml/modules" "$dir/modules"
    if ! "$dir/linux" --version >/dev/null 2>&1; then
        suite_unpack "$dir/unpacked" libc6
        mv "$dir/unpacked/usr/lib/x86_64-linux-gnu" "$dir/libc"
        use_own_libc "$dir/linux"
    fi
    rm -rf "$dir/unpacked"
}

# use_own_libc PROGRAM: a kernel of a newer suite wants a newer glibc than the machine has. Its
# own one is kept beside it; the program asks the kernel for its loader by an absolute path,
# which is rewritten in place to a relative one: `run` starts it in a folder with that `libc`.
# (Starting it as `ld.so linux` does not do: UML then misjudges its own memory layout.)
use_own_libc() {
    perl -0777 -pi -e '
        my $old = "/lib64/ld-linux-x86-64.so.2\0";
        my $new = "libc/ld-linux-x86-64.so.2\0";
        $new .= "\0" x (length($old) - length($new));
        s/\Q$old\E/$new/ or die "no loader named in it\n";
    ' "$1"
}
