//! Who is in the group, who is preferred, and whose MAC address it shows.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use crate::group::{MacPolicy, Member, MemberSelector};
use crate::mode::ModeName;
use crate::problem::{Place, either};
use crate::spec::keys::nearest;
use crate::spec::{At, MemberSpec};
use crate::{InterfaceName, Problem};

impl Check<'_> {
    pub(super) fn members(&mut self) -> Vec<Member> {
        let spec = self.spec;
        let Some(list) = &spec.members.value else {
            if spec.members.key.is_none() {
                self.report(
                    Problem::new("missing-key", &spec.header, "the group has no `members`")
                        .hint("write members = [\"eth1\", \"eth0\"], with the names of your interfaces"),
                );
            }
            return Vec::new();
        };
        if list.value.items.is_empty() && list.value.complete {
            self.report(
                Problem::new("empty-list", &list.place, "the group has no members")
                    .allowed("one interface and more")
                    .hint("write members = [\"eth1\", \"eth0\"], with the names of your interfaces"),
            );
        }
        let mut seen: BTreeMap<MemberSelector, &Place> = BTreeMap::new();
        let mut members = Vec::new();
        for entry in &list.value.items {
            let priority = self.taken("members[].prio", &entry.value.prio).copied();
            let Some((selector, place)) = self.selector(entry) else { continue };
            if let Some(first) = seen.get(&selector) {
                let problem = Problem::new("duplicate-member", place, format!("{selector} is a member already"));
                self.report(problem.also(&first.span, "first named here").hint("name it once"));
            }
            if let (MemberSelector::Name(name), Some(device)) = (&selector, &spec.device.value)
                && *name == device.value
            {
                let message = format!("{name} is the group's own device");
                let problem = Problem::new("member-is-device", place, message);
                self.report(problem.also(&device.place.span, "the device is named here"));
            }
            seen.entry(selector.clone()).or_insert(place);
            members.push(Member {
                selector,
                priority,
                optional: entry.value.optional.get().copied().unwrap_or(false),
                probe_address: entry.value.probe_address.get().copied(),
            });
        }
        members
    }

    /// How a member is found, and where the file says so.
    fn selector<'m>(&mut self, entry: &'m At<MemberSpec>) -> Option<(MemberSelector, &'m Place)> {
        let MemberSpec { name, mac, .. } = &entry.value;
        match (&name.key, &mac.key) {
            (Some(_), Some(second)) => {
                self.report(
                    Problem::new("member-selector", second, "the member has a `name` and a `mac`")
                        .allowed("one of `name` and `mac`")
                        .hint("take one of them out"),
                );
                return None;
            }
            (None, None) => {
                self.report(
                    Problem::new("member-selector", &entry.place, "the member has no `name` and no `mac`")
                        .allowed("one of `name` and `mac`")
                        .hint("write { name = \"eth1\" }, or { mac = \"…\" } with a permanent MAC address"),
                );
                return None;
            }
            _ => {}
        }
        let by_name = name.value.as_ref().map(|at| (MemberSelector::Name(at.value.clone()), &at.place));
        by_name.or_else(|| mac.value.as_ref().map(|at| (MemberSelector::PermanentMac(at.value), &at.place)))
    }

    pub(super) fn primary(&mut self) -> Option<InterfaceName> {
        let spec = self.spec;
        let primary = self.taken("primary", &spec.primary)?;
        self.must_be_member(primary, &spec.primary.value.as_ref()?.place);
        Some(primary.clone())
    }

    /// Reports a name that is none of the members'.
    fn must_be_member(&mut self, name: &InterfaceName, place: &Place) {
        let entries = self.spec.members.items();
        // A member that could not be read may be the one.
        let unknown = self.spec.members.has_gaps()
            || self.spec.members.key.is_none()
            || entries.is_empty()
            || entries.iter().any(|entry| entry.value.name.failed());
        let named: BTreeSet<_> = entries.iter().filter_map(|entry| entry.value.name.get()).collect();
        if unknown || named.contains(name) {
            return;
        }
        let names: Vec<_> = named.into_iter().map(InterfaceName::as_str).collect();
        let problem = Problem::new("not-a-member", place, format!("{name} is not the name of a member"));
        let by_mac = entries.iter().any(|entry| entry.value.mac.key.is_some());
        self.report(match nearest(name.as_str(), names.iter().copied()) {
            _ if names.is_empty() => problem.hint("no member is named here: choose the preferred one by `name`"),
            Some(near) if !by_mac => {
                problem.allowed(either(&names)).hint(format!("write \"{near}\", or add \"{name}\" to `members`"))
            }
            _ if by_mac => {
                let hint = format!("if a member that is chosen by `mac` is meant, write {{ name = \"{name}\" }} there");
                problem.allowed(either(&names)).hint(hint)
            }
            _ => problem.allowed(either(&names)).hint(format!("add \"{name}\" to `members`")),
        });
    }

    pub(super) fn mac(&mut self) -> MacPolicy {
        let Some(mac) = &self.spec.mac.value else { return MacPolicy::Auto };
        let word = match &mac.value {
            MacPolicy::Member(name) => {
                self.must_be_member(name, &mac.place);
                return mac.value.clone();
            }
            MacPolicy::Active => "active",
            MacPolicy::Follow => "follow",
            MacPolicy::Auto | MacPolicy::Shared | MacPolicy::Fixed(_) => return mac.value.clone(),
        };
        // The kernel's fail_over_mac acts in this mode alone (`bond_enslave` asks for it).
        if let Some(mode) = self.mode.filter(|mode| *mode != ModeName::ActiveBackup) {
            let message = format!("{} does not take \"{word}\"", self.mode_in_words(mode));
            let hint = "take it out, write \"shared\", or set `mode`";
            self.not_in_mode(&mac.place, message, &[ModeName::ActiveBackup], hint);
        }
        mac.value.clone()
    }
}
