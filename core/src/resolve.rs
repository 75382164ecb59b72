//! A group on a host: which interfaces are meant, what its device shall be, and what stands against it.
//!
//! In: a [`Group`], a [`Snapshot`], the platform's [`Capabilities`] and, where the group has been up, its [`Receipt`].
//! Out: a target and notes, or every reason against it.

mod members;
mod objections;

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

pub(crate) use members::matching;
pub use members::{awaited, nearest};

use members::{find_members, former_members, in_joining_order, note_members};
use objections::{
    check_device, check_duplicates, check_obstacles, check_probe_addresses, check_returning_routes, check_routes,
    host_wide, persistence,
};

use crate::capability::{Capabilities, Feature, ipv6_key};
use crate::detection::{LinkDetection, ProbeDetection};
use crate::group::{MacPolicy, Member};
use crate::mode::ModeName;
use crate::note::Note;
use crate::receipt::{Receipt, is_reachable};
use crate::refusal::Refusal;
use crate::settings::MacSharing;
use crate::snapshot::{AcceptRa, Dhcp, GroupState, Interface, Kind};
use crate::target::{Absent, DeviceTarget, InterfaceTarget, Target, Wanted};
use crate::{Address, Detection, Group, GroupSettings, InterfaceName, MacAddress, Route, Snapshot};

/// What [`plan::up`](crate::plan::up) is asked with.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The group as wanted.
    pub desired: &'a Group,
    /// The host.
    pub current: &'a Snapshot,
    /// What is remembered of the group.
    pub receipt: Option<&'a Receipt>,
    /// What the platform can do.
    pub capabilities: &'a Capabilities,
    /// Whether a device that mpath did not make may be taken over.
    pub adopt: bool,
    /// Whether a group that is not there yet shall come back after a boot; one that is there keeps its kind.
    pub persist: bool,
}

/// A group found on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// How the interfaces shall be.
    pub(crate) target: Target,
    /// What is to be known.
    pub(crate) notes: Vec<Note>,
    /// What interfaces that leave do not get back as long as the group has it.
    pub(crate) owed: Snapshot,
}

/// Finds out what the group means on this host.
pub(crate) fn up(question: Question<'_>) -> Result<Resolved, Vec<Refusal>> {
    let Question { desired, current, receipt, capabilities, .. } = question;
    let unsupported = capabilities.check(desired).into_iter().map(Refusal::Unsupported);
    let mut refusals: Vec<_> = unsupported.collect();
    let mut notes = Vec::new();
    let device = match capabilities.device_of(desired) {
        Ok(device) => device,
        Err(reason) => {
            refusals.push(Refusal::DeviceName { reason });
            return Err(refusals);
        }
    };
    check_device(&question, &device, &mut refusals, &mut notes);
    let members = find_members(&question, &device, &mut refusals, &mut notes);
    let addressing = desired.addressing();
    let routes = wanted_routes(desired);
    check_routes(&question, &device, &members, &routes, &mut refusals);
    let persistent = persistence(&question, &device, &mut refusals);
    let kind = (persistent, ipv6_key(desired).is_some());
    check_obstacles(capabilities, &device, &members, kind, &mut refusals);
    let host_wide = host_wide(&question, &device, &mut refusals);
    check_probe_addresses(&question, &members, &mut refusals);
    check_duplicates(&question, &device, &members, &mut refusals);
    let sharing = mac_sharing(&question, &members, &mut refusals, &mut notes);
    let names: Vec<_> = members.iter().map(|(name, _)| name.clone()).collect();
    let mut others = former_members(&device, current, receipt, &names);
    check_returning_routes(&question, &others, &routes, &mut refusals);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    note_members(current, &device, &members, capabilities, &mut notes);

    let primary = desired.primary().cloned().filter(|primary| names.contains(primary));
    if let Some(absent) = desired.primary().filter(|_| primary.is_none()) {
        notes.push(Note::PrimaryAbsent { primary: absent.clone() });
    }
    let detection = detection_here(desired, capabilities, &mut notes);
    notes.extend(capabilities.remarks.iter().map(|text| Note::Remark { text: text.clone() }));
    if capabilities.rules.settings_follow && primary.is_none() && names.len() > 1 {
        notes.push(Note::AllMembersSend { platform: capabilities.platform });
    }
    let mac = own_mac(&question, &device, &names, sharing);
    let probes_ipv6 = desired.detection().probe().is_some_and(|probe| probe.targets.iter().any(IpAddr::is_ipv6));
    let kept = |address: Address| Address { kept: persistent, ..address };
    let addresses: Vec<_> = addressing.addresses.iter().map(|net| kept(wanted_address(*net, probes_ipv6))).collect();
    let routes: Vec<_> = routes.into_iter().map(|route| Route { kept: persistent, ..route }).collect();
    let owed = hold_back(&mut others, (&addresses, &routes), current, &mut notes);
    let state = DeviceTarget {
        settings: GroupSettings {
            mode: desired.mode().clone(),
            detection: Some(detection),
            primary: primary.clone(),
            failback: desired.failback(),
            mac_sharing: sharing,
            peer_notifications: desired.peer_notifications(),
        },
        label: Some(GroupState::label_of(desired.name())),
        mac,
        mtu: desired.mtu(),
        up: true,
        accept_ra: wanted_accept_ra(desired, capabilities),
        members: in_joining_order(&members, primary.as_ref(), &question, persistent),
        addresses: Wanted {
            present: addresses,
            absent: Absent::These(receipt.map(|receipt| receipt.addresses.clone()).unwrap_or_default()),
        },
        routes: Wanted {
            present: routes,
            absent: Absent::These(receipt.map(|receipt| receipt.routes.clone()).unwrap_or_default()),
        },
        dhcp: Dhcp { v4: addressing.dhcp, v6: addressing.dhcp6 },
    };
    Ok(Resolved { target: Target { device, persistent, state: Some(state), host_wide, others }, notes, owed })
}

