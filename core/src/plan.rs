//! A plan: what would be done for one group, as data to print, to run and to undo.
//!
//! In: a group or the wish to be rid of it, a [`Snapshot`], a [`Receipt`]. Out: a [`Plan`] and the receipt to keep.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::capability::{Capabilities, ChangeNeed};
use crate::effect::Nonsense;
use crate::group::MemberSelector;
use crate::note::Note;
use crate::outage::{self, Prediction};
use crate::receipt::{Receipt, is_reachable};
use crate::refusal::Refusal;
use crate::resolve::{self, Question, Resolved};
use crate::snapshot::{Controller, Interface};
use crate::target::{InterfaceTarget, MemberTarget, Target};
use crate::{Address, GroupName, InterfaceName, Route, Snapshot, Step, planner};

/// What would be done for one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The group.
    pub group: GroupName,
    /// Its device.
    pub device: InterfaceName,
    /// What would be done, in this order; nothing where all is as wanted.
    pub steps: Vec<Step>,
    /// What they do to the traffic of now.
    pub outage: Prediction,
    /// What is to be known before.
    pub notes: Vec<Note>,
}

/// A plan to bring a group up, and what to remember of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The plan.
    pub plan: Plan,
    /// To be kept until the group is taken down; written before the first step.
    pub receipt: Receipt,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPlan {
    /// The host or the platform stands against it.
    #[error("{}", .0.first().map(ToString::to_string).unwrap_or_default())]
    Refused(Vec<Refusal>),
    /// The planner contradicts itself.
    #[error("mpath contradicts itself; please report this")]
    Defect(#[from] Nonsense),
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether it changes what the next boot finds, so that the way back from it must, too.
    pub fn is_persistent(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Persistent { .. }))
    }
}

/// Plans to bring a group up.
///
/// # Errors
///
/// [`NoPlan::Refused`] with everything that stands against it: what the platform cannot do, and what of the host is not as it must
/// be. Nothing has been touched then.
pub fn up(question: Question<'_>) -> Result<Prepared, NoPlan> {
    let resolved = resolve::up(question).map_err(NoPlan::Refused)?;
    prepare(question, resolved)
}

/// Plans to let one interface into its group, which is up, and nothing else: what else differs from the file stays as it is.
/// Nothing where the group is not up, or has the interface already.
///
/// # Errors
///
/// As of [`up`].
pub fn rejoin(question: Question<'_>, member: &InterfaceName) -> Result<Prepared, NoPlan> {
    let Question { desired, current, receipt, capabilities, .. } = question;
    let device =
        capabilities.device_of(desired).map_err(|reason| NoPlan::Refused(vec![Refusal::DeviceName { reason }]))?;
    let there: BTreeSet<_> = current.members(&device).map(|(name, _)| name).chain([&device]).collect();
    // Whoever is missing, too, is in nobody's way.
    let is_of = |selector: &MemberSelector| {
        resolve::matching(current, selector).iter().any(|name| name == member || there.contains(name))
    };
    let mut alone = desired.clone();
    alone.members.retain(|wanted| is_of(&wanted.selector));
    let mut resolved = resolve::up(Question { desired: &alone, ..question }).map_err(NoPlan::Refused)?;
    let now = Target::as_before(&device, &current.scoped(there)).state;
    let wanted = resolved.target.state.take();
    resolved.target.state = now.zip(wanted).map(|(mut now, wanted)| {
        let joins =
            |target: &MemberTarget| target.name == *member && !now.members.iter().any(|own| own.name == *member);
        now.members.extend(wanted.members.iter().filter(|target| joins(target)).cloned().collect::<Vec<_>>());
        if wanted.settings.primary.as_ref() == Some(member) {
            now.settings.primary = wanted.settings.primary;
        }
        now
    });
    (resolved.target.host_wide, resolved.owed) = (None, Snapshot::default());
    resolved.target.others.clear();
    let mut prepared = prepare(question, resolved)?;
    if let Some(receipt) = receipt {
        // What is the group's own was decided by `up`, and is neither more nor less now.
        prepared.receipt.addresses.clone_from(&receipt.addresses);
        prepared.receipt.routes.clone_from(&receipt.routes);
    }
    Ok(prepared)
}

