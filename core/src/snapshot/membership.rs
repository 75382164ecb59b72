//! Whom an interface works for, and its part there.

use serde::{Deserialize, Serialize};

use crate::mode::words;
use crate::{InterfaceName, MacAddress};

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
