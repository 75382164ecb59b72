//! How interfaces become members, change as such, and leave.

use super::Planner;
use crate::effect::Nonsense;
use crate::snapshot::Interface;
use crate::target::{Absent, MemberTarget, Wanted};
use crate::{GroupSettings, InterfaceName, Step};

impl Planner<'_> {
    /// Makes an interface a member as wanted.
    pub(super) fn member(&mut self, device: &InterfaceName, wanted: &MemberTarget) -> Result<(), Nonsense> {
        let name = &wanted.name;
        if self.persistent && self.at(name).and_then(Interface::membership).is_some_and(|member| !member.persistent) {
            // It is in the group until the next boot only.
            self.leave(device, name)?;
        }
        let Some(interface) = self.at(name) else { return Ok(()) };
        if interface.membership().is_none() {
            let (mac, goes) = (interface.mac, self.persistent && interface.up && !interface.persistent);
            self.strip(name)?;
            if goes {
                // What is on until the next boot cannot be in a group that lasts longer.
                self.set_up(name, false)?;
            }
            self.set_up(name, self.capabilities.rules.members_stay_on)?;
            if let Some(to) = wanted.own_mac.filter(|to| mac != Some(*to)) {
                self.push(Step::SetMac { interface: name.clone(), from: mac, to })?;
            }
            self.push(Step::AddMember { device: device.clone(), member: name.clone() })?;
        }
        self.priority(device, name, wanted.priority)?;
        self.standby(device, name, wanted.standby, wanted.standby_kept)?;
        self.set_up(name, true)?;
        self.routes_absent(name, &Wanted { present: wanted.routes.clone(), absent: Absent::AllOthers })?;
        self.addresses(name, &Wanted { present: wanted.addresses.clone(), absent: Absent::AllOthers })?;
        self.routes(name, &Wanted { present: wanted.routes.clone(), absent: Absent::AllOthers })
    }

    /// Makes a member an interface of its own.
    pub(super) fn leave(&mut self, device: &InterfaceName, name: &InterfaceName) -> Result<(), Nonsense> {
        self.loosen(device, name)?;
        self.push(Step::RemoveMember { device: device.clone(), member: name.clone() })
    }

    /// Takes from a member what must not outlast its membership.
    pub(super) fn loosen(&mut self, device: &InterfaceName, name: &InterfaceName) -> Result<(), Nonsense> {
        self.strip(name)?;
        self.priority(device, name, 0)?;
        self.standby(device, name, false, false)?;
        let follows = self.capabilities.rules.settings_follow;
        if let Some(settings) =
            self.settings(device).filter(|settings| !follows && settings.primary.as_ref() == Some(name))
        {
            // The kernel keeps the name of a primary that left (bond_option_primary_set); nobody would see it again.
            let to = GroupSettings { primary: None, ..settings.clone() };
            self.push(Step::ChangeSettings { device: device.clone(), from: Box::new(settings), to: Box::new(to) })?;
        }
        Ok(())
    }

    fn priority(&mut self, device: &InterfaceName, name: &InterfaceName, to: i32) -> Result<(), Nonsense> {
        let Some(from) = self.at(name).and_then(|interface| interface.membership()).map(|m| m.priority) else {
            return Ok(());
        };
        if from == to {
            return Ok(());
        }
        self.push(Step::SetPriority { device: device.clone(), member: name.clone(), from, to })
    }

    /// What the next boot makes of it first, as that is so at once, too.
    pub(super) fn standby(
        &mut self,
        device: &InterfaceName,
        name: &InterfaceName,
        now: bool,
        kept: bool,
    ) -> Result<(), Nonsense> {
        let step = |standby| Step::SetStandby { device: device.clone(), member: name.clone(), standby };
        let membership = |planner: &Self| planner.at(name).and_then(Interface::membership).cloned();
        if self.persistent && membership(self).is_some_and(|membership| membership.standby_kept != kept) {
            self.push(step(kept).persistent())?;
        }
        if membership(self).is_none_or(|membership| membership.standby == now) {
            return Ok(());
        }
        self.push(step(now))
    }

    pub(super) fn primary(&mut self, device: &InterfaceName, wanted: &GroupSettings) -> Result<(), Nonsense> {
        if self.capabilities.rules.settings_follow {
            return Ok(());
        }
        // One that has been unplugged cannot be.
        let is_member = |name: &InterfaceName| self.draft.members(device).any(|(member, _)| member == name);
        let primary = wanted.primary.clone().filter(is_member);
        let Some(from) = self.settings(device).filter(|from| from.primary != primary) else { return Ok(()) };
        let to = GroupSettings { primary, ..from.clone() };
        self.push(Step::ChangeSettings { device: device.clone(), from: Box::new(from), to: Box::new(to) })
    }
}
