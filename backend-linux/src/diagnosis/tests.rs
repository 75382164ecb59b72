use std::net::IpAddr;

use mpath_core::detection::LinkDetection;
use mpath_core::finding::{Code, Evidence, Severity};
use mpath_core::settings::{Failback, GroupSettings, MacSharing};
use mpath_core::snapshot::{Controller, GroupState, Kind, MemberState};
use mpath_core::{Detection, MacAddress, Millis, Mode};

use super::*;
use crate::facts::{Block, Claim, Claimant, SwitchDelay};

fn name(text: &str) -> InterfaceName {
    text.parse().unwrap()
}

fn mac(last: u8) -> MacAddress {
    MacAddress::new([2, 0, 0, 0, 0, last])
}

/// A good group: bond0 with the wired eth1, its primary and active, and wlan0, each with its own address.
fn good() -> (Snapshot, Facts) {
    let mut snapshot = Snapshot::default();
    let link = LinkDetection { interval: Millis::new(100), ..LinkDetection::default() };
    let settings = GroupSettings {
        mode: Mode::ActiveBackup,
        detection: Some(Detection::Link(link)),
        primary: Some(name("eth1")),
        failback: Failback::Always,
        mac_sharing: MacSharing::Active,
        peer_notifications: 1,
    };
    let state = GroupState { settings, label: None, active: Some(name("eth1")), dhcp: Default::default() };
    let mut bond = Interface::new(Kind::Group(Box::new(state)));
    (bond.up, bond.carrier, bond.mac) = (true, true, Some(mac(1)));
    snapshot.interfaces.insert(name("bond0"), bond);
    let mut facts = Facts::default();
    for (number, port, kind) in [(1, "eth1", Kind::Ethernet), (2, "wlan0", Kind::Wireless)] {
        let mut interface = Interface::new(kind);
        (interface.up, interface.carrier) = (true, true);
        (interface.mac, interface.permanent_mac) = (Some(mac(number)), Some(mac(number)));
        let mut membership = Membership::new(name("bond0"), Some(mac(number)));
        membership.state = MemberState::Ok;
        interface.controller = Some(Controller::Group(membership));
        snapshot.interfaces.insert(name(port), interface);
        let known = InterfaceFacts { operstate: Some("up".to_owned()), received: Some(1000), ..Default::default() };
        facts.interfaces.insert(name(port), known);
    }
    (snapshot, facts)
}

type Change = fn(&mut Snapshot, &mut Facts);

fn port<'a>(snapshot: &'a mut Snapshot, port: &str) -> &'a mut Interface {
    snapshot.interfaces.get_mut(&name(port)).unwrap()
}

fn settings(snapshot: &mut Snapshot) -> &mut GroupSettings {
    &mut port(snapshot, "bond0").group_mut().unwrap().settings
}

fn known<'a>(facts: &'a mut Facts, port: &str) -> &'a mut InterfaceFacts {
    facts.interfaces.get_mut(&name(port)).unwrap()
}

/// What is found after a change of the good group.
fn found(change: Change) -> Vec<Finding> {
    let (mut snapshot, mut facts) = good();
    change(&mut snapshot, &mut facts);
    findings(&snapshot, &facts)
}

/// Just these are found; the first has this evidence, and each has a cure.
#[track_caller]
fn finds(change: Change, codes: &[Code], source: &str, seen: &str, cure: &str) {
    let found = found(change);
    assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), codes, "{found:#?}");
    let has = |evidence: &Evidence| evidence.source == source && evidence.seen.contains(seen);
    assert!(found[0].evidence.iter().any(has), "{source}: {seen} in {found:#?}");
    let all = found[0].cure.iter().flat_map(|cure| cure.commands.iter().chain([&cure.text])).cloned();
    assert!(all.collect::<Vec<_>>().join("\n").contains(cure), "{cure} in {found:#?}");
    assert!(found.iter().all(|finding| !finding.cure.is_empty()));
}

#[test]
fn a_host_without_bonds_has_nothing_wrong_with_it_nor_has_a_good_group() {
    assert_eq!(findings(&Snapshot::default(), &Facts::default()), []);
    assert_eq!(found(|_, _| ()), []);
}

