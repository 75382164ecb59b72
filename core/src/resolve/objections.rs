//! What stands against a group on a host, beside its members.

use std::collections::BTreeMap;

use super::Question;
use super::members::kind_word;
use crate::capability::{Capabilities, Feature, Obstacle, Unsupported};
use crate::group::Member;
use crate::mode::ModeName;
use crate::note::Note;
use crate::refusal::Refusal;
use crate::settings::{Failback, MacSharing};
use crate::snapshot::{GroupState, HostWide};
use crate::target::InterfaceTarget;
use crate::{GroupSettings, InterfaceName, Millis, Route, Snapshot};

pub(super) fn check_device(
    question: &Question<'_>,
    device: &InterfaceName,
    refusals: &mut Vec<Refusal>,
    notes: &mut Vec<Note>,
) {
    let own = question.desired.name();
    let mark = GroupState::label_of(own);
    let remembered = question.receipt.map(|receipt| &receipt.device);
    let elsewhere = question.current.labelled(&mark).chain(remembered).find(|other| *other != device);
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
pub(super) fn is_untouched(host: &Snapshot, device: &InterfaceName) -> bool {
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

pub(super) fn check_obstacles(
    capabilities: &Capabilities,
    device: &InterfaceName,
    members: &[(InterfaceName, &Member)],
    (persistent, ipv6): (bool, bool),
    refusals: &mut Vec<Refusal>,
) {
    let ours = |name: &InterfaceName| name == device || members.iter().any(|(member, _)| member == name);
    let concerns = |obstacle: &&Obstacle| {
        obstacle.interfaces.iter().all(ours) && (persistent || !obstacle.of_lasting) && (ipv6 || !obstacle.of_ipv6)
    };
    let matters = capabilities.obstacles.iter().filter(concerns);
    refusals.extend(matters.cloned().map(Refusal::Obstacle));
}

pub(super) fn check_probe_addresses(
    question: &Question<'_>,
    members: &[(InterfaceName, &Member)],
    refusals: &mut Vec<Refusal>,
) {
    if !question.capabilities.rules.settings_follow || question.desired.detection().probe().is_none() {
        return;
    }
    let without = members.iter().filter(|(_, member)| member.probe_address.is_none());
    refusals.extend(without.map(|(name, _)| Refusal::NoProbeAddress { member: name.clone() }));
}

/// An address that is there and another host's too is none that works.
pub(super) fn check_duplicates(
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

/// A member that leaves gets the routes of its lease back, whose client makes them, and there is one place for a route.
pub(super) fn check_returning_routes(
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

pub(super) fn check_routes(
    question: &Question<'_>,
    device: &InterfaceName,
    members: &[(InterfaceName, &Member)],
    routes: &[Route],
    refusals: &mut Vec<Refusal>,
) {
    let cures = question.capabilities.cures;
    let remembered = question.receipt.map(|receipt| receipt.routes.as_slice()).unwrap_or_default();
    let current = question.current;
    let in_the_way = routes.iter().flat_map(|route| current.leading(route.to, route.table));
    let own = members.iter().filter_map(|(name, _)| current.interfaces.get_key_value(name));
    for (name, interface) in in_the_way.chain(own).collect::<BTreeMap<_, _>>() {
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

/// What the group needs of the settings of the whole host, unless another group needs otherwise.
pub(super) fn host_wide(
    question: &Question<'_>,
    device: &InterfaceName,
    refusals: &mut Vec<Refusal>,
) -> Option<HostWide> {
    let Question { desired, current, capabilities, .. } = *question;
    let (now, rules) = (current.host_wide?, &capabilities.rules);
    let time = |interval: Millis| Millis::new(interval.get().saturating_mul(rules.probes_per_failure));
    let time = desired.detection().probe().map(|probe| time(probe.interval));
    let wanted = HostWide { failback: desired.failback(), probe_time: time.unwrap_or(now.probe_time) };
    if wanted == now {
        // Nobody has anything against what is so already.
        return Some(wanted);
    }
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

/// Whether the group is, or becomes, one that comes back after a boot. What is there until the next boot and what lasts
/// do not go together in one group (`ipmgmt_ipmp_update_handler` of illumos refuses it), so a group keeps its kind.
pub(super) fn persistence(question: &Question<'_>, device: &InterfaceName, refusals: &mut Vec<Refusal>) -> bool {
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
    let persistent = kind.unwrap_or(persist);
    if let Some(missing) = capabilities.check_persistent(desired).filter(|_| persistent) {
        // One that is there and lasts is not made to pass by a word less.
        let cure = kind.is_none().then_some("leave `--persist` out: the group is then there until the next boot");
        refusals.push(Refusal::Unsupported(Unsupported { cure: missing.cure.or(cure), ..missing }));
    }
    persistent
}
