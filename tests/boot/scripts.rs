//! The script of ifupdown, run by the real one: as Debian packages it, unpacked and not installed.

use std::process::Command;

use crate::machine::{Seen, kernel, repository, unpacked};

crate::cases!(ifupdown_brings_a_group_up_and_takes_it_down);

/// Runs a script in a machine of the lab, with the programs of packages laid over its files, mpath in `/usr/bin` and two
/// cables.
fn run(packages: &[&str], script: &str) -> Seen {
    let folder = unpacked("boot-scripts", packages);
    let script = format!(
        "set -e
        cp -a {folder}/root/. /
        cp {mpath} /usr/bin/mpath
        mkdir -p /etc/mpath && chmod 755 /etc/mpath && cp {repository}/tests/home-lan.toml /etc/mpath/ && \
            chmod 644 /etc/mpath/home-lan.toml
        for name in eth0 eth1; do ip link add $name type veth peer name to-$name; ip link set to-$name up; done
        {script}",
        folder = folder.display(),
        mpath = env!("CARGO_BIN_EXE_mpath"),
        repository = repository(".").canonicalize().unwrap().display(),
    );
    let mut command = Command::new(repository("tests/lab/run"));
    command.arg("-k").arg(kernel().unwrap()).args(["-t", "120", "/bin/bash", "-c", &script]);
    Seen::of(&command.output().unwrap())
}

fn ifupdown_brings_a_group_up_and_takes_it_down() {
    let hook = repository("packaging/ifupdown/mpath").canonicalize().unwrap();
    let seen = run(
        &["ifupdown"],
        &format!(
            "mkdir -p /run/network /etc/network/if-pre-up.d /etc/network/if-post-down.d
            cp {} /etc/network/if-pre-up.d/mpath
            ln -s ../if-pre-up.d/mpath /etc/network/if-post-down.d/mpath
            printf 'auto bond0\\niface bond0 inet manual\\n    mpath-group home-lan\\n' >/etc/network/interfaces
            ifup bond0
            mpath status home-lan
            ifdown bond0
            test ! -e /sys/class/net/bond0 && echo gone",
            hook.display()
        ),
    );
    seen.has("active     eth").has("gone\n");
}
