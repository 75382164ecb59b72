//! How a group is doing now, in words that mean the same on every platform.
//!
//! In: a [`Group`] as wanted, a [`Snapshot`], and how many steps a plan would need. Out: a [`GroupStatus`].

use serde::Serialize;

use crate::group::MemberSelector;
use crate::mode::words;
use crate::resolve;
use crate::snapshot::MemberState;
use crate::{Group, GroupName, InterfaceName, MacAddress, Snapshot};

words! {
    /// How a group is doing, from best to worst.
    GroupHealth {
        /// Every member works.
        Ok = "ok",
        /// It works, but the host is not as the file says.
        Drifted = "drifted",
        /// It works, but not every member does, or another host has one of its addresses.
        Degraded = "degraded",
        /// No member works, or it is switched off.
        Failed = "failed",
        /// It is not up.
        Absent = "absent",
    }
}

words! {
    /// Whether a member has a link.
    LinkState {
        /// It has.
        Up = "up",
        /// It has not.
        Down = "down",
        /// Nobody can tell: the member is not there.
        Unknown = "unknown",
    }
}

words! {
    /// A member's part in its group.
    Role {
        /// It is preferred.
        Primary = "primary",
        /// It takes over when another fails.
        Standby = "standby",
        /// It shares the load with the others.
        Balanced = "balanced",
    }
}

/// How a group is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupStatus {
    /// The group.
    pub name: GroupName,
    /// Its device.
    pub device: InterfaceName,
    /// How it is doing.
    pub state: GroupHealth,
    /// How many steps `mpath up` would take; 0 where the host is as the file says.
    pub drift: usize,
    /// The mode.
    pub mode: String,
    /// The member that carries the traffic now.
    pub active: Option<InterfaceName>,
    /// The preferred member, as wanted.
    pub primary: Option<InterfaceName>,
    /// The MAC address that the group shows now.
    pub mac: Option<MacAddress>,
    /// Every member wanted or there, in the order of the file.
    pub members: Vec<MemberStatus>,
    /// Its addresses, those that the system adds by itself included.
    pub addresses: Vec<String>,
}

/// How a member is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberStatus {
    /// Its name; where it is not there, as the file calls it.
    pub name: String,
    /// `ok`, `failing`, `failed`, `recovering`, `unknown`; `absent` where the interface is not there, `outside` where
    /// it is there and not in the group.
    pub state: &'static str,
    /// Whether it has a link.
    pub link: LinkState,
    /// Its part.
    pub role: Role,
    /// Whether it carries traffic now.
    pub active: bool,
    /// Whether the group is complete without it.
    pub optional: bool,
    /// Its speed in Mbit/s, where it tells.
    pub speed: Option<u32>,
    /// The MAC address that it shows now.
    pub mac: Option<MacAddress>,
    /// The MAC address that it was made with.
    pub permanent_mac: Option<MacAddress>,
    /// How often it has failed since it joined.
    pub failures: u32,
    /// The priority that it has, 0 is none.
    pub priority: i32,
}

impl GroupStatus {
    /// Looks at one group.
    pub fn of(desired: &Group, device: InterfaceName, current: &Snapshot, drift: usize) -> Self {
        let interface = current.interface(&device);
        let group = interface.and_then(|interface| interface.group());
        let found = |selector: &MemberSelector| match selector {
            MemberSelector::Name(name) => Some(name.clone()),
            MemberSelector::PermanentMac(_) => resolve::matching(current, selector).into_iter().next(),
        };
        let primary = desired.primary();
        let member = |name: Option<&InterfaceName>, text: String, optional: bool| {
            let role = match name {
                _ if !desired.mode().name().has_primary() => Role::Balanced,
                Some(name) if Some(name) == primary => Role::Primary,
                _ => Role::Standby,
            };
            member_status(current, &device, name, text, role, optional)
        };
        let mut members = Vec::new();
        let mut known = Vec::new();
        for wanted in desired.members() {
            let name = found(&wanted.selector);
            members.push(member(name.as_ref(), wanted.selector.to_string(), wanted.optional));
            known.extend(name);
        }
        let strangers = current.members(&device).map(|(name, _)| name).filter(|name| !known.contains(name));
        members.extend(strangers.map(|name| member(Some(name), name.to_string(), true)));
        let active = group.and_then(|group| group.active.clone());
        let state = match (interface, group) {
            (Some(interface), Some(_)) => {
                let works = |member: &MemberStatus| member.state == MemberState::Ok.word();
                let spared = |member: &MemberStatus| member.optional && member.state == "absent";
                let misses = |member: &MemberStatus| !works(member) && !spared(member);
                if !interface.up || !members.iter().any(works) {
                    GroupHealth::Failed
                } else if members.iter().any(misses) || interface.addresses.iter().any(|a| a.duplicate.is_some()) {
                    GroupHealth::Degraded
                } else if drift > 0 {
                    GroupHealth::Drifted
                } else {
                    GroupHealth::Ok
                }
            }
            _ => GroupHealth::Absent,
        };
        Self {
            name: desired.name().clone(),
            state,
            drift,
            mode: desired.mode().to_string(),
            active,
            primary: primary.cloned(),
            mac: group.and(interface).and_then(|interface| interface.mac),
            members,
            addresses: group
                .and(interface)
                .map(|interface| interface.addresses.iter().map(ToString::to_string).collect())
                .unwrap_or_default(),
            device,
        }
    }
}

fn member_status(
    current: &Snapshot,
    device: &InterfaceName,
    name: Option<&InterfaceName>,
    text: String,
    role: Role,
    optional: bool,
) -> MemberStatus {
    let interface = name.and_then(|name| current.interface(name));
    let membership = interface.and_then(|interface| interface.membership()).filter(|m| m.device == *device);
    MemberStatus {
        name: name.map_or(text, ToString::to_string),
        state: match (interface, membership) {
            (None, _) => "absent",
            (_, None) => "outside",
            (_, Some(membership)) => membership.state.word(),
        },
        link: match interface.map(|interface| interface.carrier) {
            Some(true) => LinkState::Up,
            Some(false) => LinkState::Down,
            None => LinkState::Unknown,
        },
        role,
        active: membership.is_some_and(|membership| membership.active),
        optional,
        speed: interface.and_then(|interface| interface.speed),
        mac: interface.and_then(|interface| interface.mac),
        permanent_mac: interface.and_then(|interface| interface.permanent_mac),
        failures: membership.map_or(0, |membership| membership.failures),
        priority: membership.map_or(0, |membership| membership.priority),
    }
}
