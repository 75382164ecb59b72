//! What a platform can do, as data, and the check of a group against it before anything is touched.

use std::fmt;

use serde::Serialize;

use crate::group::{Device, MacPolicy};
use crate::mode::{ModeName, TransmitHash, words};
use crate::settings::Setting;
use crate::shell::word;
use crate::snapshot::Manager;
use crate::{Detection, Group, GroupName, InterfaceName, Route};

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

/// Commands that an administrator can type, with places in braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cures {
    /// Shows the interfaces.
    pub show_interfaces: &'static str,
    /// Takes `{member}` out of the device `{controller}`.
    pub free_member: &'static str,
    /// The same for a member that would not be one after a boot.
    pub free_passing_member: &'static str,
    /// Removes `{route}`, which leads to `{to}` by way of `{via}`, over `{interface}`.
    pub remove_route: &'static str,
    /// Whether two routes to one place can be ranked instead.
    pub ranks_routes: bool,
    /// Switches `{interface}` off.
    pub switch_off: &'static str,
    /// Removes `{interface}`, which stands on another.
    pub remove_interface: &'static str,
    /// Makes a program leave `{interface}` alone.
    pub leave_alone: &'static [(Manager, &'static str)],
    /// Lets the caller write in `{directory}`, where mpath keeps what it remembers.
    pub own_directory: &'static str,
}

impl Cures {
    /// The same, where `free_member` is for members that are such for every boot, or for those that are not.
    #[must_use]
    pub(crate) fn for_members(mut self, persistent: bool) -> Self {
        if !persistent {
            self.free_member = self.free_passing_member;
        }
        self
    }

    /// The command that takes a member out of a device.
    pub(crate) fn free(&self, member: &InterfaceName, controller: &InterfaceName) -> String {
        let text = self.free_member.replace("{member}", &word(member.as_str()));
        text.replace("{controller}", &word(controller.as_str()))
    }

    /// The command that switches an interface off.
    pub(crate) fn off(&self, interface: &InterfaceName) -> String {
        self.switch_off.replace("{interface}", &word(interface.as_str()))
    }

    /// The command that removes an interface which stands on another.
    pub(crate) fn remove_upper(&self, interface: &InterfaceName) -> String {
        self.remove_interface.replace("{interface}", &word(interface.as_str()))
    }

    /// The command that makes a program leave an interface alone.
    pub(crate) fn release(&self, interface: &InterfaceName, manager: Manager) -> String {
        let found = self.leave_alone.iter().find(|(of, _)| *of == manager);
        // No name has a quote, a backslash or a percent sign.
        let unit = || word(&format!("/etc/systemd/network/10-mpath-{interface}.network")).into_owned();
        found.map_or_else(String::new, |(_, command)| {
            let command = command.replace("{name}", interface.as_str()).replace("{unit}", &unit());
            command.replace("{interface}", &word(interface.as_str()))
        })
    }

    /// What lets the caller write in mpath's own directory.
    pub fn own(&self, user: u32, directory: &str) -> String {
        self.own_directory.replace("{user}", &user.to_string()).replace("{directory}", &word(directory))
    }

