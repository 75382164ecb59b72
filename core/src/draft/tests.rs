use super::*;
use crate::import::{Fate, Origin};
use crate::{SourceFile, read};

const ALL: &str = r#"
[group.home-lan]
device = "bond0"
members = ["eth1", { name = "eth0", prio = -3, probe-address = "192.168.1.35/24" }, { mac = "52:54:00:12:34:56", optional = true }]
primary = "eth1"
detection = { link = { interval = "50ms", up-delay = "200ms" } }
failback = "better"
mac = "member:eth1"
peer-notifications = 3
mtu = 9000
addresses = ["192.168.1.34/24", "2001:db8::34/64"]
gateway = ["192.168.1.24", "fe80::1"]
routes = [{ to = "10.0.0.0/8", via = "192.168.1.9" }, { to = "default", via = "192.168.1.7", metric = 2000 }]

[group."lan.1"]
members = ["eth2"]
dhcp = true
accept-ra = false
mode = "balance-rr"
packets-per-member = 8
detection = { probe = { interval = "2s", targets = ["192.168.1.24"], missed = 3, validate = "active", all-targets = true } }

[group.trunk]
members = ["eth3", "eth4"]
mode = "lacp"
transmit-hash = "layer3+4"
lacp = { rate = "fast", active = false, select = "count", min-links = 1, system-priority = 7, system = "52:54:00:12:34:57", port-key = 9 }
dhcp6 = true
addresses = ["10.0.0.2/24"]

[group.spread]
members = ["eth5"]
mode = "tlb"
dynamic-balance = false
learning-interval = "2s"
transmit-hash = "layer2+3"
dhcp = true
"#;

fn groups(text: &str) -> Vec<crate::Group> {
    read(&[SourceFile::new("all.toml", text)]).unwrap().groups
}

#[test]
fn a_group_written_down_is_the_same_group() {
    let groups = groups(ALL);
    assert_eq!(groups.len(), 4);
    for group in groups {
        let text = Draft::from(&group).to_toml();
        assert_eq!(read(&[SourceFile::new("again.toml", text.clone())]).unwrap().groups, [group], "{text}");
    }
}

#[test]
fn what_is_as_it_would_be_anyway_is_not_written() {
    let group =
        &groups("[group.a]\nmembers = [\"eth0\"]\ndhcp = true\nmac = \"auto\"\nmode = 1\nfailback = \"always\"\n")[0];
    assert_eq!(Draft::from(group).to_toml(), "[group.a]\nmembers = [\"eth0\"]\ndhcp    = true\n");
}

#[test]
fn each_key_that_is_wrong_is_taken_away_and_told_with_its_line() {
    let line = |number, text: &str| Some(Origin::line("interfaces", number, text));
    let mut draft = Draft::new("bond0");
    draft.set("members", vec!["eth1", "eth0"], line(2, "bond-slaves eth1 eth0"));
    draft.set("addresses", vec!["192.168.1.34/24"], line(3, "address 192.168.1.34/24"));
    draft.set("gateway", "10.0.0.1", line(4, "gateway 10.0.0.1"));
    draft.set("detection.link.interval", "100ms", line(5, "bond-miimon 100"));
    draft.set("detection.link.up-delay", "250ms", line(6, "bond-updelay 250"));
    draft.set("transmit-hash", "layer2", line(7, "bond-xmit-hash-policy layer2"));
    let settled = draft.settle();
    let told: Vec<_> = settled.leftovers.iter().map(|left| (left.origin.line, left.fate)).collect();
    assert_eq!(told, [(Some(6), Fate::Changed), (Some(4), Fate::Lost), (Some(7), Fate::Lost)]);
    assert_eq!(settled.group.unwrap().detection().link().unwrap().up_delay.get(), 200);
}

