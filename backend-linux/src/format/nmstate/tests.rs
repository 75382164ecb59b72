use std::collections::BTreeMap;

use mpath_core::import::{Fate, Import};
use mpath_core::{Draft, Group, SourceFile, read};
use proptest::prelude::ProptestConfig;

use super::{import, place_of, render};
use crate::format::round_trip::{groups, there_and_back};

const STATE: &str = "---
dns-resolver:
  config:
    server: [192.168.1.1]
routes:
  running: []
  config:
    - destination: 0.0.0.0/0
      next-hop-address: 192.168.1.24
      next-hop-interface: bond0
    - destination: 10.0.0.0/8
      next-hop-address: 192.168.1.9
      next-hop-interface: bond0
      metric: 150
      table-id: 254
    - {destination: 10.1.0.0/16, next-hop-interface: bond0, table-id: 7}
    - {destination: 10.2.0.0/16, next-hop-interface: bond0, source: 192.168.1.34}
    - {destination: 10.3.0.0/16, next-hop-interface: eth9}
interfaces:
  - name: bond0
    type: bond
    state: up
    description: of the office
    mtu: 9000
    copy-mac-from: eth1
    lldp: {enabled: true}
    link-aggregation:
      mode: active-backup
      options:
        miimon: '140'
        primary: eth1
        all_slaves_active: dropped
        resend_igmp: 3
      ports: [eth1, second]
      ports-config:
        - name: eth1
          priority: 15
          queue-id: 2
    ipv4:
      enabled: true
      dhcp: false
      auto-dns: false
      address:
        - ip: 192.168.1.34
          prefix-length: 24
    ipv6:
      enabled: false
  - name: eth1
    type: ethernet
    state: up
    ipv4: {enabled: true, dhcp: true}
    ethernet: {speed: 1000}
  - name: second
    type: ethernet
    identifier: mac-address
    mac-address: 52:54:00:00:00:02
  - name: eth9
    type: ethernet
  - name: bond9
    type: bond
    state: absent
";

fn imported(files: &[(&str, &str)]) -> Import {
    import(&files.iter().map(|(name, text)| (place_of(name), (*text).to_owned())).collect::<BTreeMap<_, _>>())
}

fn told(import: &Import, fate: Fate) -> Vec<String> {
    let told = import.leftovers.iter().filter(|leftover| leftover.fate == fate);
    told.map(|leftover| format!("{} | {}", leftover.origin, leftover.why).replace("etc/nmstate/", "")).collect()
}

#[test]
fn a_state_with_a_bond_is_a_group_and_every_other_line_is_told() {
    let import = imported(&[("office.yml", STATE)]);
    let [draft] = import.drafts.as_slice() else { panic!("{import:#?}") };
    let settled = draft.clone().settle();
    assert_eq!((&settled.leftovers, &settled.problems), (&vec![], &vec![]));
    assert_eq!(
        settled.draft.to_toml(),
        "[group.bond0]\n\
         members   = [{ name = \"eth1\", prio = 15 }, { mac = \"52:54:00:00:00:02\" }]\n\
         primary   = \"eth1\"\n\
         mode      = \"active-backup\"\n\
         mac       = \"member:eth1\"\n\
         mtu       = 9000\n\
         addresses = [\"192.168.1.34/24\"]\n\
         gateway   = \"192.168.1.24\"\n\
         routes    = [{ to = \"10.0.0.0/8\", via = \"192.168.1.9\", metric = 150 }]\n\
         accept-ra = false\n\
         \n\
         [group.bond0.detection]\n\
         link = { interval = \"140ms\" }\n"
    );
    assert_eq!(
        told(&import, Fate::Lost),
        [
            "office.yml:26: lldp: {enabled: true} | mpath has no key for lldp",
            "office.yml:33: resend_igmp: 3 | mpath has no key for resend_igmp",
            "office.yml:38: queue-id: 2 | mpath has no key for queue-id of a port",
            "office.yml:42: auto-dns: false | mpath has no key for auto-dns",
            "office.yml:51: ipv4: {enabled: true, dhcp: true} | a member of a group has no address of its own",
            "office.yml:52: ethernet: {speed: 1000} | mpath leaves the settings of cards alone",
            "office.yml:2: dns-resolver | mpath leaves name servers alone: /etc/resolv.conf, or whoever writes it",
            "office.yml:16: - {destination: 10.1.0.0/16, next-hop-interface: bond0, table-id: 7} | mpath makes routes of the main table only",
            "office.yml:17: - {destination: 10.2.0.0/16, next-hop-interface: bond0, source: 192.168.1.34} | mpath has no key for it, and takes no route without it",
        ]
    );
    assert_eq!(
        told(&import, Fate::Changed),
        [
            "office.yml:47: enabled: false | mpath does not switch IPv6 off; accept-ra = false keeps out what routers tell"
        ]
    );
    assert_eq!(
        told(&import, Fate::LeftAlone),
        [
            "office.yml:23: description: of the office | a note of the administrator's",
            "office.yml:59: - name: bond9 | bond9 is not to be up",
            "office.yml:57: - name: eth9 | no device of a group and no member",
            "office.yml:18: - {destination: 10.3.0.0/16, next-hop-interface: eth9} | a route that is not over a group",
        ]
    );
}