    /// The command that removes a route.
    pub(crate) fn remove(&self, route: &Route, interface: &InterfaceName) -> String {
        let to = if route.is_default() { "default".to_owned() } else { route.to.to_string() };
        let via = route.via.map(|via| via.to_string()).unwrap_or_default();
        let text = self.remove_route.replace("{route}", &route.to_string()).replace("{to}", &to);
        text.replace("{via}", &via).replace("{interface}", &word(interface.as_str()))
    }
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
        /// Probing without any IPv4 target.
        Ipv6ProbeAlone = "probing IPv6 targets alone",
        /// Probing from an IPv6 address of a member.
        Ipv6ProbeAddress = "probing from an IPv6 address",
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
        /// A MAC address that all members show.
        SharedMac = "one MAC address for all members",
        /// Failback to a faster primary only.
        FailbackBetter = "failback = \"better\"",
        /// Probing others than the gateways.
        ProbeTargets = "probing others than the group's gateways",
        /// A choice of what counts as an answer to a probe.
        ProbeValidation = "choosing which traffic answers a probe",
        /// Probing that wants an answer of every target.
        ProbeAllTargets = "an answer of every probe target",
        /// Another number of announcements after a failover.
        PeerNotifications = "choosing how often a failover is announced",
        /// An MTU of the device's own.
        Mtu = "an MTU of the group's own",
        /// Ranking routes by a metric.
        RouteMetric = "a metric of routes",
        /// A route to the segment itself.
        OnLinkRoute = "routes without a next hop",
        /// IPv6 addresses of the group.
        Ipv6 = "IPv6 addresses",
        /// IPv6 of a group that the system brings back after a boot.
        PersistentIpv6 = "IPv6 in a group that comes back after a boot",
        /// IPv6 addresses, and no ear for router advertisements.
        IgnoredAdvertisements = "IPv6 without router advertisements",
        /// Groups that the system brings back after a boot.
        Persistence = "a group that comes back after a boot",
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

/// The key by which a group asks for IPv6, where it does.
pub(crate) fn ipv6_key(group: &Group) -> Option<&'static str> {
    let addressing = group.addressing();
    let by_address = addressing.addresses.iter().any(|net| net.addr().is_ipv6()).then_some("addresses");
    let by_router = || (addressing.accept_ra == Some(true)).then_some("accept-ra");
    let by_gateway = || addressing.gateways.iter().any(std::net::IpAddr::is_ipv6).then_some("gateway6");
    let by_route = || addressing.routes.iter().any(Route::is_ipv6).then_some("routes");
    by_address.or_else(by_router).or_else(by_gateway).or_else(by_route)
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
        let alone = probe.targets.iter().all(std::net::IpAddr::is_ipv6);
        note(alone, "detection.probe", Feature::Ipv6ProbeAlone);
        let from = group.members().iter().filter_map(|member| member.probe_address);
        let ipv6 = from.map(|net| net.addr()).any(|address| address.is_ipv6());
        note(ipv6, "members.probe-address", Feature::Ipv6ProbeAddress);
        let other = probe.missed != crate::detection::ProbeDetection::DEFAULT_MISSED;
        note(other, "detection.probe.missed", Feature::ProbeMissed);
        let others = probe.targets.iter().any(|target| !group.addressing().gateways.contains(target));
        note(others, "detection.probe.targets", Feature::ProbeTargets);
        let chosen = probe.validate != crate::detection::ProbeValidation::All;
        note(chosen, "detection.probe.validate", Feature::ProbeValidation);
        note(probe.all_targets, "detection.probe.all-targets", Feature::ProbeAllTargets);
    }
    let ranked = group.members().iter().any(|member| member.priority.is_some());
    note(ranked, "members.prio", Feature::MemberPriority);
    note(group.mode().transmit_hash() == Some(TransmitHash::VlanSourceMac), "transmit-hash", Feature::VlanHash);
    let passive = matches!(group.mode(), crate::Mode::Lacp(lacp) if !lacp.active);
    note(passive, "lacp.active", Feature::LacpPassive);
    note(group.addressing().dhcp, "dhcp", Feature::Dhcp);
    note(group.addressing().dhcp6, "dhcp6", Feature::Dhcp6);
    note(*group.mac() == MacPolicy::Follow, "mac", Feature::MacFollow);
    let shared = matches!(group.mac(), MacPolicy::Shared | MacPolicy::Member(_) | MacPolicy::Fixed(_));
    note(shared, "mac", Feature::SharedMac);
    note(group.failback() == crate::settings::Failback::Better, "failback", Feature::FailbackBetter);
    note(group.peer_notifications() != 1, "peer-notifications", Feature::PeerNotifications);
    note(group.mtu().is_some(), "mtu", Feature::Mtu);
    note(group.addressing().routes.iter().any(|route| route.metric.is_some()), "routes.metric", Feature::RouteMetric);
    note(group.addressing().routes.iter().any(|route| route.via.is_none()), "routes.via", Feature::OnLinkRoute);
    let ipv6 = group.addressing().addresses.iter().any(|net| net.addr().is_ipv6());
    note(ipv6, "addresses", Feature::Ipv6);
    note(group.addressing().accept_ra == Some(true), "accept-ra", Feature::Ipv6);
    let deaf = group.addressing().accept_ra == Some(false);
    note(ipv6 && deaf, "accept-ra", Feature::IgnoredAdvertisements);
    needs
}
