//! What the file says is what the group is. What it must not say is in `core/tests/problems/`.

use std::collections::BTreeSet;

use proptest::prelude::{ProptestConfig, any};
use proptest::{prop_assert, proptest};
use serde_json::{Value, json};

use super::{Description, read};
use crate::detection::LinkDetection;
use crate::group::{Addressing, Device, Group, MacPolicy, Member, MemberSelector};
use crate::settings::Failback;
use crate::spec::keys::KEYS;
use crate::{Detection, Millis, Mode, SourceFile};

const STORY: &str = include_str!("../../../tests/home-lan.toml");

fn groups(text: &str) -> Vec<Group> {
    let problems = |problems: Vec<crate::Problem>| problems.iter().map(|problem| format!("{problem}\n")).collect();
    read(&[SourceFile::new("test.toml", text)])
        .map(|read| read.groups)
        .map_err(problems)
        .unwrap_or_else(|text: String| panic!("{text}"))
}

fn group(text: &str) -> Group {
    let groups = groups(text);
    assert_eq!(groups.len(), 1);
    groups.into_iter().next().unwrap()
}

fn named(name: &str) -> Member {
    let selector = MemberSelector::Name(name.parse().unwrap());
    Member { selector, priority: None, optional: false, probe_address: None }
}

#[test]
fn the_story_is_read_to_the_last_value() {
    let expected = Group {
        name: "home-lan".parse().unwrap(),
        device: Device::Named("bond0".parse().unwrap()),
        members: vec![named("eth1"), named("eth0")],
        primary: Some("eth1".parse().unwrap()),
        mode: Mode::ActiveBackup,
        detection: Detection::Link(LinkDetection {
            interval: Millis::new(100),
            up_delay: Millis::new(200),
            down_delay: Millis::new(200),
        }),
        failback: Failback::Always,
        mac: MacPolicy::Auto,
        peer_notifications: 1,
        mtu: None,
        addressing: Addressing {
            addresses: vec!["192.168.1.34/24".parse().unwrap()],
            gateways: vec!["192.168.1.24".parse().unwrap()],
            ..Addressing::default()
        },
    };
    assert_eq!(group(STORY), expected);
}

#[test]
fn members_and_one_way_to_an_address_are_enough() {
    for address in ["addresses = ['10.0.0.1/24']", "dhcp = true", "dhcp6 = true", "accept-ra = true"] {
        let group = group(&format!("[group.a]\nmembers = ['eth1']\n{address}"));
        assert_eq!(group.members, [named("eth1")]);
        assert_eq!(group.detection, Detection::Link(LinkDetection::default()));
        assert_eq!(group.detection.link().unwrap().interval, Millis::new(100));
        assert_eq!(
            (group.device, group.mode, group.mac),
            (Device::PlatformDefault, Mode::ActiveBackup, MacPolicy::Auto)
        );
        assert_eq!((group.primary, group.mtu, group.peer_notifications), (None, None, 1));
    }
}