/// The plan that leads to a target, and the receipt.
fn prepare(question: Question<'_>, mut resolved: Resolved) -> Result<Prepared, NoPlan> {
    let Question { desired, current, receipt, capabilities, .. } = question;
    let device = resolved.target.device.clone();
    let scope = scope(&device, current, receipt, &resolved.target);
    let draft = remembering(current.scoped(&scope), &device, receipt.map(|receipt| &receipt.before));
    let steps = planner::steps(&draft, &resolved.target, capabilities)?;
    let outage = outage::predict(&steps, &draft, current, capabilities)?;
    let interrupts = interruption(&steps, &device, current, capabilities);
    resolved.notes.extend(interrupts);
    refuse_if_carrying(&steps, current, capabilities)?;
    let receipt = remember(desired.name(), current, receipt, &resolved);
    let plan = Plan { group: desired.name().clone(), device, steps, outage, notes: resolved.notes };
    Ok(Prepared { plan, receipt })
}

/// Plans to take a group down: back to what the receipt remembers, or just apart where there is none.
///
/// # Errors
///
/// [`NoPlan::Refused`] where the device is another's and `adopt` does not say to take it.
pub fn down(
    group: &GroupName,
    device: &InterfaceName,
    current: &Snapshot,
    receipt: Option<&Receipt>,
    capabilities: &Capabilities,
    adopt: bool,
) -> Result<Plan, NoPlan> {
    if let Some(state) = current.group(device) {
        let ours = state.owner().is_some_and(|owner| owner == *group);
        let given_back = receipt.is_some_and(|receipt| receipt.before.group(device).is_some());
        match state.owner() {
            Some(owner) if owner != *group => {
                return Err(NoPlan::Refused(vec![Refusal::DeviceOwned { device: device.clone(), owner }]));
            }
            None if receipt.is_some() && given_back => {}
            _ if ours || adopt => {}
            _ => {
                let refusal = Refusal::DeviceForeign { device: device.clone(), group: group.clone(), down: true };
                return Err(NoPlan::Refused(vec![refusal]));
            }
        }
    }
    let nothing = Snapshot::default();
    let there = current.interface(device).is_some_and(|interface| interface.persistent);
    let persistent = there || receipt.is_some_and(|receipt| receipt.persistent);
    let before = receipt.map_or(&nothing, |receipt| &receipt.before);
    let mut target = Target { persistent, ..Target::as_before(device, before) };
    let is_another = |(name, interface): (&InterfaceName, &Interface)| name != device && interface.group().is_some();
    if target.host_wide.is_some() && current.interfaces.iter().any(is_another) {
        // What holds for the whole host is left as it is as long as another group goes by it.
        target.host_wide = None;
    }
    give_back(&mut target, receipt, current);
    let scope = scope(device, current, receipt, &target);
    let draft = remembering(current.scoped(&scope), device, receipt.map(|receipt| &receipt.before));
    let steps = planner::steps(&draft, &target, capabilities)?;
    let outage = outage::predict(&steps, &draft, current, capabilities)?;
    refuse_if_carrying(&steps, current, capabilities)?;
    let known = |name: &InterfaceName| receipt.is_some_and(|receipt| receipt.before.interfaces.contains_key(name));
    let members = current.members(device).map(|(name, _)| name);
    let unknown = members.filter(|name| !known(name)).map(|name| Note::NoReceipt { member: name.clone() });
    let taken = target.others.keys().filter_map(|name| {
        let controller = current.interface(name)?.controller.as_ref()?.device();
        (controller != device).then(|| Note::TakenMeanwhile { member: name.clone(), controller: controller.clone() })
    });
    let notes = unknown.chain(taken).collect();
    Ok(Plan { group: group.clone(), device: device.clone(), steps, outage, notes })
}

