//! What is known of a host, to be read elsewhere: enough to plan for it without it.
//!
//! Made from a [`Snapshot`] and what a backend tells beside it. Its form is a promise: `docs/reference/json.md`.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::backend::Hardware;
use crate::identity::{Identity, Os, index_of};
use crate::snapshot::{Interface, Kind};
use crate::{GroupName, InterfaceName, MacAddress, Receipt, Snapshot};

/// The facts of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostFacts {
    /// [`HostFacts::SCHEMA`].
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The number at the end of its name.
    #[serde(default)]
    pub index: Option<u64>,
    /// Its system.
    pub os: Option<Os>,
    /// Its interfaces, for people and templates.
    #[serde(default)]
    pub interfaces: Vec<InterfaceFacts>,
    /// All that plans are made from.
    pub snapshot: Snapshot,
    /// What mpath remembers of groups that are up.
    #[serde(default)]
    pub receipts: BTreeMap<GroupName, Receipt>,
}

/// The facts of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceFacts {
    /// Its name.
    pub name: InterfaceName,
    /// What it is: `ethernet`, `wireless`, `stacked`, `group`, `loopback`, or the system's word.
    pub kind: String,
    /// The MAC address that it was made with, or else the one that it has.
    pub mac: Option<MacAddress>,
    /// Whether an administrator switched it on.
    pub up: bool,
    /// Whether it has a link.
    pub carrier: bool,
    /// Its speed in Mbit/s, where it tells.
    pub speed: Option<u32>,
    /// Its driver, where that is known.
    pub driver: Option<String>,
    /// The radio that it is on, where it is wireless.
    pub phy: Option<String>,
    /// The group's device that it works for.
    pub group: Option<InterfaceName>,
    /// Its addresses.
    pub addresses: Vec<IpNet>,
}

impl HostFacts {
    /// The schema of what is written today.
    pub const SCHEMA: &'static str = "mpath.facts/1";

    /// The facts of a host.
    pub fn of(
        identity: &Identity,
        snapshot: Snapshot,
        hardware: &dyn Fn(&InterfaceName) -> Hardware,
        receipts: BTreeMap<GroupName, Receipt>,
    ) -> Self {
        let name = identity.name.clone().unwrap_or_default();
        let interfaces =
            snapshot.interfaces.iter().map(|(name, interface)| of_interface(name, interface, hardware(name)));
        Self {
            schema: Self::SCHEMA.to_owned(),
            index: index_of(&name),
            name,
            os: identity.os,
            interfaces: interfaces.collect(),
            receipts,
            snapshot,
        }
    }

    /// Who the host is.
    pub fn identity(&self) -> Identity {
        let identity = Identity { os: self.os, ..Identity::named(self.name.as_str(), Os::Linux) };
        identity.with_links(&self.snapshot)
    }
}

fn of_interface(name: &InterfaceName, interface: &Interface, hardware: Hardware) -> InterfaceFacts {
    let kind = match &interface.kind {
        Kind::Ethernet => "ethernet",
        Kind::Wireless => "wireless",
        Kind::Stacked(_) => "stacked",
        Kind::Group(_) => "group",
        Kind::Loopback => "loopback",
        Kind::Other(word) => word,
    };
    InterfaceFacts {
        name: name.clone(),
        kind: kind.to_owned(),
        mac: interface.permanent_mac.or(interface.mac),
        up: interface.up,
        carrier: interface.carrier,
        speed: interface.speed.or(hardware.speed),
        driver: hardware.driver,
        phy: hardware.phy,
        group: interface.membership().map(|membership| membership.device.clone()),
        addresses: interface.addresses.iter().map(|address| address.net).collect(),
    }
}
