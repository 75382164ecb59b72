//! What happened to a group between two looks at it.
//!
//! In: two [`GroupStatus`]es of one group, the earlier and the later. Out: [`Event`]s, which leave nothing out: whoever knows
//! the earlier and is told them one after the other knows the later.

use std::fmt;

use serde::Serialize;

use crate::InterfaceName;
use crate::status::{GroupHealth, GroupStatus, LinkState, MemberStatus};

/// What happened to a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event {
    /// The first look at it.
    Watching {
        /// How it is doing.
        status: Box<GroupStatus>,
    },
    /// An interface of the file is there now.
    MemberAppeared(MemberNow),
    /// An interface of the file is not there any more.
    MemberGone(MemberNow),
    /// An interface is in the group now.
    MemberJoined(MemberNow),
    /// An interface is not in the group any more.
    MemberLeft(MemberNow),
    /// A member works no more.
    MemberFailed(MemberNow),
    /// A member works again.
    MemberRepaired(MemberNow),
    /// A member's state is another, without it having failed or come back.
    MemberChanged(MemberNow),
    /// A member has a link again; its group may wait before it uses it.
    LinkUp(MemberNow),
    /// A member has lost its link; its group may wait before it leaves it.
    LinkDown(MemberNow),
    /// Another member carries the traffic.
    Failover {
        /// Who did until now.
        from: InterfaceName,
        /// Who does now.
        to: InterfaceName,
    },
    /// The primary carries the traffic again.
    Failback {
        /// Who did until now.
        from: InterfaceName,
        /// The primary.
        to: InterfaceName,
    },
    /// Nobody carries the traffic any more.
    ActiveLost {
        /// Who did until now.
        from: InterfaceName,
    },
    /// Somebody carries the traffic, as nobody did before.
    ActiveFound {
        /// Who.
        to: InterfaceName,
    },
    /// The host is further from the file, or closer to it, than before.
    Drift {
        /// How many steps `mpath up` would take now.
        steps: usize,
        /// How the group is doing all the same.
        state: GroupHealth,
    },
    /// The group is as it shall be.
    Ok,
    /// The group works, but not every member does, or another host has one of its addresses.
    Degraded,
    /// No member of the group works.
    Failed,
    /// The group is not up any more.
    Absent,
}

/// A member, right after something happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberNow {
    /// Its name.
    pub member: String,
    /// As it was called until now: what the file gives by a MAC address has a name only while it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formerly: Option<String>,
    /// Its state; of one that is listed no more, `outside`.
    pub state: &'static str,
    /// Its link; of one that is listed no more, unknown.
    pub link: LinkState,
}

/// The states of a member that is in no group.
const OUTSIDE: &str = "outside";
const ABSENT: &str = "absent";

/// What happened between two looks at one group: to members, to the active one, to the group as a whole.
pub fn between(earlier: &GroupStatus, later: &GroupStatus) -> Vec<Event> {
    let mut events = Vec::new();
    for now in &later.members {
        events.extend(member_event(earlier.members.iter().find(|then| is_same(then, now)), now));
    }
    let left = |then: &&MemberStatus| !later.members.iter().any(|now| is_same(then, now));
    for then in earlier.members.iter().filter(left) {
        let (member, formerly) = (then.name.clone(), None);
        events.push(Event::MemberLeft(MemberNow { member, formerly, state: OUTSIDE, link: LinkState::Unknown }));
    }
    events.extend(match (earlier.active.clone(), later.active.clone()) {
        (then, now) if then == now => None,
        (Some(from), Some(to)) if later.primary.as_ref() == Some(&to) => Some(Event::Failback { from, to }),
        (Some(from), Some(to)) => Some(Event::Failover { from, to }),
        (Some(from), None) => Some(Event::ActiveLost { from }),
        (None, Some(to)) => Some(Event::ActiveFound { to }),
        (None, None) => None,
    });
    let (steps, state) = (drift(later), later.state);
    let has_drifted = drift(earlier) != steps || (state == GroupHealth::Drifted && earlier.state != state);
    if has_drifted && !matches!(state, GroupHealth::Ok | GroupHealth::Absent) {
        events.push(Event::Drift { steps, state });
    }
    if earlier.state != state {
        events.extend(match state {
            GroupHealth::Ok => Some(Event::Ok),
            GroupHealth::Degraded => Some(Event::Degraded),
            GroupHealth::Failed => Some(Event::Failed),
            GroupHealth::Absent => Some(Event::Absent),
            GroupHealth::Drifted => None,
        });
    }
    events
}

/// What is not there is not away from the file: it is not begun.
fn drift(status: &GroupStatus) -> usize {
    if status.state == GroupHealth::Absent { 0 } else { status.drift }
}

