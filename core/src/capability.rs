//! What a platform can do, as data, and the check of a group against it before anything is touched.

use std::fmt;

use serde::Serialize;

use crate::group::{Device, MacPolicy};
use crate::mode::{ModeName, TransmitHash, words};
use crate::settings::Setting;
use crate::{Detection, Group, GroupName, InterfaceName};

/// What a platform can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// What it is called, as in "Linux bonding".
    pub platform: &'static str,
    /// The longest name of an interface, in bytes.
    pub longest_interface_name: usize,
    /// Names that it keeps for itself.
    pub reserved_names: &'static [&'static str],
    /// How it names a group's device that the file leaves unnamed.
    pub default_device: DefaultDevice,
    /// What it cannot do, each with its reason.
    pub missing: Vec<Missing>,
    /// Settings that cannot be changed on a device in use; all others can.
    pub change_needs: &'static [(Setting, ChangeNeed)],
}

/// Something that a platform does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What it is.
    pub feature: Feature,
    /// Why the platform has it not.
    pub reason: String,
    /// The command that cures it, where there is one.
    pub cure: Option<&'static str>,
}

/// How a group's device is named by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultDevice {
    /// As the group.
    GroupName,
    /// The letters of the group's name, and a zero.
    LettersAndZero,
}

/// What must happen to a device before a setting of it can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeNeed {
    /// Nothing.
    Nothing,
    /// It must be off.
    Down,
    /// It must be off and have no members.
    DownAndEmpty,
}

words! {
    /// Something that a group may need and a platform may not have.
    Feature {
        /// A mode other than active-backup.
        OtherModes = "modes other than active-backup",
        /// Link detection and probing in one group.
        LinkAndProbe = "link detection and probes at once",
        /// Probing an IPv6 target.
        Ipv6Probe = "probing IPv6 targets",
        /// Another number of misses than the default.
        ProbeMissed = "choosing how many probes may be missed",
        /// A rank for each member.
        MemberPriority = "a priority for each member",
        /// The hash of VLAN and source MAC.
        VlanHash = "the transmit hash vlan+srcmac",
        /// LACP that waits for the partner to begin.
        LacpPassive = "passive LACP",
        /// A DHCP client for IPv4.
        Dhcp = "an address by DHCP",
        /// A DHCP client for IPv6.
        Dhcp6 = "an address by DHCPv6",
        /// The `follow` way with MAC addresses.
        MacFollow = "mac = \"follow\"",
    }
}

/// Something that a group needs and the platform does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unsupported {
    /// The group.
    pub group: GroupName,
    /// The key that asks for it.
    pub key: &'static str,
    /// What it asks for.
    pub feature: Feature,
    /// The platform.
    pub platform: &'static str,
    /// Why the platform has it not.
    pub reason: String,
    /// The command that cures it, where there is one.
    pub cure: Option<&'static str>,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, key, feature, platform, reason, .. } = self;
        write!(f, "group {group}: `{key}` asks for {feature}, which {platform} does not have: {reason}")
    }
}

impl Capabilities {
    /// What is known of a feature that is missing.
    pub fn missing(&self, feature: Feature) -> Option<&Missing> {
        self.missing.iter().find(|missing| missing.feature == feature)
    }

    /// What must happen before a setting can change.
    pub fn need_of(&self, setting: Setting) -> ChangeNeed {
        let found = self.change_needs.iter().find(|(of, _)| *of == setting);
        found.map_or(ChangeNeed::Nothing, |(_, need)| *need)
    }

    /// Everything that the group asks for and the platform does not have.
    pub fn check(&self, group: &Group) -> Vec<Unsupported> {
        let unsupported = |(key, feature): (&'static str, Feature)| {
            let Missing { reason, cure, .. } = self.missing(feature)?.clone();
            Some(Unsupported { group: group.name().clone(), key, feature, platform: self.platform, reason, cure })
        };
        needs(group).into_iter().filter_map(unsupported).collect()
    }

    /// The name of the group's device on this platform, or why there is none.
    pub fn device_of(&self, group: &Group) -> Result<InterfaceName, String> {
        let name = match (group.device(), self.default_device) {
            (Device::Named(name), _) => name.clone(),
            (Device::PlatformDefault, DefaultDevice::GroupName) => InterfaceName::new(group.name().as_str())
                .map_err(|error| format!("{:?} cannot name a device: {error}", group.name().as_str()))?,
            (Device::PlatformDefault, DefaultDevice::LettersAndZero) => {
                let letters = group.name().as_str().chars().filter(char::is_ascii_alphabetic);
                let name: String = letters.chain(['0']).collect();
                InterfaceName::new(name)
                    .map_err(|error| format!("{:?} cannot name a device: {error}", group.name().as_str()))?
            }
        };
        let length = name.as_str().len();
        if length > self.longest_interface_name {
            let longest = self.longest_interface_name;
            return Err(format!("the device name {name} has {length} characters, {} takes {longest}", self.platform));
        }
        if self.reserved_names.contains(&name.as_str()) {
            return Err(format!("{} keeps the name {name} for itself", self.platform));
        }
        Ok(name)
    }
}

/// What a group asks for beyond the least, and by which key.
fn needs(group: &Group) -> Vec<(&'static str, Feature)> {
    let mut needs = Vec::new();
    let mut note = |needed: bool, key, feature| {
        if needed {
            needs.push((key, feature));
        }
    };
    note(group.mode().name() != ModeName::ActiveBackup, "mode", Feature::OtherModes);
    note(matches!(group.detection(), Detection::LinkAndProbe(..)), "detection", Feature::LinkAndProbe);
    if let Some(probe) = group.detection().probe() {
        note(probe.targets.iter().any(std::net::IpAddr::is_ipv6), "detection.probe.targets", Feature::Ipv6Probe);
        let other = probe.missed != crate::detection::ProbeDetection::DEFAULT_MISSED;
        note(other, "detection.probe.missed", Feature::ProbeMissed);
    }
    let ranked = group.members().iter().any(|member| member.priority.is_some());
    note(ranked, "members.prio", Feature::MemberPriority);
    note(group.mode().transmit_hash() == Some(TransmitHash::VlanSourceMac), "transmit-hash", Feature::VlanHash);
    let passive = matches!(group.mode(), crate::Mode::Lacp(lacp) if !lacp.active);
    note(passive, "lacp.active", Feature::LacpPassive);
    note(group.addressing().dhcp, "dhcp", Feature::Dhcp);
    note(group.addressing().dhcp6, "dhcp6", Feature::Dhcp6);
    note(*group.mac() == MacPolicy::Follow, "mac", Feature::MacFollow);
    needs
}