#[test]
fn the_worst_comes_first() {
    let found = found(|snapshot, _| {
        settings(snapshot).primary = None;
        settings(snapshot).detection = None;
        port(snapshot, "eth1").mtu = 1400;
    });
    let severities: Vec<_> = found.iter().map(|finding| finding.severity).collect();
    assert_eq!(severities, [Severity::Error, Severity::Warning, Severity::Note]);
}

#[test]
fn a_radio_that_is_switched_off_is_nothing_else() {
    let change: Change = |snapshot, facts| {
        port(snapshot, "wlan0").up = false;
        port(snapshot, "wlan0").carrier = false;
        let file = "/sys/class/net/wlan0/phy80211/rfkill0/soft".to_owned();
        known(facts, "wlan0").blocks = vec![Block { file, is_hard: false }];
    };
    let file = "/sys/class/net/wlan0/phy80211/rfkill0/soft";
    finds(change, &[Code::WirelessBlocked], file, "1", "echo 0 > /sys/class/net/wlan0/phy80211/rfkill0/soft");
    let hard: Change = |_, facts| {
        let file = "/sys/class/net/wlan0/phy80211/rfkill0/hard".to_owned();
        known(facts, "wlan0").blocks = vec![Block { file, is_hard: true }];
    };
    finds(hard, &[Code::WirelessBlocked], "/sys/class/net/wlan0/phy80211/rfkill0/hard", "1", "move the switch");
}

#[test]
fn a_radio_in_no_network_is_found_and_where_it_shows_another_address_that_is_said() {
    let alone: Change = |snapshot, _| port(snapshot, "wlan0").carrier = false;
    finds(alone, &[Code::WirelessNotAssociated], "/sys/class/net/wlan0/carrier", "0", "wpa_cli -i wlan0 status");
    let shared: Change = |snapshot, _| {
        settings(snapshot).mac_sharing = MacSharing::Shared;
        port(snapshot, "wlan0").carrier = false;
        port(snapshot, "wlan0").mac = Some(mac(1));
    };
    let codes = [Code::WirelessMacFilter, Code::WirelessSharedMac];
    finds(shared, &codes, "/sys/class/net/wlan0/phy80211/macaddress", "02:00:00:00:00:02", "fail_over_mac active");
}

#[test]
fn a_radio_that_waits_for_its_keys_is_found() {
    let change: Change = |_, facts| known(facts, "wlan0").operstate = Some("dormant".to_owned());
    finds(change, &[Code::WirelessNotAuthorized], "/sys/class/net/wlan0/operstate", "dormant", "wpa_supplicant");
}

#[test]
fn a_radio_that_is_to_swap_addresses_or_to_share_one_is_found() {
    let follow: Change = |snapshot, _| settings(snapshot).mac_sharing = MacSharing::Follow;
    finds(
        follow,
        &[Code::WirelessFollow],
        "/sys/class/net/bond0/bonding/fail_over_mac",
        "follow",
        "fail_over_mac active",
    );
    let shared: Change = |snapshot, _| {
        settings(snapshot).mac_sharing = MacSharing::Shared;
        port(snapshot, "wlan0").mac = Some(mac(1));
    };
    let file = "/sys/class/net/bond0/bonding/fail_over_mac";
    finds(shared, &[Code::WirelessSharedMac], file, "none", "ip link set dev bond0 type bond fail_over_mac active");
}

#[test]
fn a_radio_that_sleeps_is_found() {
    let change: Change = |_, facts| known(facts, "wlan0").power_save = Some(true);
    finds(change, &[Code::WirelessPowerSave], "iw dev wlan0 get power_save", "on", "iw dev wlan0 set power_save off");
}

#[test]
fn members_of_different_speeds_and_half_duplex_are_found() {
    let speeds: Change = |snapshot, _| {
        port(snapshot, "wlan0").speed = Some(100);
        port(snapshot, "eth1").speed = Some(1000);
    };
    finds(speeds, &[Code::SpeedMismatch], "/sys/class/net/eth1/speed", "1000 Mbit/s", "cables");
    // That of a radio is unknown, which is no fault.
    assert_eq!(found(|snapshot, _| port(snapshot, "eth1").speed = Some(1000)), []);
    let half: Change = |_, facts| known(facts, "eth1").half_duplex = true;
    finds(half, &[Code::HalfDuplex], "/sys/class/net/eth1/duplex", "half", "ethtool -s eth1 autoneg on");
}

