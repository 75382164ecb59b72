//! Which interfaces of a host are the members, and how each shall be.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::{Question, wanted_address};
use crate::capability::Capabilities;
use crate::group::{Member, MemberSelector};
use crate::note::Note;
use crate::receipt::Receipt;
use crate::refusal::Refusal;
use crate::snapshot::{Controller, Kind};
use crate::target::{InterfaceTarget, MemberTarget, Target};
use crate::{Address, Group, InterfaceName, Snapshot};

/// The members that are there, in the order of the file.
pub(super) fn find_members<'a>(
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
            let cards = current.made_with(*mac).filter(|(_, interface)| is_card(&interface.kind));
            cards.map(|(name, _)| name.clone()).collect()
        }
    }
}

/// The members that a group does not come up without, and that are not there.
pub fn awaited(desired: &Group, current: &Snapshot) -> Vec<MemberSelector> {
    let needed = desired.members().iter().filter(|member| !member.optional);
    needed
        .filter(|member| matching(current, &member.selector).is_empty())
        .map(|member| member.selector.clone())
        .collect()
}

pub(super) fn find(question: &Question<'_>, member: &Member) -> Result<Option<InterfaceName>, Refusal> {
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
pub(super) fn is_card(kind: &Kind) -> bool {
    matches!(kind, Kind::Ethernet | Kind::Wireless)
}

/// The name that looks most like a text, if one looks like it at all.
pub fn nearest<'a, N: std::borrow::Borrow<str>>(text: &str, names: &'a [N]) -> Option<&'a N> {
    let scored = names.iter().map(|name| (strsim::jaro_winkler(text, name.borrow()), name));
    let best = scored.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (best.0 > 0.8).then_some(best.1)
}

pub(super) fn unfit(question: &Question<'_>, device: &InterfaceName, name: &InterfaceName) -> Option<Refusal> {
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

pub(super) fn kind_word(kind: &Kind) -> String {
    match kind {
        Kind::Ethernet => "wired".to_owned(),
        Kind::Wireless => "wireless".to_owned(),
        Kind::Stacked(_) => "stacked".to_owned(),
        Kind::Group(_) => "group".to_owned(),
        Kind::Loopback => "loopback".to_owned(),
        Kind::Other(kind) => kind.clone(),
    }
}

/// Interfaces that are, or were, in the group and shall not be: each as the receipt remembers it.
pub(super) fn former_members(
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

/// The standbys in the order of the file, so that the system keeps that order, and the primary last: it is often
/// the one that carries the traffic now, and by then the others have their links.
pub(super) fn in_joining_order(
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
pub(super) fn probe_address(net: IpNet, kept: bool) -> Address {
    Address { probe_only: true, kept, ..wanted_address(net, false) }
}

pub(super) fn note_members(
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
