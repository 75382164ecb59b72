//! What not every platform has: which group asks for it, and by which key.

use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

use crate::detection::{ProbeDetection, ProbeValidation};
use crate::group::MacPolicy;
use crate::mode::{Mode, ModeName, TransmitHash, words};
use crate::settings::Failback;
use crate::{Detection, Group, GroupName, Route};

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

/// The key by which a group asks for IPv6, where it does.
pub(crate) fn ipv6_key(group: &Group) -> Option<&'static str> {
    let addressing = group.addressing();
    let by_address = addressing.addresses.iter().any(|net| net.addr().is_ipv6()).then_some("addresses");
    let by_router = || (addressing.accept_ra == Some(true)).then_some("accept-ra");
    let by_gateway = || addressing.gateways.iter().any(IpAddr::is_ipv6).then_some("gateway6");
    let by_route = || addressing.routes.iter().any(Route::is_ipv6).then_some("routes");
    by_address.or_else(by_router).or_else(by_gateway).or_else(by_route)
}

/// What a group asks for beyond the least, and by which key.
pub(super) fn needs(group: &Group) -> Vec<(&'static str, Feature)> {
    let mut needs = Vec::new();
    let mut note = |needed: bool, key, feature| {
        if needed {
            needs.push((key, feature));
        }
    };
    note(group.mode().name() != ModeName::ActiveBackup, "mode", Feature::OtherModes);
    note(matches!(group.detection(), Detection::LinkAndProbe(..)), "detection", Feature::LinkAndProbe);
    if let Some(probe) = group.detection().probe() {
        note(probe.targets.iter().any(IpAddr::is_ipv6), "detection.probe.targets", Feature::Ipv6Probe);
        let alone = probe.targets.iter().all(IpAddr::is_ipv6);
        note(alone, "detection.probe", Feature::Ipv6ProbeAlone);
        let from = group.members().iter().filter_map(|member| member.probe_address);
        let ipv6 = from.map(|net| net.addr()).any(|address| address.is_ipv6());
        note(ipv6, "members.probe-address", Feature::Ipv6ProbeAddress);
        let other = probe.missed != ProbeDetection::DEFAULT_MISSED;
        note(other, "detection.probe.missed", Feature::ProbeMissed);
        let others = probe.targets.iter().any(|target| !group.addressing().gateways.contains(target));
        note(others, "detection.probe.targets", Feature::ProbeTargets);
        let chosen = probe.validate != ProbeValidation::All;
        note(chosen, "detection.probe.validate", Feature::ProbeValidation);
        note(probe.all_targets, "detection.probe.all-targets", Feature::ProbeAllTargets);
    }
    let ranked = group.members().iter().any(|member| member.priority.is_some());
    note(ranked, "members.prio", Feature::MemberPriority);
    note(group.mode().transmit_hash() == Some(TransmitHash::VlanSourceMac), "transmit-hash", Feature::VlanHash);
    let passive = matches!(group.mode(), Mode::Lacp(lacp) if !lacp.active);
    note(passive, "lacp.active", Feature::LacpPassive);
    note(group.addressing().dhcp, "dhcp", Feature::Dhcp);
    note(group.addressing().dhcp6, "dhcp6", Feature::Dhcp6);
    note(*group.mac() == MacPolicy::Follow, "mac", Feature::MacFollow);
    let shared = matches!(group.mac(), MacPolicy::Shared | MacPolicy::Member(_) | MacPolicy::Fixed(_));
    note(shared, "mac", Feature::SharedMac);
    note(group.failback() == Failback::Better, "failback", Feature::FailbackBetter);
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
