//! From a host as it is to a host as it shall be: the steps between, in an order that works.
//!
//! In: a [`Snapshot`] and a [`Target`]. Out: [`Step`]s; none where nothing differs. The planner drafts each step on
//! the state that the steps before it leave ([`effect`]), so every decision is a plain comparison of draft and target.
//! Why a target is as it is, is not its business.
//!
//! The order: members that leave, settings, members that join, the device's own addresses and routes, interfaces
//! outside the group. A member gives up its addresses and routes right before it joins, and the device gets its
//! own right after the last has joined, so that an address is away for no longer than these few steps. On the way
//! down the active member leaves last, the addresses right before it, and what is left of the device goes after they
//! are back where they were.

mod addressing;
#[cfg(test)]
mod convergence;
mod members;

use addressing::nearest_first;

use crate::capability::{Capabilities, ChangeNeed};
use crate::effect::{self, Nonsense};
use crate::snapshot::{AcceptRa, Dhcp, Driver, Interface};
use crate::step::NewGroup;
use crate::target::{Absent, DeviceTarget, InterfaceTarget, Target, Wanted};
use crate::{Address, GroupSettings, InterfaceName, Route, Snapshot, Step};

/// The steps that turn `current` into `target`.
///
/// `current` may be a part of a host; it must hold every interface that the target names and that is there.
pub(crate) fn steps(current: &Snapshot, target: &Target, capabilities: &Capabilities) -> Result<Vec<Step>, Nonsense> {
    let mut planner = Planner {
        draft: current.clone(),
        steps: Vec::new(),
        capabilities,
        put_back: (vec![], vec![]),
        persistent: target.persistent,
    };
    // A route has one place: an interface outside gives up its own before the device can have it.
    for (name, wanted) in &target.others {
        let free = planner.at(name).is_some_and(|interface| interface.controller.is_none());
        if let Some(routes) = wanted.routes.as_ref().filter(|_| free) {
            planner.routes_absent(name, &Wanted { present: routes.clone(), absent: Absent::AllOthers })?;
        }
    }
    if target.state.is_some() {
        planner.host_wide(target)?;
    }
    match &target.state {
        Some(state) => planner.shape(&target.device, state)?,
        None if planner.draft.group(&target.device).is_some() => {
            planner.dismantle(&target.device)?;
            planner.give_way(target)?;
        }
        None => {}
    }
    // Whoever has something to bring back does not wait for the others, nor for what is left of the device.
    let (busy, idle): (Vec<_>, Vec<_>) = target.others.iter().partition(|(_, wanted)| wanted.is_busy());
    for (name, wanted) in busy {
        planner.outside(name, wanted)?;
    }
    if target.state.is_none() && planner.draft.group(&target.device).is_some() {
        planner.delete(&target.device)?;
    }
    for (name, wanted) in idle {
        planner.outside(name, wanted)?;
    }
    planner.host_wide(target)?;
    Ok(planner.steps)
}

struct Planner<'a> {
    draft: Snapshot,
    steps: Vec<Step>,
    capabilities: &'a Capabilities,
    /// What went with the link of the device and nobody asked to remove.
    put_back: (Vec<Address>, Vec<Route>),
    /// Whether what is changed shall be so after a boot too.
    persistent: bool,
}

/// Whether a step has something to say about the next boot. Addresses, routes and standbys say for themselves whether they
/// are kept; the rest of an interface is kept by whatever keeps the interface; and what holds for the whole host is a file.
fn lasts(step: &Step) -> bool {
    match step {
        Step::AddAddress { address, .. } | Step::RemoveAddress { address, .. } => address.kept,
        Step::AddRoute { route, .. } | Step::RemoveRoute { route, .. } => route.kept,
        Step::CreateGroup(_)
        | Step::DeleteGroup(_)
        | Step::SetLabel { .. }
        | Step::AddMember { .. }
        | Step::RemoveMember { .. }
        | Step::SetAcceptRa { .. }
        | Step::StartDhcp { .. }
        | Step::StopDhcp { .. } => true,
        _ => false,
    }
}