/// Adds what interfaces that left earlier are still to get back. They have gone their own way since: nothing else of them
/// is touched.
fn give_back(target: &mut Target, receipt: Option<&Receipt>, current: &Snapshot) {
    for (name, owed) in receipt.iter().flat_map(|receipt| &receipt.owed.interfaces) {
        let Some(now) = current.interface(name) else { continue };
        let mut addresses: Vec<_> = now.own_addresses().cloned().collect();
        let missing = owed.addresses.iter().filter(|address| !now.addresses.iter().any(|other| other.same(address)));
        addresses.extend(missing.cloned());
        let mut routes: Vec<_> = now.own_routes().cloned().collect();
        // One that was switched off takes no routes.
        let missing = owed.routes.iter().filter(|route| now.up && !now.routes.iter().any(|own| own.same_place(route)));
        routes.extend(missing.filter(|route| is_reachable(route, &addresses)).cloned());
        target.others.entry(name.clone()).or_insert_with(|| InterfaceTarget {
            addresses: Some(addresses),
            routes: Some(routes),
            persistent: now.persistent,
            ..InterfaceTarget::default()
        });
    }
}

/// Plans to bring the interfaces of a group back to a state seen before: what is left to do after an undo. `persistent`
/// tells whether what is undone was for every boot.
///
/// # Errors
///
/// A state that no steps lead to: a defect of mpath's, or a state that no host was ever in.
pub fn restore(
    device: &InterfaceName,
    before: &Snapshot,
    current: &Snapshot,
    persistent: bool,
    capabilities: &Capabilities,
) -> Result<Vec<Step>, Nonsense> {
    let target = Target { persistent, ..Target::as_before(device, before) };
    let names: BTreeSet<_> = before.interfaces.keys().chain([device]).collect();
    planner::steps(&remembering(current.scoped(names), device, Some(before)), &target, capabilities)
}

/// Every interface that a plan may touch: the device, who works for it, who shall, and who did.
fn scope(
    device: &InterfaceName,
    current: &Snapshot,
    receipt: Option<&Receipt>,
    target: &Target,
) -> BTreeSet<InterfaceName> {
    let mut scope = BTreeSet::from([device.clone()]);
    scope.extend(current.members(device).map(|(name, _)| name.clone()));
    scope.extend(target.others.keys().cloned());
    scope.extend(target.state.iter().flat_map(|state| &state.members).map(|member| member.name.clone()));
    scope.extend(receipt.iter().flat_map(|receipt| receipt.before.interfaces.keys()).cloned());
    scope
}

/// Adds what no system tells and a memory knows: the MTU that a member gets back when it leaves.
fn remembering(mut current: Snapshot, device: &InterfaceName, memory: Option<&Snapshot>) -> Snapshot {
    let Some(memory) = memory else { return current };
    for (name, interface) in &mut current.interfaces {
        let Some(before) = memory.interface(name) else { continue };
        if let Some(Controller::Group(membership)) = &mut interface.controller
            && membership.device == *device
            && before.membership().is_none()
        {
            membership.own_mtu = Some(before.mtu);
        }
    }
    current
}

