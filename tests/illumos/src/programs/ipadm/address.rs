//! create-addr, delete-addr, up-, down-, enable-, disable-, refresh-addr (facts §1.2, §1.4).

use std::net::IpAddr;

use super::interface::authorized;
use super::object::{create, detect_duplicate, disable, enable, lease, refuse_ipmp};
use super::{Done, Spec, operand, options};
use crate::database::{StoredAddress, StoredKind};
use crate::dialect::Dialect;
use crate::interface::Family;
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
