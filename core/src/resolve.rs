//! A group on a host: which interfaces are meant, what its device shall be, and what stands against it.
//!
//! In: a [`Group`], a [`Snapshot`], the platform's [`Capabilities`] and, where the group has been up, its [`Receipt`].
//! Out: a [`Target`] and notes, or every reason against it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::capability::{Capabilities, Feature, Obstacle, Unsupported};
use crate::detection::{LinkDetection, ProbeDetection};
use crate::group::{MacPolicy, Member, MemberSelector};
use crate::mode::ModeName;
use crate::note::Note;
use crate::receipt::{Receipt, is_reachable};
use crate::refusal::Refusal;
use crate::settings::{Failback, MacSharing};
use crate::snapshot::{AcceptRa, Controller, Dhcp, GroupState, HostWide, Interface, Kind};
use crate::target::{Absent, DeviceTarget, InterfaceTarget, MemberTarget, Target, Wanted};
use crate::{Address, Detection, Group, GroupSettings, InterfaceName, MacAddress, Millis, Route, Snapshot};

/// What [`up`] is asked with.
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
pub struct Resolved {
    /// How the interfaces shall be.
    pub target: Target,
    /// What is to be known.
    pub notes: Vec<Note>,
    /// What interfaces that leave do not get back as long as the group has it.
    pub owed: Snapshot,
}

