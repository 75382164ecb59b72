//! Interfaces and addresses by the rules of the kernel: plumbing, flags, coming up.

use crate::group::Group;
use crate::interface::{Class, Family, Half, Lif};
use crate::state::State;
use crate::status::Errno;

/// Makes the half of an interface in one family. `class` is IP for a link, IPMP for a group's interface.
pub(crate) fn plumb(state: &mut State, name: &str, family: Family, class: Class) -> Result<(), Errno> {
    if let Some(there) = state.interface(name)
        && (there.half(family).is_some() || there.class != class)
    {
        return Err(Errno::Exist);
    }
    if class == Class::Ip && state.link(name).is_none() {
        return Err(Errno::Nxio);
    }
    if class == Class::Ipmp && !state.groups.iter().any(|group| group.interface == name) {
        // The group is named as the interface unless a name is given (facts §2.1).
        if state.groups.iter().any(|group| group.name == name) {
            return Err(Errno::Exist);
        }
        state.groups.push(Group::new(name, name));
    }
    let group = state.groups.iter().find(|group| group.interface == name).map(|group| group.name.clone());
    let interface = state.make_interface(name, class);
    *interface.slot(family) = Some(Half::fresh(family));
    if class == Class::Ipmp {
        // Begins FAILED, not RUNNING (facts §1.4, §2.3).
        interface.failed = !interface.running;
        interface.group = group;
    }
    Ok(())
}

/// Takes the half of an interface away, and the interface with its last half.
pub(crate) fn unplumb(state: &mut State, name: &str, family: Family) -> Result<(), Errno> {
    let interface = state.interface(name).ok_or(Errno::Nxio)?;
    if interface.half(family).is_none() {
        return Err(Errno::Nxio);
    }
    if interface.class == Class::Ipmp {
        let members = state.groups.iter().find(|group| group.interface == name).map(|group| &group.members);
        let has = |member: &String| state.interface(member).is_some_and(|member| member.half(family).is_some());
        // Facts §2.3: EBUSY, which is told as "IPMP group is not empty".
        if members.is_some_and(|members| members.iter().any(has)) {
            return Err(Errno::Busy);
        }
    }
    if let Some(interface) = state.interface_mut(name) {
        *interface.slot(family) = None;
    }
    let interface = state.interface(name).ok_or(Errno::Nxio)?;
    if interface.v4.is_none() && interface.v6.is_none() {
        if interface.class == Class::Ipmp {
            state.groups.retain(|group| group.interface != name);
        } else {
            crate::group::leave(state, name);
        }
        state.interfaces.retain(|interface| interface.name != name);
        crate::route::forget_interface(state, name);
    }
    Ok(())
}

/// Brings an address up. On a member it moves to the IPMP interface unless it is a test address, an IPv6 link-local one
/// or none at all (facts §2.2). Tells where it is now.
pub(crate) fn bring_up(state: &mut State, name: &str, family: Family, number: u32) -> Result<(String, u32), Errno> {
    let interface = state.interface(name).ok_or(Errno::Nxio)?;
    let lif = interface.half(family).and_then(|half| half.lif(number)).ok_or(Errno::Nxio)?.clone();
    let in_use = state.interfaces.iter().any(|other| {
        other.lifs().any(|(_, there)| {
            there.up
                && there.address == lif.address
                && !there.is_stub()
                && (other.name != name || there.number != number)
        })
    });
    if in_use && !lif.is_link_local() {
        return Err(Errno::AddrNotAvail);
    }
    if interface.is_member() && lif.migrates() {
        let group = interface.group.clone();
        let target = state.groups.iter().find(|there| Some(&there.name) == group.as_ref());
        let target = target.map(|group| group.interface.clone()).ok_or(Errno::Nxio)?;
        if let Some(half) = state.interface_mut(name).and_then(|interface| interface.half_mut(family)) {
            half.clear(family, number);
            // The stub that takes the place of lif 0 is up, else the member that has just given its address to the
            // group could not be active in it [inferred: hostname files of old would not work].
            if number == 0 {
                half.lifs[0].up = true;
            }
        }
        let half = state.interface_mut(&target).and_then(|ipmp| ipmp.half_mut(family)).ok_or(Errno::AfNoSupport)?;
        // The first one replaces the stub, later ones get the next number (facts §2.2).
        let place = half.place(family);
        *place = Lif { number: place.number, up: true, object: None, bound: None, ..lif };
        return Ok((target, place.number));
    }
    let lif = state.lif_mut(name, family, number).ok_or(Errno::Nxio)?;
    lif.up = true;
    if lif.nofailover {
        // Facts §2.1: NOFAILOVER implies DEPRECATED.
        lif.deprecated = true;
    }
    Ok((name.to_owned(), number))
}

/// Brings an address down.
pub(crate) fn bring_down(state: &mut State, name: &str, family: Family, number: u32) -> Result<(), Errno> {
    let lif = state.lif_mut(name, family, number).ok_or(Errno::Nxio)?;
    lif.up = false;
    lif.duplicate = false;
    Ok(())
}

/// Sets or clears STANDBY (facts §1.4, §2.3).
pub(crate) fn set_standby(state: &mut State, name: &str, on: bool) -> Result<(), Errno> {
    let interface = state.interface_mut(name).ok_or(Errno::Nxio)?;
    if interface.class != Class::Ip {
        return Err(Errno::Inval);
    }
    if on && !interface.standby {
        if interface.inactive {
            return Err(Errno::Inval);
        }
        // INACTIVE comes with it at once, unless FAILED: the two exclude each other.
        interface.inactive = !interface.failed;
    } else if !on && !interface.is_member() {
        // In a group in.mpathd decides; alone nobody else would clear it [inferred].
        interface.inactive = false;
    }
    interface.standby = on;
    Ok(())
}

/// Sets or clears NOFAILOVER on an address. Clearing it on one that is up brings it down and up again, so that it
/// migrates (facts §2.1).
pub(crate) fn set_nofailover(
    state: &mut State,
    name: &str,
    family: Family,
    number: u32,
    on: bool,
) -> Result<(String, u32), Errno> {
    if state.interface(name).ok_or(Errno::Nxio)?.class == Class::Ipmp {
        return Err(Errno::Inval);
    }
    let lif = state.lif_mut(name, family, number).ok_or(Errno::Nxio)?;
    let was = std::mem::replace(&mut lif.nofailover, on);
    if on {
        lif.deprecated = true;
    } else if was {
        lif.deprecated = false;
        if lif.up {
            lif.up = false;
            return bring_up(state, name, family, number);
        }
    }
    Ok((name.to_owned(), number))
}

/// RUNNING of every interface, and what follows from it for groups.
pub(crate) fn refresh(state: &mut State) {
    for index in 0..state.interfaces.len() {
        let interface = &state.interfaces[index];
        let running = match interface.class {
            Class::Virtual => true,
            Class::Ip => state.link(&interface.name).is_some_and(crate::link::Link::running),
            Class::Ipmp => continue,
        };
        state.interfaces[index].running = running;
    }
    crate::group::refresh(state);
}
