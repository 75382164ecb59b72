//! Who probes, and whom (facts §4.3).

use std::net::IpAddr;

use crate::interface::{Family, Interface};
use crate::state::State;

/// Whether the interface has a test address in that family that probes can use (facts §4.3): up, NOFAILOVER, an
/// address; for IPv6 the link-local one.
pub(crate) fn test_address(interface: &Interface, family: Family) -> Option<IpAddr> {
    let usable = |address: &IpAddr, local: bool| match address {
        IpAddr::V4(_) => true,
        IpAddr::V6(_) => local,
    };
    let lifs = interface.half(family).into_iter().flat_map(|half| &half.lifs);
    lifs.filter(|lif| lif.up && lif.nofailover && !lif.is_stub() && usable(&lif.address, lif.is_link_local()))
        .map(|lif| lif.address)
        .next()
}

/// The families in which a member probes.
pub(crate) fn probing(interface: &Interface) -> Vec<Family> {
    Family::BOTH.into_iter().filter(|family| test_address(interface, *family).is_some()).collect()
}

/// Whom a member of that group probes in that family, and whether they are routers (facts §4.3): on-link next hops
/// of routes; if there is none, hosts that answered the all-hosts multicast. At most five.
pub(crate) fn targets(state: &State, group: &str, family: Family) -> (Vec<IpAddr>, bool) {
    let mut routers: Vec<IpAddr> = Vec::new();
    for gateway in state.routes.iter().filter_map(|route| route.gateway.parse().ok()) {
        let on_link = crate::route::interface_towards(state, gateway)
            .and_then(|name| state.interface(&name))
            .is_some_and(|interface| interface.group.as_deref() == Some(group));
        if Family::of(gateway) == family && on_link && !routers.contains(&gateway) {
            routers.push(gateway);
        }
    }
    if !routers.is_empty() {
        routers.truncate(5);
        return (routers, true);
    }
    let members = state.group(group).map(|group| group.members.clone()).unwrap_or_default();
    let mut hosts: Vec<IpAddr> = Vec::new();
    for host in members.iter().filter_map(|member| state.link(member)).flat_map(|link| &link.hosts) {
        if Family::of(*host) == family && !hosts.contains(host) {
            hosts.push(*host);
        }
    }
    hosts.truncate(5);
    (hosts, false)
}
