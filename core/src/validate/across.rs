//! What no two groups may share, whichever files they are in.

use std::collections::BTreeMap;

use crate::group::MemberSelector;
use crate::problem::Place;
use crate::spec::GroupSpec;
use crate::{GroupName, InterfaceName, Problem};

/// Who has something first.
struct Owners<'a, K>(BTreeMap<K, (&'a GroupName, &'a Place)>);

impl<'a, K: Ord> Owners<'a, K> {
    /// Takes note of an owner. Returns the earlier one, if that is another group.
    fn claim(&mut self, key: K, group: &'a GroupName, place: &'a Place) -> Option<(&'a GroupName, &'a Place)> {
        let (first, at) = *self.0.entry(key).or_insert((group, place));
        (first != group).then_some((first, at))
    }
}

/// Everything that two groups claim.
pub(super) fn check(specs: &[GroupSpec]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut groups: BTreeMap<&GroupName, &Place> = BTreeMap::new();
    let mut devices = Owners(BTreeMap::new());
    let mut members = Owners(BTreeMap::new());
    let mut addresses = Owners(BTreeMap::new());
    let named = specs.iter().filter_map(|spec| Some((&spec.name.as_ref()?.value, &spec.name.as_ref()?.place, spec)));
    let mut unique = Vec::new();
    for (name, place, spec) in named {
        if let Some(first) = groups.get(name) {
            // A group that is there twice shares everything with itself; once is enough to say.
            let problem = Problem::new("duplicate-group", place, format!("the group {name} is already there"));
            problems.push(problem.hint("give one of them another name").also(&first.span, "first defined here"));
            continue;
        }
        groups.insert(name, place);
        unique.push((name, spec));
    }
    for (name, spec) in &unique {
        if let Some(device) = &spec.device.value
            && let Some((other, first)) = devices.claim(device.value.clone(), name, &device.place)
        {
            let message = format!("{} is the device of the group {other} already", device.value);
            let problem = Problem::new("duplicate-device", &device.place, message);
            problems.push(problem.hint("name another device").also(&first.span, "first named here"));
        }
        for (selector, place) in selectors(spec) {
            if let Some((other, first)) = members.claim(selector.clone(), name, place) {
                let message = format!("{selector} is a member of the group {other} already");
                let problem = Problem::new("shared-member", place, message);
                problems.push(problem.hint("an interface can be in one group").also(&first.span, "first named here"));
            }
        }
        let probes = spec.members.items().iter().filter_map(|member| member.value.probe_address.value.as_ref());
        for net in spec.addresses.items().iter().chain(probes) {
            let address = net.value.addr();
            if let Some((other, first)) = addresses.claim(address, name, &net.place) {
                let message = format!("{address} is an address of the group {other} already");
                let problem = Problem::new("shared-address", &net.place, message);
                problems.push(problem.hint("give each group its own").also(&first.span, "first given here"));
            }
        }
    }
    for (name, spec) in &unique {
        for (selector, place) in selectors(spec) {
            let MemberSelector::Name(interface) = &selector else { continue };
            let owner = devices.0.get::<InterfaceName>(interface).filter(|(owner, _)| owner != name);
            if let Some((owner, device)) = owner {
                let message = format!("{interface} is the device of the group {owner}");
                let problem = Problem::new("member-is-device", place, message);
                problems
                    .push(problem.hint("a group cannot be a member").also(&device.span, "the device is named here"));
            }
        }
    }
    problems
}

fn selectors(spec: &GroupSpec) -> impl Iterator<Item = (MemberSelector, &Place)> {
    spec.members.items().iter().filter_map(|member| {
        let name = member.value.name.value.as_ref().map(|at| (MemberSelector::Name(at.value.clone()), &at.place));
        name.or_else(|| member.value.mac.value.as_ref().map(|at| (MemberSelector::PermanentMac(at.value), &at.place)))
    })
}
