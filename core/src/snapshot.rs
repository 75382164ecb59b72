//! A host as it is at one moment, as far as failover groups are concerned.
//!
//! Made by a backend's `observe`, never changed by it; [`effect`](crate::effect) predicts the next one.

mod group_state;
mod interface;
mod membership;

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::capability::GroupRules;
use crate::detection::{LinkDetection, ProbeDetection};
pub use crate::interfaces::Interfaces;
use crate::settings::Failback;
use crate::{Detection, InterfaceName, MacAddress, Millis};

pub use group_state::{Dhcp, GroupState};
pub use interface::{AcceptRa, Interface, Kind, Manager};
pub use membership::{Controller, MemberState, Membership};

/// A host at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// Whether the system can make groups now.
    #[serde(default)]
    pub driver: Driver,
    /// What holds for all groups of the host at once, on platforms that have such settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_wide: Option<HostWide>,
    /// Every interface, by its name.
    #[serde(default)]
    pub interfaces: Interfaces,
}

/// Settings that a platform has once for the whole host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostWide {
    /// When primaries are taken back.
    pub failback: Failback,
    /// How long probes go unanswered before a member has failed.
    pub probe_time: Millis,
}

/// Whether the system can make groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Driver {
    /// It can.
    #[default]
    Ready,
    /// Its driver must be loaded first.
    NotLoaded,
}

impl Snapshot {
    /// An interface by name.
    pub fn interface(&self, name: &InterfaceName) -> Option<&Interface> {
        self.interfaces.get(name)
    }

    /// The group's device of a name.
    pub fn group(&self, device: &InterfaceName) -> Option<&GroupState> {
        self.interface(device)?.group()
    }

    /// The members of a group's device, by name.
    pub fn members<'a>(
        &'a self,
        device: &'a InterfaceName,
    ) -> impl Iterator<Item = (&'a InterfaceName, &'a Membership)> {
        self.interfaces
            .candidates(move |index| index.working_for.get(device))
            .filter_map(move |(name, interface)| Some((name, interface.membership()?)))
            .filter(move |(_, membership)| membership.device == *device)
    }

    /// The groups' devices with a label.
    pub(crate) fn labelled(&self, label: &str) -> impl Iterator<Item = &InterfaceName> {
        let has =
            move |interface: &Interface| interface.group().is_some_and(|group| group.label.as_deref() == Some(label));
        let candidates = self.interfaces.candidates(|index| index.labelled.get(label));
        candidates.filter(move |(_, interface)| has(interface)).map(|(name, _)| name)
    }

    /// The interfaces that were made with a MAC address.
    pub(crate) fn made_with(&self, mac: MacAddress) -> impl Iterator<Item = (&InterfaceName, &Interface)> {
        let candidates = self.interfaces.candidates(move |index| index.made_with.get(&mac));
        candidates.filter(move |(_, interface)| interface.permanent_mac == Some(mac))
    }

    /// The interfaces that a route to there in this table leads over.
    pub(crate) fn leading(&self, to: IpNet, table: Option<u32>) -> impl Iterator<Item = (&InterfaceName, &Interface)> {
        let leads = move |interface: &Interface| interface.routes.iter().any(|r| r.to == to && r.table == table);
        let candidates = self.interfaces.candidates(move |index| index.leading.get(&(to, table)));
        candidates.filter(move |(_, interface)| leads(interface))
    }

    /// The interfaces that stand on another.
    pub(crate) fn stacked(&self) -> impl Iterator<Item = (&InterfaceName, &Interface)> {
        self.interfaces.candidates(|index| Some(&index.stacked)).filter(|(_, interface)| interface.lower().is_some())
    }

    /// The part of it that concerns these interfaces; names that are not there are left out.
    pub fn scoped<'a>(&self, names: impl IntoIterator<Item = &'a InterfaceName>) -> Self {
        let interfaces =
            names.into_iter().filter_map(|name| Some((name.clone(), self.interface(name)?.clone()))).collect();
        Self { driver: self.driver, host_wide: self.host_wide, interfaces }
    }

    /// Lets the settings that are none of their own follow from the members and the host, on platforms where they do
    /// ([`GroupRules::settings_follow`]).
    pub fn let_settings_follow(&mut self, rules: &GroupRules) {
        if !rules.settings_follow {
            return;
        }
        let Some(host_wide) = self.host_wide else { return };
        let interval = Millis::new(host_wide.probe_time.get() / rules.probes_per_failure.max(1));
        let follow = |device: &InterfaceName| {
            let mut first: Vec<_> = self.members(device).filter(|(_, m)| !m.standby).map(|(n, _)| n.clone()).collect();
            let alone = self.members(device).count() == 1;
            let probes = self.members(device).any(|(name, _)| {
                self.interface(name).is_some_and(|interface| interface.addresses.iter().any(|a| a.probe_only))
            });
            (if first.len() == 1 && !alone { first.pop() } else { None }, probes)
        };
        let devices = self.interfaces.iter().filter(|(_, interface)| interface.group().is_some());
        // Everything is asked before anything is changed: the first change takes the index away.
        let mut follow: BTreeMap<_, _> = devices.map(|(device, _)| (device.clone(), follow(device))).collect();
        for (device, interface) in &mut self.interfaces {
            let (Some((primary, probes)), Some(group)) = (follow.remove(device), interface.group_mut()) else {
                continue;
            };
            group.settings.primary = primary;
            group.settings.failback = host_wide.failback;
            group.settings.detection = Some(if probes {
                Detection::LinkAndProbe(LinkDetection::AT_ONCE, ProbeDetection::every(interval))
            } else {
                Detection::Link(LinkDetection::AT_ONCE)
            });
        }
    }

    /// What was configured, without all that changes by itself: links, the active member, lifetimes, what the
    /// system adds on its own, who manages what. Equal configurations mean that nothing was left behind.
    pub fn configuration(&self) -> Self {
        let mut settled = self.clone();
        for interface in settled.interfaces.values_mut() {
            interface.carrier = false;
            interface.manager = None;
            interface.speed = None;
            interface.addresses.retain(|address| !address.automatic);
            interface.routes.retain(|route| !route.automatic);
            for address in &mut interface.addresses {
                (address.lifetime, address.duplicate, address.out_of_use) = (None, None, false);
            }
            // Systems list by subnet and prefix; only the order within a subnet is somebody's choice.
            interface.addresses.sort_by_key(|address| (address.is_ipv6(), address.net.trunc()));
            interface.routes.sort_by_key(|route| (route.is_ipv6(), route.to, route.metric, route.table, route.via));
            if let Some(group) = interface.group_mut() {
                group.active = None;
            }
            if let Some(Controller::Group(membership)) = &mut interface.controller {
                *membership = Membership {
                    priority: membership.priority,
                    standby: membership.standby,
                    standby_kept: membership.standby_kept,
                    persistent: membership.persistent,
                    ..Membership::new(membership.device.clone(), membership.own_mac)
                };
            }
        }
        settled
    }
}