impl Planner<'_> {
    fn push(&mut self, step: Step) -> Result<(), Nonsense> {
        let step = if self.persistent && lasts(&step) { step.persistent() } else { step };
        effect::apply(&step, &mut self.draft, self.capabilities)?;
        self.steps.push(step);
        Ok(())
    }

    fn at(&self, name: &InterfaceName) -> Option<&Interface> {
        self.draft.interface(name)
    }

    fn settings(&self, device: &InterfaceName) -> Option<GroupSettings> {
        self.draft.group(device).map(|group| group.settings.clone())
    }

    fn member_names(&self, device: &InterfaceName) -> Vec<InterfaceName> {
        self.draft.members(device).map(|(name, _)| name.clone()).collect()
    }

    fn host_wide(&mut self, target: &Target) -> Result<(), Nonsense> {
        match (self.draft.host_wide, target.host_wide) {
            (Some(from), Some(to)) if from != to => self.push(Step::SetHostWide { from, to }),
            _ => Ok(()),
        }
    }

    /// Makes the device and its members be as wanted.
    fn shape(&mut self, device: &InterfaceName, state: &DeviceTarget) -> Result<(), Nonsense> {
        if self.at(device).is_none() {
            self.create(device, state)?;
        }
        self.label(device, state)?;
        self.stop_dhcp(device, state.dhcp)?;
        for name in self.member_names(device) {
            if !state.members.iter().any(|member| member.name == name) {
                self.leave(device, &name)?;
            }
        }
        self.change_settings(device, state)?;
        self.own_link(device, state)?;
        // A new primary first: where all are standbys for a moment, the old one stays active (`mpd_probe.c` of illumos).
        for member in state.members.iter().filter(|member| !member.standby) {
            self.standby(device, &member.name, false, member.standby_kept)?;
        }
        for member in &state.members {
            self.member(device, member)?;
        }
        self.primary(device, &state.settings)?;
        self.device_addressing(device, state)
    }

    fn create(&mut self, device: &InterfaceName, state: &DeviceTarget) -> Result<(), Nonsense> {
        if self.draft.driver == Driver::NotLoaded {
            self.push(Step::LoadDriver)?;
        }
        let settings = GroupSettings { primary: None, ..state.settings.clone() };
        self.push(Step::CreateGroup(NewGroup {
            device: device.clone(),
            settings: Box::new(settings),
            label: state.label.clone(),
            mac: state.mac,
            mtu: state.mtu,
        }))
    }

    fn label(&mut self, device: &InterfaceName, state: &DeviceTarget) -> Result<(), Nonsense> {
        let from = self.draft.group(device).and_then(|group| group.label.clone());
        if from == state.label {
            return Ok(());
        }
        self.push(Step::SetLabel { device: device.clone(), from, to: state.label.clone() })
    }

    /// Takes everything off a device: the active member last, so that the addresses stay as long as they can.
    fn dismantle(&mut self, device: &InterfaceName) -> Result<(), Nonsense> {
        let mut leaving = self.member_names(device);
        let group = self.draft.group(device);
        let last = group.and_then(|group| group.active.clone().or_else(|| group.settings.primary.clone()));
        leaving.sort_by_key(|name| Some(name) == last.as_ref());
        let last = leaving.pop();
        for name in &leaving {
            self.leave(device, name)?;
        }
        if let Some(last) = &last {
            self.loosen(device, last)?;
        }
        self.stop_dhcp(device, Dhcp::default())?;
        self.strip(device)?;
        last.map_or(Ok(()), |last| self.push(Step::RemoveMember { device: device.clone(), member: last }))
    }

    /// Switches a device off that is to go, where a route that the system made over it has the place of one to come.
    fn give_way(&mut self, target: &Target) -> Result<(), Nonsense> {
        let Some(device) = self.at(&target.device) else { return Ok(()) };
        let mut wanted = target.others.values().flat_map(|wanted| &wanted.routes).flatten();
        let in_the_way = wanted.any(|route| device.routes.iter().any(|other| other.same_place(route)));
        if in_the_way && !self.capabilities.rules.device_always_on {
            return self.set_up(&target.device, false);
        }
        Ok(())
    }

    /// Removes a device that has nothing any more.
    fn delete(&mut self, device: &InterfaceName) -> Result<(), Nonsense> {
        if !self.capabilities.rules.device_always_on {
            self.set_up(device, false)?;
        }
        let Some(interface) = self.at(device) else { return Ok(()) };
        let (mac, mtu, accept_ra) = (interface.mac, Some(interface.mtu), interface.accept_ra);
        let Some(group) = interface.group().cloned() else { return Ok(()) };
        if accept_ra != AcceptRa::Unless {
            // A new device begins with the system's own way, so the inverse of deleting this one would lose it.
            self.push(Step::SetAcceptRa { interface: device.clone(), from: accept_ra, to: AcceptRa::Unless })?;
        }
        self.push(Step::DeleteGroup(NewGroup {
            device: device.clone(),
            settings: Box::new(group.settings),
            label: group.label,
            mac,
            mtu,
        }))
    }

    fn change_settings(&mut self, device: &InterfaceName, state: &DeviceTarget) -> Result<(), Nonsense> {
        let Some(now) = self.settings(device) else { return Ok(()) };
        // The primary has its own time: after it has joined.
        let primary = now.primary.clone().filter(|_| state.settings.mode.name().has_primary());
        let mut wanted = GroupSettings { primary, ..state.settings.clone() };
        if self.capabilities.rules.settings_follow {
            (wanted.detection, wanted.failback) = (now.detection.clone(), now.failback);
        }
        let changed = now.differences(&wanted);
        let Some(need) = changed.iter().map(|setting| self.capabilities.need_of(*setting)).max() else { return Ok(()) };
        if need >= ChangeNeed::Down {
            self.switch_off(device)?;
        }
        if need == ChangeNeed::DownAndEmpty {
            for name in self.member_names(device) {
                self.leave(device, &name)?;
            }
            wanted.primary = None;
        }
        let Some(from) = self.settings(device) else { return Ok(()) };
        if from == wanted {
            return Ok(());
        }
        self.push(Step::ChangeSettings { device: device.clone(), from: Box::new(from), to: Box::new(wanted) })
    }

    /// Takes the device off the network; what must go first is put back by [`Self::device_addressing`].
    fn switch_off(&mut self, device: &InterfaceName) -> Result<(), Nonsense> {
        let Some(interface) = self.at(device).filter(|interface| interface.up) else { return Ok(()) };
        let routes: Vec<_> = interface.own_routes().cloned().collect();
        let addresses: Vec<_> = interface.own_addresses().filter(|address| address.is_ipv6()).cloned().collect();
        self.put_back = (addresses.clone(), routes.clone());
        for route in nearest_first(&routes).into_iter().rev().cloned() {
            self.push(Step::RemoveRoute { interface: device.clone(), route })?;
        }
        for address in addresses.into_iter().rev() {
            self.push(Step::RemoveAddress { interface: device.clone(), address })?;
        }
        self.set_up(device, false)
    }

    /// MAC address, MTU and router advertisements of the device, before any member joins it: a wireless member
    /// refuses another address later (mac80211 answers EBUSY while it is associated).
    fn own_link(&mut self, device: &InterfaceName, state: &DeviceTarget) -> Result<(), Nonsense> {
        let Some(interface) = self.at(device) else { return Ok(()) };
        let (mac, mtu) = (interface.mac, interface.mtu);
        if let Some(to) = state.mac.filter(|to| mac != Some(*to)) {
            self.push(Step::SetMac { interface: device.clone(), from: mac, to })?;
        }
        if let Some(to) = state.mtu.filter(|to| mtu != *to) {
            self.push(Step::SetMtu { interface: device.clone(), from: mtu, to })?;
        }
        if self.capabilities.rules.members_stay_on { Ok(()) } else { self.accept_ra(device, state) }
    }

    fn accept_ra(&mut self, device: &InterfaceName, state: &DeviceTarget) -> Result<(), Nonsense> {
        let Some(from) = self.at(device).map(|interface| interface.accept_ra) else { return Ok(()) };
        let Some(to) = state.accept_ra.filter(|to| from != *to) else { return Ok(()) };
        if self.persistent && self.capabilities.rules.ipv6_needs_link_local {
            // The boot makes what is kept in the order in which it came, and the link-local address has to be first.
            self.lift_ipv6(device)?;
        }
        self.push(Step::SetAcceptRa { interface: device.clone(), from, to })
    }

    /// Makes an interface outside the group be as wanted.
    fn outside(&mut self, name: &InterfaceName, wanted: &InterfaceTarget) -> Result<(), Nonsense> {
        // One that works for another device by now is that one's.
        let Some(interface) = self.at(name).filter(|interface| interface.controller.is_none()) else { return Ok(()) };
        let (mac, mtu, up) = (interface.mac, interface.mtu, interface.up);
        let switched_on = wanted.up.unwrap_or(up);
        let anew = self.persistent && interface.persistent != wanted.persistent;
        let exactly = |routes: Vec<Route>| Wanted { present: routes, absent: Absent::AllOthers };
        if let Some(routes) = &wanted.routes {
            self.routes_absent(name, &exactly(if switched_on { routes.clone() } else { vec![] }))?;
        }
        if up && (!switched_on || anew) {
            self.strip(name)?;
            self.set_up(name, false)?;
        }
        if let Some(to) = wanted.mtu.filter(|to| mtu != *to) {
            self.push(Step::SetMtu { interface: name.clone(), from: mtu, to })?;
        }
        if let Some(to) = wanted.mac.filter(|to| mac != Some(*to)) {
            self.push(Step::SetMac { interface: name.clone(), from: mac, to })?;
        }
        if switched_on {
            self.take_early(name)?;
            self.set_up_for(name, true, self.persistent && wanted.persistent)?;
        }
        let mut lost = Vec::new();
        if let Some(addresses) = &wanted.addresses {
            lost = self.addresses(name, &Wanted { present: addresses.clone(), absent: Absent::AllOthers })?;
        }
        match &wanted.routes {
            Some(routes) if switched_on => self.routes(name, &exactly(routes.clone())),
            None if switched_on => self.routes(name, &Wanted { present: lost, absent: Absent::These(vec![]) }),
            Some(_) | None => Ok(()),
        }
    }

    fn set_up(&mut self, name: &InterfaceName, up: bool) -> Result<(), Nonsense> {
        let was = self.at(name).is_some_and(|interface| interface.persistent);
        self.set_up_for(name, up, self.persistent && (up || was))
    }

    fn set_up_for(&mut self, name: &InterfaceName, up: bool, persistent: bool) -> Result<(), Nonsense> {
        if self.at(name).is_none_or(|interface| interface.up == up) {
            return Ok(());
        }
        let step = Step::SetUp { interface: name.clone(), up };
        self.push(if persistent { step.persistent() } else { step })
    }
}
