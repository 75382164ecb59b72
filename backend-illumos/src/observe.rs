//! What the programs of one observation tell, as a snapshot.
//!
//! In: their rows. Out: a [`Snapshot`]. Who is in which group, and who stands by, is the kernel's word (`ifconfig`,
//! `ipadm`); how a member is doing is in.mpathd's (`ipmpstat`), which follows after a moment.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use mpath_core::settings::{Failback, MacSharing};
use mpath_core::snapshot::{
    AcceptRa, Controller, Dhcp, Driver, GroupState, HostWide, Interface, Kind, MemberState, Membership,
};
use mpath_core::{GroupSettings, InterfaceName, Mode, Route, Snapshot};

use crate::address::{self, Placed};
use crate::boot::Boot;
use crate::capability::capabilities;
use crate::datalink::Datalink;
use crate::dialect::Dialect;
use crate::group::Underlying;
use crate::ifconfig::Block;
use crate::interface::IpInterface;
use crate::op::{LINK_LOCAL_OBJECT, OF_DEFAULT_ROUTER, WITHOUT_INTERFACE, member_link_local, object_name};
use crate::route::{Row, interface_of};

/// The rows of one observation.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) dialect: Dialect,
    pub(crate) links: BTreeMap<String, Datalink>,
    pub(crate) interfaces: Vec<IpInterface>,
    pub(crate) addresses: Vec<Placed>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) routes: Vec<Row>,
    /// The routers that each interface with a DHCP client was told of.
    pub(crate) leases: BTreeMap<String, Vec<IpAddr>>,
    pub(crate) underlying: Vec<Underlying>,
    /// IPMP interfaces, and the underlying interface that an address of theirs is received on.
    pub(crate) inbound: Vec<(String, String)>,
    pub(crate) host_wide: HostWide,
    /// Marks by IPMP interface.
    pub(crate) marks: BTreeMap<String, String>,
    /// What the next boot makes beside what `ipadm` keeps.
    pub(crate) boot: Boot,
    /// Address objects that are not in use.
    pub(crate) idle: Vec<String>,
    /// Address objects with properties that cannot be given back.
    pub(crate) special: Vec<String>,
}

