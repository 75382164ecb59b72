//! A configuration file as its author wrote it: every key that is there, read by itself, with its place.
//!
//! In: the text. Out: a [`Spec`] and what is wrong with single keys: syntax, unknown keys, types, forms, ranges. How
//! keys go together is the business of [`validate`](mod@crate::validate).

mod document;
mod duplicates;
pub mod form;
mod group;
mod hook;
pub mod keys;
pub mod layers;
mod value;
mod walk;

pub(crate) use group::in_group as header;
pub(crate) use value::not_a_host;

use std::net::IpAddr;

use ipnet::IpNet;

use crate::detection::ProbeValidation;
use crate::group::MacPolicy;
use crate::mode::{LacpRate, LacpSelect, ModeName, TransmitHash};
use crate::problem::Place;
use crate::settings::Failback;
use crate::{GroupName, InterfaceName, MacAddress, Millis, Problem, SourceFile};

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spec {
    /// Its groups, in the order of their headers.
    pub groups: Vec<GroupSpec>,
    /// Its hooks, in their order.
    pub hooks: Vec<HookSpec>,
    /// Whether all of the text could be read; if not, a key that seems missing may be there.
    pub complete: bool,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// The place of the value.
    pub(crate) place: Place,
}

/// What a table has for a key: nothing, a value, or something that could not be read and is already complained of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<T> {
    /// The place of the key, if the table has it.
    pub(crate) key: Option<Place>,
    /// Its value, if that could be read.
    pub(crate) value: Option<At<T>>,
}

/// The entries of a list that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T> {
    /// The entries.
    pub(crate) items: Vec<At<T>>,
    /// Whether these are all.
    pub(crate) complete: bool,
}

/// A table `[group.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the keys, which docs/reference/mpath-toml.md describes")]
pub struct GroupSpec {
    /// The name, if it is one, at its key.
    pub name: Option<At<GroupName>>,
    /// The table's header.
    pub(crate) header: Place,
    pub device: Field<InterfaceName>,
    pub members: Field<List<MemberSpec>>,
    pub primary: Field<InterfaceName>,
    pub(crate) mode: Field<ModeName>,
    pub(crate) detection: Field<DetectionSpec>,
    pub(crate) failback: Field<Failback>,
    pub(crate) mac: Field<MacPolicy>,
    pub(crate) peer_notifications: Field<u8>,
    pub(crate) mtu: Field<u32>,
    pub(crate) addresses: Field<List<IpNet>>,
    pub(crate) gateway: Field<List<IpAddr>>,
    pub(crate) gateway6: Field<IpAddr>,
    pub(crate) routes: Field<List<RouteSpec>>,
    pub(crate) dhcp: Field<bool>,
    pub(crate) dhcp6: Field<bool>,
    pub(crate) accept_ra: Field<bool>,
    pub(crate) transmit_hash: Field<TransmitHash>,
    pub(crate) packets_per_member: Field<u16>,
    pub(crate) learning_interval: Field<u32>,
    pub(crate) dynamic_balance: Field<bool>,
    pub(crate) lacp: Field<LacpSpec>,
}

/// A table `[[hook]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookSpec {
    /// The table's header.
    pub(crate) header: Place,
    pub(crate) on: Field<List<&'static str>>,
    pub(crate) groups: Field<List<GroupName>>,
    pub(crate) run: Field<List<String>>,
    pub(crate) timeout: Field<Millis>,
    pub(crate) user: Field<String>,
}

/// An entry of `members`; a plain string is its `name`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the fields are the keys, which docs/reference/mpath-toml.md describes")]
pub struct MemberSpec {
    pub name: Field<InterfaceName>,
    pub(crate) mac: Field<MacAddress>,
    pub(crate) prio: Field<i32>,
    pub(crate) optional: Field<bool>,
    pub(crate) probe_address: Field<IpNet>,
}

/// The table `detection`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct DetectionSpec {
    pub(crate) link: Field<LinkSpec>,
    pub(crate) probe: Field<ProbeSpec>,
}

/// The table `detection.link`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct LinkSpec {
    pub(crate) interval: Field<Millis>,
    pub(crate) up_delay: Field<Millis>,
    pub(crate) down_delay: Field<Millis>,
}

/// The table `detection.probe`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ProbeSpec {
    pub(crate) interval: Field<Millis>,
    pub(crate) targets: Field<List<IpAddr>>,
    pub(crate) missed: Field<u8>,
    pub(crate) validate: Field<ProbeValidation>,
    pub(crate) all_targets: Field<bool>,
}

/// An entry of `routes`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RouteSpec {
    pub(crate) to: Field<Destination>,
    pub(crate) via: Field<IpAddr>,
    pub(crate) metric: Field<u32>,
}

/// Where a route leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destination {
    /// Everywhere, in the family of the next hop.
    Default,
    /// To a network.
    Net(IpNet),
}

/// The table `lacp`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct LacpSpec {
    pub(crate) rate: Field<LacpRate>,
    pub(crate) active: Field<bool>,
    pub(crate) select: Field<LacpSelect>,
    pub(crate) min_links: Field<u32>,
    pub(crate) system_priority: Field<u16>,
    pub(crate) system: Field<MacAddress>,
    pub(crate) port_key: Field<u16>,
}

impl Spec {
    /// Reads a file, the `source`th of its list.
    pub fn parse(source: usize, file: &SourceFile) -> (Self, Vec<Problem>) {
        let document = document::Document::read(source, &file.text);
        let mut walk = walk::Walk::new(source, document.problems);
        let (groups, hooks) = match &document.readable {
            Some(readable) => walk::top(&mut walk, &document::tree(readable)),
            None => Default::default(),
        };
        (Self { groups, hooks, complete: document.complete }, walk.problems)
    }
}

impl<T> Default for Field<T> {
    fn default() -> Self {
        Self { key: None, value: None }
    }
}

impl<T> Field<T> {
    /// The value, if there is one and it could be read.
    pub fn get(&self) -> Option<&T> {
        self.value.as_ref().map(|at| &at.value)
    }

    /// Whether it is there, but could not be read.
    pub(crate) fn failed(&self) -> bool {
        self.key.is_some() && self.value.is_none()
    }
}

impl<T> Field<List<T>> {
    /// The entries that could be read.
    pub fn items(&self) -> &[At<T>] {
        self.get().map_or(&[], |list| &list.items)
    }

    /// Whether there are entries that could not be read.
    pub(crate) fn has_gaps(&self) -> bool {
        self.failed() || self.get().is_some_and(|list| !list.complete)
    }
}
