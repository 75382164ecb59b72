//! Address objects: what they make on an interface, and how it is taken away (facts §1.4).

use std::net::{IpAddr, Ipv6Addr};

use super::address::parse_address;
use super::interface::authorized;
use crate::database::{StoredAddress, StoredKind};
use crate::dialect::Dialect;
use crate::interface::{Class, Family};
use crate::state::State;
use crate::status::Status;

/// Makes an address object. On a member this leaves the group and joins it again (facts §1.4). Tells whether a lease
/// that was asked for came.
pub(super) fn create(state: &mut State, stored: &StoredAddress, persistent: bool) -> Result<bool, Status> {
    authorized(state)?;
    if !state.object(&stored.name).is_empty() || state.database.address(&stored.name).is_some() {
        return Err(Status::AddrobjExists);
    }
    let interface = stored.interface().to_owned();
    refuse_ipmp(state, &interface)?;
    if state.interface(&interface).is_some() {
        if persistent && state.database.interface(&interface).is_none() {
            return Err(Status::TemporaryObj);
        }
    } else {
        // Creates the interface, in both families (facts §1.4).
        super::interface::create_if(state, &interface, Class::Ip, persistent)?;
    }
    let group = state.interface(&interface).filter(|interface| interface.is_member()).and_then(|i| i.group.clone());
    if group.is_some() {
        super::ipmp::set_groupname(state, &interface, None)?;
    }
    let made = apply(state, stored);
    if made.is_ok() && persistent {
        state.database.addresses.push(stored.clone());
    }
    if let Some(group) = group {
        super::ipmp::set_groupname(state, &interface, Some(&group))?;
    }
    made
}

/// Before issue 2554 libipadm refuses groups and members (facts §0.1, §10.12).
pub(super) fn refuse_ipmp(state: &State, interface: &str) -> Result<(), Status> {
    let grouped = state.interface(interface).is_some_and(|interface| interface.group.is_some());
    if state.dialect == Dialect::IllumosOld && grouped { Err(Status::Notsup) } else { Ok(()) }
}

/// Puts what an address object makes on its interface.
fn apply(state: &mut State, stored: &StoredAddress) -> Result<bool, Status> {
    let interface = stored.interface().to_owned();
    let under = state.interface(&interface).ok_or(Status::Enxio)?.is_member();
    match &stored.kind {
        StoredKind::Static { address, prefix, up } => {
            let family = Family::of(*address);
            let half = state.interface_mut(&interface).and_then(|i| i.half_mut(family)).ok_or(Status::Enxio)?;
            // Static IPv6 needs an addrconf object on the interface first (facts §1.4); the status is inferred.
            if family == Family::V6 && !half.lifs.iter().any(crate::Lif::is_link_local) {
                return Err(Status::AddrNotavail);
            }
            let lif = half.place(family);
            lif.address = *address;
            lif.prefix = *prefix;
            lif.object = Some(stored.name.clone());
            lif.deprecated = stored.deprecated;
            // Static ones are brought up with NOFAILOVER in a group, to which the kernel adds DEPRECATED.
            lif.nofailover = under;
            let number = lif.number;
            if *up {
                crate::kernel::bring_up(state, &interface, family, number).map_err(|error| {
                    if let Some(half) = state.interface_mut(&interface).and_then(|i| i.half_mut(family)) {
                        half.clear(family, number);
                    }
                    Status::from(error)
                })?;
                detect_duplicate(state, &interface, family, number);
            }
            Ok(true)
        }
        StoredKind::Dhcp { .. } => {
            let lease = lease(state, &interface);
            let half = state.interface_mut(&interface).and_then(|i| i.half_mut(Family::V4)).ok_or(Status::Enxio)?;
            let lif = half.place(Family::V4);
            lif.object = Some(stored.name.clone());
            lif.dhcp = true;
            // dhcpagent makes it a test address on a member, and takes no default route from it (facts §6).
            lif.nofailover = under;
            lif.deprecated = under;
            let number = lif.number;
            match lease {
                Some(lease) => take_lease(state, &interface, number, lease),
                None => return Ok(false),
            }
            Ok(true)
        }
        StoredKind::Addrconf => {
            let own = link_local(state, &interface);
            let half = state.interface_mut(&interface).and_then(|i| i.half_mut(Family::V6)).ok_or(Status::Enxio)?;
            if half.lifs.iter().any(|lif| lif.is_link_local() && lif.object.is_some()) {
                return Err(Status::AddrconfExists);
            }
            let lif = &mut half.lifs[0];
            if !lif.is_link_local() {
                lif.address = own;
            }
            lif.prefix = 10;
            lif.object = Some(stored.name.clone());
            lif.up = true;
            Ok(true)
        }
    }
}

/// The link-local address of an interface: its hardware address as a modified EUI-64 (RFC 4291, appendix A), so that it
/// is the same after a boot. An IPMP interface has none of its own, and gets one made from its index [inferred].
pub(crate) fn link_local(state: &State, name: &str) -> IpAddr {
    let byte = |part: &str| u8::from_str_radix(part, 16).ok();
    let mac: Option<Vec<u8>> = state.link(name).and_then(|link| link.mac.split(':').map(byte).collect());
    let token = match mac.as_deref() {
        Some(&[a, b, c, d, e, f]) => u64::from_be_bytes([a ^ 2, b, c, 0xff, 0xfe, d, e, f]),
        _ => 0x0208_20ff_fe00_0000 | state.interface(name).map_or(1, |interface| u64::from(interface.index)),
    };
    Ipv6Addr::from((0xfe80_u128 << 112) | u128::from(token)).into()
}

