//! `mpath import`.

use std::fs;

use mpath_core::import::Fate;
use mpath_core::{Address, Detection, Route};

use crate::expected::expect;
use crate::world::{World, name};

impl World {
    /// A file of a tree that stands for a host.
    pub(crate) fn tree(&self, path: &str, text: &str) {
        let path = self.path("tree").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[test]
fn the_running_groups_are_written_down_whoever_made_them() {
    let world = World::up();
    {
        let mut host = world.host.borrow_mut();
        let device = host.host.interfaces.get_mut(&name("bond0")).unwrap();
        device.addresses.push(Address::new("10.0.0.7/8".parse().unwrap()));
        device.routes.push(Route::new("172.16.0.0/12".parse().unwrap(), Some("10.0.0.1".parse().unwrap())));
    }
    let monitored = world.run("import --from kernel");
    // As somebody else made it: without mpath's mark, and watched by nobody.
    {
        let mut host = world.host.borrow_mut();
        let device = host.host.interfaces.get_mut(&name("bond0")).unwrap();
        let group = device.group_mut().unwrap();
        (group.label, group.settings.detection) = (None, None::<Detection>);
    }
    let foreign = world.run("import");
    let chosen = world.run("import bond0 -q");
    let none = world.run("import wan");
    expect("import_kernel", &[monitored, foreign, chosen, none].map(|run| run.to_string()).join("\n"));
    assert_eq!(serde_json::to_value(Fate::LeftAlone).unwrap(), "left-alone");
}

#[test]
fn a_host_of_ifupdown_is_read_with_all_that_it_names() {
    let world = World::new();
    world.tree(
        "etc/network/interfaces",
        "source interfaces.d/*\nauto lo\niface lo inet loopback\nauto bond0\niface bond0 inet static\n  address 192.168.1.34\n  \
         netmask 255.255.255.0\n  gateway 192.168.1.24\n  dns-nameservers 192.168.1.24\n  post-up ifenslave bond0 eth1 eth0\n  \
         up echo eth1 > /sys/class/net/bond0/bonding/primary\n  up /usr/local/bin/firewall\n  down ifenslave -d bond0 eth1 eth0\n",
    );
    world.tree("etc/network/interfaces.d/wlan", "iface eth0 inet manual\n  wpa-ssid home\n");
    world.tree("etc/modules", "bonding mode=1 miimon=100 updelay=250\n");
    let none = World::new();
    none.tree("etc/network/interfaces", "iface eth0 inet dhcp\n");
    let runs = [
        world.run("import --from ifupdown --root DIR/tree"),
        world.run("import --from ifupdown --file DIR/tree/etc/network/interfaces --file DIR/tree/etc/modules -q"),
        none.run("import --from ifupdown --root DIR/tree"),
        none.run("import --from ifupdown --file DIR/tree/nowhere"),
    ];
    expect("import_ifupdown", &runs.map(|run| run.to_string()).join("\n"));
    let json: serde_json::Value =
        serde_json::from_str(&world.run("import --from ifupdown --root DIR/tree --json").stdout).unwrap();
    assert_eq!(json["leftovers"].as_array().unwrap().len(), 5, "{json:#}");
}

#[test]
fn a_host_of_ifupdown2_is_read_with_the_names_that_it_has() {
    let world = World::new();
    world.tree(
        "etc/network/interfaces",
        "auto bond0\niface bond0\n    address 10.0.0.1/24\n    address 2001:db8::1/64\n    gateway 10.0.0.254\n    bond-slaves swp1 swp2\n    \
         bond-mode 802.3ad\n    bond-miimon 100\n    bond-lacp-rate 1\n    bond-min-links 1\n    bond-ad-sys-priority 9\n    \
         bond-xmit-hash-policy layer3+4\n    bond-lacp-bypass-allow yes\n    clag-id 1\n\nauto bond1\niface bond1\n    bond-ports glob swp3-4\n",
    );
    expect("import_ifupdown2", &world.script(&["import --from ifupdown2 --root DIR/tree"]));
}

#[test]
fn the_files_of_a_boot_of_illumos_are_read() {
    let world = World::new();
    let etc = world.path("host/etc");
    fs::create_dir_all(etc.join("default")).unwrap();
    for (name, text) in [
        ("hostname.ipmp0", "ipmp group office\naddif 10.0.0.34/24 up\n"),
        ("hostname.net0", "group office\nup\naddif 10.0.0.35/24 -failover up\n"),
        ("hostname.net1", "group office\nup\nstandby\nindex 7\n"),
        ("hostname.net2", "10.0.9.1/24\n"),
        ("defaultrouter", "10.0.0.1\n10.0.9.254\n"),
        ("default/mpathd", "FAILURE_DETECTION_TIME=7000\nFAILBACK=no\n"),
    ] {
        fs::write(etc.join(name), text).unwrap();
    }
    expect("import_hostname", &world.script(&["import --from hostname --root DIR/host"]));
    assert_eq!(world.steps_done(), 0);
}

#[test]
fn a_tree_that_is_not_there_and_a_link_to_nowhere_are_told() {
    let world = World::new();
    assert_eq!(world.run("import --from netplan --root DIR/nowhere").code, 1);
    world.tree("etc/netplan/a.yaml", "network: {bonds: {bond0: {interfaces: [eth0], dhcp4: true}}}\n");
    std::os::unix::fs::symlink("nowhere", world.path("tree/etc/netplan/b.yaml")).unwrap();
    let run = world.run("import --from netplan --root DIR/tree");
    // A folder that is not there, as run/netplan, is nothing to tell.
    let told: Vec<_> = run.stderr.lines().filter(|line| line.starts_with("warning")).collect();
    assert_eq!(told.len(), 1, "{run}");
    assert!(told[0].contains("etc/netplan/b.yaml: the file: not taken over: it cannot be read"), "{run}");
}

#[test]
fn files_of_nobody_are_not_taken_for_what_runs() {
    let world = World::up();
    for line in ["import --file DIR/interfaces", "import --root DIR/tree"] {
        let run = world.run(line);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run}");
        assert!(run.stderr.contains("--from ifupdown"), "{run}");
    }
}
