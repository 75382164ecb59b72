//! A host as it is at one moment, as far as failover groups are concerned.
//!
//! Made by a backend's `observe`, never changed by it; [`effect`](crate::effect) predicts the next one.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::capability::GroupRules;
pub use crate::interfaces::Interfaces;

use crate::detection::{LinkDetection, ProbeDetection};
use crate::mode::words;
use crate::settings::Failback;
use crate::{Address, Detection, GroupName, GroupSettings, InterfaceName, MacAddress, Millis, Route};

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

/// One interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// What it is.
    pub kind: Kind,
    /// Whether an administrator switched it on.
    #[serde(default)]
    pub up: bool,
    /// Whether it has a link. Changes by itself.
    #[serde(default)]
    pub carrier: bool,
    /// Its MAC address now.
    #[serde(default)]
    pub mac: Option<MacAddress>,
    /// The MAC address that it was made with.
    #[serde(default)]
    pub permanent_mac: Option<MacAddress>,
    /// Its largest packet, in bytes.
    #[serde(default = "usual_mtu")]
    pub mtu: u32,
    /// The device that it works for.
    #[serde(default)]
    pub controller: Option<Controller>,
    /// Its addresses, in the system's order.
    #[serde(default)]
    pub addresses: Vec<Address>,
    /// The routes that lead over it, in the system's order.
    #[serde(default)]
    pub routes: Vec<Route>,
    /// Whether it listens to router advertisements.
    #[serde(default = "usual_accept_ra")]
    pub accept_ra: AcceptRa,
    /// The program that manages it and may undo what others do.
    #[serde(default)]
    pub manager: Option<Manager>,
    /// Its speed in Mbit/s, where it tells.
    #[serde(default)]
    pub speed: Option<u32>,
    /// Whether the next boot brings it back, on platforms where mpath can see to that: a group's device, and what makes
    /// an interface be on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub persistent: bool,
}

/// Ethernet's (RFC 894).
fn usual_mtu() -> u32 {
    1500
}

/// Linux's own default of `accept_ra`.
fn usual_accept_ra() -> AcceptRa {
    AcceptRa::Unless
}

/// What an interface is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A wired network card, or something that behaves like one.
    Ethernet,
    /// A wireless network card.
    Wireless,
    /// One that stands on another and shows its address, such as a VLAN; and which, where that is known.
    Stacked(Option<InterfaceName>),
    /// A group's own device.
    Group(Box<GroupState>),
    /// The loopback interface.
    Loopback,
    /// Anything else, by the system's word for it.
    Other(String),
}

/// What only a group's device has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupState {
    /// Its settings.
    pub settings: GroupSettings,
    /// The text that marks whose it is (`ifalias` on Linux).
    #[serde(default)]
    pub label: Option<String>,
    /// The member that carries the traffic now. Changes by itself.
    #[serde(default)]
    pub active: Option<InterfaceName>,
    /// Whether a DHCP client works on it.
    #[serde(default)]
    pub dhcp: Dhcp,
}

/// Which DHCP clients work on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Dhcp {
    /// For IPv4.
    pub v4: bool,
    /// For IPv6.
    pub v6: bool,
}

/// The device that an interface works for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Controller {
    /// A group's device.
    Group(Membership),
    /// A device of another kind, such as a bridge.
    Other {
        /// Its name.
        name: InterfaceName,
        /// The system's word for its kind.
        kind: String,
    },
}

impl Controller {
    /// The name of the device.
    pub fn device(&self) -> &InterfaceName {
        match self {
            Self::Group(membership) => &membership.device,
            Self::Other { name, .. } => name,
        }
    }
}