#[test]
fn of_a_list_only_what_is_wrong_is_taken_away_and_each_with_its_own_line() {
    let line = |number| Some(Origin::line("interfaces", number, "up ip route add …"));
    let route = |to: &str, via: &str| Value::Table(vec![("to", to.into()), ("via", via.into())]);
    let mut draft = Draft::new("bond0");
    let member = |name: &str| Value::Table(vec![("name", name.into()), ("prio", 5.into())]);
    draft.push("members", "eth1", line(1));
    draft.push("members", member("eth0"), line(2));
    draft.set("mode", "802.3ad", None);
    draft.set("addresses", vec!["192.168.1.34/24"], None);
    draft.push("addresses", "224.0.0.1/24", line(4));
    for (number, to, via) in [
        (5, "10.1.0.0/16", "10.9.9.9"),
        (6, "10.2.0.0/16", "192.168.1.1"),
        (7, "10.3.0.0", "10.9.9.8"),
        (8, "10.4.0.0/16", "192.168.1.2"),
    ] {
        draft.push("routes", route(to, via), line(number));
    }
    let settled = draft.settle();
    let mut told: Vec<_> = settled.leftovers.iter().map(|left| left.origin.line.unwrap()).collect();
    told.sort_unstable();
    assert_eq!(told, [2, 4, 5, 7], "{:?}", settled.leftovers);
    let expected = r#"[group.bond0]
members   = ["eth1", { name = "eth0" }]
mode      = "802.3ad"
addresses = ["192.168.1.34/24"]
routes    = [{ to = "10.2.0.0/16", via = "192.168.1.1" }, { to = "10.4.0.0/16", via = "192.168.1.2" }]
"#;
    assert_eq!(settled.draft.to_toml(), expected);
    assert!(settled.group.is_some());
}

#[test]
fn each_of_several_values_of_a_key_keeps_its_own_line() {
    let line = |number| Some(Origin::line("interfaces", number, "gateway …"));
    let mut draft = Draft::new("bond0");
    draft.set("members", vec!["eth1", "eth0"], None);
    draft.set("addresses", vec!["192.168.1.34/24", "2001:db8::34/64"], None);
    for (number, via) in [(1, "192.168.1.24"), (2, "192.168.1.25"), (3, "fe80::1")] {
        draft.add("gateway", via, line(number));
    }
    let settled = draft.settle();
    let told: Vec<_> = settled.leftovers.iter().map(|left| left.origin.line).collect();
    assert_eq!(told, [Some(2)], "{:?}", settled.leftovers);
    assert_eq!(settled.draft.get("gateway").unwrap().to_string(), r#"["192.168.1.24", "fe80::1"]"#);
}

#[test]
fn a_group_that_nothing_monitored_is_monitored() {
    let mut draft = Draft::new("bond0");
    draft.set("members", vec!["eth1", "eth0"], None);
    draft.set("dhcp", true, None);
    draft.set("detection.link.interval", "0ms", None);
    let settled = draft.settle();
    assert_eq!(settled.leftovers[0].fate, Fate::Changed);
    assert!(settled.leftovers[0].why.contains("every 100ms"), "{:?}", settled.leftovers);
    assert_eq!(settled.group.unwrap().detection(), &crate::Detection::default());
}

#[test]
fn what_is_missing_is_no_line_of_anybody() {
    let mut draft = Draft::new("bond0");
    draft.set("members", vec!["eth1", "eth0"], None);
    let settled = draft.settle();
    assert_eq!((settled.group, settled.leftovers), (None, vec![]));
    assert_eq!(settled.problems[0].code, "no-address");
}

#[test]
fn a_table_that_does_not_go_with_the_mode_goes_key_by_key() {
    let mut draft = Draft::new("a");
    draft.set("members", vec!["eth0"], None);
    draft.set("dhcp", true, None);
    draft.set("lacp.min-links", 1, Some(Origin::line("f", 4, "")));
    draft.set("lacp.rate", "fast", Some(Origin::line("f", 5, "")));
    let settled = draft.settle();
    assert!(settled.group.is_some(), "{:?}", settled.problems);
    let lines: Vec<_> = settled.leftovers.iter().map(|leftover| leftover.origin.line).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.contains(&Some(4)) && lines.contains(&Some(5)), "{lines:?}");
}

#[test]
fn comments_stand_above_their_keys_and_change_nothing() {
    let group = &groups(ALL)[0];
    let mut draft = Draft::from(group);
    for (key, text) in
        [("members", "two cards"), ("detection.link", "ten times\n[group.x]\u{7f}"), ("lacp", "not there")]
    {
        draft.comment(key, text);
    }
    let text = draft.to_toml();
    assert!(text.contains("# two cards\nmembers "), "{text}");
    assert!(text.contains("# ten times [group.x] \nlink "), "{text}");
    assert!(!text.contains("not there"), "{text}");
    assert_eq!(read(&[SourceFile::new("again.toml", text)]).unwrap().groups, std::slice::from_ref(group));
}
