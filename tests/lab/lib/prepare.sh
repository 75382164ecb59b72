# shellcheck shell=bash disable=SC2154 # $lab comes from `setup`
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
    qemu-6.1) echo bookworm-security bookworm ;;
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

# QEMU: a full Debian kernel, the decompressed kernel itself, and an initramfs just big enough to
# get at the machine's files.
prepare_qemu() {
    local version=$1 dir=$2 name package
    local pattern="${version//./\\.}\.[0-9]+([+-][0-9a-z.]+)?-amd64" # neither cloud nor rt
    for name in $(suites_of "qemu-$version"); do
        use_suite "$name"
        # Since 7.0 a kernel comes in several packages, its image proper in linux-binary-*.
        package=$(suite_newest "linux-binary-$pattern")
        [[ -n $package ]] || package=$(suite_newest "linux-image-$pattern")
        [[ -z $package ]] || break
    done
    [[ -n $package ]] || die "no Linux $version in Debian any more" \
        "(looked in: $(suites_of "qemu-$version"))"
    case $package in
    linux-binary-*)
        suite_unpack "$dir/unpacked" "$package" \
            "${package/binary/modules}" "${package/binary/base}"
        ;;
    *) suite_unpack "$dir/unpacked" "$package" ;;
    esac
    [[ -e $dir/unpacked/lib ]] || ln -s usr/lib "$dir/unpacked/lib"
    local release
    release=$(ls "$dir/unpacked/lib/modules")
    local drivers=$dir/unpacked/lib/modules/$release/kernel/drivers
    rm -rf "${drivers:?}"/{gpu,hwmon,iio,infiniband,media,scsi,staging} "$drivers/../sound" # half of it
    PATH=$PATH:/usr/sbin:/sbin depmod -b "$dir/unpacked" "$release"
    local images=("$dir/unpacked/boot/vmlinuz-"* "$dir/unpacked/lib/modules/$release/vmlinuz"*)
    for image in "${images[@]}"; do
        [[ ! -e $image ]] || break
    done
    extract_vmlinux "$image" "$dir/vmlinux"
    make_initramfs "$dir/unpacked" "$release" "$dir/initrd.cpio"
    mkdir "$dir/modules"
    mv "$dir/unpacked/lib/modules/$release" "$dir/modules/"
    rm -rf "$dir/unpacked"
}

# Virtual time: the same files as QEMU's kernel of that version, which `setup` prepares first.
prepare_vt() {
    local file
    for file in vmlinux initrd.cpio modules; do ln -s "../qemu-$1/$file" "$2/$file"; done
}

# extract_vmlinux BZIMAGE OUT: emulated, decompressing itself would take the kernel 3-4 s at each
# boot; QEMU starts the decompressed one as well. The image's header says where that lies
# (Documentation/arch/x86/boot.rst: setup_sects, payload_offset, payload_length).
extract_vmlinux() {
    local sectors offset length magic unpack
    field() { od -An -v -j "$1" -N "$2" -t "u$2" "$image" | tr -d ' '; }
    sectors=$(field $((0x1f1)) 1)
    offset=$(field $((0x248)) 4)
    length=$(field $((0x24c)) 4)
    payload() { tail -c +$(((sectors + 1) * 512 + offset + 1)) "$image" | head -c "$length"; }
    magic=$(payload 2>/dev/null | head -c 4 | od -An -v -t x1 | tr -d ' ')
    case $magic in
    fd377a58) unpack="xz -dc --single-stream" ;;
    28b52ffd) unpack="zstd -qdc" ;;
    1f8b*) unpack="gzip -qdc" ;;
    *) die "an unknown compression ($magic) in $1" ;;
    esac
    # The payload ends with its unpacked size, of which the tools complain when all is done.
    payload | $unpack >"$2" 2>/dev/null || true
    [[ $(head -c 4 "$2") == $'\177ELF' ]] || die "no kernel in $1"
}

# make_initramfs UNPACKED RELEASE OUT
make_initramfs() {
    local tree
    ldd "$(type -P busybox)" >/dev/null 2>&1 &&
        die "busybox is a dynamic program, which is of no use in an initramfs: install busybox-static"
    tree=$(mktemp -d "$LAB_CACHE/initramfs.XXXXXX")
    mkdir -p "$tree/usr/bin" "$tree/boot" "$tree/net"
    cp "$(readlink -f "$(type -P busybox)")" "$tree/usr/bin/busybox"
    cp "$lab/guest/initramfs" "$tree/init"
    chmod 755 "$tree/init"
    add_modules "$1" "$2" "$tree/boot" virtio_mmio virtio_console 9p 9pnet_virtio overlay
    add_modules "$1" "$2" "$tree/net" bonding veth dummy bridge 8021q sch_netem
    if ! compgen -G "$tree/boot/*-9p.ko" >/dev/null || ! compgen -G "$tree/net/*-bonding.ko" >/dev/null; then
        die "modules are missing in Linux $2"
    fi
    (cd "$tree" && find . | busybox cpio -o -H newc 2>/dev/null) >"$3"
    rm -rf "$tree"
}

# add_modules UNPACKED RELEASE FOLDER MODULE…: unpacked, with what they depend on, numbered in the
# order in which to load them.
add_modules() {
    local base=$1 release=$2 folder=$3 number=100 file name
    shift 3
    while read -r _ file _; do
        name=$(basename "$file")
        name=${name%%.*}
        compgen -G "$folder/*-$name.ko" >/dev/null && continue
        number=$((number + 1))
        case $file in
        *.xz) xz -dc "$file" ;;
        *.zst) zstd -qdc "$file" ;;
        *) cat "$file" ;;
        esac >"$folder/$number-$name.ko"
    done < <(PATH=$PATH:/usr/sbin:/sbin modprobe -C /dev/null -d "$base" -S "$release" \
        --show-depends --all "$@" | grep '^insmod ')
}