/// Puts a lease on an interface; a member takes no default route from it (facts §6).
pub(crate) fn take_lease(state: &mut State, interface: &str, number: u32, (address, prefix, router): Offer) {
    let under = state.interface(interface).is_some_and(crate::Interface::is_member);
    if let Some(lif) = state.lif_mut(interface, Family::V4, number) {
        lif.address = address;
        lif.prefix = prefix;
        lif.up = true;
    }
    if let Some(gateway) = router.filter(|_| !under) {
        let (destination, interface) = ("default".to_owned(), Some(interface.to_owned()));
        let route = crate::Route { destination, gateway, interface, dhcp: true };
        // One that is there already, whoever added it, is EEXIST to dhcpagent.
        let same = |there: &crate::Route| crate::Route { dhcp: true, ..there.clone() } == route;
        if !state.routes.iter().any(same) {
            state.routes.push(route);
        }
    }
}

/// dhcpagent goes on asking where no lease has come yet. Tells whether one came now.
pub(crate) fn retry_leases(state: &mut State) -> bool {
    let waiting = state.interfaces.iter().flat_map(|interface| {
        let lifs = interface.lifs().filter(|(_, lif)| lif.dhcp && lif.is_stub());
        lifs.map(|(_, lif)| (interface.name.clone(), lif.number))
    });
    let offered = waiting.filter_map(|(name, number)| lease(state, &name).map(|offer| (name, number, offer)));
    let offered: Vec<_> = offered.collect();
    let some = !offered.is_empty();
    for (name, number, offer) in offered {
        take_lease(state, &name, number, offer);
    }
    some
}

/// An address, the length of its prefix, a router.
pub(crate) type Offer = (IpAddr, u8, Option<String>);

/// What the DHCP server on the segment gives: on a group through an active member.
pub(crate) fn lease(state: &State, interface: &str) -> Option<Offer> {
    let members = state.group_of(interface).map(|group| crate::group::active(state, group, Family::V4));
    let links = members.unwrap_or_else(|| vec![interface.to_owned()]);
    let links = links.iter().filter_map(|name| state.link(name)).filter(|link| link.up);
    links.filter_map(|link| link.lease.as_ref()).find_map(|lease| {
        let (address, prefix) = parse_address(&lease.address)?;
        Some((address, prefix, lease.router.clone()))
    })
}

/// Another host that has the address already: the command succeeds, the address does not come up (facts §1.4).
pub(crate) fn detect_duplicate(state: &mut State, interface: &str, family: Family, number: u32) {
    let rounds = state.detection;
    if let Some(lif) = state.lif_mut(interface, family, number) {
        lif.tentative = rounds;
    }
    find_duplicate(state, interface, family, number);
}

/// What detection comes to: it is asked on the segments of all members [simplified: the kernel asks on one].
pub(crate) fn find_duplicate(state: &mut State, interface: &str, family: Family, number: u32) {
    let members = state.group_of(interface).map(|group| group.members.clone());
    let links = members.unwrap_or_else(|| vec![interface.to_owned()]);
    let hosts: Vec<IpAddr> =
        links.iter().filter_map(|name| state.link(name)).flat_map(|link| link.hosts.clone()).collect();
    let Some(lif) = state.lif_mut(interface, family, number) else { return };
    let address = lif.address;
    if !hosts.contains(&address) {
        return;
    }
    lif.up = false;
    lif.duplicate = true;
    let name = if number == 0 { interface.to_owned() } else { format!("{interface}:{number}") };
    // The kernel's ip_arp.c and ip_ndp.c; whose it is, is nobody's card here.
    let warning =
        format!("WARNING: {name} has duplicate address {address} (in use by {}); disabled\n", crate::link::STRANGER);
    state.files.entry(crate::mpathd::MESSAGES.to_owned()).or_default().push_str(&warning);
}

/// One look at the addresses: detection that is at work comes closer to its end.
pub(super) fn look(state: &mut State) {
    for (_, lif) in state.interfaces.iter_mut().flat_map(crate::Interface::lifs_mut) {
        lif.tentative = lif.tentative.saturating_sub(1);
    }
}

/// Takes what an object has made off its interface; the database keeps it.
pub(super) fn disable(state: &mut State, name: &str) -> Result<(), Status> {
    let lifs: Vec<(String, Family, u32)> =
        state.object(name).into_iter().map(|(i, family, lif)| (i.name.clone(), family, lif.number)).collect();
    if lifs.is_empty() {
        let stored = state.database.address(name).is_some();
        return Err(if stored { Status::OpDisableObj } else { Status::NotFound });
    }
    for (interface, family, number) in lifs {
        let leased = state.lif_mut(&interface, family, number).is_some_and(|lif| lif.dhcp);
        if let Some(half) = state.interface_mut(&interface).and_then(|i| i.half_mut(family)) {
            half.clear(family, number);
        }
        if leased {
            state.routes.retain(|route| !(route.dhcp && route.interface.as_ref() == Some(&interface)));
        }
    }
    crate::route::forget_unreachable(state);
    Ok(())
}

/// Makes again what the database knows.
pub(crate) fn enable(state: &mut State, name: &str) -> Result<(), Status> {
    let stored = state.database.address(name).cloned().ok_or(Status::NotFound)?;
    if !state.object(name).is_empty() {
        return Err(Status::AddrobjExists);
    }
    if state.interface(stored.interface()).is_none() {
        return Err(Status::OpDisableObj);
    }
    apply(state, &stored).map(|_| ())
}
