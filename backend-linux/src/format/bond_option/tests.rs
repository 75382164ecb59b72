//! Options both ways, and what tools leave to the driver.

use mpath_core::{SourceFile, read};

use super::*;

fn origin() -> Origin {
    Origin::line("interfaces", 1, "")
}

#[test]
fn where_a_file_asks_for_both_the_link_is_looked_at_and_alone_probes_are_the_drivers_in_every_format() {
    use crate::format::{ifcfg, ifupdown, ifupdown2, netplan, networkd, networkmanager, nmstate};
    const STANZA: &str = "iface bond0 inet dhcp\n bond-mode 1\n bond-slaves eth1 eth0\n bond-miimon 100\n bond-arp-interval 200\n \
        bond-arp-ip-target 192.168.1.1\n";
    const FORMATS: [(mpath_core::import::Importer, &str, &str, &str); 7] = [
        (ifupdown::import, "etc/network/interfaces", "bond-miimon 100", STANZA),
        (ifupdown2::import, "etc/network/interfaces", "bond-miimon 100", STANZA),
        (
            netplan::import,
            "etc/netplan/a.yaml",
            "mii-monitor-interval: 100, ",
            "network: {bonds: {bond0: {interfaces: [eth1, eth0], dhcp4: true, parameters: {mode: active-backup, \
             mii-monitor-interval: 100, arp-interval: 200, arp-ip-targets: [192.168.1.1]}}}}\n",
        ),
        (
            networkd::import,
            "etc/systemd/network/a.netdev",
            "MIIMonitorSec=100ms",
            "[NetDev]\nName=bond0\nKind=bond\n[Bond]\nMode=active-backup\nMIIMonitorSec=100ms\nARPIntervalSec=200ms\nARPIPTargets=192.168.1.1\n",
        ),
        (
            networkmanager::import,
            "etc/NetworkManager/system-connections/a.nmconnection",
            "miimon=100",
            "[connection]\ntype=bond\ninterface-name=bond0\n[bond]\nmode=active-backup\nmiimon=100\narp_interval=200\narp_ip_target=192.168.1.1\n",
        ),
        (
            ifcfg::import,
            "etc/sysconfig/network-scripts/ifcfg-bond0",
            "miimon=100 ",
            "DEVICE=bond0\nBOOTPROTO=dhcp\nBONDING_OPTS=\"mode=1 miimon=100 arp_interval=200 arp_ip_target=192.168.1.1\"\n",
        ),
        (
            nmstate::import,
            "etc/nmstate/a.yml",
            "miimon: 100, ",
            "interfaces: [{name: bond0, type: bond, link-aggregation: {mode: active-backup, \
             options: {miimon: 100, arp_interval: 200, arp_ip_target: 192.168.1.1}}}]\n",
        ),
    ];
    for (import, path, link, text) in FORMATS {
        let imported = |text: String| import(&std::collections::BTreeMap::from([(path.to_owned(), text)]));
        let both = imported(text.to_owned());
        let draft = &both.drafts[0];
        assert_eq!((draft.get(LINK), draft.get(PROBE)), (Some(&"100ms".into()), None), "{path}: {both:?}");
        let told = |import: &Import| {
            let probes = import.leftovers.iter().filter(|left| left.why.contains("the link is looked at here"));
            probes.filter(|left| left.fate == Fate::Changed && left.origin.line.is_some()).count()
        };
        assert_eq!(told(&both), 1, "{path}: {both:?}");
        assert!(text.contains(link));
        let probes = imported(text.replace(link, ""));
        let draft = &probes.drafts[0];
        let said = [LINK, PROBE, "detection.probe.validate"].map(|key| draft.get(key).cloned());
        assert_eq!(said, [None, Some("200ms".into()), Some("none".into())], "{path}: {probes:?}");
        assert_eq!(told(&probes), 0, "{path}");
    }
}

