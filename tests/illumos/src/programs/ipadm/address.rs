//! create-addr, delete-addr, up-, down-, enable-, disable-, refresh-addr (facts §1.2, §1.4).

use std::net::{IpAddr, Ipv6Addr};

use super::interface::authorized;
use super::{Done, Spec, operand, options};
use crate::database::{StoredAddress, StoredKind};
use crate::dialect::Dialect;
use crate::interface::{Class, Family};
use crate::output::Output;
use crate::programs::is_interface_name;
use crate::state::State;
use crate::status::Status;

const CREATE: Spec = Spec {
    short: "tT:da:w:1h:i:p:",
    long: &[
        ("temporary", 't'),
        ("type", 'T'),
        ("down", 'd'),
        ("address", 'a'),
        ("wait", 'w'),
        ("primary", '1'),
        ("reqhost", 'h'),
        ("interface-id", 'i'),
        ("prop", 'p'),
    ],
};
const TEMPORARY: Spec = Spec { short: "t", long: &[("temporary", 't')] };

pub(super) fn create_command(state: &mut State, words: &[&str], usage: &str) -> Done {
    let parsed = options(&CREATE, words, usage)?;
    let name = operand(&parsed, usage)?.to_owned();
    let solaris = state.dialect == Dialect::Solaris11;
    let kind = match parsed.value('T') {
        Some(kind) => kind,
        // illumos needs -T and the full name, Solaris 11 neither (facts §1.2).
        None if solaris && parsed.has('a') => "static",
        None => return Err(format!("Invalid arguments\nusage: {usage}")),
    };
    let name = match (solaris, name.contains('/'), kind) {
        (_, true, _) => name,
        (true, false, "addrconf") => format!("{name}/v6"),
        (true, false, _) => format!("{name}/v4"),
        (false, ..) => return Err(format!("invalid address object name: {name}\nusage: {usage}")),
    };
    let only = |allowed: &str| parsed.options.iter().all(|(option, _)| allowed.contains(*option));
    let stored = match kind {
        "static" => {
            if !only("tTad") {
                return Err(format!("Invalid arguments for type {kind}\nusage: {usage}"));
            }
            let address = parsed.value('a').ok_or("Missing local address")?;
            let address = address.strip_prefix("local=").unwrap_or(address);
            let (address, prefix) =
                parse_address(address).ok_or_else(|| format!("Error in setting local address: {}", Status::BadAddr))?;
            StoredKind::Static { address, prefix, up: !parsed.has('d') }
        }
        "dhcp" => {
            if !only("tTw1h") {
                return Err(format!("Invalid arguments for type {kind}\nusage: {usage}"));
            }
            let wait = match parsed.value('w') {
                Some("forever") => None,
                Some(seconds) => Some(seconds.parse().map_err(|_| format!("Invalid arguments\nusage: {usage}"))?),
                None => Some(120),
            };
            StoredKind::Dhcp { wait }
        }
        "addrconf" => {
            if !only("tTip") {
                return Err(format!("Invalid arguments for type {kind}\nusage: {usage}"));
            }
            StoredKind::Addrconf
        }
        other => return Err(format!("Invalid address type {other}")),
    };
    if !is_object_name(&name) {
        return Err(format!("Error in creating address object: {}", Status::InvalidArg));
    }
    let stored = StoredAddress { name, kind: stored, deprecated: false };
    let leased =
        create(state, &stored, !parsed.has('t')).map_err(|status| format!("Could not create address: {status}"))?;
    // The wait for a lease that does not come ends with a warning (facts §1.2, §1.6).
    let output = Output::default();
    Ok(if leased { output } else { output.warned("ipadm: warning: Communication with dhcpagent timed out") })
}

/// Facts §1.3: `if/` and at most 32 alphanumerics that begin with a letter.
fn is_object_name(name: &str) -> bool {
    name.split_once('/').is_some_and(|(interface, object)| {
        is_interface_name(interface)
            && (1..=32).contains(&object.len())
            && object.starts_with(|c: char| c.is_ascii_alphabetic())
            && object.chars().all(|c| c.is_ascii_alphanumeric())
    })
}

