//! What a platform can do, as data, and the check of a group against it before anything is touched.

mod cures;
mod feature;

use serde::Serialize;

use crate::group::Device;
use crate::settings::Setting;
use crate::{Group, InterfaceName};

pub use cures::Cures;
pub(crate) use feature::ipv6_key;
use feature::needs;
pub use feature::{Feature, Missing, Unsupported};

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
    /// How its groups behave where platforms differ.
    pub rules: GroupRules,
    /// Commands of the platform that cure a refusal.
    pub cures: Cures,
    /// What stands in the way on this host; known after an observation.
    pub obstacles: Vec<Obstacle>,
    /// What is to be known of this host whatever the group, as sentences; known after an observation.
    pub remarks: Vec<String>,
    /// Settings that cannot be changed on a device in use; all others can.
    pub change_needs: &'static [(Setting, ChangeNeed)],
}

/// How groups behave where platforms differ. The default is the way of a device that takes its members over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GroupRules {
    /// A member joins while it is on, and keeps its own MAC address, MTU and link, in the group and after it.
    pub members_stay_on: bool,
    /// Every member that works receives, so that nothing is lost when another becomes the active one.
    pub standbys_receive: bool,
    /// The primary and the detection are no settings of the device: they follow from the standby flags and the probe
    /// addresses of the members, failback and the interval of probes from the [host](crate::snapshot::HostWide).
    pub settings_follow: bool,
    /// How many intervals between probes make the [time](crate::snapshot::HostWide::probe_time) after which a member
    /// has failed; only where the settings follow.
    pub probes_per_failure: u32,
    /// The device is on as long as it is there.
    pub device_always_on: bool,
    /// A static IPv6 address needs a link-local one beside it, which the device has only by
    /// [`AcceptRa`](crate::snapshot::AcceptRa) other than `Unless`.
    pub ipv6_needs_link_local: bool,
    /// A hand-over takes the active member out of use, which holds until it is put in again (`if_mpadm`), and the system
    /// chooses who follows it. Elsewhere a member is made the active one, until the next failover or failback.
    pub taken_out_of_use: bool,
    /// The name of a device is letters with a number behind them.
    pub numbered_names: bool,
    /// The IPv4 routes of an interface stay when its last IPv4 address goes.
    pub routes_outlive_addresses: bool,
}

/// Something on a host that stands in the way of groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Obstacle {
    /// It matters to groups with all of these; empty matters to every group.
    pub interfaces: Vec<InterfaceName>,
    /// What it is.
    pub reason: String,
    /// The command that cures it.
    pub cure: String,
    /// Whether it is the system as such that cannot do it.
    pub unsupported: bool,
    /// Whether it matters only to groups that come back after a boot.
    #[serde(skip)]
    pub of_lasting: bool,
    /// Whether it matters only to groups with IPv6.
    #[serde(skip)]
    pub of_ipv6: bool,
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

    /// What the group asks for and the platform does not have where it comes back after a boot, beside what
    /// [`Self::check`] tells.
    pub fn check_persistent(&self, group: &Group) -> Option<Unsupported> {
        let Missing { feature, reason, cure } = self.missing(Feature::PersistentIpv6)?.clone();
        let key = ipv6_key(group)?;
        Some(Unsupported { group: group.name().clone(), key, feature, platform: self.platform, reason, cure })
    }

    /// The name of the group's device on this platform, or why there is none.
    ///
    /// # Errors
    ///
    /// A sentence on why the platform has no device of that name.
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
        if self.rules.numbered_names && !is_numbered(name.as_str()) {
            return Err(format!(
                "{} needs a device name of letters with a number behind them, such as ipmp0; {name} is none",
                self.platform
            ));
        }
        if self.reserved_names.contains(&name.as_str()) {
            return Err(format!("{} keeps the name {name} for itself", self.platform));
        }
        Ok(name)
    }
}

/// Whether a name is letters, perhaps digits, `_` and `.` between, and a number without leading zeros behind them.
fn is_numbered(name: &str) -> bool {
    let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = &name[letters.len()..];
    letters.starts_with(|c: char| c.is_ascii_alphabetic())
        && letters.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
        && !number.is_empty()
        && (number == "0" || !number.starts_with('0'))
}