#[test]
fn policies_and_what_is_no_yaml_are_told() {
    let bond = "interfaces: [{name: bond0, type: bond, link-aggregation: {mode: 1, port: [eth0]}}]\n";
    let import = imported(&[
        ("a.yml", bond),
        ("b.yaml", bond),
        ("c.yml", "capture: {}\ndesired: {}\n"),
        ("d.yml", "interfaces: [\n"),
        ("e", "{\"interfaces\": [{\"name\": \"bond1\", \"type\": \"bond\"}], \"hostname\": {}}"),
    ]);
    let names: Vec<_> = import.drafts.iter().map(Draft::name).collect();
    assert_eq!(names, ["bond0", "bond1"]);
    let lost: Vec<_> = told(&import, Fate::Lost).into_iter().map(|line| line[..6].to_owned()).collect();
    assert_eq!(lost, ["b.yaml", "c.yml:", "c.yml:", "d.yml:"]);
}

fn group(text: &str) -> Group {
    read(&[SourceFile::new("a", text)]).unwrap().groups.remove(0)
}

#[test]
fn a_group_is_written_as_a_state_and_comes_back() {
    let group = group(
        "[group.bond0]\nmembers = [{ mac = \"52:54:00:00:00:01\", prio = 3 }, \"eth0\"]\nprimary = \"eth0\"\n\
         addresses = [\"192.168.1.34/24\", \"2001:db8:1::34/64\"]\ngateway = [\"192.168.1.24\", \"fe80::1\"]\nmtu = 9000\n\
         mac = \"member:eth0\"\nroutes = [{ to = \"192.0.2.0/24\", metric = 5 }]\naccept-ra = false\n",
    );
    let rendering = render(&[&group], "home.toml").unwrap();
    assert_eq!(
        format!("{}\n{}", rendering.files[0].path, rendering.files[0].text),
        "etc/nmstate/bond0.yml\n# Made by mpath from home.toml, where changes belong.\ninterfaces:\n- name: bond0\n  type: bond\n  \
         state: up\n  copy-mac-from: eth0\n  mtu: 9000\n  link-aggregation:\n    mode: active-backup\n    options:\n      miimon: 100\n      \
         updelay: 0\n      downdelay: 0\n      primary: eth0\n    port:\n    - bond0-1\n    - eth0\n    ports-config:\n    - name: bond0-1\n      \
         priority: 3\n    - name: eth0\n      priority: 0\n  ipv4:\n    enabled: true\n    dhcp: false\n    address:\n    - ip: \"192.168.1.34\"\n      \
         prefix-length: 24\n  ipv6:\n    enabled: true\n    dhcp: false\n    autoconf: false\n    address:\n    - ip: \"2001:db8:1::34\"\n      \
         prefix-length: 64\n- name: bond0-1\n  type: ethernet\n  state: up\n  identifier: mac-address\n  mac-address: \"52:54:00:00:00:01\"\n\
         - name: eth0\n  type: ethernet\n  state: up\nroutes:\n  config:\n  - destination: \"0.0.0.0/0\"\n    next-hop-interface: bond0\n    \
         metric: 0\n    next-hop-address: \"192.168.1.24\"\n  - destination: \"::/0\"\n    next-hop-interface: bond0\n    metric: 1024\n    \
         next-hop-address: \"fe80::1\"\n  - destination: \"192.0.2.0/24\"\n    next-hop-interface: bond0\n    metric: 5\n"
    );
    assert_eq!(there_and_back(&group, render, import).0, Some(group));
}

