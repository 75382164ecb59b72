//! A drill: members fail in turn and come back, while probes tell what that does to the traffic.
//!
//! In: a group and a [`Snapshot`]; later what was measured, on one clock that begins with the probes. Out: [`Event`]s to
//! bring about, and a [`Finding`] for each. Who sends probes, waits and looks is the business of the command line.

mod finding;

use std::time::Duration;

use crate::handover::{NoHandover, Question, condition, is_usable};
use crate::mode::words;
use crate::settings::Failback;
use crate::{Detection, InterfaceName, Snapshot, Step};

pub use finding::{Carried, Finding, Probe, Timing, finding};

words! {
    /// How members fail.
    How {
        /// They do not: the traffic is handed over.
        Switch = "switch",
        /// They are switched off.
        Admin = "admin",
        /// Their cables are pulled, by commands of the user's.
        Carrier = "carrier",
    }
}

words! {
    /// What happens in an event.
    Kind {
        /// The traffic is handed over to a member.
        Handover = "hand-over",
        /// A member fails, or is taken out of use.
        Fail = "fail",
        /// It comes back.
        Restore = "restore",
    }
}

/// One thing that happens in a drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What happens.
    pub kind: Kind,
    /// To whom.
    pub member: InterfaceName,
    /// How it is brought about.
    pub deed: Deed,
    /// When it is over.
    pub until: Until,
    /// How long the traffic may stand still, by the configuration.
    pub bound: Duration,
}

/// How an event is brought about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// By a step.
    Step(Step),
    /// By the command that pulls the cable.
    Cut,
    /// By the command that plugs it in.
    Plug,
}

/// What the host shows when an event is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Until {
    /// This one carries the traffic.
    Active(InterfaceName),
    /// This one does not work, and another carries the traffic.
    Left(InterfaceName),
    /// This one works again, and the traffic is back on it where it returns by itself.
    Back {
        /// Who works again.
        member: InterfaceName,
        /// Whether it carries the traffic.
        active: bool,
    },
}

/// Why there is no drill.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoDrill {
    /// There is nothing to hand over.
    #[error(transparent)]
    Handover(#[from] NoHandover),
    /// A member does not work, so that nobody would be left, or nobody in its place.
    #[error("{member} is {state}: a drill wants every member to work")]
    Unusable {
        /// The member.
        member: InterfaceName,
        /// How it is doing.
        state: String,
    },
    /// There is but one.
    #[error("{device} has {members} member(s), and a drill wants two that work")]
    TooFew {
        /// The device.
        device: InterfaceName,
        /// How many there are.
        members: usize,
    },
    /// The platform has another way.
    #[error("members cannot be failed by `{}` on {platform}", how.word())]
    Unsupported {
        /// How they were to fail.
        how: How,
        /// The platform's name.
        platform: &'static str,
    },
}

impl NoDrill {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Handover(why @ NoHandover::Absent { .. }) => why.hint(),
            Self::Handover(_) => "only a group in which one member carries the traffic fails over".to_owned(),
            Self::Unusable { .. } | Self::TooFew { .. } => "mpath status shows how the members are doing".to_owned(),
            Self::Unsupported { .. } => "--how switch takes members out of use".to_owned(),
        }
    }
}

/// How long traffic stands still at most when the active member fails.
pub(crate) fn bound(detection: Option<&Detection>) -> Duration {
    let link = detection.and_then(Detection::link).map(|link| {
        // bond_miimon_inspect: a loss is seen with the next look, and counts after the delay.
        Duration::from(link.interval) + Duration::from(link.down_delay)
    });
    let probe = detection.and_then(Detection::probe).map(|probe| {
        // bond_ab_arp_inspect: more than (missed + 1/2) intervals without an answer, looked at once an interval.
        let interval = Duration::from(probe.interval);
        interval * u32::from(probe.missed) + interval / 2 + interval
    });
    match (link, probe) {
        (Some(link), Some(probe)) => link.min(probe),
        (link, probe) => link.or(probe).unwrap_or_default(),
    }
}

/// The events of a drill, in order: the active member first, and the traffic where it was in the end.
///
/// # Errors
///
/// Why there is no drill: fewer than two members that work, say, or a platform on which they cannot be failed so.
pub fn events(question: Question<'_>, how: How) -> Result<Vec<Event>, NoDrill> {
    question.check()?;
    let Question { device, current, capabilities, .. } = question;
    let members: Vec<_> = current.members(device).map(|(name, _)| name).collect();
    if members.len() < 2 {
        return Err(NoDrill::TooFew { device: device.clone(), members: members.len() });
    }
    if let Some(member) = members.iter().find(|member| !is_usable(current, member)) {
        return Err(NoDrill::Unusable { member: (*member).clone(), state: condition(current, member) });
    }
    let active = question.active().unwrap_or(members[0]);
    let others: Vec<_> = members.iter().copied().filter(|member| *member != active).collect();
    let rules = &capabilities.rules;
    match how {
        How::Admin if rules.members_stay_on => Err(NoDrill::Unsupported { how, platform: capabilities.platform }),
        How::Switch if !rules.taken_out_of_use => Ok(in_turn(device, active, &others)),
        _ => {
            let failing = Failing { how, device, current, active };
            Ok([active].into_iter().chain(others).flat_map(|member| failing.events(member)).collect())
        }
    }
}

