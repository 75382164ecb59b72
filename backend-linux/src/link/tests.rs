use netlink_packet_route::link::{AfSpecInet, BondMode, Inet6DevConf, Inet6IfaceFlags, InetDevConf, InfoPortKind};

use super::*;

fn link(index: u32, name: &str, info: Vec<LinkInfo>) -> LinkMessage {
    let mut link = LinkMessage::default();
    link.header.index = index;
    link.header.link_layer_type = LinkLayerType::Ether;
    link.attributes = vec![
        LinkAttribute::IfName(name.to_owned()),
        LinkAttribute::Address(vec![2, 0, 0, 0, 0, u8::try_from(index).unwrap()]),
    ];
    if !info.is_empty() {
        link.attributes.push(LinkAttribute::LinkInfo(info));
    }
    link
}

fn bond(index: u32, name: &str, data: Vec<InfoBond>) -> LinkMessage {
    link(index, name, vec![LinkInfo::Kind(InfoKind::Bond), LinkInfo::Data(InfoData::Bond(data))])
}

fn port(index: u32, name: &str, controller: u32, data: Vec<InfoBondPort>) -> LinkMessage {
    let info = vec![
        LinkInfo::Kind(InfoKind::Veth),
        LinkInfo::PortKind(InfoPortKind::Bond),
        LinkInfo::PortData(InfoPortData::BondPort(data)),
    ];
    let mut link = link(index, name, info);
    link.attributes.push(LinkAttribute::Controller(controller));
    link
}

fn interface(links: &[LinkMessage], wanted: &str) -> Interface {
    Links::new(links).interfaces().find(|(name, _)| name.as_str() == wanted).unwrap().1
}

fn active_backup(more: Vec<InfoBond>) -> LinkMessage {
    let mut data = vec![InfoBond::Mode(BondMode::ActiveBackup)];
    data.extend(more);
    bond(5, "bond0", data)
}

#[test]
fn names_stand_where_the_kernel_has_numbers() {
    let links = [
        active_backup(vec![InfoBond::Primary(6), InfoBond::ActivePort(7)]),
        port(6, "eth1", 5, vec![]),
        port(7, "wlan0", 5, vec![]),
    ];
    let bond = interface(&links, "bond0");
    let group = bond.group().unwrap();
    assert_eq!(group.settings.primary.as_ref().unwrap().as_str(), "eth1");
    assert_eq!(group.active.as_ref().unwrap().as_str(), "wlan0");
    assert_eq!(bond.permanent_mac, None);
    assert_eq!(interface(&links, "eth1").membership().unwrap().device.as_str(), "bond0");
}

#[test]
fn a_port_tells_what_its_bond_thinks_of_it() {
    for (status, state) in [
        (MiiStatus::Up, MemberState::Ok),
        (MiiStatus::GoingDown, MemberState::Failing),
        (MiiStatus::Down, MemberState::Failed),
        (MiiStatus::GoingBack, MemberState::Recovering),
        (MiiStatus::Other(9), MemberState::Unknown),
    ] {
        let data = vec![
            InfoBondPort::MiiStatus(status),
            InfoBondPort::Prio(-3),
            InfoBondPort::LinkFailureCount(4),
            InfoBondPort::BondPortState(BondPortState::Active),
        ];
        let links = [active_backup(vec![]), port(6, "eth1", 5, data)];
        let device = InterfaceName::new("bond0").unwrap();
        let membership = Membership::new(device, None);
        let expected = Membership { priority: -3, state, active: true, failures: 4, ..membership };
        assert_eq!(interface(&links, "eth1").membership(), Some(&expected));
    }
}

#[test]
fn the_own_mac_comes_from_the_driver_else_from_before_it_was_enslaved_else_from_now() {
    let before = vec![InfoBondPort::PermHwaddr(vec![2, 0, 0, 0, 9, 9])];
    let mut links = [active_backup(vec![]), port(6, "eth1", 5, before), link(7, "eth2", vec![])];
    let own = |links: &[LinkMessage], name| interface(links, name).permanent_mac.unwrap().to_string();
    assert_eq!(own(&links, "eth1"), "02:00:00:00:09:09");
    assert_eq!(own(&links, "eth2"), "02:00:00:00:00:07");
    links[1].attributes.push(LinkAttribute::PermAddress(vec![2, 0, 0, 0, 8, 8]));
    assert_eq!(own(&links, "eth1"), "02:00:00:00:08:08");
}