proptest::proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_group_comes_back_from_nmstate_but_for_what_routers_decide(group in groups()) {
        let mut expected = Draft::from(&group);
        // What `notes` tells: nmstate has no `autoconf` without `dhcp`.
        if group.addressing().accept_ra == Some(true) {
            expected.set("dhcp6", true, None);
        }
        let (back, told) = there_and_back(&group, render, import);
        proptest::prop_assert_eq!(back.map(|back| Draft::from(&back).to_toml()), Some(expected.to_toml()), "{}", told);
    }
}

#[test]
fn what_stands_on_a_bond_is_told_as_that() {
    let text = "interfaces:\n- name: bond0\n  type: bond\n  link-aggregation: {mode: active-backup, port: [eth1, eth2]}\n\
        - {name: bond0.5, type: vlan, vlan: {id: 5, base-iface: bond0}}\n\
        - {name: br0, type: linux-bridge, bridge: {port: [{name: eth9}, {name: bond0}]}}\n\
        - {name: br1, type: linux-bridge, bridge: {port: [{name: eth9}]}}\n";
    let import = imported(&[("a.yml", text)]);
    let told = told(&import, Fate::LeftAlone);
    let ends: Vec<_> = told.iter().map(|told| told.rsplit(" | ").next().unwrap()).collect();
    let stands = "stands on bond0, and stays with nmstate";
    assert_eq!(ends, [stands, stands, "no device of a group and no member"], "{told:?}");
}

#[test]
fn what_a_state_has_may_belong_to_the_bond_of_one_after_it() {
    let first = "interfaces:\n- {name: bond0.5, type: vlan, vlan: {id: 5, base-iface: bond0}}\n\
        - {name: eth1, type: ethernet, mtu: 9000}\n";
    let second =
        "interfaces:\n- name: bond0\n  type: bond\n  link-aggregation: {mode: active-backup, port: [eth1, eth2]}\n";
    let in_one = imported(&[("a.yml", &format!("{second}{}", first.replace("interfaces:\n", "")))]);
    let in_two = imported(&[("a.yml", first), ("b.yml", second)]);
    assert_eq!(in_two.drafts[0].to_toml(), in_one.drafts[0].to_toml());
    let whys = |import: &Import| import.leftovers.iter().map(|left| (left.fate, left.why.clone())).collect::<Vec<_>>();
    assert_eq!(whys(&in_two), whys(&in_one));
    assert!(whys(&in_two)[0].1.starts_with("stands on bond0"), "{in_two:?}");
}

#[test]
fn addresses_that_are_not_enabled_are_told_and_not_given() {
    let text = "interfaces:\n- name: bond0\n  type: bond\n  link-aggregation: {mode: active-backup, port: [eth1, eth2]}\n  ipv4:\n    \
        dhcp: false\n    address: [{ip: 10.0.0.1, prefix-length: 8}]\n";
    let import = imported(&[("a.yml", text)]);
    assert_eq!(import.drafts[0].get("addresses"), None);
    let told = told(&import, Fate::LeftAlone);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("a.yml:7: address") && told[0].contains("`enabled: true`"), "{told:?}");
}
