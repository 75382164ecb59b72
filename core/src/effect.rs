//! What a step does to a host: the rules of the systems, as a function from snapshot to snapshot.
//!
//! The planner drafts with it, so that each step is chosen on the state that the steps before it leave; the fake
//! host of the tests lives by it. It refuses what a system refuses, and also what a system would do silently
//! beside the step (dropping routes with a link, say), because such a step could not be undone. Whether real
//! systems behave like this is asked by the kernel tests.

mod members;

use members::{add_member, make_active, members_mut, membership, remove_member};

use crate::capability::{Capabilities, ChangeNeed, GroupRules};
use crate::settings::MacSharing;
use crate::snapshot::{Driver, GroupState, Interface, Kind, MemberState};
use crate::step::{Family, NewGroup};
use crate::{Address, GroupSettings, InterfaceName, Route, Snapshot, Step};

/// A step that makes no sense on the host as it is. Coming from a planner, it is a defect of the planner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot {step}: {reason}")]
pub struct Nonsense {
    /// The step.
    pub step: Box<Step>,
    /// Why it makes no sense.
    pub reason: String,
}

/// Does a step to a snapshot.
///
/// # Errors
///
/// A step that makes no sense on this host.
pub fn apply(step: &Step, host: &mut Snapshot, capabilities: &Capabilities) -> Result<(), Nonsense> {
    change(step, host, capabilities).map_err(|reason| Nonsense { step: Box::new(step.clone()), reason })
}

fn change(step: &Step, host: &mut Snapshot, capabilities: &Capabilities) -> Result<(), String> {
    match step {
        Step::LoadDriver => {
            refuse_if(host.driver == Driver::Ready, "it is loaded")?;
            host.driver = Driver::Ready;
        }
        Step::CreateGroup(group) => create(host, capabilities, group)?,
        Step::DeleteGroup(group) => {
            let device = group_device(host, &group.device)?;
            refuse_if(device.up && !capabilities.rules.device_always_on, "it is on")?;
            refuse_if(host.members(&group.device).next().is_some(), "it has members")?;
            host.interfaces.remove(&group.device);
        }
        Step::SetLabel { device, from, to } => {
            let state = group_state(host, device)?;
            refuse_if(state.label != *from || from == to, "the label is another")?;
            state.label.clone_from(to);
        }
        Step::ChangeSettings { device, from, to } => change_settings(host, capabilities, device, from, to)?,
        Step::AddMember { device, member } => add_member(host, capabilities, device, member)?,
        Step::RemoveMember { device, member } => remove_member(host, capabilities, device, member)?,
        Step::SetPriority { device, member, from, to } => {
            let membership = membership(host, device, member)?;
            refuse_if(membership.priority != *from || from == to, "the priority is another")?;
            membership.priority = *to;
        }
        Step::SetStandby { device, member, standby } => {
            let membership = membership(host, device, member)?;
            refuse_if(membership.standby == *standby, "it is so already")?;
            membership.standby = *standby;
        }
        Step::Activate { device, from, member } => {
            refuse_if(group_state(host, device)?.active != *from, "another member is active")?;
            let chosen = membership(host, device, member)?;
            refuse_if(chosen.active, "it is active already")?;
            // bond_option_active_slave_set: it must have its link.
            refuse_if(chosen.state != MemberState::Ok, "it does not work")?;
            make_active(host, device, member);
        }
        Step::SetInUse { device, member, in_use } => {
            let membership = membership(host, device, member)?;
            refuse_if((membership.state == MemberState::Offline) != *in_use, "it is so already")?;
            // Who carries the traffic then is the system's choice.
            membership.state = if *in_use { MemberState::Unknown } else { MemberState::Offline };
            membership.active = false;
            // Its addresses go down and come up with it (if_mpadm(8)).
            for address in &mut present(host, member)?.addresses {
                address.out_of_use = !in_use;
            }
        }
        Step::SetHostWide { from, to } => {
            refuse_if(host.host_wide != Some(*from) || from == to, "it is another")?;
            host.host_wide = Some(*to);
        }
        Step::SetUp { interface, up } => {
            let interface = present(host, interface)?;
            refuse_if(interface.up == *up, "it is so already")?;
            if !up {
                // net/ipv4/fib_frontend.c fib_disable_ip, net/ipv6/addrconf.c addrconf_ifdown: both go with the link.
                refuse_if(interface.own_routes().next().is_some(), "its routes would be lost")?;
                refuse_if(interface.own_addresses().any(Address::is_ipv6), "its IPv6 addresses would be lost")?;
                interface.addresses.retain(|address| !address.is_ipv6());
                interface.routes.clear();
            }
            interface.up = *up;
            // What is switched off on a platform that keeps interfaces is forgotten (`ipadm delete-ip`).
            interface.persistent = false;
        }
        Step::SetMtu { interface, from, to } => {
            refuse_if(present(host, interface)?.mtu != *from || from == to, "the MTU is another")?;
            present(host, interface)?.mtu = *to;
            // drivers/net/bonding/bond_main.c bond_change_mtu: the members follow.
            for member in members_mut(host, interface) {
                member.mtu = *to;
            }
        }
        Step::SetMac { interface, from, to } => set_mac(host, interface, *from, *to)?,
        Step::SetAcceptRa { interface, from, to } => {
            let interface = present(host, interface)?;
            refuse_if(interface.accept_ra != *from || from == to, "it is another")?;
            interface.accept_ra = *to;
        }
        Step::AddAddress { interface, address } => {
            let interface = present(host, interface)?;
            refuse_if(interface.addresses.iter().any(|other| other.same(address)), "it is there")?;
            interface.addresses.push(address.clone());
        }
        Step::RemoveAddress { interface, address } => remove_address(present(host, interface)?, address, capabilities)?,
        Step::AddRoute { interface, route } => add_route(host, interface, route)?,
        Step::RemoveRoute { interface, route } => {
            let interface = present(host, interface)?;
            refuse_if(!interface.routes.iter().any(|other| other.same(route)), "it is not there")?;
            interface.routes.retain(|other| !other.same(route));
        }
        Step::StartDhcp { interface, family } => {
            refuse_if(!present(host, interface)?.up, "the device is off")?;
            let running = dhcp(host, interface, *family)?;
            refuse_if(std::mem::replace(running, true), "a client runs")?;
        }
        Step::StopDhcp { interface, family } => {
            let running = dhcp(host, interface, *family)?;
            refuse_if(!std::mem::replace(running, false), "no client runs")?;
            let ipv6 = *family == Family::V6;
            let interface = present(host, interface)?;
            interface.addresses.retain(|address| address.lifetime.is_none() || address.is_ipv6() != ipv6);
            // The clients leave RTPROT_DHCP or RTPROT_BOOT on their routes and take them away with the lease.
            interface
                .routes
                .retain(|route| !matches!(route.protocol, 3 | Route::OF_A_LEASE) || route.is_ipv6() != ipv6);
        }
        Step::Persistent { change: step } => persist(host, capabilities, step)?,
    }
    host.let_settings_follow(&capabilities.rules);
    Ok(())
}

