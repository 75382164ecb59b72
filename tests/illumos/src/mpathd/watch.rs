//! What the daemon sees: members that come and go, links, probes (facts §4.3).

use super::decide::{activate_another, active_count, fail, offline, runs, standby_changed, undo_offline};
use super::probe::{probing, targets};
use super::{MemberState, Tracked, log};
use crate::state::State;

/// The flap guard looks back so far (facts §4.3).
const MINUTE: u64 = 60_000;

/// Sees what has changed and acts on it, one event after the other.
pub(crate) fn sync(state: &mut State) {
    if !state.mpathd.running {
        return;
    }
    let groups: Vec<String> =
        state.listed().iter().filter(|i| i.class == crate::Class::Ipmp).filter_map(|i| i.group.clone()).collect();
    state.mpathd.groups.retain(|group| groups.contains(group));
    for group in groups {
        if !state.mpathd.groups.contains(&group) {
            state.mpathd.groups.push(group);
        }
    }
    for member in state.mpathd.members.clone() {
        if state.interface(&member.name).and_then(|interface| interface.group.as_ref()) != Some(&member.group) {
            left(state, &member);
        }
    }
    let joined: Vec<(String, String)> = state
        .groups
        .iter()
        .flat_map(|group| group.members.iter().map(|member| (member.clone(), group.name.clone())))
        .collect();
    for (name, group) in joined {
        if state.mpathd.member(&name).is_none() {
            seen(state, name.clone(), group);
        }
        look(state, &name);
    }
    for index in 0..state.mpathd.members.len() {
        let member = &state.mpathd.members[index];
        let active = member.functioning() && state.interface(&member.name).is_some_and(|i| !i.inactive);
        state.mpathd.members[index].active = active;
    }
}

fn seen(state: &mut State, name: String, group: String) {
    let standby = state.interface(&name).is_some_and(|interface| interface.standby);
    let link_up = state.link(&name).is_some_and(crate::Link::running);
    let offline = state.interface(&name).is_some_and(|interface| interface.offline);
    state.mpathd.members.push(Tracked {
        state: if offline { MemberState::Offline } else { MemberState::Init },
        name,
        group,
        link_up,
        standby,
        active: false,
        duplicate: false,
        ups: Vec::new(),
        held: false,
        heard: None,
        lost: None,
    });
}

/// Facts §4.4, a member leaves.
fn left(state: &mut State, member: &Tracked) {
    state.mpathd.members.retain(|there| there.name != member.name);
    if (member.standby && member.active) || active_count(state, &member.group) == 0 {
        activate_another(state, &member.group, &member.name);
    }
}

/// Looks at one member.
fn look(state: &mut State, name: &str) {
    let Some(member) = state.mpathd.member(name).cloned() else { return };
    let Some(interface) = state.interface(name).cloned() else { return };
    duplicates(state, &member);
    links(state, &member);
    if interface.standby != member.standby {
        if let Some(member) = state.mpathd.member_mut(name) {
            member.standby = interface.standby;
        }
        standby_changed(state, name);
    }
    let Some(member) = state.mpathd.member(name).cloned() else { return };
    let families = probing(&interface);
    let has_targets = families.iter().any(|family| !targets(state, &member.group, *family).0.is_empty());
    let answers = state.link(name).is_some_and(|link| link.up && link.answers);
    let now = state.now;
    let detection_time = state.mpathd.detection_time;
    let Some(tracked) = state.mpathd.member_mut(name) else { return };
    let probed = has_targets && member.link_up;
    tracked.heard = (probed && answers).then(|| member.heard.unwrap_or(now));
    tracked.lost = (probed && !answers).then(|| member.lost.unwrap_or(now));
    let tracked = tracked.clone();
    match tracked.state {
        MemberState::Offline => {}
        MemberState::Init if !tracked.link_up => fail(state, name),
        MemberState::Init => runs(state, name, false),
        MemberState::Running | MemberState::NoTargets if !tracked.link_up => fail(state, name),
        // Five probes in a row are lost after FDT (facts §4.3).
        MemberState::Running | MemberState::NoTargets
            if tracked.lost.is_some_and(|since| now >= since + detection_time) =>
        {
            fail(state, name);
        }
        MemberState::Running | MemberState::NoTargets => {
            // Nobody to probe: the state is unknown, the member goes on working (facts §3).
            let quiet = !families.is_empty() && !has_targets;
            if let Some(member) = state.mpathd.member_mut(name) {
                member.state = if quiet { MemberState::NoTargets } else { MemberState::Running };
            }
        }
        MemberState::Failed if !tracked.link_up => {}
        MemberState::Failed if families.is_empty() || !has_targets => {
            let guarded = tracked.held && tracked.ups.first().is_some_and(|first| now < first + MINUTE);
            if !guarded {
                runs(state, name, false);
            }
        }
        // Ten replies in a row take 2 FDT (facts §4.3).
        MemberState::Failed => {
            if tracked.heard.is_some_and(|since| now >= since + 2 * detection_time) {
                runs(state, name, false);
            }
        }
    }
}

/// When something happens by itself next.
pub(crate) fn next_event(state: &State) -> Option<u64> {
    let time = state.mpathd.detection_time;
    let events = state.mpathd.members.iter().flat_map(|member| {
        let failure = member.lost.filter(|_| member.functioning()).map(|since| since + time);
        let repair = member.heard.filter(|_| member.state == MemberState::Failed).map(|since| since + 2 * time);
        let release = member.ups.first().filter(|_| member.held).map(|first| first + MINUTE);
        [failure, repair, release]
    });
    events.flatten().filter(|event| *event > state.now).min()
}

/// Notices links that went down or came up, and guards against those that flap (facts §4.3).
fn links(state: &mut State, member: &Tracked) {
    let up = state.link(&member.name).is_some_and(crate::Link::running);
    if up == member.link_up || (member.state == MemberState::Offline && !member.duplicate) {
        return;
    }
    let now = state.now;
    log(state, &format!("The link has {} on {}", if up { "come up" } else { "gone down" }, member.name));
    let Some(tracked) = state.mpathd.member_mut(&member.name) else { return };
    tracked.link_up = up;
    if !up {
        return;
    }
    tracked.held = tracked.ups.len() == 2 && now < tracked.ups[0] + MINUTE;
    tracked.ups.push(now);
    let surplus = tracked.ups.len().saturating_sub(2);
    tracked.ups.drain(..surplus);
    if tracked.held {
        log(
            state,
            &format!(
                "The link has come up on {} more than 2 times in the last minute; disabling repair until it stabilizes",
                member.name
            ),
        );
    }
}

/// Offlines the later one of two members with one hardware address (facts §4.3).
fn duplicates(state: &mut State, member: &Tracked) {
    let mac = state.link(&member.name).map(|link| link.mac.clone());
    let members = state.mpathd.members.iter().take_while(|there| there.name != member.name);
    let twin = members
        .filter(|there| there.group == member.group && !there.duplicate)
        .any(|there| state.link(&there.name).map(|link| &link.mac) == mac.as_ref());
    if twin == member.duplicate {
        return;
    }
    let (name, group) = (&member.name, &member.group);
    if let Some(tracked) = state.mpathd.member_mut(name) {
        tracked.duplicate = twin;
    }
    if twin {
        log(
            state,
            &format!("IP interface {name} has a hardware address which is not unique in group {group}; offlining"),
        );
        offline(state, name);
    } else {
        log(state, &format!("IP interface {name} now has a unique hardware address in group {group}; onlining"));
        undo_offline(state, name);
    }
}
