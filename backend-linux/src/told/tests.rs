use netlink_packet_core::NetlinkHeader;
use netlink_packet_route::address::AddressMessage;
use netlink_packet_route::link::LinkMessage;
use netlink_packet_route::route::RouteNextHop;

use super::*;

fn told(messages: Vec<RouteNetlinkMessage>) -> Other {
    let mut other = Other::These(BTreeSet::new());
    for message in messages {
        let mut message = NetlinkMessage::new(NetlinkHeader::default(), NetlinkPayload::InnerMessage(Lenient(message)));
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        other.take(&bytes);
    }
    other
}

fn route(attribute: RouteAttribute) -> RouteNetlinkMessage {
    let mut route = RouteMessage::default();
    route.attributes.push(attribute);
    RouteNetlinkMessage::DelRoute(route)
}

#[test]
fn links_addresses_and_routes_tell_which_interface_is_another() {
    let (mut link, mut address) = (LinkMessage::default(), AddressMessage::default());
    (link.header.index, address.header.index) = (3, 4);
    let mut hop = RouteNextHop::default();
    hop.interface_index = 6;
    let other = told(vec![
        RouteNetlinkMessage::DelLink(link),
        RouteNetlinkMessage::NewAddress(address),
        route(RouteAttribute::Oif(5)),
        route(RouteAttribute::MultiPath(vec![hop])),
        route(RouteAttribute::Priority(7)),
    ]);
    assert_eq!(other, Other::These(BTreeSet::from([3, 4, 5, 6])));
}

#[test]
fn what_does_not_say_which_may_be_any() {
    assert_eq!(told(vec![route(RouteAttribute::NhId(9))]), Other::Anything);
    let mut other = Other::These(BTreeSet::new());
    other.take(&[16, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(other, Other::Anything);
}
