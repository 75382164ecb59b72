use std::collections::BTreeMap;

use mpath_core::import::{Fate, Leftover};
use mpath_core::mode::TransmitHash;
use mpath_core::{Group, Mode, SourceFile, read};
use proptest::prelude::{ProptestConfig, prop_assert_eq};

use super::*;
use crate::format::netplan::render;
use crate::format::round_trip::groups;

fn imported(texts: &[(&str, &str)]) -> Import {
    let files: BTreeMap<_, _> = texts.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
    import(&files)
}

fn toml(import: Import) -> String {
    import.drafts.into_iter().map(|draft| draft.settle().draft.to_toml()).collect()
}

/// The fate of each line, in order.
fn told(import: &Import) -> Vec<(Fate, usize)> {
    let mut told: Vec<_> =
        import.leftovers.iter().map(|left| (left.fate, left.origin.line.unwrap_or_default())).collect();
    told.sort_by_key(|(_, line)| *line);
    told
}

const OFFICE: &str = r#"network:
  version: 2
  renderer: networkd
  ethernets:
    eth1: {dhcp4: no}
    dock:
      match: {macaddress: "52:54:00:12:34:56"}
      set-name: dock0
      optional: true
    uplink:
      match:
        name: enp3s0
  bonds:
    bond0:
      interfaces: [eth1, dock, uplink]
      macaddress: 52:54:00:00:00:07
      mtu: 1400
      parameters:
        mode: active-backup
        primary: eth1
        mii-monitor-interval: 100
        up-delay: 0.2s
        down-delay: 200
        gratuitious-arp: 3
        primary-reselect-policy: failure
      addresses:
        - 192.168.1.34/24
        - "2001:db8:1::34/64":
            label: "maas"
      routes:
        - to: default
          via: 192.168.1.24
        - {to: 10.0.0.0/8, via: 192.168.1.9, metric: 7}
"#;

#[test]
fn a_bond_and_the_definitions_of_its_members_are_one_group() {
    let import = imported(&[("etc/netplan/50-office.yaml", OFFICE)]);
    assert_eq!(told(&import), [(Fate::Lost, 8), (Fate::Lost, 29)], "{:#?}", import.leftovers);
    let wanted = r#"[group.bond0]
members            = ["eth1", { mac = "52:54:00:12:34:56", optional = true }, "enp3s0"]
primary            = "eth1"
mode               = "active-backup"
failback           = "never"
mac                = "52:54:00:00:00:07"
peer-notifications = 3
mtu                = 1400
addresses          = ["192.168.1.34/24", "2001:db8:1::34/64"]
gateway            = "192.168.1.24"
routes             = [{ to = "10.0.0.0/8", via = "192.168.1.9", metric = 7 }]

[group.bond0.detection]
link = { interval = "100ms", up-delay = "200ms", down-delay = "200ms" }
"#;
    assert_eq!(toml(import), wanted);
}

#[test]
fn files_are_joined_in_the_order_of_their_names_and_the_strongest_of_a_name_counts() {
    let import = imported(&[
        ("etc/netplan/50-office.yaml", OFFICE),
        ("lib/netplan/50-office.yaml", "network: {bonds: {never: {}}}"),
        (
            "lib/netplan/60-more.yaml",
            "network:\n  bonds:\n    bond0:\n      addresses: [10.1.1.1/24]\n      parameters: {mode: balance-rr}\n",
        ),
        (
            "run/netplan/70-less.yaml",
            "network:\n  bonds:\n    bond0:\n      mtu: null\n      parameters: {mode: active-backup, primary: uplink}\n",
        ),
        ("etc/netplan/70-less.yaml", "network: {bonds: {never: {}}}"),
        ("etc/netplan/70-less.yaml.bak", "no: [yaml"),
    ]);
    let text = toml(import);
    for part in [
        "primary            = \"enp3s0\"",
        "mode               = \"active-backup\"",
        r#"["192.168.1.34/24", "2001:db8:1::34/64", "10.1.1.1/24"]"#,
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("mtu") && !text.contains("group.never"), "{text}");
}

#[test]
fn every_line_that_no_key_says_is_told() {
    let text = r#"network:
  version: 2
  ethernets:
    eth0:
      mtu: 9000
      dhcp4: true
      wakeonlan: true
    cards:
      match: {driver: ixgbe, name: "en*"}
    eth9: {dhcp4: true}
  bonds:
    bond0:
      interfaces: [eth0, cards, eth7]
      parameters: {mode: 802.3ad, primary: cards,
        all-slaves-active: true,
        speed: fast}
      dhcp4: true
      dhcp6: yes
      critical: true
      nameservers:
        addresses: [192.168.1.24]
      link-local: []
      optional: true
      addresses: [10.0.0.2/24]
      routes:
        - to: 10.9.0.0/16
          via: 10.0.0.9
          table: 7
        - to: 10.8.0.0/16
          via: nobody
  vlans:
    office: {id: 7, link: bond0}
    other:
      id: 8
      link: eth9
  bridges: {br0: {interfaces: [eth9]}}
  tunnels:
more: true
"#;
    let import = imported(&[("etc/netplan/a.yaml", text)]);
    let expected = [
        (Fate::Lost, 5),
        (Fate::Lost, 6),
        (Fate::Lost, 7),
        (Fate::Lost, 9),
        (Fate::LeftAlone, 10),
        (Fate::Changed, 12),
        (Fate::Lost, 13),
        (Fate::Lost, 14),
        (Fate::Lost, 15),
        (Fate::Lost, 16),
        (Fate::Changed, 18),
        (Fate::Lost, 19),
        (Fate::Lost, 20),
        (Fate::Lost, 22),
        (Fate::LeftAlone, 23),
        (Fate::Lost, 26),
        (Fate::Lost, 27),
        (Fate::Lost, 28),
        (Fate::Lost, 29),
        (Fate::Lost, 32),
        (Fate::LeftAlone, 33),
        (Fate::LeftAlone, 36),
        (Fate::Lost, 38),
    ];
    assert_eq!(told(&import), expected, "{:#?}", import.leftovers);
    assert!(toml(import).contains("members   = [\"eth0\", \"eth7\"]"));
}

