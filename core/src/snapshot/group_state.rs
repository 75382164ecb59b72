//! What only a group's device has: its settings, the mark of whose it is, and what works on it now.

use serde::{Deserialize, Serialize};

use crate::{GroupName, GroupSettings, InterfaceName};

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
