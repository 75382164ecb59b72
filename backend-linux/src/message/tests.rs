use mpath_core::Step;
use mpath_core::step::Family;
use netlink_packet_core::Emitable;

use super::*;
use crate::op::ops_for;

fn name(name: &str) -> InterfaceName {
    InterfaceName::new(name).unwrap()
}

fn message(op: &Op) -> (RouteNetlinkMessage, u16) {
    let index_of = |name: &InterfaceName| match name.as_str() {
        "bond0" => Ok(5),
        "eth1" => Ok(7),
        other => Err(other.to_owned()),
    };
    let message = message_of(op, index_of).unwrap().unwrap();
    let NetlinkPayload::InnerMessage(inner) = message.payload else { panic!() };
    (inner, message.header.flags)
}

fn bytes(link: &LinkMessage) -> Vec<u8> {
    let mut bytes = vec![0; link.buffer_len()];
    link.emit(&mut bytes);
    bytes
}

#[test]
fn options_of_a_bond_never_go_by_setlink() {
    let options = vec![BondOption::Primary(Some(name("eth1"))), BondOption::ArpIpTarget(vec![])];
    let (inner, flags) = message(&Op::ChangeBond { device: name("bond0"), options });
    let RouteNetlinkMessage::NewLink(link) = inner else { panic!("{inner:?}") };
    assert_eq!((link.header.index, flags), (5, NLM_F_REQUEST | NLM_F_ACK));
    let data = vec![InfoBond::Primary(7), InfoBond::ArpIpTarget(vec![])];
    let info = vec![LinkInfo::Kind(InfoKind::Bond), LinkInfo::Data(InfoData::Bond(data))];
    assert_eq!(link.attributes, [LinkAttribute::LinkInfo(info)]);
    let (inner, _) = message(&Op::SetPortPriority { port: name("eth1"), prio: -1 });
    assert!(matches!(inner, RouteNetlinkMessage::NewLink(_)));
}

#[test]
fn a_bond_is_created_only_where_there_is_none() {
    let op = Op::CreateBond { device: name("bond9"), options: vec![], mac: None, mtu: Some(1400) };
    let (inner, flags) = message(&op);
    let RouteNetlinkMessage::NewLink(link) = inner else { panic!("{inner:?}") };
    assert_eq!(flags & (NLM_F_CREATE | NLM_F_EXCL), NLM_F_CREATE | NLM_F_EXCL);
    assert_eq!(link.header.index, 0);
    assert!(link.attributes.contains(&LinkAttribute::Mtu(1400)));
}

#[test]
fn an_alias_goes_without_a_nul() {
    for alias in ["mpath:x", ""] {
        let (inner, _) = message(&Op::SetAlias { device: name("bond0"), alias: alias.to_owned() });
        let RouteNetlinkMessage::SetLink(link) = inner else { panic!("{inner:?}") };
        // After the header of 16 bytes: length, type, text.
        let length = u16::try_from(4 + alias.len()).unwrap().to_ne_bytes();
        assert_eq!(bytes(&link)[16..18], length);
        assert_eq!(&bytes(&link)[20..20 + alias.len()], alias.as_bytes());
    }
}

#[test]
fn only_the_up_flag_is_touched() {
    let (inner, _) = message(&Op::SetUp { interface: name("eth1"), up: false });
    let RouteNetlinkMessage::SetLink(link) = inner else { panic!("{inner:?}") };
    assert_eq!((link.header.flags, link.header.change_mask), (LinkFlags::empty(), LinkFlags::Up));
}

#[test]
fn an_interface_that_is_not_there_is_the_callers_error() {
    let op = Op::Enslave { port: name("eth1"), device: name("gone") };
    let missing = message_of(&op, |name| if name.as_str() == "eth1" { Ok(7) } else { Err("gone") });
    assert_eq!(missing, Err("gone"));
}

#[test]
fn what_netlink_cannot_do_has_no_message() {
    for step in [Step::LoadDriver, Step::StartDhcp { interface: name("bond0"), family: Family::V4 }] {
        assert_eq!(message_of(&ops_for(&step)[0], |_| Ok::<_, ()>(1)), Ok(None));
    }
}

#[test]
fn an_ipv4_route_is_found_again_whatever_its_scope_and_an_ipv6_route_by_its_metric() {
    let v4 = route_message(5, &Route::default_via([10, 0, 0, 1].into()), false);
    assert_eq!(v4.header.scope, RouteScope::NoWhere);
    assert!(!v4.attributes.iter().any(|a| matches!(a, RouteAttribute::Priority(_) | RouteAttribute::Destination(_))));
    let v6 = Route::default_via("fd00::1".parse().unwrap());
    assert!(route_message(5, &v6, false).attributes.contains(&RouteAttribute::Priority(1024)));
    assert!(!route_message(5, &v6, true).attributes.contains(&RouteAttribute::Priority(1024)));
}

#[test]
fn a_table_beyond_eight_bits_goes_by_attribute_alone() {
    let mut route = Route::default_via([10, 0, 0, 1].into());
    assert_eq!(route_message(5, &route, true).header.table, 254);
    route.table = Some(1000);
    let message = route_message(5, &route, true);
    assert_eq!(message.header.table, 0);
    assert!(message.attributes.contains(&RouteAttribute::Table(1000)));
}
