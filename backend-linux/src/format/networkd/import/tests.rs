use std::collections::BTreeMap;

use mpath_core::Group;
use mpath_core::import::Fate;
use mpath_core::mode::TransmitHash;
use mpath_core::{Mode, SourceFile, read};
use proptest::prelude::{ProptestConfig, prop_assert_eq};

use super::*;
use crate::format::networkd::render;
use crate::format::round_trip::{groups, there_and_back};

fn files(texts: &[(&str, &str)]) -> BTreeMap<String, String> {
    texts.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect()
}

fn toml(import: Import) -> String {
    import.drafts.into_iter().map(|draft| draft.settle().draft.to_toml()).collect()
}

/// The fate of each line, as short as can be.
fn told(import: &Import) -> Vec<(Fate, String, Option<usize>)> {
    let told = |left: &mpath_core::import::Leftover| {
        (left.fate, left.origin.file.rsplit('/').next().unwrap_or_default().to_owned(), left.origin.line)
    };
    import.leftovers.iter().map(told).collect()
}

const NETDEV: &str = "[NetDev]\nName=bond0\nKind=bond\nMACAddress=none\n\n[Bond]\nMode=active-backup\nMIIMonitorSec=0.1\nUpDelaySec=200ms\n\
    DownDelaySec=200ms\nGratuitousARP=3\nPrimaryReselectPolicy=failure\n";
const LINK: &str = "[Match]\nOriginalName=bond0\n[Link]\nMACAddressPolicy=none\n";
const NETWORK: &str = "[Match]\nName=bond0\n\n[Link]\nMTUBytes=1400\n[Network]\nAddress=192.168.1.34/24\nGateway=192.168.1.24\n\
    ConfigureWithoutCarrier=yes\n\n[Address]\nAddress=2001:db8:1::34/64\n\n[Route]\nDestination=10.0.0.0/8\nGateway=192.168.1.9\nMetric=7\n";
const MEMBERS: [(&str, &str); 2] = [
    ("etc/systemd/network/20-eth1.network", "[Match]\nName=eth1\n[Network]\nBond=bond0\nPrimarySlave=yes\n"),
    (
        "etc/systemd/network/30-dock.network",
        "[Match]\nPermanentMACAddress=52-54-00-12-34-56\n[Link]\nRequiredForOnline=no\n[Network]\nBond=bond0\n",
    ),
];

