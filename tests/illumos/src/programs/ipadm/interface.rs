//! create-if, delete-if, enable-if, disable-if (facts §1.4).

use super::{Done, Spec, operand, options};
use crate::interface::{Class, Family};
use crate::output::Output;
use crate::programs::is_interface_name;
use crate::state::{State, Zone};
use crate::status::{Errno, Status};

const TEMPORARY: Spec = Spec { short: "t", long: &[("temporary", 't')] };
const NONE: Spec = Spec { short: "", long: &[] };

pub(super) fn create(state: &mut State, words: &[&str], usage: &str) -> Done {
    let parsed = options(&TEMPORARY, words, usage)?;
    let [name] = parsed.operands[..] else { return Err(format!("usage: {usage}")) };
    create_if(state, name, Class::Ip, !parsed.has('t')).map_err(|status| could_not_create(name, status))?;
    Ok(Output::default())
}

pub(super) fn could_not_create(name: &str, status: Status) -> String {
    format!("Could not create {name} : {status}")
}

pub(super) fn delete(state: &mut State, words: &[&str], usage: &str) -> Done {
    let parsed = options(&NONE, words, usage)?;
    let name = operand(&parsed, usage)?;
    delete_if(state, name).map_err(|status| format!("Could not delete {name}: {status}"))?;
    Ok(Output::default())
}

pub(super) fn enable_command(state: &mut State, words: &[&str], usage: &str) -> Done {
    let parsed = options(&TEMPORARY, words, usage)?;
    let name = operand(&parsed, usage)?;
    if !parsed.has('t') {
        return Err("persistent operation not supported for enable-if".to_owned());
    }
    enable_if(state, name).map_err(|status| format!("Could not enable {name} : {status}"))?;
    Ok(Output::default())
}

pub(super) fn disable_command(state: &mut State, words: &[&str], usage: &str) -> Done {
    let parsed = options(&TEMPORARY, words, usage)?;
    let name = operand(&parsed, usage)?;
    if !parsed.has('t') {
        return Err("persistent operation not supported for disable-if".to_owned());
    }
    authorized(state)
        .and_then(|()| unplumb_both(state, name))
        .map_err(|status| format!("Could not disable {name}: {status}"))?;
    Ok(Output::default())
}

/// Facts §1.4: the authorization solaris.network.interface.config, which root has.
pub(super) fn authorized(state: &State) -> Result<(), Status> {
    if !state.privileged() {
        return Err(Status::Eauth);
    }
    // A zone that shares its stack may not plumb [inferred].
    if state.zone == Zone::SharedIp { Err(Status::Eperm) } else { Ok(()) }
}

pub(super) fn create_if(state: &mut State, name: &str, class: Class, persistent: bool) -> Result<(), Status> {
    authorized(state)?;
    if !is_interface_name(name) {
        return Err(Status::InvalidArg);
    }
    if state.interface(name).is_some() {
        return Err(Status::IfExists);
    }
    if state.database.interface(name).is_some() {
        return Err(Status::OpDisableObj);
    }
    if class == Class::Ip {
        let link = state.link(name).ok_or(Status::DlpiFailure)?;
        if link.zone.is_some() {
            return Err(Status::IfInuse);
        }
        if persistent && link.temporary {
            return Err(Status::TemporaryObj);
        }
    }
    for family in Family::BOTH {
        crate::kernel::plumb(state, name, family, class).map_err(|error| match error {
            Errno::Exist => Status::IfExists,
            other => other.into(),
        })?;
    }
    if persistent {
        state.database.add_interface(name, class == Class::Ipmp);
    }
    Ok(())
}

/// delete-if and delete-ipmp are the same function (facts §1.2).
pub(super) fn delete_if(state: &mut State, name: &str) -> Result<(), Status> {
    authorized(state)?;
    if !is_interface_name(name) {
        return Err(Status::InvalidArg);
    }
    match unplumb_both(state, name) {
        // What is only in the database is deleted there.
        Err(Status::Enxio) if state.database.interface(name).is_some() => {}
        other => other?,
    }
    state.database.delete_interface(name);
    Ok(())
}

/// The results of both families are merged: one that does not exist does not count (facts §1.4).
fn unplumb_both(state: &mut State, name: &str) -> Result<(), Status> {
    let results = [Family::V6, Family::V4].map(|family| crate::kernel::unplumb(state, name, family));
    let told = |error: Errno| match error {
        Errno::Busy => Status::GrpNotEmpty,
        other => other.into(),
    };
    match results {
        [Ok(()), Ok(()) | Err(Errno::Nxio)] | [Err(Errno::Nxio), Ok(())] => Ok(()),
        [Err(one), Err(other)] if one == other => Err(told(one)),
        _ => Err(Status::Failure),
    }
}

/// enable-if -t, and what the boot does for each interface of the database (facts §1.4): errors of members and
/// addresses are ignored, so whichever side of a membership comes up last completes it.
pub(crate) fn enable_if(state: &mut State, name: &str) -> Result<(), Status> {
    authorized(state)?;
    if state.interface(name).is_some() {
        return Err(Status::IfExists);
    }
    let stored = state.database.interface(name).cloned().ok_or(Status::Enxio)?;
    let class = if stored.ipmp { Class::Ipmp } else { Class::Ip };
    for family in Family::BOTH {
        crate::kernel::plumb(state, name, family, class).map_err(|error| match error {
            Errno::Nxio => Status::DlpiFailure,
            other => other.into(),
        })?;
    }
    if stored.ipmp {
        for member in stored.members.iter().rev() {
            if state.interface(member).is_some_and(|member| member.group.is_none()) {
                let _ = super::ipmp::set_groupname(state, member, Some(&group_name(state, name)));
                crate::clock::settle(state);
            }
        }
    }
    let objects: Vec<String> = state
        .database
        .addresses
        .iter()
        .filter(|there| there.interface() == name)
        .map(|there| there.name.clone())
        .collect();
    for object in objects {
        let _ = super::object::enable(state, &object);
    }
    // Standby is restored before the join (facts §10.11).
    if stored.standby == Some(true) {
        let _ = crate::kernel::set_standby(state, name, true);
    }
    if let Some(group) = stored.group.filter(|group| state.group_of(group).is_some()) {
        let _ = super::ipmp::set_groupname(state, name, Some(&group_name(state, &group)));
    }
    crate::clock::settle(state);
    Ok(())
}

fn group_name(state: &State, interface: &str) -> String {
    state.group_of(interface).map(|group| group.name.clone()).unwrap_or_default()
}
