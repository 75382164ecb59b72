//! What the daemon decides: who is active (facts §4.4).

use super::{MemberState, Tracked, log};
use crate::state::State;

pub(super) fn active_count(state: &State, group: &str) -> usize {
    let active = |member: &&Tracked| {
        member.functioning() && state.interface(&member.name).is_some_and(|interface| !interface.inactive)
    };
    state.mpathd.in_group(group).filter(active).count()
}

fn full_count(state: &State, group: &str) -> usize {
    let members = state.mpathd.in_group(group);
    members.filter(|member| state.interface(&member.name).is_some_and(|interface| !interface.standby)).count()
}

/// Facts §4.4: among other functioning INACTIVE members a standby is preferred, the first found.
pub(super) fn activate_another(state: &mut State, group: &str, but: &str) {
    let spare: Vec<(bool, String)> = state
        .mpathd
        .in_group(group)
        .filter(|member| member.name != but && member.functioning())
        .filter_map(|member| state.interface(&member.name))
        .filter(|interface| interface.inactive)
        .map(|interface| (!interface.standby, interface.name.clone()))
        .collect();
    if let Some((_, name)) = spare.into_iter().min_by_key(|(full, _)| *full) {
        set_inactive(state, &name, false);
    }
}

fn set_inactive(state: &mut State, name: &str, inactive: bool) {
    if let Some(interface) = state.interface_mut(name) {
        interface.inactive = inactive;
    }
}

fn set_state(state: &mut State, name: &str, to: MemberState) {
    if let Some(member) = state.mpathd.member_mut(name) {
        member.state = to;
    }
}

/// Facts §4.4, fail(x).
pub(super) fn fail(state: &mut State, name: &str) {
    let Some(member) = state.mpathd.member(name).cloned() else { return };
    let was_active = state.interface(name).is_some_and(|interface| !interface.inactive);
    if let Some(interface) = state.interface_mut(name) {
        interface.failed = true;
        interface.inactive = false;
    }
    set_state(state, name, MemberState::Failed);
    let group = &member.group;
    log(state, &format!("IP interface failure detected on {name} of group {group}"));
    if was_active {
        activate_another(state, group, name);
    }
    if !state.mpathd.in_group(group).any(Tracked::functioning) {
        log(state, &format!("All IP interfaces in group {group} are now unusable"));
    }
}

/// Facts §4.4, running(x): it was repaired, comes online or has just joined.
pub(super) fn runs(state: &mut State, name: &str, onlining: bool) {
    let Some(member) = state.mpathd.member(name).cloned() else { return };
    let group = member.group.clone();
    let initial = member.state == MemberState::Init;
    let group_failed = !state.mpathd.in_group(&group).any(Tracked::functioning);
    let (active, full) = (active_count(state, &group), full_count(state, &group));
    if !initial && !onlining {
        log(state, &format!("IP interface repair detected on {name} of group {group}"));
        if group_failed {
            log(state, &format!("At least 1 IP interface ({name}) in group {group} is now usable"));
        }
    }
    let failback = state.mpathd.failback;
    set_state(state, name, MemberState::Running);
    if let Some(tracked) = state.mpathd.member_mut(name) {
        tracked.held = false;
    }
    let Some(interface) = state.interface_mut(name) else { return };
    interface.failed = false;
    if interface.standby {
        // With standbys only, exactly one stays active (facts §4.4) [inferred].
        interface.inactive = active >= full && active > 0;
    } else if onlining || failback || initial {
        interface.inactive = false;
        if active >= full {
            retire_standby(state, &group, name);
        }
    } else {
        interface.inactive = !group_failed;
    }
}

/// One active standby becomes INACTIVE.
fn retire_standby(state: &mut State, group: &str, but: &str) {
    let standby = state
        .mpathd
        .in_group(group)
        .filter(|member| member.name != but && member.functioning())
        .filter_map(|member| state.interface(&member.name))
        .find(|interface| interface.standby && !interface.inactive)
        .map(|interface| interface.name.clone());
    if let Some(name) = standby {
        set_inactive(state, &name, true);
    }
}

/// Facts §4.4, the standby flag changed on x.
pub(super) fn standby_changed(state: &mut State, name: &str) {
    let Some(member) = state.mpathd.member(name).filter(|member| member.functioning()) else { return };
    let group = member.group.clone();
    let (active, full) = (active_count(state, &group), full_count(state, &group));
    if active == 0 || active < full {
        set_inactive(state, name, false);
    } else if active > full {
        set_inactive(state, name, true);
    }
}

/// Facts §4.1, §4.4: OFFLINE is set, INACTIVE cleared, another one activated if it was active.
pub(crate) fn offline(state: &mut State, name: &str) {
    let Some(member) = state.mpathd.member(name).cloned() else { return };
    let Some(interface) = state.interface_mut(name) else { return };
    let was_active = member.functioning() && !interface.inactive;
    interface.offline = true;
    interface.inactive = false;
    set_state(state, name, MemberState::Offline);
    if was_active {
        activate_another(state, &member.group, name);
    }
}

/// Facts §4.1: back online; a member that is not standby takes over again even with FAILBACK=no.
pub(crate) fn undo_offline(state: &mut State, name: &str) {
    let up = state.link(name).is_some_and(crate::Link::running);
    if let Some(interface) = state.interface_mut(name) {
        interface.offline = false;
    }
    if let Some(member) = state.mpathd.member_mut(name) {
        member.link_up = up;
    }
    if up {
        runs(state, name, true);
    } else {
        fail(state, name);
    }
}
