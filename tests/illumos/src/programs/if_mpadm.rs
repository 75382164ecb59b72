//! if_mpadm (facts §4.1): takes a member out and in again, not persistently.

use super::getopt::Spec;
use crate::interface::{Class, Family};
use crate::mpathd::{MemberState, offline, undo_offline, usable};
use crate::output::Output;
use crate::state::State;

/// Runs if_mpadm.
pub(super) fn run(state: &mut State, words: &[&str]) -> Output {
    const USAGE: &str = "Usage: if_mpadm -d | -r <ifname>";
    let Ok(parsed) = (Spec { short: "d:r:", long: &[] }).parse(words) else { return Output::failure(USAGE) };
    let done = match (parsed.value('d'), parsed.value('r')) {
        (Some(name), None) => take_out(state, name),
        (None, Some(name)) => put_in(state, name),
        _ => return Output::failure(USAGE),
    };
    match done {
        Ok(()) => Output::default(),
        Err(text) => Output::failure(format!("if_mpadm: fatal: {text}")),
    }
}

fn lifs(state: &State, name: &str, up: bool) -> Vec<(Family, u32)> {
    let lifs = state.interface(name).into_iter().flat_map(crate::Interface::lifs);
    lifs.filter(|(_, lif)| lif.up == up).map(|(family, lif)| (family, lif.number)).collect()
}

fn take_out(state: &mut State, name: &str) -> Result<(), String> {
    let interface = known(state, name)?;
    if interface.offline {
        return Err(format!("interface {name} is already offline"));
    }
    let grouped = interface.class == Class::Ip && interface.group.is_some();
    if !state.mpathd.running {
        return Err(format!("cannot offline {name}: cannot contact in.mpathd"));
    }
    if !state.privileged() {
        return Err(format!("cannot offline {name}: Permission denied"));
    }
    let Some(member) = state.mpathd.member(name).filter(|_| grouped).cloned() else {
        return Err(format!("cannot offline {name}: not a physical interface or not in an IPMP group"));
    };
    // At least one other usable member; in a group that has failed already any other that is not offline counts.
    let others: Vec<_> = state.mpathd.in_group(&member.group).filter(|other| other.name != name).collect();
    let failed = !state.mpathd.in_group(&member.group).any(|member| usable(state, member));
    let spare = others.iter().any(|other| usable(state, other) || (failed && other.state != MemberState::Offline));
    if !spare {
        return Err(format!("cannot offline {name}: no other functioning interfaces are in its IPMP group"));
    }
    offline(state, name);
    for (family, number) in lifs(state, name, true) {
        let _ = crate::kernel::bring_down(state, name, family, number);
    }
    Ok(())
}

fn put_in(state: &mut State, name: &str) -> Result<(), String> {
    let interface = known(state, name)?;
    if !interface.offline {
        return Err(format!("interface {name} is not offline"));
    }
    if !state.mpathd.running {
        return Err(format!("cannot undo-offline {name}: cannot contact in.mpathd"));
    }
    if !state.privileged() {
        return Err(format!("cannot undo-offline {name}: Permission denied"));
    }
    if state.mpathd.member(name).is_some_and(|member| member.duplicate) {
        return Err(format!("cannot undo-offline {name}: interface has duplicate hardware address"));
    }
    // It brings up all addresses that are down, whoever brought them down.
    for (family, number) in lifs(state, name, false) {
        let _ = crate::kernel::bring_up(state, name, family, number);
    }
    undo_offline(state, name);
    Ok(())
}

fn known<'a>(state: &'a State, name: &str) -> Result<&'a crate::Interface, String> {
    state.interface(name).ok_or_else(|| format!("cannot get interface flags on {name}: No such device or address"))
}
