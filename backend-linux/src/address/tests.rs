use std::net::Ipv4Addr;

use netlink_packet_route::AddressFamily;

use super::*;

fn message(family: AddressFamily, length: u8, attributes: Vec<AddressAttribute>) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.family = family;
    message.header.prefix_len = length;
    message.attributes = attributes;
    message
}

fn decode(message: &AddressMessage, tells_protocol: bool) -> Address {
    address_of(message, &InterfaceName::new("bond0").unwrap(), tells_protocol).unwrap()
}

fn v6(address: &str, more: Vec<AddressAttribute>) -> AddressMessage {
    let mut attributes = vec![AddressAttribute::Address(address.parse().unwrap())];
    attributes.extend(more);
    message(AddressFamily::Inet6, 64, attributes)
}

#[test]
fn the_interfaces_own_name_is_no_label_and_forever_no_lifetime() {
    let local: IpAddr = [10, 0, 0, 1].into();
    let mut cache = CacheInfo::default();
    (cache.ifa_valid, cache.ifa_preferred) = (FOREVER, FOREVER);
    let attributes = vec![
        AddressAttribute::Address(local),
        AddressAttribute::Local(local),
        AddressAttribute::Broadcast(Ipv4Addr::new(10, 0, 0, 255)),
        AddressAttribute::Label("bond0".to_owned()),
        AddressAttribute::CacheInfo(cache),
    ];
    let expected = Address { broadcast: Some([10, 0, 0, 255].into()), ..Address::new("10.0.0.1/24".parse().unwrap()) };
    assert_eq!(decode(&message(AddressFamily::Inet, 24, attributes), true), expected);
}

#[test]
fn the_other_end_is_known_by_being_another() {
    let attributes =
        vec![AddressAttribute::Address([10, 0, 0, 2].into()), AddressAttribute::Local([10, 0, 0, 1].into())];
    let address = decode(&message(AddressFamily::Inet, 32, attributes), true);
    assert_eq!(address.to_string(), "10.0.0.1/32 peer 10.0.0.2");
}

#[test]
fn a_deprecated_address_that_never_ends_keeps_both_times() {
    let mut cache = CacheInfo::default();
    (cache.ifa_valid, cache.ifa_preferred) = (FOREVER, 0);
    let address = decode(&v6("fd00::2", vec![AddressAttribute::CacheInfo(cache)]), true);
    assert_eq!(address.lifetime, Some(Lifetime { valid: FOREVER, preferred: 0 }));
}

#[test]
fn a_link_local_address_is_the_kernels_if_the_kernel_says_so_or_cannot() {
    let said = v6("fe80::1", vec![AddressAttribute::Protocol(AddressProtocol::LinkLocal)]);
    assert!(tells_protocol(std::slice::from_ref(&said)));
    assert!(decode(&said, true).automatic);
    let unsaid = v6("fe80::1", vec![]);
    assert!(!decode(&unsaid, true).automatic, "Linux 5.18 and later would say so");
    assert!(decode(&unsaid, false).automatic, "Linux before 5.18 cannot say so");
}

#[test]
fn addresses_from_router_advertisements_are_automatic_on_every_kernel() {
    for flag in [AddressFlags::Managetempaddr, AddressFlags::Secondary] {
        assert!(decode(&v6("fd00::2", vec![AddressAttribute::Flags(flag)]), false).automatic, "{flag:?}");
    }
    assert!(!decode(&v6("fd00::2", vec![AddressAttribute::Flags(AddressFlags::Permanent)]), false).automatic);
}
