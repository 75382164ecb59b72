//! A group as it is on a host, written down: by whomever it was made.

use std::net::IpAddr;

use super::{Draft, Value};
use crate::group::Addressing;
use crate::import::{Fate, Leftover, Origin};
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
        let own = |(name, membership): &(&InterfaceName, &Membership)| {
            host.interface(name)?.permanent_mac.or(membership.own_mac)
        };
        let own: Option<Vec<_>> = members.iter().map(own).collect();
        // Who gave the device an address of its own, or made one up, did not write it anywhere else; and the neighbours know it.
        if group.settings.mac_sharing == MacSharing::Shared
            && let (Some(mac), Some(own)) = (interface.mac, own)
            && !own.is_empty()
            && !own.contains(&mac)
        {
            draft.set("mac", mac.to_string(), None);
        }
        if interface.mtu != 1500 {
            draft.set("mtu", i64::from(interface.mtu), None);
        }
        draft.addresses_of(interface);
        for (key, leased) in [("dhcp", group.dhcp.v4), ("dhcp6", group.dhcp.v6)] {
            if leased {
                draft.set(key, true, None);
            }
        }
        // Without IPv6 nobody is asked, and the answer is no; a manager listens itself, and lets the system be deaf.
        let ipv6 =
            interface.manager.is_none() && interface.addresses.iter().any(|address| address.net.addr().is_ipv6());
        match interface.accept_ra {
            AcceptRa::Unless => {}
            AcceptRa::Always if interface.manager.is_none() => draft.set("accept-ra", true, None),
            AcceptRa::No if ipv6 => draft.set("accept-ra", false, None),
            AcceptRa::No | AcceptRa::Always => {}
        }
        Some(draft)
    }

    /// What of the group's device no key says: each address and route that is left out.
    pub fn left_on_host(device: &InterfaceName, host: &Snapshot) -> Vec<Leftover> {
        let Some(interface) = host.interface(device) else { return vec![] };
        let leftover = |text: String, fate, why: &str| Leftover {
            origin: Origin::of_file(device.as_str(), text),
            fate,
            why: why.to_owned(),
        };
        let of_manager = interface.own_addresses().filter(|address| is_of_manager(interface, address));
        let of_manager = of_manager.map(|address| {
            leftover(address.net.to_string(), Fate::LeftAlone, "link-local, which every interface has by itself")
        });
        let passing = interface.own_addresses().filter(|address| address.lifetime.is_some());
        let passing = passing.map(|address| {
            leftover(
                address.net.to_string(),
                Fate::LeftAlone,
                "has a lifetime: it is a lease's, or of an advertisement",
            )
        });
        let beyond = interface.own_routes().filter_map(|route| {
            let why = match (&route.opaque, route.table) {
                (Some(why), _) => why.as_str(),
                (None, Some(_)) => "mpath has routes of the main table only",
                (None, None) => return None,
            };
            Some(leftover(format!("route {route}"), Fate::Lost, why))
        });
        of_manager.chain(passing).chain(beyond).collect()
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
    pub(crate) fn addresses_of(&mut self, interface: &Interface) {
        // Programs that do what the kernel would do by itself give an interface its link-local address too.
        let lasting = |address: &&Address| {
            let own = address.lifetime.is_none() && !address.probe_only;
            own && !is_of_mac(address) && !is_of_manager(interface, address)
        };
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
fn is_of_mac(address: &Address) -> bool {
    matches!(address.net.addr(), IpAddr::V6(own) if own.is_unicast_link_local() && own.octets()[11..13] == [0xff, 0xfe])
}

/// Whether whoever made the group made an address in the system's place, as NetworkManager does with link-local ones.
fn is_of_manager(interface: &Interface, address: &Address) -> bool {
    let link_local = matches!(address.net.addr(), IpAddr::V6(own) if own.is_unicast_link_local());
    link_local && interface.group().is_some_and(|group| group.owner().is_none())
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