/// Whether router advertisements are listened to, or at least a link-local address is there.
fn wanted_accept_ra(desired: &Group, capabilities: &Capabilities) -> Option<AcceptRa> {
    let addressing = desired.addressing();
    let ipv6 = addressing.addresses.iter().any(|net| net.addr().is_ipv6());
    match addressing.accept_ra {
        Some(true) => Some(AcceptRa::Always),
        Some(false) if !capabilities.rules.ipv6_needs_link_local || ipv6 => Some(AcceptRa::No),
        Some(false) => None,
        None if !capabilities.rules.ipv6_needs_link_local || !ipv6 => None,
        // Where nobody is asked, a link-local address is all that it takes for the system to listen.
        None if capabilities.missing(Feature::IgnoredAdvertisements).is_some() => Some(AcceptRa::Always),
        None => Some(AcceptRa::No),
    }
}

/// What the platform makes of the wish how failure is found.
fn detection_here(desired: &Group, capabilities: &Capabilities, notes: &mut Vec<Note>) -> Detection {
    let wanted = desired.detection().clone();
    if !capabilities.rules.settings_follow {
        return wanted;
    }
    if wanted.link().is_some_and(|link| *link != LinkDetection::default()) {
        notes.push(Note::NoLinkTimers { platform: capabilities.platform });
    }
    if wanted.probe().is_none() && desired.members().iter().any(|member| member.probe_address.is_some()) {
        notes.push(Note::ProbeAddressIdle);
    }
    if wanted.probe().is_some_and(|probe| probe.targets.iter().any(IpAddr::is_ipv6)) {
        notes.push(Note::Ipv6NotProbed { platform: capabilities.platform });
    }
    match wanted.probe() {
        Some(probe) => Detection::LinkAndProbe(LinkDetection::AT_ONCE, ProbeDetection::every(probe.interval)),
        None => Detection::Link(LinkDetection::AT_ONCE),
    }
}

/// Leaves out what members that leave would get back and the group has now: nothing is in two places at once.
fn hold_back(
    others: &mut BTreeMap<InterfaceName, InterfaceTarget>,
    (addresses, routes): (&[Address], &[Route]),
    current: &Snapshot,
    notes: &mut Vec<Note>,
) -> Snapshot {
    let mut owed = Snapshot::default();
    for (name, target) in others {
        let Some(interface) = current.interface(name) else { continue };
        let is_taken = |address: &Address| addresses.iter().any(|own| own.net.addr() == address.net.addr());
        let (held, given): (Vec<_>, Vec<_>) =
            target.addresses.take().unwrap_or_default().into_iter().partition(is_taken);
        // With an address go the routes that no system would take without it.
        let is_possible = |route: &Route| held.is_empty() || is_reachable(route, &given);
        let stays = |route: &Route| routes.iter().any(|own| own.same_place(route)) || !is_possible(route);
        let (held_routes, given_routes): (Vec<_>, Vec<_>) =
            target.routes.take().unwrap_or_default().into_iter().partition(stays);
        (target.addresses, target.routes) = (Some(given), Some(given_routes));
        if held.is_empty() && held_routes.is_empty() {
            continue;
        }
        notes.push(Note::Owed { member: name.clone(), addresses: held.clone(), routes: held_routes.clone() });
        let bare = Interface::new(interface.kind.clone());
        let persistent = target.persistent;
        let held = Interface { addresses: held, routes: held_routes, up: target.up == Some(true), persistent, ..bare };
        owed.interfaces.insert(name.clone(), held);
    }
    owed
}

