use netlink_packet_route::route::{RouteMetric, RouteNextHop, RouteScope};

use super::*;

fn message(v6: bool, attributes: Vec<RouteAttribute>) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header.address_family = if v6 { AddressFamily::Inet6 } else { AddressFamily::Inet };
    message.header.table = RouteHeader::RT_TABLE_MAIN;
    message.header.protocol = RouteProtocol::Static;
    message.header.kind = RouteType::Unicast;
    message.attributes = attributes;
    message
}

fn default_v4(more: Vec<RouteAttribute>) -> RouteMessage {
    let mut attributes =
        vec![RouteAttribute::Gateway([10, 0, 0, 1].map(u8::from).into_address()), RouteAttribute::Oif(5)];
    attributes.extend(more);
    message(false, attributes)
}

trait IntoAddress {
    fn into_address(self) -> RouteAddress;
}

impl IntoAddress for [u8; 4] {
    fn into_address(self) -> RouteAddress {
        RouteAddress::Inet(self.into())
    }
}

#[test]
fn the_usual_is_left_unsaid() {
    assert_eq!(route_of(&default_v4(vec![])), Some((vec![5], Route::default_via([10, 0, 0, 1].into()))));
    let mut v6 = message(
        true,
        vec![
            RouteAttribute::Gateway(RouteAddress::Inet6("fd00::1".parse().unwrap())),
            RouteAttribute::Oif(5),
            RouteAttribute::Priority(1024),
            RouteAttribute::Table(254),
            RouteAttribute::Metrics(vec![]),
            RouteAttribute::Preference(RoutePreference::Medium),
        ],
    );
    v6.header.protocol = RouteProtocol::Static;
    assert_eq!(route_of(&v6), Some((vec![5], Route::default_via("fd00::1".parse().unwrap()))));
}

#[test]
fn a_scope_that_does_not_follow_from_the_next_hop_is_kept() {
    let mut direct = message(false, vec![RouteAttribute::Oif(5)]);
    direct.header.scope = RouteScope::Link;
    assert_eq!(route_of(&direct).unwrap().1.scope, None);
    direct.header.scope = RouteScope::Universe;
    assert_eq!(route_of(&direct).unwrap().1.scope, Some(0));
}

#[test]
fn what_is_no_route_over_an_interface_is_left_out() {
    let mut local = default_v4(vec![RouteAttribute::Table(255)]);
    assert_eq!(route_of(&local), None);
    local = default_v4(vec![]);
    local.header.kind = RouteType::BlackHole;
    assert_eq!(route_of(&local), None);
    let mut cloned = default_v4(vec![]);
    cloned.header.flags = RouteFlags::Cloned;
    assert_eq!(route_of(&cloned), None);
    let multicast = RouteAttribute::Destination(RouteAddress::Inet6("ff00::".parse().unwrap()));
    assert_eq!(route_of(&message(true, vec![multicast, RouteAttribute::Oif(5)])), None);
}

#[test]
fn what_cannot_be_put_back_is_named() {
    let reason = |attribute| route_of(&default_v4(vec![attribute])).unwrap().1.opaque;
    assert_eq!(
        reason(RouteAttribute::Metrics(vec![RouteMetric::Mtu(1200)])).as_deref(),
        Some("it has metrics such as an MTU")
    );
    assert_eq!(reason(RouteAttribute::NhId(3)).as_deref(), Some("it has a next-hop object"));
    assert_eq!(reason(RouteAttribute::Priority(3)), None);
}

#[test]
fn a_route_with_several_next_hops_belongs_to_each_of_its_interfaces() {
    let hop = |index| {
        let mut hop = RouteNextHop::default();
        hop.interface_index = index;
        hop
    };
    let hops = RouteAttribute::MultiPath(vec![hop(5), hop(6)]);
    let (interfaces, route) = route_of(&message(false, vec![hops])).unwrap();
    assert_eq!(interfaces, [5, 6]);
    assert!(route.opaque.is_some());
}

#[test]
fn what_the_kernel_made_is_automatic() {
    for (protocol, automatic) in [
        // ifupdown2 says that of a gateway; the kernel itself makes no route with a next hop.
        (RouteProtocol::Kernel, false),
        (RouteProtocol::Ra, true),
        (RouteProtocol::Boot, false),
        (RouteProtocol::Dhcp, false),
    ] {
        let mut message = default_v4(vec![]);
        message.header.protocol = protocol;
        assert_eq!(route_of(&message).unwrap().1.automatic, automatic, "{protocol}");
    }
    let mut connected = message(false, vec![RouteAttribute::Oif(5)]);
    connected.header.protocol = RouteProtocol::Kernel;
    assert!(route_of(&connected).unwrap().1.automatic);
}

#[test]
#[cfg(all(target_os = "linux", target_endian = "little"))]
fn the_bytes_of_a_kernel_are_read() {
    use netlink_packet_core::Parseable as _;

    // `ip route add 10.52.0.0/16 via inet6 fd00::1 dev 5 metric 7`, as dumped.
    let mut bytes = vec![2, 16, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0];
    bytes.extend([8, 0, 15, 0, 254, 0, 0, 0]); // RTA_TABLE 254
    bytes.extend([8, 0, 1, 0, 10, 52, 0, 0]); // RTA_DST
    bytes.extend([8, 0, 6, 0, 7, 0, 0, 0]); // RTA_PRIORITY
    bytes.extend([22, 0, 18, 0, 10, 0, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]); // RTA_VIA
    bytes.extend([8, 0, 4, 0, 5, 0, 0, 0]); // RTA_OIF
    let (interfaces, route) = route_of(&RouteMessage::parse(&bytes).unwrap()).unwrap();
    assert_eq!(interfaces, [5]);
    assert_eq!(route.to_string(), "10.52.0.0/16 via fd00::1 metric 7");
}