#[test]
fn what_a_group_needs_comes_back_as_the_same_group() {
    let text = "[group.a]\nmembers = [\"eth1\", \"eth0\"]\nprimary = \"eth1\"\ndhcp = true\nmac = \"follow\"\nfailback = \"never\"\n\
        peer-notifications = 4\n[group.a.detection]\nlink = { interval = \"50ms\", up-delay = \"100ms\" }\n\
        [group.b]\nmembers = [\"eth2\"]\nmode = \"lacp\"\ndhcp = true\ntransmit-hash = \"layer3+4\"\nlacp = { rate = \"fast\", select = \"count\", \
        system-priority = 9, port-key = 3, system = \"52:54:00:00:00:09\", active = false, min-links = 1 }\n\
        [group.c]\nmembers = [\"eth3\"]\nmode = \"tlb\"\ndhcp = true\nlearning-interval = \"4s\"\ndynamic-balance = false\n\
        [group.d]\nmembers = [\"eth4\"]\ndhcp = true\nmac = \"shared\"\n\
        detection = { probe = { interval = \"2s\", targets = [\"10.0.0.1\", \"fe80::1\"], missed = 3, validate = \"standby\", all-targets = true } }\n\
        [group.e]\nmembers = [\"eth5\"]\ndhcp = true\nmode = \"rr\"\npackets-per-member = 0\n";
    for group in read(&[SourceFile::new("all", text)]).unwrap().groups {
        let mut draft = Draft::new(group.name().as_str());
        for key in ["members", "dhcp"] {
            draft.set(key, Draft::from(&group).get(key).unwrap().clone(), None);
        }
        for (option, value) in options(&group) {
            assert!(is_known(&option), "{option}");
            set(&mut draft, &option, &value, &origin()).unwrap();
        }
        let settled = draft.settle();
        assert_eq!((settled.leftovers, settled.group), (vec![], Some(group)));
    }
}

proptest::proptest! {
    #[test]
    fn the_options_of_any_group_come_back(group in crate::format::round_trip::groups()) {
        let mut draft = Draft::from(&group);
        let from_options: Vec<_> = draft.keys().filter(|key| {
            let fixed = *key == "mac" && matches!(group.mac(), MacPolicy::Fixed(_));
            !fixed && !matches!(*key, "members" | "mtu" | "addresses" | "gateway" | "routes" | "dhcp" | "dhcp6" | "accept-ra")
        }).collect();
        from_options.into_iter().for_each(|key| drop(draft.remove(key)));
        for (option, value) in options(&group) {
            assert!(is_known(&option), "{option}");
            set(&mut draft, &option, &value, &origin()).unwrap();
        }
        let settled = draft.settle();
        proptest::prop_assert_eq!((settled.leftovers, settled.group), (vec![], Some(group)));
    }
}

#[test]
fn a_plain_group_needs_its_mode_and_monitoring_only() {
    let group = &read(&[SourceFile::new("a", "[group.a]\nmembers = [\"eth0\"]\ndhcp = true\n")]).unwrap().groups[0];
    let options: Vec<_> = options(group).into_iter().map(|(name, value)| format!("{name} {value}")).collect();
    assert_eq!(options, ["mode active-backup", "miimon 100", "updelay 0", "downdelay 0"]);
}

#[test]
fn options_are_taken_in_every_spelling_by_name_and_by_number() {
    let mut draft = Draft::new("a");
    for (option, value) in [
        ("bond-mode", "1"),
        ("bond_primary_reselect", "2"),
        ("fail_over_mac", "1"),
        ("arp_validate", "3"),
        ("BOND-NUM-GRAT-ARP", "5"),
        ("arp_ip_target", "10.0.0.1,+10.0.0.2"),
    ] {
        set(&mut draft, option, value, &origin()).unwrap();
    }
    let text = draft.to_toml();
    for part in [
        "mode               = \"active-backup\"",
        "failback           = \"never\"",
        "mac                = \"active\"",
        "validate = \"all\"",
        "= 5",
        "\"10.0.0.1\", \"10.0.0.2\"",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn what_no_key_says_is_not_taken_with_a_reason() {
    let mut draft = Draft::new("a");
    for (option, value) in [
        ("mode", "7"),
        ("miimon", "fast"),
        ("all_slaves_active", "1"),
        ("resend_igmp", "4"),
        ("use_carrier", "0"),
        ("queue_id", "eth0:2"),
        ("active_slave", "eth0"),
    ] {
        let (fate, why) = set(&mut draft, option, value, &origin()).unwrap_err();
        assert_eq!(fate, Fate::Lost, "{option}: {why}");
    }
    assert_eq!(draft.keys().count(), 0);
    // Of each that is known it is said what becomes of it. Two have no key, but a value that mpath always has.
    let has_key = |name: &&str| !matches!(*name, "all_slaves_active" | "peer_notif_delay");
    for name in NAMES.into_iter().filter(has_key) {
        let why = set(&mut Draft::new("any"), name, "1", &origin()).err().map(|(_, why)| why).unwrap_or_default();
        assert!(!why.starts_with("mpath has no key"), "{name}: {why}");
    }
    assert!(is_known("bond-miimon") && is_known("mode") && !is_known("bond-slaves-ordered"));
}
