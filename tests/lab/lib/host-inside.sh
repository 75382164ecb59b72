#!/bin/bash
# host-inside.sh N DIR… CMD ARG…: what `-k host` runs first in its new namespaces. The network is
# empty, and what CMD writes to /etc and /run/mpath is thrown away; the rest of the machine is
# not protected, it is the real one (the N folders DIR are, for this reason, simply there).
set -eu
shift $((1 + $1))
mount --make-rprivate /
mount -t proc proc /proc
# /sys shows the network namespace it was mounted from: the old one would show the machine's.
mount -t sysfs sys /sys
mkdir -p /run/mpath
mount -t tmpfs -o mode=755 lab /run/mpath
scratch=$(mktemp -d)
mount -t tmpfs lab "$scratch"
mkdir "$scratch/upper" "$scratch/work"
mount -t overlay -o "lowerdir=/etc,upperdir=$scratch/upper,workdir=$scratch/work" lab /etc
umount -l "$scratch"
rmdir "$scratch"
PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin
ip link set lo up
exec "$@" </dev/null
