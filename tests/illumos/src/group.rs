//! IPMP groups by the rules of the kernel: who may join, who is active, which member an address is bound to.

use serde::{Deserialize, Serialize};

use crate::interface::{Class, Family};
use crate::state::State;
use crate::status::Errno;

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its IPMP interface.
    pub interface: String,
    /// Its members, the oldest first.
    pub members: Vec<String>,
    /// The member that is nominated for IPv4 multicast and broadcast.
    pub cast4: Option<String>,
    /// The member that is nominated for IPv6 multicast.
    pub cast6: Option<String>,
}

impl Group {
    pub(crate) fn new(name: &str, interface: &str) -> Self {
        Self { name: name.to_owned(), interface: interface.to_owned(), members: Vec::new(), cast4: None, cast6: None }
    }

    /// The member that is nominated in that family.
    pub fn cast(&self, family: Family) -> Option<&str> {
        match family {
            Family::V4 => self.cast4.as_deref(),
            Family::V6 => self.cast6.as_deref(),
        }
    }
}

impl State {
    /// The group of that name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// The group of that IPMP interface.
    pub fn group_of(&self, interface: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.interface == interface)
    }
}

/// Puts an interface into a group, if the kernel's vetting lets it (facts §2.3).
pub(crate) fn join(state: &mut State, name: &str, group: &str) -> Result<(), Errno> {
    let interface = state.interface(name).ok_or(Errno::Nxio)?;
    if interface.class != Class::Ip {
        return Err(Errno::Inval);
    }
    match interface.group.as_deref() {
        Some(there) if there == group => return Ok(()),
        Some(_) => return Err(Errno::Already),
        None => {}
    }
    let target = state.group(group).ok_or(Errno::NoEnt)?;
    let ipmp = state.interface(&target.interface).ok_or(Errno::NoEnt)?;
    if Family::BOTH.into_iter().any(|family| interface.half(family).is_some() && ipmp.half(family).is_none()) {
        return Err(Errno::AfNoSupport);
    }
    let media = |name: &str| state.link(name).map(|link| link.media == crate::link::Media::Infiniband);
    if target.members.first().is_some_and(|first| media(first) != media(name)) {
        return Err(Errno::Inval);
    }
    if state.link(name).is_some_and(|link| link.unfit) {
        return Err(Errno::OpNotSupp);
    }
    if interface.lifs().any(|(_, lif)| lif.up || lif.duplicate) {
        return Err(Errno::AddrInUse);
    }
    if interface.lifs().any(|(_, lif)| (lif.dhcp || lif.addrconf) && lif.migrates()) {
        return Err(Errno::AddrNotAvail);
    }
    if let Some(group) = state.groups.iter_mut().find(|there| there.name == group) {
        group.members.push(name.to_owned());
    }
    if let Some(interface) = state.interface_mut(name) {
        interface.group = Some(group.to_owned());
    }
    Ok(())
}

/// Takes an interface out of its group. FAILED, INACTIVE and OFFLINE are cleared (facts §4.4).
pub(crate) fn leave(state: &mut State, name: &str) {
    for group in &mut state.groups {
        group.members.retain(|member| member != name);
    }
    if let Some(interface) = state.interface_mut(name)
        && interface.class == Class::Ip
        && interface.group.take().is_some()
    {
        interface.failed = false;
        interface.inactive = false;
        interface.offline = false;
    }
}

/// Gives a group another name (facts §2.1): an existing one is EEXIST, an empty one EINVAL.
pub(crate) fn rename(state: &mut State, interface: &str, name: &str) -> Result<(), Errno> {
    let old = state.group_of(interface).ok_or(Errno::NoEnt)?.name.clone();
    if name.is_empty() {
        return Err(Errno::Inval);
    }
    if old == name {
        return Ok(());
    }
    if state.group(name).is_some() {
        return Err(Errno::Exist);
    }
    for interface in &mut state.interfaces {
        if interface.group.as_deref() == Some(&old) {
            interface.group = Some(name.to_owned());
        }
    }
    for group in state.groups.iter_mut().filter(|group| group.name == old) {
        group.name = name.to_owned();
    }
    crate::mpathd::renamed(state, &old, name);
    Ok(())
}

/// The members that are active in that family, the oldest first.
pub(crate) fn active(state: &State, group: &Group, family: Family) -> Vec<String> {
    let is_active = |member: &&String| state.interface(member).is_some_and(|member| member.is_active(family));
    group.members.iter().filter(is_active).cloned().collect()
}

/// RUNNING and FAILED of the IPMP interfaces, nominations and bindings.
pub(crate) fn refresh(state: &mut State) {
    for index in 0..state.groups.len() {
        let group = state.groups[index].clone();
        let mut running = false;
        for family in Family::BOTH {
            let active = active(state, &group, family);
            running |= !active.is_empty();
            let slot = match family {
                Family::V4 => &mut state.groups[index].cast4,
                Family::V6 => &mut state.groups[index].cast6,
            };
            // The nominated member stays as long as it is active.
            if !slot.as_ref().is_some_and(|there| active.contains(there)) {
                *slot = active.first().cloned();
            }
            bind(state, &group.interface, family, &active);
        }
        if let Some(ipmp) = state.interface_mut(&group.interface) {
            // Facts §2.3: RUNNING with at least one active member, else FAILED.
            ipmp.running = running;
            ipmp.failed = !running;
        }
    }
}

/// Duplicate address detection needs a member that sends: addresses that came up before there was one are asked about when
/// there is [inferred].
fn detect_duplicates(state: &mut State, ipmp: &str, family: Family, active: &[String]) {
    let half = state.interface(ipmp).and_then(|ipmp| ipmp.half(family));
    if active.is_empty() {
        return;
    }
    let unbound = |lif: &&crate::Lif| lif.up && !lif.is_stub() && lif.bound.is_none();
    let unbound: Vec<u32> =
        half.into_iter().flat_map(|half| &half.lifs).filter(unbound).map(|lif| lif.number).collect();
    for number in unbound {
        crate::programs::ipadm::object::find_duplicate(state, ipmp, family, number);
    }
}

/// Binds each data address that is up to one active member, the one with the fewest (facts §6), and evens out.
fn bind(state: &mut State, ipmp: &str, family: Family, active: &[String]) {
    detect_duplicates(state, ipmp, family, active);
    let Some(half) = state.interface_mut(ipmp).and_then(|ipmp| ipmp.half_mut(family)) else { return };
    let lifs = &mut half.lifs;
    for lif in lifs.iter_mut() {
        if !lif.up || lif.is_stub() || !lif.bound.as_ref().is_some_and(|bound| active.contains(bound)) {
            lif.bound = None;
        }
    }
    loop {
        let count =
            |lifs: &[crate::Lif], member: &String| lifs.iter().filter(|lif| lif.bound.as_ref() == Some(member)).count();
        let Some(least) = active.iter().min_by_key(|member| count(lifs, member)) else { return };
        if let Some(unbound) = lifs.iter_mut().find(|lif| lif.up && !lif.is_stub() && lif.bound.is_none()) {
            unbound.bound = Some(least.clone());
            continue;
        }
        let Some(most) = active.iter().max_by_key(|member| count(lifs, member)) else { return };
        if count(lifs, most) <= count(lifs, least) + 1 {
            return;
        }
        if let Some(moved) = lifs.iter_mut().find(|lif| lif.bound.as_ref() == Some(most)) {
            moved.bound = Some(least.clone());
        }
    }
}
