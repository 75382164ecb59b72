//! create-ipmp, delete-ipmp, add-ipmp, remove-ipmp, and what a join does to addresses (facts §1.4).

use super::interface::{authorized, could_not_create, create_if, delete_if};
use super::{Done, Spec, operand, options};
use crate::dialect::Dialect;
use crate::interface::{Class, Family};
use crate::output::Output;
use crate::state::State;
use crate::status::Status;

/// The short -t is advertised and refused by illumos (facts §0.2); Solaris 11 takes it (facts §10.1).
fn spec(dialect: Dialect) -> Spec {
    let short = if dialect == Dialect::Solaris11 { "i:t" } else { "i:" };
    Spec { short, long: &[("temporary", 't'), ("interface", 'i')] }
}

/// The interfaces of all -i.
fn members<'a>(parsed: &super::Parsed<'a>) -> Result<Vec<&'a str>, String> {
    let names: Vec<&str> = parsed.values('i').flat_map(|list| list.split(',')).collect();
    match names.iter().find(|name| name.len() >= 32) {
        Some(name) => Err(format!("Incorrect length of interface name: {name}")),
        None => Ok(names),
    }
}

pub(super) fn create(state: &mut State, words: &[&str], usage: &str) -> Done {
    let parsed = options(&spec(state.dialect), words, usage)?;
    let name = operand(&parsed, usage)?;
    let members = members(&parsed)?;
    // It pings the daemon before anything else.
    if !state.mpathd.running {
        return Err("Cannot ping in.mpathd: cannot contact in.mpathd".to_owned());
    }
    create_if(state, name, Class::Ipmp, !parsed.has('t')).map_err(|status| could_not_create(name, status))?;
    crate::clock::settle(state);
    // No rollback: the group stays, and so do the members before the one that failed.
    each(state, name, &members, !parsed.has('t'), true)
}

pub(super) fn delete(state: &mut State, words: &[&str], usage: &str) -> Done {
    // illumos has no -f (facts §1.2); Solaris 11 has (facts §7), which takes the members out first.
    let spec = Spec { short: if state.dialect == Dialect::Solaris11 { "f" } else { "" }, long: &[("force", 'f')] };
    let parsed = options(&spec, words, usage)?;
    let name = operand(&parsed, usage)?;
    if parsed.has('f') && state.dialect == Dialect::Solaris11 && state.privileged() {
        let members = state.group_of(name).map(|group| group.members.clone()).unwrap_or_default();
        for member in members {
            let _ = update_ipmp(state, name, &member, false, true)
                .or_else(|_| update_ipmp(state, name, &member, false, false));
        }
    }
    delete_if(state, name).map_err(|status| format!("Could not delete {name}: {status}"))?;
    Ok(Output::default())
}

pub(super) fn update(state: &mut State, words: &[&str], usage: &str, add: bool) -> Done {
    let parsed = options(&spec(state.dialect), words, usage)?;
    let name = operand(&parsed, usage)?;
    let members = members(&parsed)?;
    if members.is_empty() {
        return Err(format!("option '-i' requires a value\nusage: {usage}"));
    }
    each(state, name, &members, !parsed.has('t'), add)
}

fn each(state: &mut State, group: &str, members: &[&str], persistent: bool, add: bool) -> Done {
    for member in members {
        if state.dialect == Dialect::Solaris11 && add && leased(state, member) {
            // Facts §6, Solaris 11.4.
            return Err(format!(
                "cannot add {member} to {group}: Underlying interface has addresses managed by dhcpagent(8)"
            ));
        }
        update_ipmp(state, group, member, add, persistent).map_err(|status| {
            let (verb, word) = if add { ("add", "to") } else { ("remove", "from") };
            format!("Cannot {verb} interface '{member}' {word} IPMP interface '{group}': {status}")
        })?;
        crate::clock::settle(state);
    }
    Ok(Output::default())
}

fn leased(state: &State, member: &str) -> bool {
    state.interface(member).is_some_and(|member| member.lifs().any(|(_, lif)| lif.dhcp && !lif.nofailover))
}

/// The checks of add-ipmp and remove-ipmp in their order, the database before the kernel (facts §1.4).
fn update_ipmp(state: &mut State, group: &str, member: &str, add: bool, persistent: bool) -> Result<(), Status> {
    authorized(state)?;
    // Also for names that do not exist at all.
    let (Some(ipmp), Some(there)) = (state.interface(group), state.interface(member)) else {
        return Err(Status::OpDisableObj);
    };
    if ipmp.class != Class::Ipmp {
        return Err(Status::InvalidArg);
    }
    let name = ipmp.group.clone();
    if add && there.is_member() {
        return Err(Status::IfInuse);
    }
    if !add && (there.group != name || there.class == Class::Ipmp) {
        return Err(Status::InvalidArg);
    }
    if persistent {
        store(state, group, member, add)?;
    }
    // Where the kernel refuses, the database keeps the membership.
    set_groupname(state, member, if add { name.as_deref() } else { None })
}

fn store(state: &mut State, group: &str, member: &str, add: bool) -> Result<(), Status> {
    let there = state.database.interface(member).ok_or(Status::InvalidArg)?.group.clone();
    if state.database.interface(group).is_none() {
        return Err(Status::NotFound);
    }
    match (add, there) {
        (true, Some(_)) => return Err(Status::Exists),
        (false, None) => return Err(Status::NotFound),
        (false, Some(other)) if other != group => return Err(Status::InvalidArg),
        _ => {}
    }
    if let Some(stored) = state.database.interface_mut(member) {
        stored.group = add.then(|| group.to_owned());
    }
    if let Some(stored) = state.database.interface_mut(group) {
        stored.members.retain(|there| there != member);
        if add {
            stored.members.insert(0, member.to_owned());
        }
    }
    Ok(())
}

/// Changes the group of an interface in the kernel, with its addresses disabled meanwhile, errors of that ignored
/// (facts §1.4, side effects of join and leave).
pub(super) fn set_groupname(state: &mut State, name: &str, group: Option<&str>) -> Result<(), Status> {
    let Some(group) = group else {
        crate::group::leave(state, name);
        // The daemon sees a member go even if it comes back at once.
        crate::clock::settle(state);
        // It asks for addresses without LIFC_UNDER_IPMP and sees none of a member's. NOFAILOVER and DEPRECATED are
        // cleared on lif 0 of each family only; the stub stays up; standby stays.
        for family in Family::BOTH {
            if let Some(lif) = state.lif_mut(name, family, 0) {
                lif.nofailover = false;
                lif.deprecated = false;
            }
        }
        return Ok(());
    };
    let interface = state.interface(name).ok_or(Status::Enxio)?;
    let listed: Vec<(Family, Option<String>)> =
        interface.lifs().map(|(family, lif)| (family, lif.object.clone())).collect();
    let first = listed.first().map(|(family, _)| *family);
    for (_, object) in &listed {
        match (object, first) {
            (Some(object), _) => {
                let _ = super::object::disable(state, object);
            }
            (None, Some(first)) => {
                let _ = crate::kernel::bring_down(state, name, first, 0);
            }
            (None, None) => {}
        }
    }
    let joined = crate::group::join(state, name, group).map_err(Status::from);
    for (_, object) in &listed {
        match (object, first) {
            (Some(object), _) => {
                // One that was made with -t is not in the database, and gone [inferred].
                let _ = super::object::enable(state, object);
            }
            (None, Some(first)) => {
                let _ = crate::kernel::bring_up(state, name, first, 0);
            }
            (None, None) => {}
        }
    }
    joined
}