/// Key, what a group says, and where it is then found in it. `…` stands for what the key needs besides.
fn every_key() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    vec![
        ("device", "device = 'bond7'", "/device/named", json!("bond7")),
        ("members", "members = ['eth1', 'eth2']", "/members/1/selector/name", json!("eth2")),
        ("members[].name", "members = [{ name = 'eth3' }]", "/members/0/selector/name", json!("eth3")),
        (
            "members[].mac",
            "members = [{ mac = '2:0:0:0:0:A' }]",
            "/members/0/selector/permanent-mac",
            json!("02:00:00:00:00:0a"),
        ),
        ("members[].prio", "members = [{ name = 'eth1', prio = -10 }]", "/members/0/priority", json!(-10)),
        ("members[].optional", "members = [{ name = 'eth1', optional = true }]", "/members/0/optional", json!(true)),
        (
            "members[].probe-address",
            "members = [{ name = 'eth1', probe-address = '10.0.0.9/24' }]",
            "/members/0/probe_address",
            json!("10.0.0.9/24"),
        ),
        ("primary", "primary = 'eth1'", "/primary", json!("eth1")),
        ("mode", "mode = 3", "/mode/mode", json!("broadcast")),
        ("mode", "mode = 'ALB'", "/mode/mode", json!("balance-alb")),
        ("detection", "detection = {}", "/detection/link/interval", json!("100ms")),
        ("detection.link", "detection.link = {}", "/detection/link/down_delay", json!("0ms")),
        ("detection.link.interval", "detection.link.interval = '50ms'", "/detection/link/interval", json!("50ms")),
        ("detection.link.up-delay", "detection.link.up-delay = '1s'", "/detection/link/up_delay", json!("1s")),
        ("detection.link.down-delay", "detection.link.down-delay = '1m'", "/detection/link/down_delay", json!("60s")),
        (
            "detection.probe",
            "gateway = '10.0.0.2'\ndetection.probe = {}",
            "/detection/probe/targets",
            json!(["10.0.0.2"]),
        ),
        (
            "detection.probe.interval",
            "detection.probe = { interval = '1s', … }",
            "/detection/probe/interval",
            json!("1s"),
        ),
        (
            "detection.probe.targets",
            "detection.probe = { targets = ['10.0.0.3', '2001:db8::3'] }",
            "/detection/probe/targets",
            json!(["10.0.0.3", "2001:db8::3"]),
        ),
        ("detection.probe.missed", "detection.probe = { missed = 255, … }", "/detection/probe/missed", json!(255)),
        (
            "detection.probe.validate",
            "detection.probe = { validate = 'filter_backup', … }",
            "/detection/probe/validate",
            json!("filter-standby"),
        ),
        ("detection.probe.validate", "detection.probe = { … }", "/detection/probe/validate", json!("all")),
        (
            "detection.probe.validate",
            "mode = 'rr'\ndetection.probe = { … }",
            "/detection/probe/validate",
            json!("none"),
        ),
        (
            "detection.probe.all-targets",
            "detection.probe = { all-targets = true, … }",
            "/detection/probe/all_targets",
            json!(true),
        ),
        (
            "detection.probe",
            "detection = { link = {}, probe = { … } }",
            "/detection/link-and-probe/1/targets",
            json!(["10.0.0.3"]),
        ),
        ("failback", "failback = 'never'", "/failback", json!("never")),
        ("mac", "mac = 'follow'", "/mac", json!("follow")),
        ("mac", "mac = 'member:eth1'", "/mac/member", json!("eth1")),
        ("mac", "mac = '52:54:00:12:34:56'", "/mac/fixed", json!("52:54:00:12:34:56")),
        ("peer-notifications", "peer-notifications = 255", "/peer_notifications", json!(255)),
        ("mtu", "mtu = 0x2328", "/mtu", json!(9000)),
        ("addresses", "addresses = ['2001:db8::1/64']", "/addressing/addresses", json!(["2001:db8::1/64"])),
        ("gateway", "gateway = '10.0.0.2'", "/addressing/gateways", json!(["10.0.0.2"])),
        (
            "gateway",
            "addresses = ['10.0.0.1/24', 'fd00::1/64']\ngateway = ['fe80::1', '10.0.0.2']",
            "/addressing/gateways",
            json!(["fe80::1", "10.0.0.2"]),
        ),
        (
            "gateway",
            "addresses = ['192.0.2.7/24']\ngateway = '192.0.2.1'",
            "/addressing/gateways",
            json!(["192.0.2.1"]),
        ),
        ("gateway6", "dhcp6 = true\ngateway6 = 'fe80::2'", "/addressing/gateways", json!(["fe80::2"])),
        ("routes", "routes = []", "/addressing/routes", json!([])),
        ("routes[].to", "routes = [{ to = '10.1.0.0/16' }]", "/addressing/routes/0/to", json!("10.1.0.0/16")),
        (
            "routes[].via",
            "routes = [{ to = 'default', via = '10.0.0.2' }]",
            "/addressing/routes/0/via",
            json!("10.0.0.2"),
        ),
        (
            "routes[].metric",
            "gateway = '10.0.0.2'\nroutes = [{ to = 'default', via = '10.0.0.3', metric = 2000 }]",
            "/addressing/routes/0/metric",
            json!(2000),
        ),
        ("dhcp", "dhcp = true", "/addressing/dhcp", json!(true)),
        ("dhcp6", "dhcp6 = true", "/addressing/dhcp6", json!(true)),
        ("accept-ra", "accept-ra = false", "/addressing/accept_ra", json!(false)),
        ("transmit-hash", "mode = 'xor'\ntransmit-hash = 'layer3+4'", "/mode/transmit_hash", json!("layer3+4")),
        ("transmit-hash", "mode = 'lacp'\ntransmit-hash = 'encap2+3'", "/mode/transmit_hash", json!("encap2+3")),
        ("packets-per-member", "mode = 'rr'\npackets-per-member = 0", "/mode/packets_per_member", json!(0)),
        ("learning-interval", "mode = 'alb'\nlearning-interval = '1m'", "/mode/learning_interval", json!(60)),
        ("dynamic-balance", "mode = 'tlb'\ndynamic-balance = false", "/mode/dynamic", json!(false)),
        ("lacp", "mode = '802.3ad'\nlacp = {}", "/mode/system_priority", json!(65535)),
        ("lacp.rate", "mode = 4\nlacp.rate = 'fast'", "/mode/rate", json!("fast")),
        ("lacp.active", "mode = 4\nlacp.active = false", "/mode/active", json!(false)),
        ("lacp.select", "mode = 4\nlacp.select = 'count'", "/mode/select", json!("count")),
        ("lacp.min-links", "mode = 4\nlacp.min-links = 1", "/mode/min_links", json!(1)),
        ("lacp.system-priority", "mode = 4\nlacp.system-priority = 1", "/mode/system_priority", json!(1)),
        ("lacp.system", "mode = 4\nlacp.system = '02-00-00-00-00-01'", "/mode/system", json!("02:00:00:00:00:01")),
        ("lacp.port-key", "mode = 4\nlacp.port-key = 1023", "/mode/port_key", json!(1023)),
    ]
}