impl Rows {
    /// Everything that the rows tell.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut interfaces = BTreeMap::new();
        for (name, link) in &self.links {
            if let Ok(name) = InterfaceName::new(name.clone()) {
                interfaces.insert(name, self.card(link));
            }
        }
        for ip in self.interfaces.iter().filter(|ip| !ip.is_disabled) {
            let Ok(name) = InterfaceName::new(ip.name.clone()) else { continue };
            let interface = interfaces.entry(name).or_insert_with(|| self.beyond_links(ip));
            interface.up = true;
            interface.mac = interface.mac.or_else(|| self.blocks_of(&ip.name).find_map(|block| block.mac));
            interface.permanent_mac = interface.permanent_mac.or(interface.mac);
            interface.persistent = self.is_persistent(ip);
            if let Some(device) = self.group_of(ip) {
                interface.controller = Some(Controller::Group(self.membership(ip, device, interface)));
            }
        }
        let mut snapshot =
            Snapshot { driver: Driver::Ready, host_wide: Some(self.host_wide), interfaces: interfaces.into() };
        self.place_addresses(&mut snapshot);
        self.place_routes(&mut snapshot);
        snapshot.let_settings_follow(&capabilities().rules);
        snapshot
    }

    fn card(&self, link: &Datalink) -> Interface {
        let mut interface = Interface::new(link.kind.clone());
        (interface.mtu, interface.carrier, interface.speed) = (link.mtu, link.up, link.speed);
        (interface.mac, interface.permanent_mac) = (link.mac, link.mac);
        interface
    }

    /// An IP interface without a datalink.
    fn beyond_links(&self, ip: &IpInterface) -> Interface {
        if ip.is_ipmp {
            let active = self.active(&ip.name);
            let mut interface = Interface::new(Kind::Group(Box::new(GroupState {
                settings: GroupSettings {
                    mode: Mode::ActiveBackup,
                    detection: None,
                    primary: None,
                    failback: Failback::Always,
                    mac_sharing: MacSharing::Active,
                    peer_notifications: 1,
                },
                label: self.marks.get(&ip.name).cloned(),
                active: active.clone(),
                dhcp: Dhcp {
                    v4: self.addresses.iter().any(|a| a.interface == ip.name && a.kind == address::Kind::Dhcp),
                    v6: false,
                },
            })));
            interface.carrier = active.is_some();
            interface.accept_ra = self.accept_ra(&ip.name);
            return interface;
        }
        let kind = if ip.is_virtual { Kind::Loopback } else { Kind::Other("IP-only".to_owned()) };
        Interface { carrier: true, ..Interface::new(kind) }
    }

    /// The member that the group's first bound address is received on, else the only one that carries traffic at all.
    fn active(&self, device: &str) -> Option<InterfaceName> {
        let bound = self.inbound.iter().find(|(group, _)| group == device).map(|(_, inbound)| inbound);
        let active = || self.underlying.iter().find(|member| member.group == device && member.active);
        let name = bound.or_else(|| active().map(|member| &member.name))?;
        InterfaceName::new(name.clone()).ok()
    }

    /// Whether the next boot makes it, by what `ipadm` keeps or by a hostname file.
    pub(crate) fn is_persistent(&self, ip: &IpInterface) -> bool {
        match ip.is_ipmp {
            true => ip.is_kept || self.boot.begins(&ip.name, "ipmp"),
            false => ip.is_kept || self.boot.hostnames.contains_key(&ip.name),
        }
    }

    /// Whether the next boot puts a member into its group. What `ipadm` keeps of a membership it does not tell, but the
    /// memberships of a group that it keeps cannot be others, nor those of interfaces that it does not.
    fn is_persistent_member(&self, ip: &IpInterface, device: &str) -> bool {
        match self.boot.begins(device, "ipmp") {
            true => self.boot.begins(&ip.name, "group"),
            false => ip.is_kept && self.interfaces.iter().any(|other| other.name == device && other.is_kept),
        }
    }

    fn accept_ra(&self, device: &str) -> AcceptRa {
        let mut objects = self.addresses.iter().filter(|a| a.interface == device && a.kind == address::Kind::Addrconf);
        let link_local = format!("{device}/{LINK_LOCAL_OBJECT}");
        match objects.next() {
            // By `ifconfig` it is the link-local address that decides.
            None if self.dialect == Dialect::Ifconfig && self.blocks_of(device).any(Block::is_link_local) => {
                AcceptRa::Always
            }
            None => AcceptRa::Unless,
            Some(object) if object.object.as_ref() == Some(&link_local) => AcceptRa::No,
            Some(_) => AcceptRa::Always,
        }
    }

    fn blocks_of<'r>(&'r self, interface: &'r str) -> impl Iterator<Item = &'r Block> {
        self.blocks.iter().filter(move |block| block.interface == interface)
    }

    fn groupname<'r>(&'r self, interface: &'r str) -> Option<&'r str> {
        self.blocks_of(interface).find_map(|block| block.groupname.as_deref())
    }

    /// The IPMP interface of the group that an interface is under.
    pub(crate) fn group_of(&self, ip: &IpInterface) -> Option<InterfaceName> {
        let group = self.groupname(&ip.name).filter(|_| !ip.is_ipmp)?;
        let is_it = |other: &&IpInterface| other.is_ipmp && self.groupname(&other.name) == Some(group);
        InterfaceName::new(self.interfaces.iter().find(is_it)?.name.clone()).ok()
    }

    /// Interfaces that keep the flag of a standby without being in a group.
    pub(crate) fn standbys_outside(&self) -> Vec<InterfaceName> {
        let stands_by = |ip: &&IpInterface| ip.standby || self.blocks_of(&ip.name).any(Block::is_standby);
        let outside = self.interfaces.iter().filter(|ip| !ip.is_disabled && !ip.is_ipmp && self.group_of(ip).is_none());
        outside.filter(stands_by).filter_map(|ip| InterfaceName::new(ip.name.clone()).ok()).collect()
    }

    fn membership(&self, ip: &IpInterface, device: InterfaceName, interface: &mut Interface) -> Membership {
        let seen = self.underlying.iter().find(|member| member.name == ip.name);
        if let Some(link) = seen.and_then(|member| member.link) {
            interface.carrier = link;
        }
        // In a group nobody has two at once that carry its address, so the bound one is the active one.
        let active = self.active(device.as_str()).is_some_and(|active| active.as_str() == ip.name);
        let persistent = self.is_persistent_member(ip, device.as_str());
        // What of a standby is kept for a group that goes with the boot is of no consequence.
        let standby_kept = persistent
            && match self.boot.begins(device.as_str(), "ipmp") {
                true => self.boot.has_line(&ip.name, "standby"),
                false => ip.standby_kept,
            };
        Membership {
            persistent,
            standby_kept,
            standby: ip.standby || self.blocks_of(&ip.name).any(Block::is_standby),
            state: match self.blocks_of(&ip.name).any(Block::is_offline) {
                true => MemberState::Offline,
                false => seen.map_or(MemberState::Unknown, |member| member.state),
            },
            active,
            ..Membership::new(device, interface.mac)
        }
    }

    fn place_addresses(&self, snapshot: &mut Snapshot) {
        for Placed { interface: name, address, object, kind } in &self.addresses {
            let Some(mut address) = address.clone() else { continue };
            let Some(interface) = snapshot.interfaces.get_mut(name.as_str()) else { continue };
            if interface.group().is_some() && address.net.addr().is_unspecified() {
                // The device's client is told apart as such.
                continue;
            }
            // The link-local object of a member that lasts is part of its membership.
            let of_membership =
                interface.membership().is_some() && address.label.as_ref() == Some(&member_link_local(name));
            if interface.group().is_none()
                && !of_membership
                && address.label.as_ref().is_some_and(|label| !label.ends_with("/?"))
            {
                // The addrconf object of a card is somebody's, and stands for all that it brings; a group's is `accept_ra`.
                let link_local = matches!(address.net, IpNet::V6(net) if net.addr().is_unicast_link_local());
                address.automatic &= !link_local;
            }
            let mut blocks = self.blocks_of(name);
            if blocks.any(|block| block.is_test() && block.address == Some(address.net.addr())) && !address.automatic {
                address.probe_only = true;
                // One without an object is as mpath makes them, and so is one with an object of the name that mpath gives.
                let own = format!("{name}/{}", object_name(&address.net));
                address.label = address.label.filter(|label| !label.ends_with("/?") && *label != own);
            }
            // How it is taken away hangs on its place.
            let mut own = self.blocks_of(name).filter(|block| block.address == Some(address.net.addr()));
            if let (Some(block), None, None) = (own.next(), interface.group(), interface.membership())
                && object.is_none()
            {
                address.label = Some(format!("{}/?", block.logical));
            }
            // Taken out of use, the interface is off with all that it has.
            address.out_of_use = self.blocks_of(name).any(Block::is_offline);
            let of_a_file = match kind {
                address::Kind::Dhcp => self.boot.clients.contains(name),
                _ => self.boot.has_address(name, &address),
            };
            address.kept |= object.is_none() && of_a_file;
            interface.addresses.push(address);
        }
    }

    fn place_routes(&self, snapshot: &mut Snapshot) {
        // A route on a member is translated to its group (`ip_rt_add`), so a test address makes the group's. Where a group
        // and a card are on one subnet, a route that names neither is the card's: mpath names the group with each that it
        // adds.
        let way_out = |name: &str| {
            let interface = snapshot.interfaces.get(name)?;
            Some(match interface.membership() {
                Some(membership) => (false, membership.device.to_string()),
                None => (interface.group().is_none(), name.to_owned()),
            })
        };
        let mut nets: Vec<(bool, String, IpNet)> = self
            .addresses
            .iter()
            .filter_map(|placed| {
                let (is_card, name) = way_out(&placed.interface)?;
                Some((is_card, name, placed.address.as_ref()?.net))
            })
            .collect();
        nets.sort_by_key(|(is_card, ..)| *is_card);
        let places: BTreeMap<String, String> =
            snapshot.interfaces.keys().filter_map(|name| Some((name.to_string(), way_out(name.as_str())?.1))).collect();
        let place = |name: &str| places.get(name).cloned().unwrap_or_else(|| name.to_owned());
        for Row { route, interface } in &self.routes {
            let mut route = route.clone();
            if interface.is_none() {
                route.protocol = WITHOUT_INTERFACE;
            }
            if self.boot.is_router(&route) {
                (route.protocol, route.kept) = (OF_DEFAULT_ROUTER, true);
            }
            let nets = nets.iter().map(|(_, name, net)| (name.as_str(), *net));
            let found = interface.as_deref().or_else(|| interface_of(route.via?, nets));
            let Some(interface) = found.and_then(|name| snapshot.interfaces.get_mut(name)) else { continue };
            route.kept |= self.boot.has_route(&route, |name| found.map(place) == Some(place(name)));
            // dhcpagent adds the routers of a lease by itself, and takes them away with it (dhcpagent(8)).
            let routers = self.leases.get(found.unwrap_or_default());
            if route.is_default() && routers.is_some_and(|routers| route.via.is_some_and(|via| routers.contains(&via)))
            {
                (route.protocol, route.automatic) = (Route::OF_A_LEASE, true);
            }
            interface.routes.push(route);
        }
    }
}

#[cfg(test)]
mod tests;