#[test]
fn what_is_no_yaml_is_told_and_the_other_files_are_read() {
    let import = imported(&[
        ("etc/netplan/10-a.yaml", "network:\n\tbonds: [\n"),
        ("etc/netplan/20-b.yaml", OFFICE),
        ("etc/netplan/30.yaml", "- a\n"),
    ]);
    let unread: Vec<_> = import.leftovers.iter().filter(|left| left.why.contains("no YAML")).collect();
    assert_eq!(unread.len(), 2, "{unread:#?}");
    assert_eq!(import.drafts.len(), 1);
}

#[test]
fn a_bond_of_networkd_is_monitored_only_if_its_file_says_so_and_one_of_networkmanager_always() {
    let bond = |renderer: &str| {
        format!(
            "network:\n  renderer: {renderer}\n  bonds:\n    bond0: {{interfaces: [eth0], dhcp4: true, parameters: {{mode: 1, fail-over-mac-policy: active}}}}\n"
        )
    };
    for (renderer, leftovers) in [("networkd", 1), ("NetworkManager", 0)] {
        let import = imported(&[("etc/netplan/a.yaml", &bond(renderer))]);
        assert_eq!(import.leftovers, []);
        let settled = import.drafts.into_iter().next().unwrap().settle();
        assert_eq!(settled.leftovers.len(), leftovers, "{renderer}: {:#?}", settled.leftovers);
        assert_eq!(settled.group.unwrap().detection(), &mpath_core::Detection::default());
    }
}

/// What netplan, or systemd-networkd behind it, cannot do.
fn is_beyond(group: &Group) -> bool {
    let mode = match group.mode() {
        Mode::TransmitBalance { learning_interval, dynamic, .. } => *learning_interval != 1 || !dynamic,
        Mode::AdaptiveBalance { learning_interval } => *learning_interval != 1,
        Mode::Lacp(lacp) => {
            !lacp.active || lacp.system_priority != 65535 || lacp.system.is_some() || lacp.port_key != 0
        }
        Mode::RoundRobin { packets_per_member } => *packets_per_member == 0,
        _ => false,
    };
    let addressing = group.addressing();
    mode || group.mode().transmit_hash() == Some(TransmitHash::VlanSourceMac)
        || group
            .detection()
            .probe()
            .is_some_and(|probe| probe.validate.word().starts_with("filter") || probe.missed != 2)
        || (addressing.dhcp6 && addressing.accept_ra == Some(false))
}

/// What comes back of a group, with what is told besides what every group is told.
fn there_and_back(group: &Group) -> Result<Group, String> {
    let rendering = render(&[group], "mpath.toml").map_err(|refusals| format!("{refusals:?}"))?;
    let files: BTreeMap<_, _> = rendering.files.into_iter().map(|file| (file.path, file.text)).collect();
    let import = import(&files);
    let usual = |left: &Leftover| {
        left.fate == Fate::LeftAlone
            || left.why.contains("makes up a MAC address")
            || left.why.contains("an IPv6 lease")
    };
    let told = format!("{files:#?}\n{:#?}", import.leftovers);
    let settled = import.drafts.into_iter().next().ok_or("no group")?.settle();
    match settled.group {
        Some(group) if import.leftovers.iter().all(usual) && settled.leftovers.is_empty() => Ok(group),
        _ => Err(format!("{told}\n{settled:#?}")),
    }
}

proptest::proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_group_comes_back_from_netplan_unless_its_files_could_not_say_it(group in groups()) {
        match there_and_back(&group) {
            Ok(back) => {
                prop_assert_eq!(back, group.clone());
                prop_assert_eq!(is_beyond(&group), false);
            }
            Err(told) => prop_assert_eq!(is_beyond(&group), true, "{}", told),
        }
    }
}

#[test]
fn members_by_address_and_optional_ones_come_back_in_their_order() {
    let text = "[group.trunk]\nmembers = [\"eth9\", { mac = \"52:54:00:12:34:56\" }, { name = \"eth1\", optional = true }]\nprimary = \"eth9\"\n\
        dhcp6 = true\nmac = \"active\"\n";
    let group = &read(&[SourceFile::new("all", text)]).unwrap().groups[0];
    assert_eq!(there_and_back(group).as_ref(), Ok(group));
}

#[test]
fn a_name_that_looks_like_a_number_or_a_word_stays_a_name() {
    let text = "[group.no]\nmembers = [\"1e3\", \"true\"]\ndhcp = true\n";
    let group = &read(&[SourceFile::new("all", text)]).unwrap().groups[0];
    assert_eq!(there_and_back(group).as_ref(), Ok(group));
}
