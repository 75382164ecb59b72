//! One interface of a host: what it is, what it has, and who manages it.

use serde::{Deserialize, Serialize};

use super::{Controller, GroupState, Membership};
use crate::mode::words;
use crate::{Address, InterfaceName, MacAddress, Route};

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
