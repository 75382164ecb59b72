//! The addresses of a dump.
//!
//! In: `RTM_NEWADDR` messages. Out: [`Address`]es, each with the number of its interface, in the kernel's order.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;
use mpath_core::address::Lifetime;
use mpath_core::{Address, InterfaceName};
use netlink_packet_route::address::{
    AddressAttribute, AddressFlags, AddressMessage, AddressProtocol, AddressScope, CacheInfo,
};

/// `INFINITY_LIFE_TIME`.
const FOREVER: u32 = u32::MAX;

/// What a message says, its attributes sorted.
#[derive(Default)]
struct Attributes<'a> {
    local: Option<IpAddr>,
    address: Option<IpAddr>,
    label: Option<&'a str>,
    protocol: Option<AddressProtocol>,
    flags: Option<AddressFlags>,
    lifetime: Option<CacheInfo>,
    decoded: Vec<&'a AddressAttribute>,
}

/// Whether this kernel tells who made an address (`IFA_PROTO`, Linux 5.18). The loopback addresses tell, of which
/// every network namespace with `lo` switched on has one.
pub(crate) fn tells_protocol(messages: &[AddressMessage]) -> bool {
    messages.iter().flat_map(|message| &message.attributes).any(|a| matches!(a, AddressAttribute::Protocol(_)))
}

/// One address; `None` for a message that has none.
pub(crate) fn address_of(message: &AddressMessage, interface: &InterfaceName, tells_protocol: bool) -> Option<Address> {
    let said = sorted(message);
    // IPv4 always tells both, and IFA_ADDRESS is the other end (inet_fill_ifaddr); IPv6 tells IFA_LOCAL only beside
    // another end (inet6_fill_ifaddr).
    let local = said.local.or(said.address)?;
    let peer = said.address.filter(|address| *address != local);
    let net = IpNet::new(local, message.header.prefix_len).ok()?;
    // ifa_flags of the header has only eight bits of them.
    let flags = said.flags.unwrap_or(AddressFlags::from_bits_retain(u32::from(message.header.flags.bits())));

    let mut address = Address::new(net);
    address.peer = peer;
    address.label = said.label.filter(|label| *label != interface.as_str()).map(str::to_owned);
    address.scope = u8::from(message.header.scope);
    address.no_prefix_route = flags.contains(AddressFlags::Noprefixroute);
    address.no_dad = flags.contains(AddressFlags::Nodad);
    for attribute in said.decoded {
        match attribute {
            AddressAttribute::Broadcast(broadcast) => address.broadcast = Some(*broadcast),
            AddressAttribute::RoutePriority(metric) if *metric != 0 => address.metric = Some(*metric),
            _ => {}
        }
    }
    address.lifetime = said
        .lifetime
        .map(|cache| Lifetime { valid: cache.ifa_valid, preferred: cache.ifa_preferred })
        .filter(|lifetime| (lifetime.valid, lifetime.preferred) != (FOREVER, FOREVER));
    address.automatic = automatic(local, flags, message.header.scope, said.protocol, tells_protocol);
    Some(address)
}

fn sorted(message: &AddressMessage) -> Attributes<'_> {
    let mut said = Attributes::default();
    for attribute in &message.attributes {
        match attribute {
            AddressAttribute::Local(local) => said.local = Some(*local),
            AddressAttribute::Address(address) => said.address = Some(*address),
            AddressAttribute::Label(label) => said.label = Some(label),
            AddressAttribute::Protocol(protocol) => said.protocol = Some(*protocol),
            AddressAttribute::Flags(flags) => said.flags = Some(*flags),
            AddressAttribute::CacheInfo(cache) => said.lifetime = Some(*cache),
            other => said.decoded.push(other),
        }
    }
    said
}

/// Whether the kernel made the address and will make it again.
///
/// Addresses from router advertisements are known on every kernel: `addrconf_prefix_rcv_add_addr` marks them
/// IFA_F_MANAGETEMPADDR, and the temporary ones of RFC 8981 have IFA_F_TEMPORARY, which is IFA_F_SECONDARY's bit.
/// A link-local one is known by IFA_PROTO; before Linux 5.18 all of fe80::/10 is taken for the kernel's: one that an
/// administrator added beside it is rare, and putting back what the kernel makes itself would fail with EEXIST.
fn automatic(
    local: IpAddr,
    flags: AddressFlags,
    scope: AddressScope,
    protocol: Option<AddressProtocol>,
    tells_protocol: bool,
) -> bool {
    if let Some(AddressProtocol::Loopback | AddressProtocol::RouterAnnouncement | AddressProtocol::LinkLocal) = protocol
    {
        return true;
    }
    match local {
        IpAddr::V4(local) => local.is_loopback() && scope == AddressScope::Host && local.octets() == [127, 0, 0, 1],
        IpAddr::V6(Ipv6Addr::LOCALHOST) => true,
        IpAddr::V6(_) if flags.intersects(AddressFlags::Managetempaddr | AddressFlags::Secondary) => true,
        IpAddr::V6(local) => local.is_unicast_link_local() && !tells_protocol,
    }
}

#[cfg(test)]
mod tests;