/// Whether two are one member: by name, or by the MAC address that stands for the name of one that is not there.
fn is_same(then: &MemberStatus, now: &MemberStatus) -> bool {
    let is_named_by = |absent: &MemberStatus, there: &MemberStatus| {
        absent.state == ABSENT && there.permanent_mac.is_some_and(|mac| mac.to_string() == absent.name)
    };
    then.name == now.name || is_named_by(then, now) || is_named_by(now, then)
}

fn member_event(then: Option<&MemberStatus>, now: &MemberStatus) -> Option<Event> {
    let told = MemberNow {
        member: now.name.clone(),
        formerly: then.map(|then| then.name.clone()).filter(|name| *name != now.name),
        state: now.state,
        link: now.link,
    };
    let before = then.map_or(OUTSIDE, |then| then.state);
    if before == now.state {
        return match (then?.link, now.link) {
            (then, now) if then == now => None,
            (_, LinkState::Up) => Some(Event::LinkUp(told)),
            (_, LinkState::Down) => Some(Event::LinkDown(told)),
            (_, LinkState::Unknown) => Some(Event::MemberChanged(told)),
        };
    }
    Some(match (before, now.state) {
        (ABSENT, _) => Event::MemberAppeared(told),
        (_, ABSENT) => Event::MemberGone(told),
        (OUTSIDE, _) => Event::MemberJoined(told),
        (_, OUTSIDE) => Event::MemberLeft(told),
        (_, "failed") => Event::MemberFailed(told),
        ("failed" | "failing" | "recovering" | "offline", "ok") => Event::MemberRepaired(told),
        _ => Event::MemberChanged(told),
    })
}

impl Event {
    /// The names of all of them.
    pub const WORDS: [&'static str; 19] = [
        "watching",
        "member-appeared",
        "member-gone",
        "member-joined",
        "member-left",
        "member-failed",
        "member-repaired",
        "member-changed",
        "link-up",
        "link-down",
        "failover",
        "failback",
        "active-lost",
        "active-found",
        "drift",
        "ok",
        "degraded",
        "failed",
        "absent",
    ];

    /// Its name, as in the schema.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Watching { .. } => "watching",
            Self::MemberAppeared(_) => "member-appeared",
            Self::MemberGone(_) => "member-gone",
            Self::MemberJoined(_) => "member-joined",
            Self::MemberLeft(_) => "member-left",
            Self::MemberFailed(_) => "member-failed",
            Self::MemberRepaired(_) => "member-repaired",
            Self::MemberChanged(_) => "member-changed",
            Self::LinkUp(_) => "link-up",
            Self::LinkDown(_) => "link-down",
            Self::Failover { .. } => "failover",
            Self::Failback { .. } => "failback",
            Self::ActiveLost { .. } => "active-lost",
            Self::ActiveFound { .. } => "active-found",
            Self::Drift { .. } => "drift",
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
            Self::Absent => "absent",
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Watching { status } => {
                write!(f, "{}", status.state.word())?;
                status.active.iter().try_for_each(|active| write!(f, ", {active} active"))?;
                let failed = |member: &&MemberStatus| !matches!(member.state, "ok" | OUTSIDE | ABSENT);
                status.members.iter().filter(failed).try_for_each(|m| write!(f, ", {} {}", m.name, m.state))
            }
            Self::MemberAppeared(now) => write!(f, "{} has appeared, {}", now.member, now.state),
            Self::MemberGone(now) => write!(f, "{} is not there any more", now.member),
            Self::MemberJoined(now) => write!(f, "{} has joined, {}", now.member, now.state),
            Self::MemberLeft(now) => write!(f, "{} has left the group", now.member),
            Self::MemberFailed(now) => write!(f, "{} has failed, link {}", now.member, now.link.word()),
            Self::MemberRepaired(now) => write!(f, "{} works again", now.member),
            Self::MemberChanged(now) => write!(f, "{} is {}, link {}", now.member, now.state, now.link.word()),
            Self::LinkUp(now) => write!(f, "{} has a link", now.member),
            Self::LinkDown(now) => write!(f, "{} has no link", now.member),
            Self::Failover { from, to } => write!(f, "failover from {from} to {to}"),
            Self::Failback { from, to } => write!(f, "failback from {from} to {to}"),
            Self::ActiveLost { from } => write!(f, "nobody carries the traffic any more; it was {from}"),
            Self::ActiveFound { to } => write!(f, "{to} carries the traffic"),
            Self::Drift { steps: 0, .. } => write!(f, "the host is as the file says again"),
            Self::Drift { steps: 1, .. } => write!(f, "drift: 1 step away from the file"),
            Self::Drift { steps, .. } => write!(f, "drift: {steps} steps away from the file"),
            Self::Ok | Self::Degraded | Self::Failed | Self::Absent => f.write_str(self.word()),
        }
    }
}

#[cfg(test)]
mod condition;
#[cfg(test)]
mod tests;