/// A whole file around what a group says.
fn file_of(says: &str) -> String {
    let mut file = String::from("[group.a]\n");
    for (key, default) in [("members", "['eth1']"), ("addresses", "['10.0.0.1/24']")] {
        if !says.contains(&format!("{key} =")) {
            file += &format!("{key} = {default}\n");
        }
    }
    file + &says.replace('…', "targets = ['10.0.0.3']")
}

#[test]
fn every_key_arrives_in_the_group() {
    for (key, says, pointer, expected) in every_key() {
        let group = serde_json::to_value(group(&file_of(says))).unwrap();
        assert_eq!(group.pointer(pointer), Some(&expected), "{key}: {says}\n{group:#}");
    }
    let tested: BTreeSet<_> = every_key().into_iter().map(|(key, ..)| key).collect();
    let known: BTreeSet<_> = KEYS.iter().map(|key| key.path).filter(|path| !path.starts_with("hook[]")).collect();
    assert_eq!(tested, known);
}

#[test]
fn every_key_arrives_in_the_hook() {
    let group = file_of("");
    let read = |hooks: &str| read(&[SourceFile::new("test.toml", format!("{group}{hooks}"))]).unwrap().hooks;
    let all =
        "[[hook]]\non = ['ok', 'failover', 'ok']\nrun = ['/bin/a', '']\ngroups = ['a']\ntimeout = '1m'\nuser = 'me'\n";
    let least = "[[hook]]\non = ['ok']\nrun = ['/bin/b']\n";
    let found = serde_json::to_value(read(&format!("{all}{least}"))).unwrap();
    let expected = json!([
        { "on": ["ok", "failover"], "run": ["/bin/a", ""], "groups": ["a"], "timeout": "60s", "user": "me" },
        { "on": ["ok"], "run": ["/bin/b"], "groups": null, "timeout": "10s", "user": null },
    ]);
    assert_eq!(found, expected);
    let keys = expected[0].as_object().unwrap().keys().map(|key| format!("hook[].{key}")).collect::<BTreeSet<_>>();
    let known = KEYS.iter().map(|key| key.path.to_owned()).filter(|path| path.starts_with("hook[]"));
    assert_eq!(keys, known.collect());
}

