//! A group as it is on a host, written down: by whomever it was made.

use std::net::{IpAddr, Ipv6Addr};

use super::{Draft, Value};
use crate::group::Addressing;
use crate::settings::{Failback, MacSharing};
use crate::snapshot::{AcceptRa, GroupState, Interface, Kind, Membership};
use crate::{Address, InterfaceName, Route, Snapshot};

impl Draft {
    /// The group of this device, under the device's name; `None` where it is none.
    pub fn of_host(device: &InterfaceName, host: &Snapshot) -> Option<Self> {
        let interface = host.interface(device)?;
        let group = interface.group()?;
        let owner = group.owner();
        let mut draft = Self::new(owner.as_ref().map_or(device.as_str(), |name| name.as_str()));
        if draft.name() != device.as_str() {
            draft.set("device", device.as_str(), None);
        }
        let members: Vec<_> = host.members(device).collect();
        let wireless = members
            .iter()
            .any(|(name, _)| host.interface(name).is_some_and(|interface| matches!(interface.kind, Kind::Wireless)));
        draft.set(
            "members",
            members.iter().map(|(name, membership)| member(name, membership, host)).collect::<Vec<_>>(),
            None,
        );
        draft.settings(group, wireless);
        if interface.mtu != 1500 {
            draft.set("mtu", i64::from(interface.mtu), None);
        }
        draft.addresses_of(interface);
        for (key, leased) in [("dhcp", group.dhcp.v4), ("dhcp6", group.dhcp.v6)] {
            if leased {
                draft.set(key, true, None);
            }
        }
        // Without IPv6 nobody is asked, and the answer is no.
        let ipv6 = interface.addresses.iter().any(|address| address.net.addr().is_ipv6());
        match interface.accept_ra {
            AcceptRa::Unless => {}
            AcceptRa::Always => draft.set("accept-ra", true, None),
            AcceptRa::No if ipv6 => draft.set("accept-ra", false, None),
            AcceptRa::No => {}
        }
        Some(draft)
    }

    fn settings(&mut self, group: &GroupState, wireless: bool) {
        let settings = &group.settings;
        if let Some(primary) = &settings.primary {
            self.set("primary", primary.as_str(), None);
        }
        self.mode(&settings.mode);
        match &settings.detection {
            Some(detection) => self.detection(detection, &settings.mode),
            None => self.set("detection.link.interval", "0ms", None),
        }
        if settings.failback != Failback::Always {
            self.set("failback", settings.failback.word(), None);
        }
        match settings.mac_sharing {
            // As it would be by itself.
            MacSharing::Shared if !wireless => {}
            MacSharing::Active if wireless => {}
            sharing => self.set("mac", sharing.word(), None),
        }
        if settings.peer_notifications != 1 {
            self.set("peer-notifications", i64::from(settings.peer_notifications), None);
        }
    }

    /// The static addresses of an interface, and its static routes.
    pub fn addresses_of(&mut self, interface: &Interface) {
        // Programs that do what the kernel would do by itself give an interface a link-local address of its MAC address, or of
        // one that it had before.
        let made_of_mac = |address: &Address| matches!(address.net.addr(), IpAddr::V6(ip) if is_of_mac(ip));
        let lasting = |address: &&Address| address.lifetime.is_none() && !address.probe_only && !made_of_mac(address);
        let addresses = interface.own_addresses().filter(lasting).map(|address| address.net).collect();
        let (mut gateways, mut routes) = (Vec::new(), Vec::new());
        for route in interface.own_routes().filter(|route| route.table.is_none() && route.opaque.is_none()) {
            match route.via {
                Some(via) if route.is_default() && route.metric.is_none() => gateways.push(via),
                _ => routes.push(Route { ..route.clone() }),
            }
        }
        self.addressing(&Addressing { addresses, gateways, routes, ..Addressing::default() });
    }
}

/// Whether it is a link-local address with a MAC address in it (RFC 4291, appendix A).
fn is_of_mac(address: Ipv6Addr) -> bool {
    address.is_unicast_link_local() && address.octets()[11..13] == [0xff, 0xfe]
}

/// A member, with its rank and the address that it probes from.
fn member(name: &InterfaceName, membership: &Membership, host: &Snapshot) -> Value {
    let probe =
        host.interface(name).and_then(|interface| interface.addresses.iter().find(|address| address.probe_only));
    if membership.priority == 0 && probe.is_none() {
        return Value::from(name.as_str());
    }
    let mut entries = vec![("name", Value::from(name.as_str()))];
    if membership.priority != 0 {
        entries.push(("prio", Value::from(i64::from(membership.priority))));
    }
    entries.extend(probe.map(|address| ("probe-address", Value::from(address.net.to_string()))));
    Value::Table(entries)
}
