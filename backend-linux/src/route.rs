//! The routes of a dump.
//!
//! In: `RTM_NEWROUTE` messages. Out: [`Route`]s, each with the numbers of the interfaces that it leads over.

use std::net::IpAddr;

use ipnet::IpNet;
use mpath_core::Route;
use netlink_packet_route::AddressFamily;
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteHeader, RouteMessage, RoutePreference, RouteProtocol, RouteType,
    RouteVia,
};

use crate::message::{DEFAULT_METRIC_V6, usual_scope};

/// `RT_TABLE_LOCAL`: the kernel's own, about its own addresses.
const TABLE_LOCAL: u32 = 255;

/// One route with the interfaces that it leads over; `None` for what is no route over an interface: the local table,
/// multicast, blackholes, and copies that the kernel keeps for itself (`RTM_F_CLONED`).
pub(crate) fn route_of(message: &RouteMessage) -> Option<(Vec<u32>, Route)> {
    let header = &message.header;
    let v6 = match header.address_family {
        AddressFamily::Inet => false,
        AddressFamily::Inet6 => true,
        _ => return None,
    };
    if header.kind != RouteType::Unicast || header.flags.contains(RouteFlags::Cloned) {
        return None;
    }
    let everything: IpAddr = if v6 { [0; 16].into() } else { [0; 4].into() };
    let mut route = Route::new(IpNet::new(everything, 0).ok()?, None);
    let mut interfaces = Vec::new();
    let mut to = everything;
    let mut table = u32::from(header.table);
    let mut opaque = Vec::new();
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Table(number) => table = *number,
            RouteAttribute::Destination(address) => to = ip_of(address)?,
            RouteAttribute::Oif(index) => interfaces.push(*index),
            RouteAttribute::Gateway(address) => route.via = ip_of(address),
            RouteAttribute::Via(RouteVia::Inet(via)) => route.via = Some((*via).into()),
            RouteAttribute::Via(RouteVia::Inet6(via)) => route.via = Some((*via).into()),
            RouteAttribute::Priority(metric) => route.metric = Some(*metric),
            RouteAttribute::PrefSource(address) => route.source = ip_of(address),
            // ip6_route_info carries hop limits and the like; IPv6 sends an empty nest where there are none.
            RouteAttribute::Metrics(metrics) if !metrics.is_empty() => opaque.push("metrics such as an MTU"),
            RouteAttribute::MultiPath(hops) => {
                interfaces.extend(hops.iter().map(|hop| hop.interface_index));
                opaque.push("several next hops");
            }
            RouteAttribute::NhId(_) => opaque.push("a next-hop object"),
            RouteAttribute::Encap(_) | RouteAttribute::EncapType(_) => opaque.push("an encapsulation"),
            RouteAttribute::Source(_) => opaque.push("a source prefix"),
            RouteAttribute::Realm(_) => opaque.push("a realm"),
            // Only a route that ends has it (rtnl_put_cacheinfo).
            RouteAttribute::CacheInfo(cache) if cache.expires != 0 => opaque.push("a time to end"),
            RouteAttribute::Preference(RoutePreference::Low | RoutePreference::High) => {
                opaque.push("a router preference");
            }
            _ => {}
        }
    }
    if header.tos != 0 {
        opaque.push("a type of service");
    }
    if table == TABLE_LOCAL || to.is_multicast() || interfaces.is_empty() {
        return None;
    }
    let unsaid_metric = if v6 { DEFAULT_METRIC_V6 } else { 0 };
    route.to = IpNet::new(to, header.destination_prefix_length).ok()?;
    route.metric = route.metric.filter(|metric| *metric != unsaid_metric);
    route.table = Some(table).filter(|table| *table != u32::from(RouteHeader::RT_TABLE_MAIN));
    route.protocol = u8::from(header.protocol);
    // IPv6 has no scopes of routes (rt6_fill_node always says RT_SCOPE_UNIVERSE).
    route.scope = Some(u8::from(header.scope)).filter(|scope| !v6 && *scope != usual_scope(route.via));
    route.onlink = header.flags.contains(RouteFlags::Onlink);
    // The kernel's own lead to the segment itself (fib_add_ifaddr, addrconf_prefix_route); with a next hop it was somebody
    // who says he is the kernel, as ifupdown2 does.
    route.automatic = match header.protocol {
        RouteProtocol::Kernel => route.via.is_none(),
        protocol => matches!(protocol, RouteProtocol::Ra | RouteProtocol::IcmpRedirect),
    };
    route.opaque = (!opaque.is_empty()).then(|| format!("it has {}", opaque.join(" and ")));
    interfaces.dedup();
    Some((interfaces, route))
}

fn ip_of(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(address) => Some((*address).into()),
        RouteAddress::Inet6(address) => Some((*address).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
