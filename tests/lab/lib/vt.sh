# shellcheck shell=bash disable=SC2154,SC2054 # the options come from `run`; commas are meant
# vt-*: virtual time. QEMU counts instructions instead of looking at a clock: time in the guest
# passes by what the guest does, whatever the machine is busy with, and waiting takes no time at
# all. `run` sources this for vt-*.
#
# The machine's files must stay out of it: while the guest waited for them, its time would leap
# ahead by seconds. So CMD, its arguments that are files, and a few tools go into the initramfs.

[[ $modules = default && ${#writable[@]} = 0 ]] ||
    die "virtual time has neither --modules absent nor writable folders"

# Beside these there are busybox's.
readonly VT_TOOLS="bash sh ip bridge tc ping env sleep cat grep sed awk date seq md5sum"

# Starts in $talk, as the current directory.
boot() {
    pack_initramfs
    local machine=(
        -M microvm,x-option-roms=off,isa-serial=on,acpi=on
        -accel tcg,thread=single -icount shift=1,sleep=off # 2 ns an instruction; idle time is skipped
        -cpu max -smp 1 -m "$memory" -nodefaults -no-user-config -display none -no-reboot
        # The processor's random numbers and the date are the same in each run too: what the kernel and programs do
        # with them, keys of hash tables above all, moved a group's looks at its links by a tick now and then.
        -seed 1 -rtc base=2026-01-01T00:00:00,clock=vm
        -kernel "$kernel_dir/vmlinux" -initrd "$talk/initrd.cpio"
        -append "console=ttyS0 quiet panic=-1 reboot=t nokaslr norandmaps mitigations=off cryptomgr.notests \
lab.talk=$talk tsc_early_khz=1000000 lpj=4000000"
        -chardev "file,id=log,path=$talk/kernel.log,append=on" -serial chardev:log
        -device virtio-serial-device
    )
    local port
    for port in out err status; do
        machine+=(-chardev "file,id=$port,path=$talk/$port,append=on"
            -device "virtserialport,chardev=$port,name=$port")
    done
    as_guest TERM qemu-system-x86_64 "${machine[@]}"
}

# pack_initramfs: the kernel's own one, and a second one appended, whose files go over the first's.
pack_initramfs() {
    local tree=$talk/tree words word cmd_dir
    cmd_dir=$(<"$talk/cwd")
    mkdir -p "$tree"/{usr/bin,usr/sbin,usr/lib,usr/lib64,etc,root,tmp,run,var/tmp}
    for word in bin sbin lib lib64; do ln -s "usr/$word" "$tree/$word"; done
    mkdir -p "$tree$talk" "$tree$cmd_dir"
    cp "$talk"/{init,vt,qemu,start,modprobe,config,environ,command,cwd,writable} "$tree$talk/"
    cp "$lab/guest/initramfs-vt" "$tree/init"
    for word in $(busybox --list | grep -vx busybox); do ln -s busybox "$tree/usr/bin/$word"; done
    for word in $VT_TOOLS; do pack_program "$(type -P "$word")"; done
    mapfile -d '' -t words <"$talk/command"
    [[ -z $(type -P "${words[0]}") ]] || words[0]=$(type -P "${words[0]}")
    for word in "${words[@]}"; do
        [[ $word == /* ]] || word=$cmd_dir/$word
        [[ ! -f $word ]] || pack_program "$word"
    done
    (cd "$tree" && find . | busybox cpio -o -H newc 2>/dev/null) |
        cat "$kernel_dir/initrd.cpio" - >"$talk/initrd.cpio"
    rm -rf "$tree"
}

# pack_program FILE: with the libraries it needs, each at its own place.
pack_program() {
    local file place
    [[ -n $1 ]] || return 0
    for file in "$1" $(ldd "$1" 2>/dev/null | grep -o '/[^ )]*'); do
        place=$tree$(readlink -f "$(dirname "$file")")/$(basename "$file")
        mkdir -p "${place%/*}"
        rm -f "$place"
        cp -L "$file" "$place"
    done
}