/// An address with its prefix; the class of an IPv4 address tells the length where none is given.
pub(crate) fn parse_address(text: &str) -> Option<(IpAddr, u8)> {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let address: IpAddr = address.parse().ok()?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match (prefix, address) {
        (Some(prefix), _) => prefix.parse().ok().filter(|length| *length <= longest)?,
        (None, IpAddr::V4(address)) => match address.octets()[0] {
            0..=127 => 8,
            128..=191 => 16,
            _ => 24,
        },
        (None, IpAddr::V6(_)) => 64,
    };
    Some((address, prefix))
}

/// Makes an address object. On a member this leaves the group and joins it again (facts §1.4). Tells whether a lease
/// that was asked for came.
pub(crate) fn create(state: &mut State, stored: &StoredAddress, persistent: bool) -> Result<bool, Status> {
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
            let Some((address, prefix, router)) = lease else { return Ok(false) };
            lif.address = address;
            lif.prefix = prefix;
            lif.up = true;
            if let Some(router) = router.filter(|_| !under) {
                state.routes.push(crate::Route {
                    destination: "default".to_owned(),
                    gateway: router,
                    interface: Some(interface),
                    dhcp: true,
                });
            }
            Ok(true)
        }
        StoredKind::Addrconf => {
            let token = state.interface(&interface).map_or(1, |interface| u64::from(interface.index));
            let half = state.interface_mut(&interface).and_then(|i| i.half_mut(Family::V6)).ok_or(Status::Enxio)?;
            if half.lifs.iter().any(|lif| lif.is_link_local() && lif.object.is_some()) {
                return Err(Status::AddrconfExists);
            }
            let lif = &mut half.lifs[0];
            if !lif.is_link_local() {
                lif.address = link_local(token);
            }
            lif.prefix = 10;
            lif.object = Some(stored.name.clone());
            lif.up = true;
            Ok(true)
        }
    }
}

/// A link-local address; real ones have the hardware address in it, this one the index.
pub(crate) fn link_local(token: u64) -> IpAddr {
    Ipv6Addr::from((0xfe80_u128 << 112) | (0x0208_20ff_fe00_0000_u128) | u128::from(token)).into()
}