#[test]
fn a_bond_of_several_files_is_one_group() {
    let mut texts = vec![
        ("etc/systemd/network/10-bond0.netdev", NETDEV),
        ("etc/systemd/network/10-bond0.link", LINK),
        ("etc/systemd/network/10-bond0.network", NETWORK),
    ];
    texts.extend(MEMBERS);
    let import = import(&files(&texts));
    assert_eq!(import.leftovers, []);
    let wanted = r#"[group.bond0]
members            = ["eth1", { mac = "52:54:00:12:34:56", optional = true }]
primary            = "eth1"
mode               = "active-backup"
failback           = "never"
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
fn the_strongest_folder_and_drop_ins_count_and_masks_hide() {
    let mut texts = vec![
        ("usr/lib/systemd/network/10-bond0.netdev", "[NetDev]\nName=bond0\nKind=bond\n[Bond]\nMode=balance-rr\n"),
        ("etc/systemd/network/10-bond0.netdev", NETDEV),
        (
            "usr/lib/systemd/network/10-bond0.netdev.d/50-slow.conf",
            "[Bond]\nMIIMonitorSec=1\nUpDelaySec=\nDownDelaySec=2\n",
        ),
        ("run/systemd/network/10-bond0.netdev.d/60-masked.conf", ""),
        ("usr/lib/systemd/network/10-bond0.netdev.d/60-masked.conf", "[Bond]\nMode=802.3ad\n"),
        ("etc/systemd/network/10-bond0.link", LINK),
        ("run/systemd/network/00-all.network", ""),
        ("usr/lib/systemd/network/00-all.network", "[Match]\nName=*\n[Network]\nDHCP=yes\n"),
        ("etc/systemd/network/10-bond0.network", NETWORK),
        (
            "etc/systemd/network/10-bond0.network.d/more.conf",
            "[Network]\nAddress=\nAddress=10.1.1.1/24\n[Network]\nGateway=\n",
        ),
    ];
    texts.extend(MEMBERS);
    let import = import(&files(&texts));
    assert_eq!(import.leftovers, []);
    let settled = import.drafts.into_iter().next().unwrap().settle();
    let text = settled.draft.to_toml();
    assert!(text.contains("link = { interval = \"1000ms\", down-delay = \"2000ms\" }"), "{text}");
    assert!(text.contains("[\"10.1.1.1/24\", \"2001:db8:1::34/64\"]") && !text.contains("gateway"), "{text}");
}

#[test]
fn what_a_file_takes_from_a_later_one_and_what_only_the_host_knows_is_told() {
    let texts = [
        ("etc/systemd/network/05-eth1.network", "[Match]\nName=eth[12]\n[Network]\nDHCP=yes\n"),
        ("etc/systemd/network/06-cards.network", "[Match]\nDriver=e1000\n[Network]\nDHCP=yes\n"),
        ("etc/systemd/network/10-bond0.netdev", NETDEV),
        ("etc/systemd/network/10-bond0.link", LINK),
        (
            "etc/systemd/network/10-bond0.network",
            "[Match]\nName=bond0\n[Network]\nDHCP=ipv4\nDNS=192.168.1.24\nVLAN=bond0.10\n",
        ),
        (
            "etc/systemd/network/20-members.network",
            "[Match]\nName=eth0 eth1 enp*\n[Network]\nBond=bond0\nAddress=10.0.0.1/8\n",
        ),
        ("etc/systemd/network/30-other.network", "[Match]\nName=wlan0\n[Network]\nBond=bond1\n"),
        ("etc/systemd/network/40-vlan.netdev", "[NetDev]\nName=bond0.10\nKind=vlan\n[VLAN]\nId=10\n"),
        ("usr/lib/systemd/network/80-wifi-adhoc.network", "[Match]\nType=wlan\n[Network]\nDHCP=no\n"),
    ];
    let import = import(&files(&texts));
    let expected = [
        (Fate::Changed, "20-members.network", 2),
        (Fate::Lost, "20-members.network", 2),
        (Fate::Lost, "20-members.network", 2),
        (Fate::Lost, "20-members.network", 5),
        (Fate::Lost, "10-bond0.network", 6),
        (Fate::Lost, "10-bond0.network", 5),
        (Fate::LeftAlone, "40-vlan.netdev", 3),
        (Fate::LeftAlone, "05-eth1.network", 2),
        (Fate::Lost, "06-cards.network", 2),
        (Fate::Lost, "30-other.network", 4),
        (Fate::LeftAlone, "80-wifi-adhoc.network", 2),
    ];
    let mut told = told(&import);
    let mut expected: Vec<_> =
        expected.into_iter().map(|(fate, file, line)| (fate, file.to_owned(), Some(line))).collect();
    told.sort();
    expected.sort();
    assert_eq!(told, expected, "{:#?}", import.leftovers);
    assert!(toml(import).contains("members            = [\"eth0\"]"));
}

#[test]
fn a_bond_is_taken_as_it_acts_where_its_file_says_nothing() {
    let texts = [
        ("etc/systemd/network/a.netdev", "[NetDev]\nName=a\nKind=bond\n"),
        (
            "etc/systemd/network/a.network",
            "[Match]\nName=a\n[Network]\nDHCP=yes\nLinkLocalAddressing=no\nAddress=10.0.0.1\n",
        ),
        (
            "etc/systemd/network/b.netdev",
            "[NetDev]\nName=b\nKind=bond\n[Bond]\nMode=active-backup\nARPIntervalSec=1\nARPIPTargets=10.0.0.1 10.0.0.2\n\
            AllSlavesActive=no\nResendIGMP=3\nFailOverMACPolicy=active\nARPValidate=whatever\n[Match]\nHost=here\n",
        ),
        ("etc/systemd/network/b.network", "[Match]\nName=b\n[Network]\nDHCP=ipv4\nIPv6AcceptRA=false\n"),
        ("etc/systemd/network/eth0.network", "[Match]\nName=eth0\n[Network]\nBond=a\n"),
        ("etc/systemd/network/eth1.network", "[Match]\nName=eth1\n[Network]\nBond=b\nDHCP=no\nActiveSlave=yes\n"),
    ];
    let import = import(&files(&texts));
    let told = told(&import);
    for expected in [
        (Fate::Changed, "a.netdev", None),
        (Fate::Changed, "a.network", Some(4)),
        (Fate::Lost, "a.network", Some(5)),
        (Fate::Changed, "a.network", Some(6)),
        (Fate::Lost, "b.netdev", Some(9)),
        (Fate::Lost, "b.netdev", Some(13)),
        (Fate::Lost, "eth1.network", Some(6)),
    ] {
        assert!(told.contains(&(expected.0, expected.1.to_owned(), expected.2)), "{expected:?} {told:#?}");
    }
    let settled: Vec<_> = import.drafts.into_iter().map(Draft::settle).collect();
    assert!(settled[0].leftovers.iter().any(|left| left.why.contains("nothing would monitor")), "{:?}", settled[0]);
    let [a, b] =
        [0, 1].map(|place: usize| settled[place].group.clone().unwrap_or_else(|| panic!("{:?}", settled[place])));
    assert_eq!(a.mode().name().word(), "balance-rr");
    let probe = b.detection().probe().unwrap();
    assert_eq!((probe.targets.len(), probe.missed, probe.interval.get()), (2, 2, 1000));
}

#[test]
fn a_route_that_says_more_is_not_taken_for_another_one() {
    let texts = [
        ("etc/systemd/network/a.netdev", "[NetDev]\nName=a\nKind=bond\n[Bond]\nMode=1\nMIIMonitorSec=100ms\n"),
        (
            "etc/systemd/network/a.network",
            "[Match]\nName=a\n[Network]\nAddress=10.0.0.2/24\n[Route]\nGateway=10.0.0.1\nTable=7\n\
            [Route]\nGateway=_dhcp4\n[Route]\nDestination=0.0.0.0/0\nGateway=10.0.0.3\n[Route]\nGateway=10.0.0.4\nMetric=9\n[Route]\nDestination=10.9.0.0/16\n",
        ),
        ("etc/systemd/network/eth0.network", "[Match]\nName=eth0\n[Network]\nBond=a\n"),
    ];
    let import = import(&files(&texts));
    let lost: Vec<_> =
        told(&import).into_iter().filter(|(fate, ..)| *fate == Fate::Lost).map(|(.., line)| line).collect();
    assert_eq!(lost, [Some(6), Some(7), Some(9)]);
    let text = toml(import);
    assert!(text.contains("gateway   = \"10.0.0.3\""), "{text}");
    assert!(text.contains(r#"[{ to = "default", via = "10.0.0.4", metric = 9 }, { to = "10.9.0.0/16" }]"#), "{text}");
}

/// What systemd-networkd cannot do.
fn is_beyond(group: &Group) -> bool {
    let learning = match group.mode() {
        Mode::TransmitBalance { learning_interval, .. } | Mode::AdaptiveBalance { learning_interval } => {
            *learning_interval != 1
        }
        Mode::Lacp(lacp) => !lacp.active,
        _ => false,
    };
    learning
        || group.mode().transmit_hash() == Some(TransmitHash::VlanSourceMac)
        || group.detection().probe().is_some_and(|probe| probe.validate.word().starts_with("filter"))
}

proptest::proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_group_comes_back_from_networkd_unless_its_files_could_not_say_it(group in groups()) {
        let (back, told) = there_and_back(&group, render, import);
        prop_assert_eq!(back.is_none(), is_beyond(&group), "{}", &told);
        if let Some(back) = back {
            prop_assert_eq!(back, group, "{}", told);
        }
    }
}

#[test]
fn each_thing_beyond_networkd_is_refused_with_a_cure() {
    let text = r#"
[group.a]
members = [{ name = "eth0", prio = 3 }, "eth[1"]
mac = "member:eth0"
addresses = ["10.0.0.2/24"]
detection = { probe = { interval = "1s", targets = ["10.0.0.1", "fe80::1"], validate = "filter" } }
[group.b]
members = ["eth2"]
mode = "lacp"
dhcp = true
transmit-hash = "vlan+srcmac"
lacp = { active = false }
[group.c]
members = ["eth3"]
mode = "alb"
dhcp = true
learning-interval = "3s"
[group.far-too-long-a-name]
members = ["eth4"]
dhcp = true
detection = { link = {}, probe = { targets = ["10.0.0.1"] } }
"#;
    let groups = read(&[SourceFile::new("all", text)]).unwrap().groups;
    let refusals = render(&groups.iter().collect::<Vec<_>>(), "all").unwrap_err();
    let counts = ["a", "b", "c", "far-too-long-a-name"]
        .map(|name| refusals.iter().filter(|(group, _)| group.as_str() == name).count());
    assert_eq!(counts, [5, 2, 1, 2], "{refusals:#?}");
    assert!(refusals.iter().all(|(_, refusal)| !refusal.hint().is_empty()));
}

#[test]
fn members_by_address_and_optional_ones_come_back_in_their_order() {
    let text = "[group.trunk]\nmembers = [\"eth9\", { mac = \"52:54:00:12:34:56\" }, { name = \"eth1\", optional = true }]\nprimary = \"eth9\"\n\
        dhcp6 = true\nmac = \"active\"\n";
    let group = &read(&[SourceFile::new("all", text)]).unwrap().groups[0];
    let (back, told) = there_and_back(group, render, import);
    assert_eq!(back.as_ref(), Some(group), "{told}");
}
