//! Who carries the traffic of a group next, although nothing has failed: a hand-over, its way back, and what speaks
//! against it.
//!
//! In: a group's device, a [`Snapshot`], and who is wanted. Out: [`Step`]s, or a [`NoHandover`]. Nothing of it is in the
//! file or outlives a boot, so that the planner has no part in it.

use crate::snapshot::{MemberState, Membership};
use crate::{Capabilities, GroupName, InterfaceName, Snapshot, Step};

/// A group, as far as a hand-over is concerned.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The group.
    pub group: &'a GroupName,
    /// Its device.
    pub device: &'a InterfaceName,
    /// The host.
    pub current: &'a Snapshot,
    /// What the platform can do.
    pub capabilities: &'a Capabilities,
}

/// How the traffic gets to another member.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Handover {
    /// What is to be done; nothing where it is so already.
    pub steps: Vec<Step>,
    /// Who carries the traffic then, where that is known beforehand.
    pub to: Option<InterfaceName>,
}

/// Why there is no hand-over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoHandover {
    /// The group is not up.
    #[error("{device} is not there: the group is not up")]
    Absent {
        /// The group.
        group: GroupName,
        /// Its device.
        device: InterfaceName,
    },
    /// Its mode has no active member.
    #[error("{device} is in mode {mode}, in which no single member carries the traffic")]
    NoActiveMember {
        /// Its device.
        device: InterfaceName,
        /// The mode's name.
        mode: &'static str,
    },
    /// Who is wanted is no member.
    #[error("{member} is no member of {device}")]
    NoMember {
        /// Who is wanted.
        member: String,
        /// The group's device.
        device: InterfaceName,
        /// The members.
        members: Vec<InterfaceName>,
    },
    /// Who is wanted does not work.
    #[error("{member} cannot take over from {from}: it is {state}")]
    Unusable {
        /// Who is wanted.
        member: InterfaceName,
        /// Who carries the traffic.
        from: String,
        /// How it is doing, as in `failed`.
        state: String,
    },
    /// Nobody else works.
    #[error("{active} is the last member of {device} that works: {}", conditions(.others))]
    LastOne {
        /// The group's device.
        device: InterfaceName,
        /// Who carries the traffic.
        active: String,
        /// The others, and how they are doing.
        others: Vec<(InterfaceName, String)>,
    },
}

fn conditions(others: &[(InterfaceName, String)]) -> String {
    if others.is_empty() {
        return "there is no other".to_owned();
    }
    others.iter().map(|(name, state)| format!("{name} is {state}")).collect::<Vec<_>>().join(", ")
}

impl NoHandover {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Absent { group, .. } => format!("mpath up {group}"),
            Self::NoActiveMember { .. } => {
                "only active-backup, balance-tlb and balance-alb have an active member".into()
            }
            Self::NoMember { members, .. } => {
                let names: Vec<_> = members.iter().map(InterfaceName::as_str).collect();
                format!("the members are {}", names.join(", "))
            }
            Self::Unusable { .. } | Self::LastOne { .. } => {
                "mpath status shows why; --force tries it all the same, and the system may still refuse".into()
            }
        }
    }
}

/// Whether a member can carry the traffic: it is on, has its link, and its group thinks well of it.
pub fn is_usable(host: &Snapshot, member: &InterfaceName) -> bool {
    host.interface(member).is_some_and(|interface| {
        let works = |membership: &Membership| membership.state == MemberState::Ok;
        interface.up && interface.carrier && interface.membership().is_some_and(works)
    })
}

/// How a member is doing, in one word or two.
pub fn condition(host: &Snapshot, member: &InterfaceName) -> String {
    let Some(interface) = host.interface(member) else { return "absent".to_owned() };
    let state = interface.membership().map_or("outside the group", |membership| membership.state.word());
    match state {
        "ok" if !interface.up => "switched off".to_owned(),
        "ok" if !interface.carrier => "without a link".to_owned(),
        state => state.to_owned(),
    }
}

