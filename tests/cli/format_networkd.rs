//! `mpath render --to networkd` and `mpath import --from networkd`.

use std::fs;

use crate::expected::expect;
use crate::world::{HOME_LAN, World};

/// Files of somebody else, with lines that no group has.
const OTHERS: [(&str, &str); 5] = [
    (
        "etc/systemd/network/25-bond1.netdev",
        "[NetDev]\nName=bond1\nKind=bond\nDescription=uplink\n\n[Bond]\nMode=active-backup\nUpDelaySec=0.25\nAllSlavesActive=yes\n",
    ),
    ("etc/systemd/network/25-bond1.network", "[Match]\nName=bond1\n\n[Network]\nDHCP=yes\nDNS=192.168.1.24\n"),
    ("run/systemd/network/25-bond1.netdev.d/monitor.conf", "[Bond]\nMIIMonitorSec=100ms\n"),
    ("etc/systemd/network/30-ports.network", "[Match]\nName=eth4 eth5 enp*\n\n[Network]\nBond=bond1\n"),
    ("etc/systemd/network/80-wifi.network", "[Match]\nName=wlan0\n\n[Network]\nDHCP=yes\n"),
];

#[test]
fn groups_are_written_for_networkd_and_read_again() {
    let world = World::new();
    world.file("home-lan.toml", HOME_LAN);
    let render = world.run("render --to networkd");
    assert_eq!(world.run("render --to networkd --root DIR/tree").code, 0);
    expect("networkd", &format!("{render}\n{}", world.script(&["import --from networkd --root DIR/tree"])));
    assert_eq!(world.steps_done(), 0);
}

#[test]
fn what_networkd_says_beyond_a_group_is_told_line_by_line() {
    let world = World::new();
    for (file, text) in OTHERS {
        let path = world.path("tree").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    expect("import_networkd", &world.script(&["import --from networkd --root DIR/tree"]));
}

#[test]
fn a_drop_in_is_read_with_the_file_that_it_belongs_to_and_alone_it_is_refused() {
    let world = World::new();
    let folder = world.path("host");
    fs::create_dir_all(folder.join("10-bond.netdev.d")).unwrap();
    let files = [
        ("10-bond.netdev", "[NetDev]\nName=bond0\nKind=bond\n[Bond]\nMode=active-backup\nMIIMonitorSec=100ms\n"),
        ("10-bond.netdev.d/more.conf", "[Bond]\nUpDelaySec=300ms\n"),
        ("20-bond.network", "[Match]\nName=bond0\n[Network]\nAddress=192.168.1.34/24\n"),
        ("30-eth0.network", "[Match]\nName=eth0\n[Network]\nBond=bond0\n"),
    ];
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    let all = files.map(|(name, _)| format!("--file DIR/host/{name}")).join(" ");
    let read = world.run(&format!("import --from networkd {all}"));
    assert!(read.code == 0 && read.stdout.contains("up-delay = \"300ms\""), "{read}");
    let alone = world.run("import --from networkd --file DIR/host/10-bond.netdev.d/more.conf");
    assert!(alone.code == 1 && alone.stderr.contains("10-bond.netdev.d/more.conf"), "{alone}");
    assert!(alone.stderr.contains("give the file that it belongs to"), "{alone}");
    let unknown = world.run("import --from netplan --file DIR/host/20-bond.network");
    assert!(unknown.code == 1 && unknown.stderr.contains("netplan has no file of this name"), "{unknown}");
}
