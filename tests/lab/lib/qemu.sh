# shellcheck shell=bash disable=SC2154,SC2054 # the options come from `run`; commas are meant
# Debian's own full kernels in an emulated machine (no KVM: it is rarely to be had where tests run,
# and the emulation is quick enough). `run` sources this for qemu-*.

# Starts in $talk, as the current directory.
boot() {
    local khz shares paths options i
    khz=$(awk '/MHz/ { printf "%d", $4 * 1000; exit }' /proc/cpuinfo)
    # The guest finds these by their tags: the machine's "/", read-only, and what it may write.
    shares=(hostroot talk)
    paths=(/ "$talk")
    for i in "${!writable[@]}"; do
        shares+=("writable$((i + 1))")
        paths+=("${writable[i]//,/,,}")
    done

    local machine=(
        # microvm, the smallest machine: boots in half the time of a PC.
        -M microvm,x-option-roms=off,isa-serial=on,acpi=on -accel tcg,thread=multi
        -cpu max -smp 1 -m "$memory" # more processors make it slower: they are emulated
        -nodefaults -no-user-config -display none -no-reboot
        -kernel "$kernel_dir/vmlinux" -initrd "$kernel_dir/initrd.cpio"
        -append "$(kernel_words "${khz:-2000000}")"
        -chardev "file,id=log,path=$talk/kernel.log,append=on" -serial chardev:log
        -device virtio-serial-device
        -chardev "file,id=out,path=$talk/out,append=on" -device virtserialport,chardev=out,name=out
        -chardev "file,id=err,path=$talk/err,append=on" -device virtserialport,chardev=err,name=err
    )
    for i in "${!shares[@]}"; do
        options=security_model=none,multidevs=remap
        [[ ${shares[i]} != hostroot ]] || options+=,readonly=on
        machine+=(
            -fsdev "local,id=fs$i,path=${paths[i]},$options"
            -device "virtio-9p-device,fsdev=fs$i,mount_tag=${shares[i]}"
        )
    done
    [[ -z $cards ]] || add_cards
    as_guest TERM qemu-system-x86_64 "${machine[@]}"
}

# add_cards: network cards card0 to card2, with the MAC addresses 52:54:00:00:00:00 and so on, and a
# port "qmp" by which the guest itself talks to the emulator: set_link pulls the cable of a card.
add_cards() {
    machine[1]+=,pcie=on
    machine+=(
        -qmp "unix:$talk/qmp,server=on,wait=off"
        -chardev "socket,id=qmp,path=$talk/qmp" -device virtserialport,chardev=qmp,name=qmp
    )
    for i in 0 1 2; do
        machine+=(
            -netdev "hubport,id=hub$i,hubid=0"
            -device "$cards,netdev=hub$i,id=card$i,mac=52:54:00:00:00:0$i"
        )
    done
}

# kernel_words KHZ: the kernel's command line.
kernel_words() {
    local words=(
        "lab.talk=$talk" console=ttyS0 quiet
        panic=-1 reboot=t # end at once, by a triple fault, which QEMU takes for the end
        # Without a clock speed to start from, an emulated microvm hangs looking for a clock;
        # with the loops per jiffy (HZ is 250) given too, the kernel does not measure any.
        "tsc_early_khz=$1" "lpj=$(($1 * 4))"
        nokaslr mitigations=off cryptomgr.notests # each saves boot time, none matters to a test
    )
    printf '%s' "${words[*]}"
}