impl Question<'_> {
    /// Who carries the traffic now.
    pub fn active(&self) -> Option<&InterfaceName> {
        self.current.group(self.device)?.active.as_ref()
    }

    fn members(&self) -> Vec<(&InterfaceName, &Membership)> {
        self.current.members(self.device).collect()
    }

    fn is_offline(&self, member: &InterfaceName) -> bool {
        let membership = self.current.interface(member).and_then(|interface| interface.membership());
        membership.is_some_and(|membership| membership.state == MemberState::Offline)
    }

    fn primary(&self) -> Option<&InterfaceName> {
        self.current.group(self.device)?.settings.primary.as_ref()
    }

    /// Whether the group is there, and of a kind that has an active member.
    pub(crate) fn check(&self) -> Result<(), NoHandover> {
        let (group, device) = (self.group.clone(), self.device.clone());
        let Some(state) = self.current.group(self.device) else { return Err(NoHandover::Absent { group, device }) };
        let mode = state.settings.mode.name();
        if mode.has_primary() { Ok(()) } else { Err(NoHandover::NoActiveMember { device, mode: mode.word() }) }
    }

    /// Lets another member carry the traffic: `to`, or whoever is the next best. `force` lets a member be tried that does not seem to work.
    ///
    /// # Errors
    ///
    /// Nobody is there to take over, or `to` cannot.
    pub fn switch(&self, to: Option<&str>, force: bool) -> Result<Handover, NoHandover> {
        self.check()?;
        let to = match to {
            Some(name) => Some(self.member(name)?),
            None => None,
        };
        let active = self.active();
        if to.is_some() && to == active {
            return Ok(Handover { steps: vec![], to: to.cloned() });
        }
        let from = active.map_or_else(|| "nobody".to_owned(), ToString::to_string);
        let chosen = match to {
            Some(member) if force || self.can_take_over(member) => member,
            Some(member) => {
                let state = condition(self.current, member);
                return Err(NoHandover::Unusable { member: member.clone(), from, state });
            }
            None => self.next_best(force).ok_or_else(|| self.last_one())?,
        };
        let steps = match self.capabilities.rules.taken_out_of_use {
            true => self.make_room_for(chosen),
            false => vec![self.activate(chosen)],
        };
        Ok(Handover { steps, to: Some(chosen.clone()) })
    }

    /// Gives the traffic back to the primary, or puts members in use again that were taken out of it.
    ///
    /// # Errors
    ///
    /// The group is not there, or is of a kind that has no active member.
    pub fn release(&self) -> Result<Handover, NoHandover> {
        self.check()?;
        if self.capabilities.rules.taken_out_of_use {
            let offline = self.members().into_iter().filter(|(name, _)| self.is_offline(name));
            return Ok(Handover { steps: offline.map(|(name, _)| self.in_use(name, true)).collect(), to: None });
        }
        match self.primary() {
            Some(primary) => self.switch(Some(primary.as_str()), false),
            None => Ok(Handover::default()),
        }
    }

    /// Lets the next best member carry the traffic where the active one has lost its link or is switched off, whatever the
    /// group itself knows of it by now. `None` where that is not so, or nobody else works.
    pub fn escape(&self) -> Option<Handover> {
        self.check().ok()?;
        let active = self.current.interface(self.active()?)?;
        if active.up && active.carrier {
            return None;
        }
        self.switch(None, false).ok()
    }

    fn member(&self, name: &str) -> Result<&InterfaceName, NoHandover> {
        let members = self.members();
        members.iter().map(|(member, _)| *member).find(|member| member.as_str() == name).ok_or_else(|| {
            let members = members.iter().map(|(member, _)| (*member).clone()).collect();
            NoHandover::NoMember { member: name.to_owned(), device: self.device.clone(), members }
        })
    }

    /// Whether a member could carry the traffic. One that an administrator took out of use may be put in again.
    fn can_take_over(&self, member: &InterfaceName) -> bool {
        let idle = || {
            let link = self.current.interface(member).is_some_and(|interface| interface.carrier);
            self.capabilities.rules.taken_out_of_use && self.is_offline(member) && link
        };
        is_usable(self.current, member) || idle()
    }

    /// The primary, or who has the highest priority, of those that could take over.
    fn next_best(&self, force: bool) -> Option<&InterfaceName> {
        let active = self.active();
        let could = |name: &InterfaceName| is_usable(self.current, name) || force;
        let others = self.members().into_iter().filter(|(name, _)| Some(*name) != active && could(name));
        let rank = |(name, membership): &(&InterfaceName, &Membership)| {
            (is_usable(self.current, name), Some(*name) == self.primary(), membership.priority)
        };
        // Of equals the first.
        others.rev().max_by_key(rank).map(|(name, _)| name)
    }

    fn last_one(&self) -> NoHandover {
        let active = self.active();
        let others = self.members().into_iter().filter(|(name, _)| Some(*name) != active);
        let others = others.map(|(name, _)| (name.clone(), condition(self.current, name))).collect();
        let active = active.map_or_else(|| "nobody".to_owned(), ToString::to_string);
        NoHandover::LastOne { device: self.device.clone(), active, others }
    }

    fn activate(&self, member: &InterfaceName) -> Step {
        Step::Activate { device: self.device.clone(), from: self.active().cloned(), member: member.clone() }
    }

    fn in_use(&self, member: &InterfaceName, in_use: bool) -> Step {
        Step::SetInUse { device: self.device.clone(), member: member.clone(), in_use }
    }

    /// Takes everybody out of use who would come before this one, and puts the others in again.
    fn make_room_for(&self, chosen: &InterfaceName) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.is_offline(chosen) {
            steps.push(self.in_use(chosen, true));
            // Who is no standby takes over as soon as it is in use, even with FAILBACK=no (`mpd_probe.c`).
            let standby = self.current.interface(chosen).and_then(|i| i.membership()).is_some_and(|m| m.standby);
            if !standby {
                return steps;
            }
        }
        let active = self.active();
        let rivals: Vec<_> = self
            .members()
            .into_iter()
            .map(|(name, _)| name)
            .filter(|name| *name != chosen && Some(*name) != active && is_usable(self.current, name))
            .collect();
        steps.extend(rivals.iter().map(|rival| self.in_use(rival, false)));
        steps.extend(active.map(|active| self.in_use(active, false)));
        steps.extend(rivals.iter().map(|rival| self.in_use(rival, true)));
        steps
    }

    /// The steps that bring members back to how they were: on, in use, and the same one active. To be asked again after
    /// they are done, as a link takes its time.
    pub fn put_back(&self, before: &Snapshot) -> Vec<Step> {
        let rules = &self.capabilities.rules;
        let mut steps = Vec::new();
        for (name, then) in before.members(self.device) {
            let (Some(was), Some(is)) = (before.interface(name), self.current.interface(name)) else { continue };
            let Some(now) = is.membership().filter(|now| now.device == *self.device) else { continue };
            if was.up && !is.up && !rules.members_stay_on {
                steps.push(Step::SetUp { interface: name.clone(), up: true });
            }
            let (was_out, is_out) = (then.state == MemberState::Offline, now.state == MemberState::Offline);
            if rules.taken_out_of_use && was_out != is_out {
                steps.push(self.in_use(name, is_out));
            }
        }
        let active = before.group(self.device).and_then(|group| group.active.as_ref());
        if let Some(active) = active.filter(|_| steps.is_empty() && !rules.taken_out_of_use)
            && self.active() != Some(active)
            && is_usable(self.current, active)
        {
            steps.push(self.activate(active));
        }
        steps
    }

    /// Whether members are as they were before: as `put_back` would have them, and the same ones usable.
    pub fn is_back(&self, before: &Snapshot) -> bool {
        let usable = before.members(self.device).filter(|(name, _)| is_usable(before, name));
        let same = usable.map(|(name, _)| name).all(|name| is_usable(self.current, name));
        self.put_back(before).is_empty() && same
    }
}

#[cfg(test)]
mod tests;
