//! `ifconfig net0 group NAME`: the loop on the kernel's answer (facts §2.2).

use super::{Place, create_ipmp, has_groups, perror};
use crate::interface::{Class, Family};
use crate::state::State;
use crate::status::Errno;

pub(super) fn set(state: &mut State, place: &Place, name: &str) -> Result<(), String> {
    if !has_groups(state.dialect) {
        return Err("ifconfig: group: not simulated on Solaris 10".to_owned());
    }
    let Some(interface) = state.interface(&place.name) else { return Err(perror("group", place, Errno::Nxio)) };
    let told = |error: Errno| format!("ifconfig: SIOCSLIFGROUPNAME: {}: {error}", place.word());
    if name.len() > 31 || place.number > 0 {
        return Err(told(Errno::Inval));
    }
    if interface.class == Class::Ipmp {
        return crate::group::rename(state, &place.name, name).map_err(told);
    }
    if name.is_empty() {
        crate::group::leave(state, &place.name);
        return Ok(());
    }
    if interface.group.as_deref() == Some(name) {
        return Ok(());
    }
    let mut down: Vec<(Family, u32)> = Vec::new();
    let mut joined = crate::group::join(state, &place.name, name);
    // Each answer is acted on at most once.
    for _ in 0..6 {
        match joined {
            Ok(()) => break,
            Err(Errno::NoEnt) => create_implicitly(state, place.family, name)?,
            Err(Errno::Already) => {
                crate::group::leave(state, &place.name);
                crate::clock::settle(state);
            }
            Err(Errno::AfNoSupport) => {
                let ipmp = state.group(name).map(|group| group.interface.clone()).unwrap_or_default();
                let missing = Family::BOTH
                    .into_iter()
                    .find(|family| state.interface(&ipmp).is_some_and(|ipmp| ipmp.half(*family).is_none()));
                create_family(state, &ipmp, missing.unwrap_or(Family::V6))?;
            }
            Err(Errno::AddrInUse) => {
                let lifs = state.interface(&place.name).into_iter().flat_map(crate::Interface::lifs);
                down =
                    lifs.filter(|(_, lif)| lif.up || lif.duplicate).map(|(family, lif)| (family, lif.number)).collect();
                for (family, number) in &down {
                    let _ = crate::kernel::bring_down(state, &place.name, *family, *number);
                }
            }
            Err(_) => break,
        }
        joined = crate::group::join(state, &place.name, name);
    }
    for (family, number) in &down {
        // Coming up again, data addresses migrate.
        let _ = crate::kernel::bring_up(state, &place.name, *family, *number);
    }
    match joined {
        Ok(()) => {
            forget_objects(state, &place.name);
            Ok(())
        }
        Err(Errno::AddrNotAvail) => {
            Err(format!("ifconfig: cannot join IPMP group: {} has data addresses managed by dhcpagent(8)", place.name))
        }
        Err(error) => Err(format!("ifconfig: SIOCSLIFGROUPNAME: {}: {error}", place.word())),
    }
}

/// The lowest free `ipmpN`, with that name as its group's; an IPv6 one is brought up with its link-local address.
fn create_implicitly(state: &mut State, family: Family, name: &str) -> Result<(), String> {
    let free = (0_u32..).map(|number| format!("ipmp{number}"));
    let free = free.into_iter().find(|ipmp| state.interface(ipmp).is_none() && state.group(ipmp).is_none());
    let free = free.unwrap_or_default();
    create_family(state, &free, family)?;
    crate::group::rename(state, &free, name).map_err(|error| format!("ifconfig: SIOCSLIFGROUPNAME: {free}: {error}"))
}

fn create_family(state: &mut State, ipmp: &str, family: Family) -> Result<(), String> {
    create_ipmp(state, ipmp, family)?;
    if family == Family::V6
        && let Some(lif) = state.lif_mut(ipmp, family, 0)
    {
        lif.up = true;
    }
    Ok(())
}

/// ipadm_if_move(): ipmgmtd forgets the address objects of the interface that was moved (facts §2.1).
fn forget_objects(state: &mut State, name: &str) {
    for (_, lif) in state.interface_mut(name).into_iter().flat_map(crate::Interface::lifs_mut) {
        lif.object = None;
    }
}