/// An interface's part in a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The group's device.
    pub device: InterfaceName,
    /// Its rank; 0 is none.
    #[serde(default)]
    pub priority: i32,
    /// Whether it waits until another fails, on platforms that say so of each member.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub standby: bool,
    /// Whether it waits so after the next boot, where that puts it into the group again; only that counts then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub standby_kept: bool,
    /// Whether the next boot puts it into the group again, on platforms where mpath can see to that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub persistent: bool,
    /// What the group thinks of it. Changes by itself.
    pub state: MemberState,
    /// Whether it carries traffic now. Changes by itself.
    #[serde(default)]
    pub active: bool,
    /// How often it has failed since it joined.
    #[serde(default)]
    pub failures: u32,
    /// The MAC address that it had when it joined and gets back when it leaves.
    #[serde(default)]
    pub own_mac: Option<MacAddress>,
    /// The MTU that it had when it joined and gets back when it leaves. No system tells; a receipt knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_mtu: Option<u32>,
}

impl Membership {
    /// A fresh membership of an interface, before anything has been heard of it.
    pub fn new(device: InterfaceName, own_mac: Option<MacAddress>) -> Self {
        let state = MemberState::Unknown;
        Self {
            device,
            priority: 0,
            standby: false,
            standby_kept: false,
            persistent: false,
            state,
            active: false,
            failures: 0,
            own_mac,
            own_mtu: None,
        }
    }
}

words! {
    /// What a group thinks of a member; `ipmpstat`'s words, and the two that a delay needs.
    MemberState {
        /// It works.
        Ok = "ok",
        /// It has failed, and the group waits before it leaves it.
        Failing = "failing",
        /// It does not work.
        Failed = "failed",
        /// It works again, and the group waits before it uses it.
        Recovering = "recovering",
        /// An administrator took it out of use for the time being.
        Offline = "offline",
        /// The platform says something that mpath does not know.
        Unknown = "unknown",
    }
}

words! {
    /// Whether an interface listens to router advertisements.
    AcceptRa {
        /// It does not.
        No = "no",
        /// It does, unless the host forwards packets.
        Unless = "unless-forwarding",
        /// It does, always.
        Always = "always",
    }
}

words! {
    /// A program that manages interfaces.
    Manager {
        /// NetworkManager.
        NetworkManager = "NetworkManager",
        /// systemd-networkd.
        Networkd = "systemd-networkd",
    }
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
}

impl Snapshot {
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
        // All is asked before the first is changed, and what is asked by lost with that.
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

impl Interface {
    /// A fresh interface of a kind: down, no addresses, MTU 1500.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            up: false,
            carrier: false,
            mac: None,
            permanent_mac: None,
            mtu: usual_mtu(),
            controller: None,
            addresses: Vec::new(),
            routes: Vec::new(),
            accept_ra: usual_accept_ra(),
            manager: None,
            speed: None,
            persistent: false,
        }
    }

    /// What only a group's device has.
    pub fn group(&self) -> Option<&GroupState> {
        match &self.kind {
            Kind::Group(state) => Some(state),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub fn group_mut(&mut self) -> Option<&mut GroupState> {
        match &mut self.kind {
            Kind::Group(state) => Some(state),
            _ => None,
        }
    }

    /// What it stands on, where that is known.
    pub(crate) fn lower(&self) -> Option<&InterfaceName> {
        match &self.kind {
            Kind::Stacked(lower) => lower.as_ref(),
            _ => None,
        }
    }

    /// Its part in a group.
    pub fn membership(&self) -> Option<&Membership> {
        match &self.controller {
            Some(Controller::Group(membership)) => Some(membership),
            _ => None,
        }
    }

    /// The addresses that somebody gave it.
    pub fn own_addresses(&self) -> impl DoubleEndedIterator<Item = &Address> {
        self.addresses.iter().filter(|address| !address.automatic)
    }

    /// The routes that somebody gave it.
    pub fn own_routes(&self) -> impl DoubleEndedIterator<Item = &Route> {
        self.routes.iter().filter(|route| !route.automatic)
    }
}

impl GroupState {
    /// The mark of mpath's own devices; what follows is the group's name.
    pub(crate) const MARK: &'static str = "mpath:";

    /// The label of a group's device.
    pub(crate) fn label_of(group: &GroupName) -> String {
        format!("{}{group}", Self::MARK)
    }

    /// The group that it was made for, if mpath made it.
    pub fn owner(&self) -> Option<GroupName> {
        GroupName::new(self.label.as_deref()?.strip_prefix(Self::MARK)?).ok()
    }
}
