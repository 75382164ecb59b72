//! The settings of a group's device: all of them, each with its value, as wanted or as observed.

use serde::{Deserialize, Serialize};

use crate::mode::words;
use crate::{Detection, InterfaceName, Mode};

/// Every setting of a group's device that mpath knows. Two hosts with equal settings behave alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupSettings {
    /// How traffic is spread.
    pub mode: Mode,
    /// How failure is found. `None` occurs only in observation: a device that nothing monitors.
    pub detection: Option<Detection>,
    /// The preferred member.
    pub primary: Option<InterfaceName>,
    /// When the primary is taken back.
    pub failback: Failback,
    /// Which MAC address the members show.
    pub mac_sharing: MacSharing,
    /// How often the new path is announced after a failover; 0 to 255.
    pub peer_notifications: u8,
}

words! {
    /// When the traffic returns to a primary that works again (`primary_reselect`).
    Failback {
        /// As soon as it is back.
        Always = "always",
        /// If it is faster than the active member.
        Better = "better",
        /// Not until the active member fails.
        Never = "never",
    }
}

words! {
    /// Which MAC address the members show (`fail_over_mac`).
    MacSharing {
        /// All show the group's.
        Shared = "shared",
        /// Each keeps its own, and the group shows the active member's.
        Active = "active",
        /// The active member takes over the group's.
        Follow = "follow",
    }
}

words! {
    /// The name of one setting, for telling differences apart.
    Setting {
        /// [`GroupSettings::mode`], without its options.
        Mode = "mode",
        /// [`GroupSettings::detection`].
        Detection = "detection",
        /// [`GroupSettings::primary`].
        Primary = "primary",
        /// [`GroupSettings::failback`].
        Failback = "failback",
        /// [`GroupSettings::mac_sharing`].
        MacSharing = "mac",
        /// [`GroupSettings::peer_notifications`].
        PeerNotifications = "peer-notifications",
        /// The transmit hash of the modes that have one.
        TransmitHash = "transmit-hash",
        /// [`Mode::RoundRobin`]'s turn length.
        PacketsPerMember = "packets-per-member",
        /// The learning interval of `balance-tlb` and `balance-alb`.
        LearningInterval = "learning-interval",
        /// Whether `balance-tlb` moves flows.
        DynamicBalance = "dynamic-balance",
        /// [`crate::mode::Lacp::rate`].
        LacpRate = "lacp.rate",
        /// [`crate::mode::Lacp::active`].
        LacpActive = "lacp.active",
        /// [`crate::mode::Lacp::select`].
        LacpSelect = "lacp.select",
        /// [`crate::mode::Lacp::min_links`].
        MinLinks = "lacp.min-links",
        /// [`crate::mode::Lacp::system_priority`].
        LacpSystemPriority = "lacp.system-priority",
        /// [`crate::mode::Lacp::system`].
        LacpSystem = "lacp.system",
        /// [`crate::mode::Lacp::port_key`].
        LacpPortKey = "lacp.port-key",
    }
}

impl GroupSettings {
    /// Which settings differ, in a fixed order. The options of two different modes are part of [`Setting::Mode`].
    pub(crate) fn differences(&self, other: &Self) -> Vec<Setting> {
        let mut differences = self.mode.differences(&other.mode);
        let mut note = |differs: bool, setting| {
            if differs {
                differences.push(setting);
            }
        };
        note(self.detection != other.detection, Setting::Detection);
        note(self.primary != other.primary, Setting::Primary);
        note(self.failback != other.failback, Setting::Failback);
        note(self.mac_sharing != other.mac_sharing, Setting::MacSharing);
        note(self.peer_notifications != other.peer_notifications, Setting::PeerNotifications);
        differences
    }
}

impl Setting {
    /// A change of it in words, with both values where they are short.
    pub(crate) fn change(self, from: &GroupSettings, to: &GroupSettings) -> String {
        let values = match self {
            Self::Mode => Some((from.mode.to_string(), to.mode.to_string())),
            Self::Failback => Some((from.failback.to_string(), to.failback.to_string())),
            Self::MacSharing => Some((from.mac_sharing.to_string(), to.mac_sharing.to_string())),
            Self::PeerNotifications => Some((from.peer_notifications.to_string(), to.peer_notifications.to_string())),
            Self::Detection => match (&from.detection, &to.detection) {
                (Some(from), Some(to)) => Some((from.to_string(), to.to_string())),
                (None, Some(to)) => Some(("none".to_owned(), to.to_string())),
                _ => None,
            },
            _ => None,
        };
        match values {
            Some((from, to)) => format!("{self} from {from} to {to}"),
            None => self.to_string(),
        }
    }
}

impl Mode {
    /// Which settings of the mode differ.
    fn differences(&self, other: &Self) -> Vec<Setting> {
        let mut found = Vec::new();
        let mut note = |differs: bool, setting| {
            if differs {
                found.push(setting);
            }
        };
        match (self, other) {
            (Self::RoundRobin { packets_per_member: a }, Self::RoundRobin { packets_per_member: b }) => {
                note(a != b, Setting::PacketsPerMember);
            }
            (Self::Xor { transmit_hash: a }, Self::Xor { transmit_hash: b }) => note(a != b, Setting::TransmitHash),
            (
                Self::TransmitBalance { transmit_hash, dynamic, learning_interval },
                Self::TransmitBalance { transmit_hash: hash, dynamic: moving, learning_interval: interval },
            ) => {
                note(transmit_hash != hash, Setting::TransmitHash);
                note(dynamic != moving, Setting::DynamicBalance);
                note(learning_interval != interval, Setting::LearningInterval);
            }
            (Self::AdaptiveBalance { learning_interval: a }, Self::AdaptiveBalance { learning_interval: b }) => {
                note(a != b, Setting::LearningInterval);
            }
            (Self::Lacp(a), Self::Lacp(b)) => {
                note(a.rate != b.rate, Setting::LacpRate);
                note(a.active != b.active, Setting::LacpActive);
                note(a.select != b.select, Setting::LacpSelect);
                note(a.min_links != b.min_links, Setting::MinLinks);
                note(a.transmit_hash != b.transmit_hash, Setting::TransmitHash);
                note(a.system_priority != b.system_priority, Setting::LacpSystemPriority);
                note(a.system != b.system, Setting::LacpSystem);
                note(a.port_key != b.port_key, Setting::LacpPortKey);
            }
            (a, b) => note(a.name() != b.name(), Setting::Mode),
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mode::ModeName;

    fn settings(mode: ModeName) -> GroupSettings {
        GroupSettings {
            mode: mode.with_defaults(),
            detection: Some(Detection::default()),
            primary: None,
            failback: Failback::Always,
            mac_sharing: MacSharing::Shared,
            peer_notifications: 1,
        }
    }

    #[test]
    fn two_modes_differ_in_the_mode_alone() {
        for a in ModeName::ALL {
            for b in ModeName::ALL {
                let expected = if a == b { vec![] } else { vec![Setting::Mode] };
                assert_eq!(settings(*a).differences(&settings(*b)), expected, "{a} {b}");
            }
        }
    }
}
