//! What the interfaces of one group shall look like, in terms of the host: a group as wanted, or a state of before.
//!
//! In: a [`Group`](crate::Group) (or a [`Receipt`](crate::Receipt)) and a [`Snapshot`]. Out: a [`Target`], which [`plan`](crate::plan) compares
//! with the snapshot. Everything that depends on the host is decided here: names, MAC addresses, what is not there.

use std::collections::BTreeMap;

use crate::snapshot::{AcceptRa, Dhcp, HostWide, Kind};
use crate::{Address, GroupSettings, InterfaceName, MacAddress, Route, Snapshot};

/// How a group's device and the interfaces around it shall be. Interfaces that it does not name are left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// The group's device.
    pub(crate) device: InterfaceName,
    /// Whether all of it shall come back after a boot.
    pub(crate) persistent: bool,
    /// How it shall be; `None` is not at all.
    pub(crate) state: Option<DeviceTarget>,
    /// What shall hold for all groups of the host; `None` is as it is.
    pub(crate) host_wide: Option<HostWide>,
    /// Interfaces that shall not be members, and how they shall be instead.
    pub(crate) others: BTreeMap<InterfaceName, InterfaceTarget>,
}

/// How a group's device shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeviceTarget {
    /// All its settings.
    pub(crate) settings: GroupSettings,
    /// The text that marks whose it is.
    pub(crate) label: Option<String>,
    /// Its MAC address; `None` follows from its members.
    pub(crate) mac: Option<MacAddress>,
    /// Its largest packet in bytes; `None` is as it is.
    pub(crate) mtu: Option<u32>,
    /// Whether it is on.
    pub(crate) up: bool,
    /// Whether it listens to router advertisements; `None` is as it is.
    pub(crate) accept_ra: Option<AcceptRa>,
    /// Its members, in the order in which they join.
    pub(crate) members: Vec<MemberTarget>,
    /// Its addresses.
    pub(crate) addresses: Wanted<Address>,
    /// Its routes.
    pub(crate) routes: Wanted<Route>,
    /// Its DHCP clients.
    pub(crate) dhcp: Dhcp,
}

/// How a member shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MemberTarget {
    /// Its name.
    pub(crate) name: InterfaceName,
    /// Its rank; 0 is none.
    pub(crate) priority: i32,
    /// Whether it waits until another fails, on platforms that say so of each member.
    pub(crate) standby: bool,
    /// Whether it waits so after the next boot, too; counts only where the group comes back after a boot.
    pub(crate) standby_kept: bool,
    /// The MAC address that it shall have when it joins, and get back when it leaves; `None` is the one that it has.
    pub(crate) own_mac: Option<MacAddress>,
    /// The addresses of its own.
    pub(crate) addresses: Vec<Address>,
    /// The routes of its own.
    pub(crate) routes: Vec<Route>,
}

/// How an interface outside the group shall be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct InterfaceTarget {
    /// Whether it is on; `None` is as it is.
    pub(crate) up: Option<bool>,
    /// Its MAC address; `None` is as it is.
    pub(crate) mac: Option<MacAddress>,
    /// Its largest packet in bytes; `None` is as it is.
    pub(crate) mtu: Option<u32>,
    /// Its addresses; `None` is as they are.
    pub(crate) addresses: Option<Vec<Address>>,
    /// Its routes; `None` is as they are.
    pub(crate) routes: Option<Vec<Route>>,
    /// Whether it is on after a boot too; counts only where the group comes back after a boot.
    pub(crate) persistent: bool,
}

impl InterfaceTarget {
    /// Whether it shall have addresses or routes.
    pub(crate) fn is_busy(&self) -> bool {
        self.addresses.iter().flatten().next().is_some() || self.routes.iter().flatten().next().is_some()
    }
}

/// Which of a kind shall be there, and what becomes of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted<T> {
    /// These shall be there.
    pub(crate) present: Vec<T>,
    /// And these not.
    pub(crate) absent: Absent<T>,
}

/// What shall not be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Absent<T> {
    /// Just these; what others put there is theirs.
    These(Vec<T>),
    /// Whatever is not wanted.
    AllOthers,
}

impl Target {
    /// The state of these interfaces as they were in a snapshot, to bring back.
    ///
    /// `before` holds the device, if it was there, and every interface that has been or may have been a member.
    /// The way back is until the next boot; for every boot it is where the target says so.
    pub(crate) fn as_before(device: &InterfaceName, before: &Snapshot) -> Self {
        let state = before.interface(device).and_then(|interface| {
            let group = interface.group()?;
            let members = before.members(device).map(|(name, membership)| {
                let interface = &before.interfaces[name];
                MemberTarget {
                    name: name.clone(),
                    priority: membership.priority,
                    standby: membership.standby,
                    standby_kept: membership.standby_kept,
                    own_mac: membership.own_mac,
                    addresses: interface.own_addresses().cloned().collect(),
                    routes: interface.own_routes().cloned().collect(),
                }
            });
            Some(DeviceTarget {
                settings: group.settings.clone(),
                label: group.label.clone(),
                mac: if group.settings.mac_sharing == crate::settings::MacSharing::Shared {
                    interface.mac
                } else {
                    None
                },
                mtu: Some(interface.mtu),
                up: interface.up,
                accept_ra: Some(interface.accept_ra),
                members: members.collect(),
                addresses: Wanted {
                    present: interface
                        .own_addresses()
                        .filter(|a| !(group.dhcp.v4 || group.dhcp.v6) || a.lifetime.is_none())
                        .cloned()
                        .collect(),
                    absent: Absent::AllOthers,
                },
                routes: Wanted { present: interface.own_routes().cloned().collect(), absent: Absent::AllOthers },
                dhcp: group.dhcp,
            })
        });
        let outside = |name: &InterfaceName| {
            name != device && before.interfaces[name].membership().is_none_or(|membership| membership.device != *device)
        };
        let others = before.interfaces.iter().filter(|(name, _)| outside(name)).map(|(name, interface)| {
            let target = InterfaceTarget {
                up: Some(interface.up),
                // A supplicant gives a radio another address whenever it likes, and the driver refuses any other meanwhile
                // (EBUSY while associated); what bonding changed it gives back by itself (__bond_release_one).
                mac: interface.mac.filter(|_| interface.kind != Kind::Wireless),
                mtu: Some(interface.mtu),
                addresses: Some(interface.own_addresses().cloned().collect()),
                routes: Some(interface.own_routes().cloned().collect()),
                persistent: interface.persistent,
            };
            (name.clone(), target)
        });
        Self { device: device.clone(), persistent: false, state, host_wide: before.host_wide, others: others.collect() }
    }
}
