use netlink_packet_route::address::AddressAttribute;
use netlink_packet_route::link::{InfoData, InfoKind, InfoPortData, LinkAttribute, LinkInfo};

use super::*;

fn link(index: u32, name: &str, info: Vec<LinkInfo>) -> LinkMessage {
    let mut link = LinkMessage::default();
    link.header.index = index;
    link.attributes = vec![LinkAttribute::IfName(name.to_owned()), LinkAttribute::LinkInfo(info)];
    link
}

fn bond(data: Vec<InfoBond>) -> LinkMessage {
    link(5, "bond0", vec![LinkInfo::Kind(InfoKind::Bond), LinkInfo::Data(InfoData::Bond(data))])
}

fn features(links: Vec<LinkMessage>) -> Vec<Feature> {
    Dumps { links, ..Dumps::default() }.missing().into_iter().map(|missing| missing.feature).collect()
}

#[test]
fn a_bond_shows_what_its_kernel_knows() {
    assert_eq!(features(vec![]), []);
    let linux_5_10 = bond(vec![InfoBond::PeerNotifDelay(0)]);
    assert_eq!(features(vec![linux_5_10]), [Feature::LacpPassive, Feature::ProbeMissed, Feature::Ipv6Probe]);
    assert_eq!(features(vec![bond(vec![InfoBond::AdLacpActive(true), InfoBond::MissedMax(2)])]), []);
}

#[test]
fn a_port_shows_whether_ports_have_priorities() {
    let port = |data| link(6, "eth1", vec![LinkInfo::PortData(InfoPortData::BondPort(data))]);
    assert_eq!(features(vec![port(vec![InfoBondPort::QueueId(0)])]), [Feature::MemberPriority]);
    assert_eq!(features(vec![port(vec![InfoBondPort::QueueId(0), InfoBondPort::Prio(0)])]), []);
}

#[test]
fn addresses_stand_in_the_order_in_which_adding_them_gives_the_same_again() {
    let address = |text: &str| {
        let ip: std::net::IpAddr = text.parse().unwrap();
        let mut message = AddressMessage::default();
        message.header.family = ip.into();
        message.header.index = 5;
        message.header.prefix_len = 24;
        message.attributes = vec![AddressAttribute::Address(ip)];
        message
    };
    let addresses = ["10.0.0.1", "10.0.0.2", "fd00::2", "fd00::1"].map(address).to_vec();
    let dumps = Dumps { links: vec![bond(vec![])], addresses, routes: vec![] };
    let snapshot = dumps.snapshot();
    let found: Vec<_> = snapshot.interfaces["bond0"].addresses.iter().map(|a| a.net.addr().to_string()).collect();
    assert_eq!(found, ["10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2"]);
}