#[test]
fn a_card_whose_carrier_says_nothing_is_known_by_its_driver() {
    let change: Change = |_, facts| {
        known(facts, "eth1").card = Some("0x0000".to_owned());
        known(facts, "eth1").driver = Some("e1000e".to_owned());
    };
    finds(change, &[Code::CarrierUntold], "/sys/class/net/eth1/device/driver", "e1000e", "arp_interval 500");
    // The same driver on a real card tells.
    let real = found(|_, facts| {
        known(facts, "eth1").driver = Some("e1000e".to_owned());
        known(facts, "eth1").card = Some("0xa01f".to_owned());
    });
    assert_eq!(real, []);
    // Who does not look at links is not misled by them.
    let probes = found(|snapshot, facts| {
        known(facts, "eth1").card = Some("0x0000".to_owned());
        known(facts, "eth1").driver = Some("e1000e".to_owned());
        let targets: Vec<IpAddr> = vec![[192, 168, 1, 1].into()];
        let probe = mpath_core::detection::ProbeDetection::every(Millis::new(500));
        let probe = mpath_core::detection::ProbeDetection { targets, ..probe };
        settings(snapshot).detection = Some(Detection::Probe(probe));
    });
    assert_eq!(probes, []);
}

#[test]
fn an_up_delay_that_is_shorter_than_the_switchs_is_found_where_the_switch_says_so() {
    fn heard(facts: &mut Facts) {
        let heard = Evidence { source: "tcpdump -i eth1 stp".to_owned(), line: None, seen: "15 s".to_owned() };
        known(facts, "eth1").switch_delay = Some(SwitchDelay { millis: 30_000, heard });
    }
    let change: Change = |_, facts| heard(facts);
    finds(change, &[Code::UpDelayShort], "/sys/class/net/bond0/bonding/updelay", "0", "updelay 30000");
    let long = found(|snapshot, facts| {
        heard(facts);
        let link = LinkDetection { up_delay: Millis::new(30_000), ..LinkDetection::default() };
        settings(snapshot).detection = Some(Detection::Link(link));
    });
    assert_eq!(long, []);
}

#[test]
fn managers_that_made_a_bond_may_manage_its_members_and_others_may_not() {
    fn claim(facts: &mut Facts, by: Claimant, interface: &str) {
        let evidence = vec![Evidence { source: "/run/x".to_owned(), line: Some(1), seen: "mine".to_owned() }];
        let cure = vec![mpath_core::finding::Cure { text: "leave it".to_owned(), commands: vec!["leave".to_owned()] }];
        facts.claims.push(Claim { by, interface: name(interface), evidence, cure });
    }
    let by_nm: Change = |_, facts| claim(facts, Claimant::NetworkManager, "eth1");
    finds(by_nm, &[Code::ManagedByNetworkManager], "/run/x", "mine", "leave");
    let all = found(|_, facts| {
        for interface in ["bond0", "eth1", "wlan0"] {
            claim(facts, Claimant::NetworkManager, interface);
        }
    });
    assert_eq!(all, []);
    let ours = found(|snapshot, facts| {
        port(snapshot, "bond0").group_mut().unwrap().label = Some("mpath:home-lan".to_owned());
        claim(facts, Claimant::Networkd, "bond0");
        claim(facts, Claimant::Networkd, "eth1");
    });
    assert_eq!(ours.len(), 2, "{ours:#?}");
    // An address of its own is wrong for a member, whoever made the bond.
    let ifupdown = found(|_, facts| {
        claim(facts, Claimant::Ifupdown, "bond0");
        claim(facts, Claimant::Ifupdown, "eth1");
    });
    assert_eq!(ifupdown.iter().map(|finding| finding.code).collect::<Vec<_>>(), [Code::ManagedByIfupdown]);
    let supplicant: Change = |_, facts| claim(facts, Claimant::WpaSupplicant, "bond0");
    finds(supplicant, &[Code::ManagedByWpaSupplicant], "/run/x", "mine", "leave");
    for (by, code) in [(Claimant::Netplan, Code::ManagedByNetplan), (Claimant::DhcpClient, Code::ManagedByDhcpClient)] {
        let (snapshot, mut facts) = good();
        claim(&mut facts, by, "eth1");
        assert_eq!(findings(&snapshot, &facts).first().map(|finding| finding.code), Some(code));
    }
}