/// A step that lasts does what it does now, and the rest is remembered with what it made.
fn persist(host: &mut Snapshot, capabilities: &Capabilities, step: &Step) -> Result<(), String> {
    match step {
        Step::Persistent { .. } => return Err("it is persistent already".to_owned()),
        Step::SetStandby { device, member, standby } => {
            let membership = membership(host, device, member)?;
            refuse_if(membership.standby == *standby && membership.standby_kept == *standby, "it is so already")?;
            (membership.standby, membership.standby_kept) = (*standby, *standby);
            return Ok(());
        }
        Step::AddAddress { address, .. } | Step::RemoveAddress { address, .. } => {
            refuse_if(!address.kept, "the address is not kept over a boot")?;
        }
        Step::AddRoute { route, .. } | Step::RemoveRoute { route, .. } => {
            refuse_if(!route.kept, "the route is not kept over a boot")?;
        }
        _ => {}
    }
    change(step, host, capabilities)?;
    match step {
        Step::CreateGroup(group) => present(host, &group.device)?.persistent = true,
        Step::SetUp { interface, up: true } => present(host, interface)?.persistent = true,
        Step::AddMember { device, member } => membership(host, device, member)?.persistent = true,
        _ => {}
    }
    Ok(())
}

fn refuse_if(nonsense: bool, reason: &str) -> Result<(), String> {
    if nonsense { Err(reason.to_owned()) } else { Ok(()) }
}

fn present<'a>(host: &'a mut Snapshot, name: &InterfaceName) -> Result<&'a mut Interface, String> {
    host.interfaces.get_mut(name).ok_or_else(|| format!("there is no interface {name}"))
}

fn group_device<'a>(host: &'a mut Snapshot, name: &InterfaceName) -> Result<&'a mut Interface, String> {
    let interface = present(host, name)?;
    if interface.group().is_none() {
        return Err(format!("{name} is no group device"));
    }
    Ok(interface)
}

fn group_state<'a>(host: &'a mut Snapshot, name: &InterfaceName) -> Result<&'a mut GroupState, String> {
    present(host, name)?.group_mut().ok_or_else(|| format!("{name} is no group device"))
}

fn dhcp<'a>(host: &'a mut Snapshot, device: &InterfaceName, family: Family) -> Result<&'a mut bool, String> {
    let dhcp = &mut group_state(host, device)?.dhcp;
    Ok(match family {
        Family::V4 => &mut dhcp.v4,
        Family::V6 => &mut dhcp.v6,
    })
}