/// Finds out what the group means on this host.
pub fn up(question: Question<'_>) -> Result<Resolved, Vec<Refusal>> {
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
    check_obstacles(capabilities, &device, &members, persistent, &mut refusals);
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

/// Whether the group is, or becomes, one that comes back after a boot. What is there until the next boot and what lasts
/// do not go together in one group (`ipmgmt_ipmp_update_handler` of illumos refuses it), so a group keeps its kind.
fn persistence(question: &Question<'_>, device: &InterfaceName, refusals: &mut Vec<Refusal>) -> bool {
    let Question { desired, current, receipt, capabilities, persist, .. } = *question;
    if let Some(missing) = capabilities.missing(Feature::Persistence).filter(|_| persist) {
        refusals.push(Refusal::Unsupported(Unsupported {
            group: desired.name().clone(),
            key: "--persist",
            feature: missing.feature,
            platform: capabilities.platform,
            reason: missing.reason.clone(),
            cure: Some("leave `--persist` out: the group is then there until the next boot"),
        }));
        return false;
    }
    let there = current.interface(device).filter(|interface| interface.group().is_some());
    let kind = there.map(|there| there.persistent).or(receipt.map(|receipt| receipt.persistent));
    if persist && kind == Some(false) {
        refusals.push(Refusal::NotPersistent { device: device.clone(), group: desired.name().clone() });
    }
    kind.unwrap_or(persist)
}

/// Whether router advertisements are listened to, or at least a link-local address is there.
fn wanted_accept_ra(desired: &Group, capabilities: &Capabilities) -> Option<AcceptRa> {
    let addressing = desired.addressing();
    let ipv6 = addressing.addresses.iter().any(|net| net.addr().is_ipv6());
    match addressing.accept_ra {
        Some(true) => Some(AcceptRa::Always),
        Some(false) if !capabilities.rules.ipv6_needs_link_local || ipv6 => Some(AcceptRa::No),
        Some(false) => None,
        None => (capabilities.rules.ipv6_needs_link_local && ipv6).then_some(AcceptRa::No),
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

/// What the group needs of the settings of the whole host, unless another group needs otherwise.
fn host_wide(question: &Question<'_>, device: &InterfaceName, refusals: &mut Vec<Refusal>) -> Option<HostWide> {
    let Question { desired, current, capabilities, .. } = *question;
    let (now, rules) = (current.host_wide?, &capabilities.rules);
    let time = |interval: Millis| Millis::new(interval.get().saturating_mul(rules.probes_per_failure));
    let time = desired.detection().probe().map(|probe| time(probe.interval));
    let wanted = HostWide { failback: desired.failback(), probe_time: time.unwrap_or(now.probe_time) };
    let others = current.interfaces.iter().filter(|(name, _)| *name != device);
    for (name, group) in others.filter_map(|(name, interface)| Some((name, interface.group()?))) {
        let mut dispute = |setting, theirs: String, ours: String| {
            if theirs != ours {
                refusals.push(Refusal::HostWide { setting, device: name.clone(), theirs, ours });
            }
        };
        dispute("failback", now.failback.to_string(), wanted.failback.to_string());
        if group.settings.detection.as_ref().is_some_and(|detection| detection.probe().is_some()) {
            dispute("the failure time of probes", now.probe_time.to_string(), wanted.probe_time.to_string());
        }
    }
    Some(wanted)
}

fn check_obstacles(
    capabilities: &Capabilities,
    device: &InterfaceName,
    members: &[(InterfaceName, &Member)],
    persistent: bool,
    refusals: &mut Vec<Refusal>,
) {
    let ours = |name: &InterfaceName| name == device || members.iter().any(|(member, _)| member == name);
    let concerns = |obstacle: &&Obstacle| obstacle.interfaces.iter().all(ours) && (persistent || !obstacle.of_lasting);
    let matters = capabilities.obstacles.iter().filter(concerns);
    refusals.extend(matters.cloned().map(Refusal::Obstacle));
}

fn check_probe_addresses(question: &Question<'_>, members: &[(InterfaceName, &Member)], refusals: &mut Vec<Refusal>) {
    if !question.capabilities.rules.settings_follow || question.desired.detection().probe().is_none() {
        return;
    }
    let without = members.iter().filter(|(_, member)| member.probe_address.is_none());
    refusals.extend(without.map(|(name, _)| Refusal::NoProbeAddress { member: name.clone() }));
}

/// An address that is there and another host's too is none that works.
fn check_duplicates(
    question: &Question<'_>,
    device: &InterfaceName,
    members: &[(InterfaceName, &Member)],
    refusals: &mut Vec<Refusal>,
) {
    let groups = question.desired.addressing().addresses.iter().map(|net| (device, *net));
    let probes = members.iter().filter_map(|(name, member)| Some((name, member.probe_address?)));
    for (interface, net) in groups.chain(probes) {
        let there = question.current.interface(interface).into_iter().flat_map(|interface| &interface.addresses);
        refusals.extend(there.filter(|address| address.net == net).filter_map(|address| {
            Some(Refusal::DuplicateAddress {
                address: net,
                interface: interface.clone(),
                owner: address.duplicate?.owner,
                group: question.desired.name().clone(),
            })
        }));
    }
}

/// Interfaces that are, or were, in the group and shall not be: each as the receipt remembers it.
fn former_members(
    device: &InterfaceName,
    current: &Snapshot,
    receipt: Option<&Receipt>,
    staying: &[InterfaceName],
) -> BTreeMap<InterfaceName, InterfaceTarget> {
    let Some(receipt) = receipt else { return BTreeMap::new() };
    let mut before = Target::as_before(device, &receipt.before).others;
    before.retain(|name, _| current.interfaces.contains_key(name) && !staying.contains(name));
    before
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

/// A member that leaves gets the routes of its lease back, whose client makes them, and there is one place for a route.
fn check_returning_routes(
    question: &Question<'_>,
    others: &BTreeMap<InterfaceName, InterfaceTarget>,
    routes: &[Route],
    refusals: &mut Vec<Refusal>,
) {
    let before = question.receipt.map(|receipt| &receipt.before);
    for (member, interface) in others.keys().filter_map(|name| Some((name, before?.interface(name)?))) {
        let returning = interface.routes.iter().filter(|route| route.automatic && route.goes_with_lease());
        let taken = returning.filter(|route| routes.iter().any(|own| own.same_place(route)));
        refusals.extend(taken.map(|route| Refusal::RouteReturns {
            route: route.clone(),
            member: member.clone(),
            group: question.desired.name().clone(),
        }));
    }
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

fn check_device(question: &Question<'_>, device: &InterfaceName, refusals: &mut Vec<Refusal>, notes: &mut Vec<Note>) {
    let own = question.desired.name();
    let marked =
        question.current.interfaces.iter().filter(|(_, interface)| {
            interface.group().and_then(|group| group.owner()).is_some_and(|owner| owner == *own)
        });
    let remembered = question.receipt.map(|receipt| &receipt.device);
    let elsewhere = marked.map(|(name, _)| name).chain(remembered).find(|other| *other != device);
    refusals.extend(elsewhere.map(|other| Refusal::OtherDevice { device: other.clone(), group: own.clone() }));
    let Some(interface) = question.current.interface(device) else { return };
    let group = question.desired.name().clone();
    let Some(state) = interface.group() else {
        refusals.push(Refusal::DeviceTaken { device: device.clone(), kind: kind_word(&interface.kind) });
        return;
    };
    match state.owner() {
        Some(owner) if owner == group => {}
        Some(owner) => refusals.push(Refusal::DeviceOwned { device: device.clone(), owner }),
        None if is_untouched(question.current, device) => notes.push(Note::DefaultDevice { device: device.clone() }),
        None if question.adopt => notes.push(Note::Adopted { device: device.clone() }),
        None => refusals.push(Refusal::DeviceForeign { device: device.clone(), group, down: false }),
    }
}

/// Whether a device is as a driver makes it by itself: nobody's work is lost with it.
fn is_untouched(host: &Snapshot, device: &InterfaceName) -> bool {
    let Some(interface) = host.interface(device) else { return false };
    let Some(group) = interface.group() else { return false };
    // As bond_create and bond_setup leave it (drivers/net/bonding/bond_main.c).
    let defaults = GroupSettings {
        mode: ModeName::RoundRobin.with_defaults(),
        detection: None,
        primary: None,
        failback: Failback::Always,
        mac_sharing: MacSharing::Shared,
        peer_notifications: 1,
    };
    !interface.up
        && interface.mtu == 1500
        && group.label.is_none()
        && interface.own_addresses().next().is_none()
        && host.members(device).next().is_none()
        && group.settings == defaults
}

/// The members that are there, in the order of the file.
fn find_members<'a>(
    question: &Question<'a>,
    device: &InterfaceName,
    refusals: &mut Vec<Refusal>,
    notes: &mut Vec<Note>,
) -> Vec<(InterfaceName, &'a Member)> {
    let mut found: Vec<(InterfaceName, &Member)> = Vec::new();
    let before = refusals.len();
    for member in question.desired.members() {
        match find(question, member) {
            Ok(Some(name)) if found.iter().any(|(other, _)| *other == name) => {
                refusals.push(Refusal::SameMember { interface: name });
            }
            Ok(Some(name)) => {
                if let Some(refusal) = unfit(question, device, &name) {
                    refusals.push(refusal);
                }
                found.push((name, member));
            }
            Ok(None) => notes.push(Note::OptionalAbsent { member: member.selector.to_string() }),
            Err(refusal) => refusals.push(refusal),
        }
    }
    if found.is_empty() && refusals.len() == before {
        refusals.push(Refusal::NoMembers);
    }
    found
}

/// The interfaces that a selector means on a host: none where it is not there, several where a MAC address is.
pub(crate) fn matching(current: &Snapshot, selector: &MemberSelector) -> Vec<InterfaceName> {
    match selector {
        MemberSelector::Name(name) => current.interface(name).map(|_| name.clone()).into_iter().collect(),
        MemberSelector::PermanentMac(mac) => {
            let cards = current.interfaces.iter().filter(|(_, interface)| is_card(&interface.kind));
            let same = cards.filter(|(_, interface)| interface.permanent_mac == Some(*mac));
            same.map(|(name, _)| name.clone()).collect()
        }
    }
}

fn find(question: &Question<'_>, member: &Member) -> Result<Option<InterfaceName>, Refusal> {
    let (current, selector) = (question.current, &member.selector);
    let found = matching(current, selector);
    match (found.as_slice(), selector) {
        ([name], _) => Ok(Some(name.clone())),
        ([], _) if member.optional => Ok(None),
        ([_, ..], MemberSelector::PermanentMac(mac)) => Err(Refusal::Ambiguous { mac: *mac, found }),
        _ => {
            let cards = current.interfaces.iter().filter(|(_, interface)| is_card(&interface.kind));
            let candidates: Vec<_> = cards.map(|(name, _)| name.clone()).collect();
            let nearest = match selector {
                MemberSelector::Name(name) => nearest(name.as_str(), &candidates).cloned(),
                MemberSelector::PermanentMac(_) => None,
            };
            let cures = question.capabilities.cures;
            Err(Refusal::NoMember { member: selector.clone(), nearest, candidates, cures })
        }
    }
}

/// Whether a MAC address can point at it: a card, not something stacked on one that shows the same address.
fn is_card(kind: &Kind) -> bool {
    matches!(kind, Kind::Ethernet | Kind::Wireless)
}

/// The name that looks most like a text, if one looks like it at all.
pub fn nearest<'a, N: std::borrow::Borrow<str>>(text: &str, names: &'a [N]) -> Option<&'a N> {
    let scored = names.iter().map(|name| (strsim::jaro_winkler(text, name.borrow()), name));
    let best = scored.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (best.0 > 0.8).then_some(best.1)
}

fn unfit(question: &Question<'_>, device: &InterfaceName, name: &InterfaceName) -> Option<Refusal> {
    let current = question.current;
    let interface = current.interface(name)?;
    if matches!(interface.kind, Kind::Group(_) | Kind::Loopback | Kind::Other(_)) || name == device {
        return Some(Refusal::MemberKind { member: name.clone(), kind: kind_word(&interface.kind) });
    }
    match &interface.controller {
        Some(Controller::Group(membership)) if membership.device != *device => Some(Refusal::MemberTaken {
            member: name.clone(),
            controller: membership.device.clone(),
            kind: "group device".to_owned(),
            owner: current.group(&membership.device).and_then(|group| group.owner()),
            cures: question.capabilities.cures.for_members(membership.persistent),
        }),
        Some(Controller::Other { name: controller, kind }) => {
            let (controller, kind) = (controller.clone(), kind.clone());
            let cures = question.capabilities.cures;
            Some(Refusal::MemberTaken { member: name.clone(), controller, kind, owner: None, cures })
        }
        _ => None,
    }
}

fn kind_word(kind: &Kind) -> String {
    match kind {
        Kind::Ethernet => "wired".to_owned(),
        Kind::Wireless => "wireless".to_owned(),
        Kind::Stacked(_) => "stacked".to_owned(),
        Kind::Group(_) => "group".to_owned(),
        Kind::Loopback => "loopback".to_owned(),
        Kind::Other(kind) => kind.clone(),
    }
}

fn check_routes(
    question: &Question<'_>,
    device: &InterfaceName,
    members: &[(InterfaceName, &Member)],
    routes: &[Route],
    refusals: &mut Vec<Refusal>,
) {
    let cures = question.capabilities.cures;
    let remembered = question.receipt.map(|receipt| receipt.routes.as_slice()).unwrap_or_default();
    for (name, interface) in &question.current.interfaces {
        let member = members.iter().any(|(member, _)| member == name);
        if !member {
            // There is room for one route to a place with a metric (fib_table_insert, fib6_add_rt2node); a route that
            // is the group's own already, or was when the file said so, is no obstacle.
            let stands =
                |other: &&Route| name != device || !(routes.iter().chain(remembered).any(|own| own.same(other)));
            let obstacle = |route: &&Route| interface.routes.iter().filter(stands).any(|other| other.same_place(route));
            let taken = routes.iter().filter(obstacle);
            refusals.extend(taken.map(|route| Refusal::RouteTaken {
                route: route.clone(),
                interface: name.clone(),
                cures,
            }));
        } else if interface.membership().is_none() {
            let opaque = interface.own_routes().filter_map(|route| Some((route, route.opaque.clone()?)));
            refusals.extend(opaque.map(|(route, why)| Refusal::RouteOpaque {
                member: name.clone(),
                route: route.clone(),
                why,
                cures,
            }));
        }
    }
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
/// A group that is up keeps the address of whichever member it has: another one is announced to nobody (the kernel sends
/// peer notifications when the active member changes), and the neighbours would send to the old one for seconds.
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
                pinned.and_then(GroupState::owner).is_some_and(|owner| owner == *desired.name())
            };
            let now = current.interface(device).filter(own).and_then(|group| group.mac);
            let kept = now.filter(|now| names.iter().any(|name| of(name) == Some(*now)));
            kept.or_else(|| desired.primary().and_then(of)).or_else(|| names.first().and_then(of))
        }
        _ => None,
    }
}

