//! `mpath import` and `mpath render`, with the states of nmstate and the configurations of teamd.

use crate::expected::expect;
use crate::world::World;

const STATE: &str = "interfaces:
- name: bond0
  type: bond
  state: up
  lldp: {enabled: true}
  link-aggregation:
    mode: active-backup
    options: {miimon: '100', updelay: 250, primary: eth1, resend_igmp: 3}
    port: [eth1, eth0]
  ipv4:
    enabled: true
    address:
    - {ip: 192.168.1.34, prefix-length: 24}
- {name: eth9, type: ethernet}
routes:
  config:
  - {destination: 0.0.0.0/0, next-hop-interface: bond0, next-hop-address: 192.168.1.24}
dns-resolver: {config: {server: [192.168.1.1]}}
";

const TEAM: &str = r#"{
  "device": "team0",
  "runner": { "name": "activebackup" },
  "link_watch": { "name": "ethtool", "delay_up": 250 },
  "ports": { "eth1": { "prio": 9 }, "eth0": { "queue_id": 4 } }
}
"#;

#[test]
fn states_are_written_and_read_and_what_no_key_says_is_told() {
    let world = World::new();
    world.tree("etc/nmstate/office.yml", STATE);
    expect("nmstate", &world.script(&["render home-lan --to nmstate", "import --from nmstate --root DIR/tree"]));
    assert_eq!(world.steps_done(), 0);
}

#[test]
fn a_team_is_read_as_far_as_it_goes_and_written_without_addresses() {
    let world = World::new();
    world.tree("etc/teamd/team0.conf", TEAM);
    let written = world.script(&["render home-lan --to teamd", "import --from teamd --root DIR/tree"]);
    world.file("home-lan.toml", crate::world::HOME_LAN.replace("primary ", "mode = \"alb\"\nprimary "));
    let refused = world.script(&["render home-lan --to teamd"]);
    expect("teamd", &format!("{written}\n{refused}"));
}
