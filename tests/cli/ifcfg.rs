//! `mpath import` and `mpath render`, with the files of Red Hat's network scripts.

use std::fs;

use crate::expected::expect;
use crate::world::World;

const BOND: &str = "DEVICE=bond0
TYPE=Bond
BONDING_OPTS=\"mode=1 miimon=100 primary=eth1 resend_igmp=3\"
BOOTPROTO=none
IPADDR=192.168.1.34
NETMASK=255.255.255.0
GATEWAY=192.168.1.24
DNS1=192.168.1.1
ONBOOT=no
";

#[test]
fn interface_files_are_written() {
    let world = World::new();
    expect("render_ifcfg", &world.script(&["render home-lan --to ifcfg"]));
    world.file("home-lan.toml", crate::world::HOME_LAN.replace("\"eth0\"]", "{ name = \"eth0\", prio = 3 }]"));
    expect("render_ifcfg_refused", &world.script(&["render home-lan --to ifcfg"]));
}

#[test]
fn interface_files_are_read_and_what_no_key_says_is_told() {
    let world = World::new();
    let folder = world.path("host/etc/sysconfig/network-scripts");
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in [
        ("ifcfg-bond0", BOND),
        ("ifcfg-eth0", "DEVICE=eth0\nMASTER=bond0\nSLAVE=yes\nETHTOOL_OPTS='speed 1000'\n"),
        ("ifcfg-eth1", "DEVICE=eth1\nMASTER=bond0\nSLAVE=yes\n"),
        ("ifcfg-eth2", "DEVICE=eth2\nBOOTPROTO=dhcp\n"),
        ("route-bond0", "10.0.0.0/8 via 192.168.1.9\n10.9.0.0/16 via 192.168.1.9 table 7\n"),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    expect(
        "import_ifcfg",
        &world.script(&["import --from ifcfg --root DIR/host", "import --from ifcfg --root DIR/host --json"]),
    );
    assert_eq!(world.steps_done(), 0);
}