/// The standbys in the order of the file, so that the system keeps that order, and the primary last: it is often
/// the one that carries the traffic now, and by then the others have their links.
fn in_joining_order(
    members: &[(InterfaceName, &Member)],
    primary: Option<&InterfaceName>,
    question: &Question<'_>,
    kept: bool,
) -> Vec<MemberTarget> {
    let Question { desired, capabilities, .. } = *question;
    let follows = capabilities.rules.settings_follow;
    let probes = follows && desired.detection().probe().is_some();
    let (last, first): (Vec<_>, Vec<_>) = members.iter().partition(|(name, _)| Some(name) == primary);
    let waits = |name: &InterfaceName| follows && primary.is_some_and(|primary| primary != name);
    let target = |(name, member): &(InterfaceName, &Member)| MemberTarget {
        name: name.clone(),
        priority: member.priority.unwrap_or(0),
        standby: waits(name),
        standby_kept: kept && waits(name),
        own_mac: None,
        addresses: member.probe_address.filter(|_| probes).map(|net| probe_address(net, kept)).into_iter().collect(),
        routes: vec![],
    };
    first.into_iter().chain(last).map(target).collect()
}

/// An address that only probes come from.
fn probe_address(net: IpNet, kept: bool) -> Address {
    Address { probe_only: true, kept, ..wanted_address(net, false) }
}

fn note_members(
    current: &Snapshot,
    device: &InterfaceName,
    members: &[(InterfaceName, &Member)],
    capabilities: &Capabilities,
    notes: &mut Vec<Note>,
) {
    for (name, _) in members {
        let Some(interface) = current.interface(name) else { continue };
        let addresses: Vec<_> = interface.own_addresses().cloned().collect();
        let routes: Vec<_> = interface.own_routes().cloned().collect();
        let joins = interface.membership().is_none();
        if joins && !(addresses.is_empty() && routes.is_empty()) {
            notes.push(Note::GivesUp { member: name.clone(), addresses, routes });
        }
        if joins && interface.kind == Kind::Wireless && interface.up && !capabilities.rules.members_stay_on {
            notes.push(Note::WirelessDrops { member: name.clone() });
        }
    }
    let all = members.iter().map(|(name, _)| name).chain([device]);
    for name in all {
        let Some(manager) = current.interface(name).and_then(|interface| interface.manager) else { continue };
        let cure = capabilities.cures.release(name, manager);
        notes.push(Note::Managed { interface: name.clone(), manager, cure });
    }
}