/// The traffic goes round.
fn in_turn(device: &InterfaceName, active: &InterfaceName, others: &[&InterfaceName]) -> Vec<Event> {
    let mut from = active;
    let round = others.iter().copied().chain([active]).map(|member| {
        let event = hand_over(device, from, member);
        from = member;
        event
    });
    round.collect()
}

fn hand_over(device: &InterfaceName, from: &InterfaceName, member: &InterfaceName) -> Event {
    let step = Step::Activate { device: device.clone(), from: Some(from.clone()), member: member.clone() };
    Event {
        kind: Kind::Handover,
        member: member.clone(),
        deed: Deed::Step(step),
        until: Until::Active(member.clone()),
        bound: Duration::ZERO,
    }
}

struct Failing<'a> {
    how: How,
    device: &'a InterfaceName,
    current: &'a Snapshot,
    active: &'a InterfaceName,
}

impl Failing<'_> {
    fn events(&self, member: &InterfaceName) -> Vec<Event> {
        let is_active = member == self.active;
        let settings = self.current.group(self.device).map(|group| &group.settings);
        let returns = is_active
            && settings.is_some_and(|settings| {
                settings.primary.as_ref() == Some(member) && settings.failback == Failback::Always
            });
        let found_out = is_active && self.how != How::Switch;
        let detection = settings.and_then(|settings| settings.detection.as_ref());
        let event = |kind, deed, until, bound| Event { kind, member: member.clone(), deed, until, bound };
        let left = Until::Left(member.clone());
        let within = if found_out { bound(detection) } else { Duration::ZERO };
        let back = Until::Back { member: member.clone(), active: returns };
        let mut events = vec![
            event(Kind::Fail, self.deed(member, false), left, within),
            event(Kind::Restore, self.deed(member, true), back, Duration::ZERO),
        ];
        if is_active && !returns && self.how != How::Switch {
            // It would be a standby from now on, and not the next of the drill.
            let others = self.current.members(self.device).map(|(name, _)| name);
            let next = others.into_iter().find(|other| *other != member).unwrap_or(member);
            events.push(hand_over(self.device, next, member));
        }
        events
    }

    fn deed(&self, member: &InterfaceName, back: bool) -> Deed {
        let (device, member) = (self.device.clone(), member.clone());
        match self.how {
            How::Switch => Deed::Step(Step::SetInUse { device, member, in_use: back }),
            How::Admin => Deed::Step(Step::SetUp { interface: member, up: back }),
            How::Carrier if back => Deed::Plug,
            How::Carrier => Deed::Cut,
        }
    }
}

impl Until {
    /// Whether the host shows it.
    pub fn holds(&self, device: &InterfaceName, host: &Snapshot) -> bool {
        let active = host.group(device).and_then(|group| group.active.as_ref());
        match self {
            Self::Active(member) => active == Some(member),
            Self::Left(member) => active.is_some_and(|active| active != member) && !is_usable(host, member),
            Self::Back { member, active: carries } => is_usable(host, member) && (!carries || active == Some(member)),
        }
    }
}

/// Why an event did not come about in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stuck {
    /// The cable was pulled, and the member's driver did not notice: nothing comes through, and nobody is told.
    #[error("{member} kept its link and was thought well of, although its cable was pulled and nothing came through")]
    CarrierStayed {
        /// The member.
        member: InterfaceName,
    },
    /// What was to pull the cable did not.
    #[error("{member} kept its link, and answers came all the while: its cable was not pulled")]
    NotCut {
        /// The member.
        member: InterfaceName,
    },
    /// Nothing that could be told.
    #[error("{member} is {state}")]
    Slow {
        /// The member.
        member: InterfaceName,
        /// How it is doing.
        state: String,
    },
}

impl Stuck {
    /// Why an event is not over, as the host shows it and as the probes went: `silent` is that they were not answered.
    pub fn of(event: &Event, host: &Snapshot, silent: bool) -> Self {
        let member = event.member.clone();
        match event.deed {
            Deed::Cut if is_usable(host, &member) && silent => Self::CarrierStayed { member },
            Deed::Cut if is_usable(host, &member) => Self::NotCut { member },
            _ => Self::Slow { state: condition(host, &member), member },
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::CarrierStayed { .. } => Some(
                "let the group ask beyond the switch, as with probe = { interval = \"500ms\" } in place of link"
                    .to_owned(),
            ),
            Self::NotCut { .. } => Some("look at what --cut does".to_owned()),
            Self::Slow { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