/// An address as people set it: IPv4 with the broadcast address of its subnet (RFC 919), where there is one.
///
/// Where IPv6 targets are probed, an IPv6 address is used at once: a device without a member that was heard has no
/// carrier, so that duplicate address detection (RFC 4862) does not begin, and probes need an address to come from.
fn wanted_address(net: IpNet, probes_ipv6: bool) -> Address {
    let broadcast = match net {
        IpNet::V4(net) if net.prefix_len() < 31 => Some(net.broadcast()),
        _ => None,
    };
    Address { broadcast, no_dad: probes_ipv6 && net.addr().is_ipv6(), ..Address::new(net) }
}

/// The default routes and the others.
fn wanted_routes(desired: &Group) -> Vec<Route> {
    let addressing = desired.addressing();
    let defaults = addressing.gateways.iter().map(|gateway| Route::default_via(*gateway));
    defaults.chain(addressing.routes.iter().cloned()).collect()
}

fn mac_sharing(
    question: &Question<'_>,
    members: &[(InterfaceName, &Member)],
    refusals: &mut Vec<Refusal>,
    notes: &mut Vec<Note>,
) -> MacSharing {
    let Question { desired, current, .. } = *question;
    if question.capabilities.rules.members_stay_on {
        return MacSharing::Active;
    }
    let is_wireless = |name: &InterfaceName| current.interface(name).is_some_and(|i| i.kind == Kind::Wireless);
    let wireless = members.iter().map(|(name, _)| name).find(|name| is_wireless(name));
    let failover = desired.mode().name() == ModeName::ActiveBackup;
    match (desired.mac(), wireless) {
        (MacPolicy::Auto, Some(_)) if failover => MacSharing::Active,
        (MacPolicy::Auto, _) => MacSharing::Shared,
        (MacPolicy::Active, _) => MacSharing::Active,
        (MacPolicy::Follow, None) => MacSharing::Follow,
        (MacPolicy::Follow, Some(member)) => {
            refusals.push(Refusal::FollowWireless { member: member.clone() });
            MacSharing::Follow
        }
        (MacPolicy::Shared | MacPolicy::Member(_) | MacPolicy::Fixed(_), wireless) => {
            // In the other modes there is no choice.
            notes.extend(wireless.filter(|_| failover).map(|member| Note::SharedWireless { member: member.clone() }));
            MacSharing::Shared
        }
    }
}

/// The address that the device gets by itself. It is pinned, so that it does not hang on the order of joining; and it
/// stays when the interface that it comes from is unplugged, as long as that is remembered.
///
/// A group that is up, also one that is taken over from somebody else, keeps the address of whichever member it has:
/// another one is announced to nobody (the kernel sends peer notifications when the active member changes), and the
/// neighbours would send to the old one for seconds.
fn own_mac(
    question: &Question<'_>,
    device: &InterfaceName,
    names: &[InterfaceName],
    sharing: MacSharing,
) -> Option<MacAddress> {
    let Question { desired, current, receipt, .. } = question;
    let of = |name: &InterfaceName| {
        let before = || receipt.and_then(|receipt| receipt.before.interface(name));
        let interface = current.interface(name).or_else(before)?;
        let own = interface.membership().and_then(|membership| membership.own_mac);
        interface.permanent_mac.or(own).or(interface.mac)
    };
    match desired.mac() {
        MacPolicy::Fixed(mac) => Some(*mac),
        MacPolicy::Member(name) => of(name),
        _ if sharing == MacSharing::Shared => {
            let own = |group: &&Interface| {
                let pinned = group.group().filter(|group| group.settings.mac_sharing == MacSharing::Shared);
                pinned.is_some_and(|group| group.owner().is_none_or(|owner| owner == *desired.name()))
            };
            let now = current.interface(device).filter(own).and_then(|group| group.mac);
            let kept = now.filter(|now| names.iter().any(|name| of(name) == Some(*now)));
            kept.or_else(|| desired.primary().and_then(of)).or_else(|| names.first().and_then(of))
        }
        _ => None,
    }
}