/// What the DHCP server on the segment gives: on a group through an active member.
fn lease(state: &State, interface: &str) -> Option<(IpAddr, u8, Option<String>)> {
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
    let members = state.group_of(interface).map(|group| group.members.clone());
    let links = members.unwrap_or_else(|| vec![interface.to_owned()]);
    let hosts: Vec<IpAddr> =
        links.iter().filter_map(|name| state.link(name)).flat_map(|link| link.hosts.clone()).collect();
    if let Some(lif) = state.lif_mut(interface, family, number)
        && hosts.contains(&lif.address)
    {
        lif.up = false;
        lif.duplicate = true;
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

pub(super) fn delete_command(state: &mut State, words: &[&str], usage: &str) -> Done {
    let parsed = options(&Spec { short: "r", long: &[("release", 'r')] }, words, usage)?;
    let name = operand(&parsed, usage)?;
    delete(state, name).map_err(|status| format!("could not delete address: {status}"))?;
    Ok(Output::default())
}

fn delete(state: &mut State, name: &str) -> Result<(), Status> {
    authorized(state)?;
    let active = state.object(name);
    let stored = state.database.address(name).is_some();
    if active.is_empty() && !stored {
        return Err(Status::NotFound);
    }
    let holder =
        active.first().map(|(interface, ..)| (interface.name.clone(), interface.group.clone(), interface.is_member()));
    if let Some((interface, ..)) = &holder {
        refuse_ipmp(state, interface)?;
    }
    let rejoin = holder.filter(|(.., member)| *member).and_then(|(interface, group, _)| Some((interface, group?)));
    if let Some((interface, _)) = &rejoin {
        super::ipmp::set_groupname(state, interface, None)?;
    }
    let _ = disable(state, name);
    state.database.addresses.retain(|there| there.name != name);
    if let Some((interface, group)) = rejoin {
        super::ipmp::set_groupname(state, &interface, Some(&group))?;
    }
    Ok(())
}

pub(super) fn mark_command(state: &mut State, words: &[&str], usage: &str, up: bool) -> Done {
    let parsed = options(&TEMPORARY, words, usage)?;
    let name = operand(&parsed, usage)?;
    let word = if up { "up" } else { "down" };
    mark(state, name, up, !parsed.has('t')).map_err(|status| format!("Could not mark the address {word}: {status}"))?;
    Ok(Output::default())
}

fn mark(state: &mut State, name: &str, up: bool, persistent: bool) -> Result<(), Status> {
    authorized(state)?;
    let lifs: Vec<(String, Family, u32)> =
        state.object(name).into_iter().map(|(i, family, lif)| (i.name.clone(), family, lif.number)).collect();
    if lifs.is_empty() {
        let stored = state.database.address(name).is_some();
        return Err(if stored { Status::OpDisableObj } else { Status::NotFound });
    }
    if persistent && state.database.address(name).is_none() {
        return Err(Status::TemporaryObj);
    }
    for (interface, family, number) in lifs {
        refuse_ipmp(state, &interface)?;
        if up {
            crate::kernel::bring_up(state, &interface, family, number)?;
        } else {
            crate::kernel::bring_down(state, &interface, family, number)?;
        }
    }
    if persistent
        && let Some(stored) = state.database.address_mut(name)
        && let StoredKind::Static { up: there, .. } = &mut stored.kind
    {
        *there = up;
    }
    crate::route::forget_unreachable(state);
    Ok(())
}

pub(super) fn enable_command(state: &mut State, words: &[&str], usage: &str) -> Done {
    let parsed = options(&TEMPORARY, words, usage)?;
    let name = operand(&parsed, usage)?;
    if !parsed.has('t') {
        return Err("persistent operation not supported for enable-addr".to_owned());
    }
    authorized(state)
        .and_then(|()| enable(state, name))
        .map_err(|status| format!("could not enable address: {status}"))?;
    Ok(Output::default())
}

pub(super) fn disable_command(state: &mut State, words: &[&str], usage: &str) -> Done {
    let parsed = options(&TEMPORARY, words, usage)?;
    let name = operand(&parsed, usage)?;
    if !parsed.has('t') {
        return Err("persistent operation not supported for disable-addr".to_owned());
    }
    authorized(state)
        .and_then(|()| disable(state, name))
        .map_err(|status| format!("could not disable address: {status}"))?;
    Ok(Output::default())
}

pub(super) fn refresh_command(state: &mut State, words: &[&str], usage: &str) -> Done {
    let parsed = options(&Spec { short: "i", long: &[("inform", 'i')] }, words, usage)?;
    let name = operand(&parsed, usage)?;
    refresh(state, name).map_err(|status| format!("could not refresh address {status}"))?;
    Ok(Output::default())
}

/// Asks for the lease again, or tries a duplicate address again (facts §1.2).
fn refresh(state: &mut State, name: &str) -> Result<(), Status> {
    authorized(state)?;
    let lifs: Vec<(String, Family, u32, bool)> =
        state.object(name).into_iter().map(|(i, family, lif)| (i.name.clone(), family, lif.number, lif.dhcp)).collect();
    if lifs.is_empty() {
        return Err(Status::NotFound);
    }
    for (interface, family, number, leased) in lifs {
        let given = leased.then(|| lease(state, &interface)).flatten();
        let Some(lif) = state.lif_mut(&interface, family, number) else { continue };
        if let Some((address, prefix, _)) = given {
            lif.address = address;
            lif.prefix = prefix;
            lif.up = true;
        } else if lif.duplicate {
            lif.duplicate = false;
            lif.up = true;
            detect_duplicate(state, &interface, family, number);
        }
    }
    Ok(())
}
