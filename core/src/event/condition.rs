//! What a reader of events makes of them: the condition of the earlier look, told all that happened since, is that of the later.

use std::collections::BTreeMap;

use super::{Event, OUTSIDE, drift};
use crate::InterfaceName;
use crate::status::{GroupHealth, GroupStatus, LinkState};

/// As much of a group as events tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    /// How it is doing.
    state: GroupHealth,
    /// How far from the file it is, in steps; 0 where it is absent.
    drift: usize,
    /// Who carries the traffic.
    active: Option<InterfaceName>,
    /// State and link of each member.
    members: BTreeMap<String, (&'static str, LinkState)>,
}

impl Condition {
    /// As much of a group's status as events tell.
    pub(super) fn of(status: &GroupStatus) -> Self {
        Self {
            state: status.state,
            drift: drift(status),
            active: status.active.clone(),
            members: status.members.iter().map(|m| (m.name.clone(), (m.state, m.link))).collect(),
        }
    }

    /// Lets an event have happened.
    pub(super) fn take(&mut self, event: &Event) {
        match event {
            Event::Watching { status } => *self = Self::of(status),
            Event::MemberAppeared(now)
            | Event::MemberGone(now)
            | Event::MemberJoined(now)
            | Event::MemberLeft(now)
            | Event::MemberFailed(now)
            | Event::MemberRepaired(now)
            | Event::MemberChanged(now)
            | Event::LinkUp(now)
            | Event::LinkDown(now) => {
                now.formerly.as_ref().map(|name| self.members.remove(name));
                // An interface outside of the group that nobody knows the link of is none of the file's.
                match (now.state, now.link) {
                    (OUTSIDE, LinkState::Unknown) => self.members.remove(&now.member),
                    as_it_is => self.members.insert(now.member.clone(), as_it_is),
                };
            }
            Event::Failover { to, .. } | Event::Failback { to, .. } | Event::ActiveFound { to } => {
                self.active = Some(to.clone());
            }
            Event::ActiveLost { .. } => self.active = None,
            Event::Drift { steps, state } => (self.drift, self.state) = (*steps, *state),
            Event::Ok => (self.drift, self.state) = (0, GroupHealth::Ok),
            Event::Degraded => self.state = GroupHealth::Degraded,
            Event::Failed => self.state = GroupHealth::Failed,
            Event::Absent => (self.drift, self.state) = (0, GroupHealth::Absent),
        }
    }
}
