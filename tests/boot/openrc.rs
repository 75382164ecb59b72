//! Boots with OpenRC, begun by sysvinit, as Debian packages both: unpacked, and not installed.

use std::fs;

use crate::machine::{LAST_WORDS, Tree, repository};

crate::cases!(openrc_has_the_group_up_before_what_needs_the_network_and_until_all_has_stopped);

/// The programs, and the scripts of Debian's that mount file systems.
const PACKAGES: [&str; 5] = ["openrc", "librc1", "libeinfo1", "sysvinit-core", "initscripts"];

/// Cards, before anything of the network begins.
const CABLES: &str = "#!/sbin/openrc-run
depend() { before net; }
start() { bash /etc/lab-cables eth0 'eth1 address 02:00:00:00:00:71'; }
";

/// Something that needs the network: it notes what it finds.
const NEEDS_NETWORK: &str = "#!/sbin/openrc-run
depend() { need net; }
start() {
\t{ ip -brief address show bond0; ping -c 1 -w 20 192.168.1.24; } >/run/found 2>&1
}
stop() {
\tebegin Stopping what needs the network
\tping -c 1 -w 20 192.168.1.24 >/dev/null
\teend $?
}
";

/// A machine whose services are OpenRC's, with a group that is enabled.
fn home_lan() -> Tree {
    let tree = Tree::over(None, &[]);
    tree.unpack("boot-openrc", &PACKAGES);
    tree.program();
    for name in ["mpath", "mpath-agent"] {
        script(&tree, name, &fs::read_to_string(repository("packaging/openrc").join(name)).unwrap());
    }
    script(&tree, "lab-cables", CABLES);
    script(&tree, "lab-needs-network", NEEDS_NETWORK);
    tree.mpath("enable home-lan");
    tree.file("etc/last-words", LAST_WORDS);
    script(&tree, "lab-last-words", "#!/sbin/openrc-run\nstart() { bash /etc/last-words; }\n");
    // What is in the runlevel `shutdown` starts when all else has stopped.
    for (level, name) in [("boot", "lab-cables"), ("default", "lab-needs-network"), ("shutdown", "lab-last-words")] {
        std::os::unix::fs::symlink(format!("/etc/init.d/{name}"), tree.path(&format!("etc/runlevels/{level}/{name}")))
            .unwrap();
    }
    tree
}

fn script(tree: &Tree, name: &str, text: &str) {
    tree.program_file(&format!("etc/init.d/{name}"), text);
}

fn openrc_has_the_group_up_before_what_needs_the_network_and_until_all_has_stopped() {
    let seen = home_lan().shut_down(
        &["--init", "openrc"],
        "cat /proc/1/comm /run/lab/console
        echo '== found'; cat /run/found
        rc-service mpath.home-lan status
        rc-service mpath-agent status
        ip link delete eth1
        until ! grep -q eth1 /sys/class/net/bond0/bonding/slaves; do sleep 0.1; done
        ip link add eth1 address 02:00:00:00:00:71 type veth peer name to-eth1 netns sw; ip -n sw link set to-eth1 master br0 up
        until mpath status home-lan --check -q; do sleep 0.1; done
        echo '== whole'
        rc-service mpath.home-lan reload
        openrc nonetwork
        rc-service mpath-agent status
        test -e /sys/class/net/bond0 && echo '== kept'
        mpath disable home-lan
        ls -l /etc/runlevels/*
        mpath enable home-lan --now
        echo '== enabled'
        ls -l /etc/runlevels/*
        rc-service mpath-agent status
        rc-service mpath.home-lan stop
        test ! -e /sys/class/net/bond0 && echo '== gone'
        rc-service --nodeps mpath start || echo '== refused'
        rc-service mpath.home-lan start && rc-service lab-needs-network start && rc-service mpath-agent start
        echo '== shutdown'",
    );
    let part = |from: &str, to: &str| {
        let (_, rest) = seen.stdout.split_once(from).unwrap_or_else(|| panic!("no {from}: {seen:?}"));
        rest.split_once(to).unwrap_or_else(|| panic!("no {to}: {seen:?}")).0
    };
    assert!(part("", "== found").starts_with("init\n"), "{seen:?}");
    for what in ["Bringing the failover group home-lan up", "Starting mpath-agent"] {
        assert!(part("", "== found").contains(what), "{what}: {seen:?}");
    }
    let found = part("== found", "== whole");
    for what in ["192.168.1.34/24", "1 received", "home-lan: ok", "status: started"] {
        assert!(found.contains(what), "{what}: {seen:?}");
    }
    // Another runlevel ends the agent, and leaves the group.
    assert!(part("== whole", "== kept").contains("status: stopped"), "{seen:?}");
    assert!(!part("== kept", "== enabled").contains("mpath ->"), "{seen:?}");
    let enabled = part("== enabled", "== gone");
    for what in
        ["mpath.home-lan -> /etc/init.d/mpath.home-lan", "mpath-agent -> /etc/init.d/mpath-agent", "status: started"]
    {
        assert!(enabled.contains(what), "{what}: {seen:?}");
    }
    seen.has("== refused");
    let (_, shutdown) = seen.stdout.split_once("== shutdown").unwrap();
    let line = |what: &str| shutdown.find(what).unwrap_or_else(|| panic!("no {what}: {seen:?}"));
    line("Stopping what needs the network ... [ ok ]");
    line("Stopping mpath-agent ... [ ok ]");
    assert!(!shutdown.contains("Taking the failover group"), "{seen:?}");
    seen.shut_down_well();
}
