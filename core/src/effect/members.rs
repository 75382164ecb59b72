//! What becomes of interfaces that join a group, are in it, and leave it.

use super::{group_device, group_state, present, refuse_if};
use crate::capability::Capabilities;
use crate::settings::MacSharing;
use crate::snapshot::{Controller, Interface, Kind, Membership};
use crate::{InterfaceName, Snapshot};

pub(super) fn membership<'a>(
    host: &'a mut Snapshot,
    device: &InterfaceName,
    member: &InterfaceName,
) -> Result<&'a mut Membership, String> {
    match &mut present(host, member)?.controller {
        Some(Controller::Group(membership)) if membership.device == *device => Ok(membership),
        _ => Err(format!("{member} is no member of {device}")),
    }
}

pub(super) fn make_active(host: &mut Snapshot, device: &InterfaceName, active: &InterfaceName) {
    for (name, interface) in &mut host.interfaces {
        match &mut interface.controller {
            Some(Controller::Group(membership)) if membership.device == *device => membership.active = name == active,
            _ => {}
        }
    }
    if let Ok(state) = group_state(host, device) {
        state.active = Some(active.clone());
    }
}

pub(super) fn members_mut<'a>(
    host: &'a mut Snapshot,
    device: &'a InterfaceName,
) -> impl Iterator<Item = &'a mut Interface> {
    let belongs = move |interface: &&mut Interface| interface.membership().is_some_and(|m| m.device == *device);
    host.interfaces.values_mut().filter(belongs)
}

pub(super) fn add_member(
    host: &mut Snapshot,
    capabilities: &Capabilities,
    device: &InterfaceName,
    member: &InterfaceName,
) -> Result<(), String> {
    let stays_on = capabilities.rules.members_stay_on;
    let bond = group_device(host, device)?;
    let (bond_mac, mtu) = (bond.mac, bond.mtu);
    let sharing = group_state(host, device)?.settings.mac_sharing;
    let joining = present(host, member)?;
    refuse_if(joining.up && !stays_on, "it is on")?;
    refuse_if(!joining.up && stays_on, "it is off")?;
    refuse_if(joining.controller.is_some(), "it works for another device")?;
    refuse_if(joining.own_addresses().next().is_some(), "its addresses would answer beside the group's")?;
    refuse_if(matches!(joining.kind, Kind::Group(_) | Kind::Loopback), "it cannot be a member")?;
    let own_mac = joining.mac;
    joining.controller =
        Some(Controller::Group(Membership { own_mtu: Some(joining.mtu), ..Membership::new(device.clone(), own_mac) }));
    if stays_on {
        return Ok(());
    }
    joining.up = true;
    joining.mtu = mtu;
    if sharing == MacSharing::Shared {
        // bond_enslave: a device without an address of its own takes that of its first member.
        joining.mac = bond_mac.or(own_mac);
        present(host, device)?.mac = bond_mac.or(own_mac);
    }
    Ok(())
}

pub(super) fn remove_member(
    host: &mut Snapshot,
    capabilities: &Capabilities,
    device: &InterfaceName,
    member: &InterfaceName,
) -> Result<(), String> {
    let stays_on = capabilities.rules.members_stay_on;
    let membership = membership(host, device, member)?.clone();
    let is_primary = host.group(device).is_some_and(|group| group.settings.primary.as_ref() == Some(member));
    let leaving = present(host, member)?;
    refuse_if(leaving.own_addresses().next().is_some(), "its addresses would come alive")?;
    refuse_if(leaving.own_routes().next().is_some(), "its routes would be lost")?;
    refuse_if(membership.standby || membership.standby_kept, "it would stay a standby")?;
    // Where members stay on, who is the primary follows from the others.
    refuse_if(is_primary && !stays_on, "it is still the primary")?;
    leaving.controller = None;
    if stays_on {
        // What it has by itself it has for the group, such as a link-local address to be active in IPv6.
        leaving.addresses.retain(|address| !address.automatic);
        return Ok(());
    }
    leaving.up = false;
    leaving.mac = membership.own_mac.or(leaving.mac);
    leaving.mtu = membership.own_mtu.unwrap_or(leaving.mtu);
    leaving.addresses.clear();
    leaving.routes.clear();
    let empty = host.members(device).next().is_none();
    let bond = present(host, device)?;
    if empty {
        // __bond_release_one: eth_hw_addr_random when the last one has gone.
        bond.mac = None;
    }
    Ok(())
}