#[test]
fn the_controller_of_another_kind_is_named_with_its_kind() {
    let links = [link(5, "br0", vec![LinkInfo::Kind(InfoKind::Bridge)]), port(6, "eth1", 5, vec![])];
    let expected = Controller::Other { name: InterfaceName::new("br0").unwrap(), kind: "bridge".to_owned() };
    assert_eq!(interface(&links, "eth1").controller, Some(expected));
    assert_eq!(interface(&links, "br0").kind, Kind::Other("bridge".to_owned()));
}

#[test]
fn a_bond_that_mpath_cannot_describe_is_no_group() {
    let links = [bond(5, "bond0", vec![InfoBond::Mode(BondMode::Other(7))]), port(6, "eth1", 5, vec![])];
    assert_eq!(interface(&links, "bond0").kind, Kind::Other("bond (mode 7 is not known)".to_owned()));
    assert!(matches!(interface(&links, "eth1").controller, Some(Controller::Other { .. })));
}

#[test]
fn a_tun_device_is_no_ethernet_but_a_tap_device_is() {
    let mut tun = link(5, "tun0", vec![LinkInfo::Kind(InfoKind::Tun)]);
    assert_eq!(interface(std::slice::from_ref(&tun), "tun0").kind, Kind::Ethernet);
    tun.header.link_layer_type = LinkLayerType::None;
    assert_eq!(interface(&[tun], "tun0").kind, Kind::Other("tun".to_owned()));
}

#[test]
fn an_empty_alias_is_no_label() {
    let mut bond = active_backup(vec![]);
    bond.attributes.push(LinkAttribute::IfAlias(String::new()));
    assert_eq!(interface(&[bond.clone()], "bond0").group().unwrap().label, None);
    bond.attributes.push(LinkAttribute::IfAlias("mpath:home-lan".to_owned()));
    assert_eq!(interface(&[bond], "bond0").group().unwrap().owner().unwrap().as_str(), "home-lan");
}

#[test]
fn a_pared_link_is_the_same_interface_and_the_rest_of_its_message_is_gone() {
    let mut listens = Inet6DevConf::default();
    listens.accept_ra = 2;
    let families = || {
        let inet6 = vec![AfSpecInet6::Flags(Inet6IfaceFlags::empty()), AfSpecInet6::DevConf(listens)];
        LinkAttribute::AfSpecUnspec(vec![
            AfSpecUnspec::Inet(vec![AfSpecInet::DevConf(InetDevConf::default())]),
            AfSpecUnspec::Inet6(inet6),
        ])
    };
    let rest = || [LinkAttribute::Qdisc("noqueue".to_owned()), LinkAttribute::NumTxQueues(16), families()];
    let mut stacked = link(8, "eth1.7", vec![LinkInfo::Kind(InfoKind::Vlan)]);
    stacked.attributes.extend([LinkAttribute::Link(6), LinkAttribute::IfAlias("uplink".to_owned())]);
    let mut card = port(6, "eth1", 5, vec![InfoBondPort::MiiStatus(MiiStatus::Up)]);
    card.attributes.extend([LinkAttribute::Mtu(9000), LinkAttribute::Carrier(1)]);
    card.attributes.push(LinkAttribute::PermAddress(vec![2, 0, 0, 0, 0, 9]));
    let mut group = active_backup(vec![InfoBond::Primary(6)]);
    group.attributes.push(LinkAttribute::IfAlias("mpath:lan".to_owned()));
    let mut links = [stacked, card, group];
    links.iter_mut().for_each(|link| link.attributes.extend(rest()));
    let pared = links.clone().map(pared);
    for name in ["eth1.7", "eth1", "bond0"] {
        assert_eq!(interface(&pared, name), interface(&links, name));
    }
    assert_eq!(interface(&pared, "bond0").accept_ra, AcceptRa::Always);
    let lengths = |links: &[LinkMessage]| links.iter().map(|link| link.attributes.len()).collect::<Vec<_>>();
    assert_eq!(lengths(&links), [8, 10, 7]);
    // A bond alone is asked whether it listens to router advertisements.
    assert_eq!(lengths(&pared), [5, 7, 5]);
}