/// What to remember once the target is reached: of every interface the state before it joined, as first seen.
fn remember(group: &GroupName, current: &Snapshot, receipt: Option<&Receipt>, resolved: &Resolved) -> Receipt {
    let Resolved { target, owed: new, .. } = resolved;
    let device = &target.device;
    let mut owed = receipt.map(|receipt| receipt.owed.clone()).unwrap_or_default();
    let unknown = || Snapshot { host_wide: current.host_wide, ..Snapshot::default() };
    let mut before = receipt.map_or_else(unknown, |receipt| receipt.before.clone());
    let mut first_seen = |name: &InterfaceName, interface: &Interface| {
        before.interfaces.entry(name.clone()).or_insert_with(|| interface.clone());
    };
    if current.group(device).is_some_and(|state| state.owner().is_none()) {
        // Somebody else's device: it is to be given back with all its members, also those that the file does not have.
        let members = current.members(device).map(|(name, _)| name).chain([device]);
        members.filter_map(|name| Some((name, current.interface(name)?))).for_each(|(name, i)| first_seen(name, i));
    }
    let wanted: Vec<_> = target.state.iter().flat_map(|state| &state.members).map(|member| &member.name).collect();
    for name in &wanted {
        // What was there when it first joined counts, however often it has been taken out behind mpath's back since.
        let joins = |interface: &&Interface| interface.membership().is_none();
        let Some(interface) = current.interface(name).filter(joins) else { continue };
        let mut interface = interface.clone();
        if let Some(owed) = owed.interfaces.remove(*name) {
            // It had these too, and has only been without them since it left.
            let new = |address: &Address| !interface.addresses.iter().any(|other| other.same(address));
            let (addresses, routes) = (owed.addresses.into_iter().filter(new).collect::<Vec<_>>(), owed.routes);
            interface.addresses.extend(addresses);
            let new = |route: &Route| !interface.routes.iter().any(|other| other.same_place(route));
            let routes: Vec<_> = routes.into_iter().filter(new).collect();
            interface.routes.extend(routes);
        }
        first_seen(name, &interface);
    }
    owed.interfaces.extend(new.interfaces.clone());
    // One that leaves by this plan gets back what it had, and is a stranger then; one that is unplugged may come back.
    before.interfaces.retain(|name, _| wanted.contains(&name) || !target.others.contains_key(name));
    let (addresses, routes) = match &target.state {
        Some(state) => (state.addresses.present.clone(), state.routes.present.clone()),
        None => (vec![], vec![]),
    };
    let schema = Receipt::SCHEMA.to_owned();
    let persistent = target.persistent;
    Receipt { schema, group: group.clone(), device: device.clone(), before, addresses, routes, owed, persistent }
}

/// Refuses to switch off, or to delete, what another interface stands on: a VLAN would lose its routes, or itself, and
/// nothing could give it back.
fn refuse_if_carrying(steps: &[Step], current: &Snapshot, capabilities: &Capabilities) -> Result<(), NoPlan> {
    let mut refusals = Vec::new();
    let takes = |step: &Step| {
        matches!(step.change(), Step::DeleteGroup(_) | Step::SetUp { up: false, .. } | Step::RemoveMember { .. })
    };
    if !steps.iter().any(takes) {
        return Ok(());
    }
    for (upper, interface) in current.stacked() {
        let Some(lower) = interface.lower() else { continue };
        let deleted =
            steps.iter().any(|step| matches!(step.change(), Step::DeleteGroup(group) if group.device == *lower));
        let goes_off = |step: &Step| match step.change() {
            // Where members stay on, it is IP that is switched off, and a VLAN is on the link below.
            Step::SetUp { interface, up: false } => interface == lower && !capabilities.rules.members_stay_on,
            Step::RemoveMember { member, .. } => member == lower && !capabilities.rules.members_stay_on,
            _ => false,
        };
        if deleted || (interface.up && steps.iter().any(goes_off)) {
            let (lower, upper, cures) = (lower.clone(), upper.clone(), capabilities.cures);
            refusals.push(Refusal::Carries { lower, upper, deleted, cures });
        }
    }
    if refusals.is_empty() { Ok(()) } else { Err(NoPlan::Refused(refusals)) }
}

/// The note that a change interrupts the group, where it does.
fn interruption(
    steps: &[Step],
    device: &InterfaceName,
    current: &Snapshot,
    capabilities: &Capabilities,
) -> Option<Note> {
    if !current.interface(device)?.up {
        return None;
    }
    let changed = steps.iter().flat_map(|step| match step.change() {
        Step::ChangeSettings { from, to, .. } => from.differences(to),
        _ => vec![],
    });
    let needs: Vec<_> = changed.map(|setting| (setting, capabilities.need_of(setting))).collect();
    let need = needs.iter().map(|(_, need)| *need).max().filter(|need| *need > ChangeNeed::Nothing)?;
    let settings = needs.into_iter().filter(|(_, of)| *of > ChangeNeed::Nothing).map(|(setting, _)| setting).collect();
    Some(Note::Interrupts { settings, need })
}