fn create(host: &mut Snapshot, capabilities: &Capabilities, group: &NewGroup) -> Result<(), String> {
    refuse_if(host.driver == Driver::NotLoaded, "the driver is not loaded")?;
    refuse_if(host.interfaces.contains_key(&group.device), "the name is in use")?;
    refuse_if(group.settings.primary.is_some(), "a primary must be a member first")?;
    let state = GroupState {
        settings: (*group.settings).clone(),
        label: group.label.clone(),
        active: None,
        dhcp: crate::snapshot::Dhcp::default(),
    };
    let mut interface = Interface::new(Kind::Group(Box::new(state)));
    interface.mac = group.mac;
    interface.up = capabilities.rules.device_always_on;
    interface.mtu = group.mtu.unwrap_or(interface.mtu);
    host.interfaces.insert(group.device.clone(), interface);
    Ok(())
}

fn change_settings(
    host: &mut Snapshot,
    capabilities: &Capabilities,
    device: &InterfaceName,
    from: &GroupSettings,
    to: &GroupSettings,
) -> Result<(), String> {
    refuse_if(group_state(host, device)?.settings != *from, "the settings are others")?;
    let changed = from.differences(to);
    let need = changed.iter().map(|setting| capabilities.need_of(*setting)).max().ok_or("nothing changes")?;
    refuse_if(need >= ChangeNeed::Down && present(host, device)?.up, "the device is on")?;
    let empty = host.members(device).next().is_none();
    refuse_if(need == ChangeNeed::DownAndEmpty && !empty, "the device has members")?;
    if let Some(primary) = to.primary.as_ref().filter(|_| from.primary != to.primary) {
        refuse_if(!host.members(device).any(|(name, _)| name == primary), "the primary is no member")?;
    }
    group_state(host, device)?.settings = to.clone();
    Ok(())
}

fn set_mac(
    host: &mut Snapshot,
    interface: &InterfaceName,
    from: Option<crate::MacAddress>,
    to: crate::MacAddress,
) -> Result<(), String> {
    let target = present(host, interface)?;
    let another = from.is_some() && target.mac != from;
    refuse_if(another || target.mac == Some(to), "the MAC address is another")?;
    refuse_if(target.membership().is_some(), "it is a member")?;
    if let Some(group) = target.group() {
        // bond_set_mac_address returns 0 and does nothing under the other two.
        refuse_if(group.settings.mac_sharing != MacSharing::Shared, "its MAC address follows its members")?;
    }
    target.mac = Some(to);
    for member in members_mut(host, interface) {
        member.mac = Some(to);
    }
    Ok(())
}

fn remove_address(interface: &mut Interface, address: &Address, capabilities: &Capabilities) -> Result<(), String> {
    let place = interface.addresses.iter().position(|other| other.same(address)).ok_or("it is not there")?;
    // net/ipv4/devinet.c __inet_del_ifa: with the first of a subnet the later ones go too.
    let takes_along = interface.addresses[place + 1..].iter().any(|later| is_secondary_to(later, address));
    refuse_if(takes_along, "later addresses of its subnet would be lost")?;
    let lost =
        ends_ipv4(interface, address, &capabilities.rules) && interface.own_routes().any(|route| !route.is_ipv6());
    refuse_if(lost, "its routes would be lost with its last address")?;
    let removed = interface.addresses.remove(place);
    if removed.lifetime.is_some() {
        // A client that ends takes away the routes that it made; those that count as an administrator's stay.
        interface.routes.retain(|route| !route.goes_with_lease() || route.is_ipv6() != removed.is_ipv6());
    }
    Ok(())
}

/// Whether an interface has no IPv4 any more without an address, and so none of its routes (net/ipv4/fib_frontend.c
/// fib_inetaddr_event).
pub(crate) fn ends_ipv4(interface: &Interface, address: &Address, rules: &GroupRules) -> bool {
    let is_last = interface.addresses.iter().filter(|other| !other.is_ipv6()).count() == 1;
    is_last && !address.is_ipv6() && !rules.routes_outlive_addresses
}

/// Whether the system counts an address as a secondary of an earlier one: IPv4, same length, same subnet.
pub(crate) fn is_secondary_to(later: &Address, earlier: &Address) -> bool {
    !later.is_ipv6() && later.net.prefix_len() == earlier.net.prefix_len() && later.net.trunc() == earlier.net.trunc()
}

fn add_route(host: &mut Snapshot, name: &InterfaceName, route: &Route) -> Result<(), String> {
    let taken = host.interfaces.values().flat_map(|interface| &interface.routes).any(|other| other.same_place(route));
    refuse_if(taken, "another route has its place")?;
    let interface = present(host, name)?;
    refuse_if(!interface.up, "the interface is off")?;
    refuse_if(interface.routes.iter().any(|other| other.same(route)), "it is there")?;
    interface.routes.push(route.clone());
    Ok(())
}
