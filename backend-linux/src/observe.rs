//! The dumps of one observation as a snapshot.
//!
//! In: the messages of three dumps. Out: a [`Snapshot`], and what its bonds tell about the kernel. What netlink does
//! not tell comes from [`sysfs`](crate::sysfs) afterwards.

use std::collections::{BTreeSet, HashMap};

use mpath_core::capability::{Feature, Missing};
use mpath_core::snapshot::{Controller, Interface};
use mpath_core::{InterfaceName, Snapshot};
use netlink_packet_route::address::AddressMessage;
use netlink_packet_route::link::{InfoBond, InfoBondPort, LinkMessage};
use netlink_packet_route::route::RouteMessage;
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use crate::address::{address_of, tells_protocol};
use crate::link::{Links, bond_data, pared, port_data};
use crate::route::route_of;

/// The messages of one observation.
#[derive(Debug, Default)]
pub(crate) struct Dumps {
    pub(crate) links: Vec<LinkMessage>,
    pub(crate) addresses: Vec<AddressMessage>,
    pub(crate) routes: Vec<RouteMessage>,
}

impl Dumps {
    /// Takes one message of a dump in.
    pub(crate) fn take(&mut self, message: RouteNetlinkMessage) {
        match message {
            RouteNetlinkMessage::NewLink(link) => self.links.push(pared(link)),
            RouteNetlinkMessage::NewAddress(address) => self.addresses.push(address),
            RouteNetlinkMessage::NewRoute(route) => self.routes.push(route),
            _ => {}
        }
    }

    /// How many messages there are of each kind.
    pub(crate) fn lengths(&self) -> [usize; 3] {
        [self.links.len(), self.addresses.len(), self.routes.len()]
    }

    /// Forgets what came after there were so many.
    pub(crate) fn cut(&mut self, [links, addresses, routes]: [usize; 3]) {
        self.links.truncate(links);
        self.addresses.truncate(addresses);
        self.routes.truncate(routes);
    }

    /// The interfaces that are spoken of and are not there.
    pub(crate) fn missing_links(&self) -> BTreeSet<u32> {
        Links::new(&self.links).missing()
    }

    /// The numbers of the interfaces.
    pub(crate) fn indices(&self) -> HashMap<InterfaceName, u32> {
        Links::new(&self.links).indices()
    }

    /// Whether this kernel tells who made an address.
    pub(crate) fn tells_protocol(&self) -> bool {
        tells_protocol(&self.addresses)
    }

    /// Everything that the dumps tell.
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.snapshot_of(self.tells_protocol())
    }

    /// The same of a part of a host, with what is known of its kernel.
    pub(crate) fn snapshot_of(&self, tells_protocol: bool) -> Snapshot {
        let links = Links::new(&self.links);
        let mut snapshot = Snapshot { interfaces: links.interfaces().collect(), ..Snapshot::default() };
        let v6 = |message: &&AddressMessage| message.header.family == AddressFamily::Inet6;
        // IPv6 lists the newest first (ipv6_link_dev_addr), IPv4 the oldest. Turned round, adding the addresses in the
        // order of the snapshot gives the same order again.
        let (newest_first, oldest_first): (Vec<_>, Vec<_>) = self.addresses.iter().partition(v6);
        for message in oldest_first.into_iter().chain(newest_first.into_iter().rev()) {
            let Some(name) = links.name(message.header.index) else { continue };
            let Some(interface) = snapshot.interfaces.get_mut(name) else { continue };
            interface.addresses.extend(address_of(message, name, tells_protocol));
        }
        for (over, route) in self.routes.iter().filter_map(route_of) {
            for name in over.iter().filter_map(|index| links.name(*index)) {
                if let Some(interface) = snapshot.interfaces.get_mut(name) {
                    interface.routes.push(route.clone());
                }
            }
        }
        snapshot
    }

    /// What this kernel's bonding does not know, as its bonds show: it dumps every scalar that it knows
    /// (`bond_fill_info`), while an attribute that it does not know is ignored with a yes. Versions would tell less,
    /// as distributions backport. Empty where there is no bond.
    pub(crate) fn missing(&self) -> Vec<Missing> {
        let mut missing = Vec::new();
        let mut note = |feature, reason: &str| {
            missing.push(Missing { feature, reason: format!("this kernel's bonding has no {reason}"), cure: None });
        };
        if let Some(bond) = self.links.iter().find_map(bond_data) {
            let knows = |test: fn(&InfoBond) -> bool| bond.iter().any(test);
            if !knows(|info| matches!(info, InfoBond::AdLacpActive(_))) {
                note(Feature::LacpPassive, "lacp_active (Linux 5.16)");
            }
            if !knows(|info| matches!(info, InfoBond::MissedMax(_))) {
                note(Feature::ProbeMissed, "arp_missed_max (Linux 5.17)");
                // The list of IPv6 targets is dumped only where it is not empty; it came one version later.
                note(Feature::Ipv6Probe, "ns_ip6_target (Linux 5.18)");
            }
        }
        let port = self.links.iter().map(port_data).find(|data| !data.is_empty());
        if port.is_some_and(|port| !port.iter().any(|data| matches!(data, InfoBondPort::Prio(_)))) {
            note(Feature::MemberPriority, "prio of ports (Linux 6.0)");
        }
        missing
    }
}

/// The last observation with what a dump of links alone tells of links, states and the active member; `None` where more
/// than that is another by now.
pub(crate) fn refreshed(last: &Snapshot, links: &Snapshot) -> Option<Snapshot> {
    let mut fresh = last.clone();
    if !fresh.interfaces.keys().eq(links.interfaces.keys()) {
        return None;
    }
    for ((_, interface), link) in fresh.interfaces.iter_mut().zip(links.interfaces.values()) {
        let device = |interface: &Interface| interface.controller.as_ref().map(|c| c.device().clone());
        let is_group = |interface: &Interface| interface.group().is_some();
        if interface.up != link.up || device(interface) != device(link) || is_group(interface) != is_group(link) {
            return None;
        }
        (interface.carrier, interface.mac) = (link.carrier, link.mac);
        if let (Some(Controller::Group(before)), Some(now)) = (&mut interface.controller, link.membership()) {
            (before.state, before.active, before.failures) = (now.state, now.active, now.failures);
        }
        if let (Some(before), Some(now)) = (interface.group_mut(), link.group()) {
            before.active.clone_from(&now.active);
        }
    }
    Some(fresh)
}

#[cfg(test)]
mod tests;