#[test]
fn groups_come_in_the_order_of_the_files() {
    let file = |text: &str| SourceFile::new("x.toml", text);
    let one = "[group.z]\nmembers = ['eth1']\ndhcp = true\n[group.a.detection]\n[group.m]\nmembers = ['eth2']\ndhcp = true\n\
               [group.a]\nmembers = ['eth3']\ndhcp = true";
    let sources = [file(one), file(""), file("group.b = { members = ['eth4'], dhcp = true }")];
    let names: Vec<_> = read(&sources).unwrap().groups.iter().map(|group| group.name.to_string()).collect();
    assert_eq!(names, ["z", "m", "a", "b"]);
}

#[test]
fn nothing_in_the_files_is_no_group_and_no_problem() {
    assert_eq!(read(&[]), Ok(Description::default()));
    assert_eq!(groups("# all commented out\r\n"), []);
    assert_eq!(groups("\u{feff}[group]\n"), []);
}

#[test]
fn a_file_of_nothing_but_brackets_is_refused_soon() {
    for text in ["[".repeat(100_000), "a.".repeat(50_000), "= \n".repeat(20_000), "[a]\n".repeat(20_000)] {
        assert!(read(&[SourceFile::new("x.toml", text)]).is_err());
    }
}

fn has_sane_places(text: &str) {
    let source = SourceFile::new("x.toml", text);
    for problem in read(&[source]).err().unwrap_or_default() {
        let places = std::iter::once(&problem.span).chain(problem.also.iter().map(|(span, _)| span));
        for span in places {
            assert!(text.get(span.bytes.clone()).is_some(), "{problem:?} lies outside of the text or cuts a character");
        }
        let shown = format!("{problem}");
        assert!(!shown.contains(char::is_control), "{shown:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        has_sane_places(&text);
    }

    #[test]
    fn no_text_of_toml_characters_makes_it_panic(text in "[\\[\\]{}=,.\"'\\\\#\n\r a-c0-9:/_-]{0,80}") {
        has_sane_places(&text);
        has_sane_places(&format!("[group.a]\n{text}\n[group.b]\nmembers = ['eth0']\n"));
    }

    #[test]
    fn no_mutation_of_a_good_file_makes_it_panic(
        key in any::<proptest::sample::Index>(),
        cut in any::<(proptest::sample::Index, proptest::sample::Index)>(),
        new in "[\\[\\]{}=,.\"'\\\\#\n a-z0-9äé\u{1b}:/_-]{0,6}",
    ) {
        let keys = every_key();
        let text = format!("{STORY}\n{}", file_of(keys[key.index(keys.len())].1));
        let boundary = |index: proptest::sample::Index| {
            let at = index.index(text.len());
            (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap()
        };
        let (a, b) = (boundary(cut.0), boundary(cut.1));
        has_sane_places(&format!("{}{new}{}", &text[..a], &text[a..]));
        has_sane_places(&format!("{}{new}{}", &text[..a.min(b)], &text[a.max(b)..]));
    }

    #[test]
    fn any_number_and_any_word_may_stand_for_any_value(
        key in any::<proptest::sample::Index>(),
        value in "-?[0-9]{1,40}|'[ -&(-~]{0,20}'|true|1\\.5|\\[\\]|\\{\\}|\\['[a-z0-9./:]*'\\]|'[0-9]{1,12} ?m?s?'",
    ) {
        let keys = every_key();
        let says = keys[key.index(keys.len())].1;
        let text = match says.rsplit_once(" = ") {
            Some((key, _)) => file_of(&format!("{key} = {value}")),
            None => file_of(says),
        };
        has_sane_places(&text);
        prop_assert!(!text.is_empty());
    }
}
