//! nmstate takes what mpath renders for it, and makes profiles for NetworkManager of it that say the same group: nmstate's own
//! `NetworkState::gen_conf`, which is `nmstatectl gc`, offline.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use mpath_backend_linux::format::{networkmanager, nmstate as format};
use mpath_core::import::Fate;
use mpath_core::{Draft, Group, SourceFile, read};
use nmstate::NetworkState;

const GROUPS: &str = r#"
[group.story]
members = ["eth0", "eth1"]
primary = "eth1"
addresses = ["192.168.1.34/24"]
gateway = "192.168.1.24"
detection.link = { interval = "100ms", up-delay = "200ms", down-delay = "200ms" }

[group.rich]
members = ["eth2", { name = "eth3", prio = 7 }]
primary = "eth2"
failback = "better"
mac = "active"
peer-notifications = 3
mtu = 1400
addresses = ["10.0.0.34/24", "10.0.0.35/24", "2001:db8:1::34/64"]
gateway = ["10.0.0.24", "2001:db8:1::24"]
routes = [{ to = "172.16.0.0/12", via = "10.0.0.9", metric = 7 }, { to = "2001:db8:2::/48", via = "2001:db8:1::9" }]
accept-ra = false
detection.probe = { interval = "200ms", targets = ["10.0.0.24"], missed = 4 }

[group.trunk]
members = ["eth4", "eth5"]
mode = "lacp"
dhcp = true
dhcp6 = true
accept-ra = true
transmit-hash = "layer3+4"
lacp = { rate = "fast", active = false, select = "count", min-links = 1, system-priority = 9, port-key = 3, system = "52:54:00:00:00:09" }

[group.turns]
members = ["eth6"]
mode = "balance-rr"
packets-per-member = 8
mac = "52:54:00:00:00:07"
dhcp = true
accept-ra = false

[group.spread]
members = ["eth7", "eth8"]
mode = "balance-tlb"
dynamic-balance = false
learning-interval = "3s"
dhcp6 = true
accept-ra = false

[group.other]
members = ["eth9", "y"]
mode = "balance-alb"
dhcp = true
accept-ra = false
"#;

fn groups() -> Vec<Group> {
    read(&[SourceFile::new("groups.toml", GROUPS)]).unwrap().groups
}

fn state(group: &Group) -> NetworkState {
    let rendering = format::render(&[group], "groups.toml").unwrap();
    let text = &rendering.files[0].text;
    NetworkState::new_from_yaml(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn nmstate_takes_the_state_of_every_group() {
    for group in groups() {
        let state = state(&group);
        assert_eq!(state.interfaces.iter().count(), group.members().len() + 1, "{}", group.name());
    }
}

#[test]
fn the_profiles_that_nmstate_makes_of_a_state_say_the_same_group() {
    for group in groups() {
        let profiles = state(&group).gen_conf().unwrap_or_else(|error| panic!("{}: {error}", group.name()));
        let place = |name: &str| format!("{}/{name}", networkmanager::FOLDER);
        let files: BTreeMap<_, _> =
            profiles["NetworkManager"].iter().map(|(name, text)| (place(name), text.clone())).collect();
        let import = networkmanager::import(&files);
        let lost: Vec<_> = import.leftovers.iter().filter(|leftover| leftover.fate == Fate::Lost).collect();
        let settled = import.drafts[0].clone().settle();
        let mut expected = Draft::from(&group);
        // A profile leaves DHCPv6 to routers where it hears them, and hears none unless it is told to.
        match group.addressing().accept_ra {
            Some(true) => drop(expected.remove("dhcp6")),
            Some(false) => {}
            None => expected.set("accept-ra", false, None),
        }
        let found = settled.group.map(|found| Draft::from(&found).to_toml());
        assert_eq!(found, Some(expected.to_toml()), "{files:#?}\n{lost:#?}\n{:#?}", settled.leftovers);
    }
}
