//! `mpath render --to netplan` and `mpath import --from netplan`.

use std::fs;

use crate::expected::expect;
use crate::world::{HOME_LAN, World};

/// A file of somebody else, with lines that no group has.
const OTHERS: &str = "network:
  version: 2
  renderer: networkd
  ethernets:
    eth4: {wakeonlan: true}
    eth5:
      match: {macaddress: \"52:54:00:12:34:56\"}
    wlan0: {dhcp4: true}
  bonds:
    bond1:
      interfaces: [eth4, eth5]
      parameters:
        mode: active-backup
        up-delay: 250
        mii-monitor-interval: 100
        primary: eth4
      dhcp4: true
      nameservers: {addresses: [192.168.1.24]}
";

#[test]
fn groups_are_written_for_netplan_and_read_again() {
    let world = World::new();
    world.file("home-lan.toml", HOME_LAN);
    let render = world.run("render --to netplan");
    assert_eq!(world.run("render --to netplan --root DIR/tree").code, 0);
    expect("netplan", &format!("{render}\n{}", world.script(&["import --from netplan --root DIR/tree"])));
    assert_eq!(world.steps_done(), 0);
}

#[test]
fn what_netplan_says_beyond_a_group_is_told_line_by_line() {
    let world = World::new();
    fs::create_dir_all(world.path("tree/etc/netplan")).unwrap();
    fs::write(world.path("tree/etc/netplan/50-others.yaml"), OTHERS).unwrap();
    let runs =
        ["import --from netplan --root DIR/tree", "import --from netplan --file DIR/tree/etc/netplan/50-others.yaml"];
    let [tree, file] = runs.map(|line| world.run(line));
    assert_eq!(tree.stdout, file.stdout);
    expect("import_netplan", &tree.to_string());
}
