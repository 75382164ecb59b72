//! One option of a bond, with its value, in iproute2's words.
//!
//! In: mpath's words for values. Out: the text for `ip link … type bond`. Which options a group needs is the business
//! of [`change`](crate::change), their attributes that of `message`.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use mpath_core::detection::ProbeValidation;
use mpath_core::mode::{LacpRate, LacpSelect, ModeName, TransmitHash};
use mpath_core::settings::{Failback, MacSharing};
use mpath_core::shell::word;
use mpath_core::{InterfaceName, MacAddress, Millis};
use serde::Serialize;

/// One option of a bond with its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BondOption {
    /// `mode`.
    Mode(ModeName),
    /// `miimon`, in ms; 0 is off.
    Miimon(Millis),
    /// `updelay`, in ms.
    Updelay(Millis),
    /// `downdelay`, in ms.
    Downdelay(Millis),
    /// `arp_interval`, in ms; 0 is off.
    ArpInterval(Millis),
    /// `arp_ip_target`, the whole list.
    ArpIpTarget(Vec<Ipv4Addr>),
    /// `ns_ip6_target`, the whole list.
    NsIp6Target(Vec<Ipv6Addr>),
    /// `arp_validate`.
    ArpValidate(ProbeValidation),
    /// `arp_all_targets`: whether all must answer.
    ArpAllTargets(bool),
    /// `arp_missed_max`.
    ArpMissedMax(u8),
    /// `active_slave`, which no bond keeps: a change of the moment.
    ActiveSlave(InterfaceName),
    /// `primary`; `None` is none.
    Primary(Option<InterfaceName>),
    /// `primary_reselect`.
    PrimaryReselect(Failback),
    /// `fail_over_mac`.
    FailOverMac(MacSharing),
    /// `num_grat_arp`, which is `num_unsol_na` too.
    NumGratArp(u8),
    /// `xmit_hash_policy`.
    XmitHashPolicy(TransmitHash),
    /// `packets_per_slave`.
    PacketsPerSlave(u16),
    /// `lp_interval`, in seconds.
    LpInterval(u32),
    /// `tlb_dynamic_lb`.
    TlbDynamicLb(bool),
    /// `min_links`.
    MinLinks(u32),
    /// `lacp_active`.
    LacpActive(bool),
    /// `lacp_rate`.
    LacpRate(LacpRate),
    /// `ad_select`.
    AdSelect(LacpSelect),
    /// `ad_actor_sys_prio`.
    AdActorSysPrio(u16),
    /// `ad_user_port_key`.
    AdUserPortKey(u16),
    /// `ad_actor_system`; `None` is the bond's own address.
    AdActorSystem(Option<MacAddress>),
}

/// The kernel's word for what `arp_validate` can be; mpath says "standby" where bonding says "backup".
fn validate_word(validate: ProbeValidation) -> &'static str {
    match validate {
        ProbeValidation::None => "none",
        ProbeValidation::Active => "active",
        ProbeValidation::Standby => "backup",
        ProbeValidation::All => "all",
        ProbeValidation::Filter => "filter",
        ProbeValidation::FilterActive => "filter_active",
        ProbeValidation::FilterStandby => "filter_backup",
    }
}

fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// The addresses with commas between; nothing at all must be quoted for the shell.
fn list<A: fmt::Display>(addresses: &[A]) -> String {
    if addresses.is_empty() {
        return "''".to_owned();
    }
    addresses.iter().map(A::to_string).collect::<Vec<_>>().join(",")
}

impl fmt::Display for BondOption {
    /// As `ip-link(8)` takes it. It has no word for "no primary"; see [`Op`](crate::op::Op).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mode(mode) => write!(f, "mode {mode}"),
            Self::Miimon(interval) => write!(f, "miimon {}", interval.get()),
            Self::Updelay(delay) => write!(f, "updelay {}", delay.get()),
            Self::Downdelay(delay) => write!(f, "downdelay {}", delay.get()),
            Self::ArpInterval(interval) => write!(f, "arp_interval {}", interval.get()),
            Self::ArpIpTarget(targets) => write!(f, "arp_ip_target {}", list(targets)),
            Self::NsIp6Target(targets) => write!(f, "ns_ip6_target {}", list(targets)),
            Self::ArpValidate(validate) => write!(f, "arp_validate {}", validate_word(*validate)),
            Self::ArpAllTargets(all) => write!(f, "arp_all_targets {}", if *all { "all" } else { "any" }),
            Self::ArpMissedMax(missed) => write!(f, "arp_missed_max {missed}"),
            Self::ActiveSlave(port) => write!(f, "active_slave {}", word(port.as_str())),
            Self::Primary(Some(primary)) => write!(f, "primary {}", word(primary.as_str())),
            Self::Primary(None) => write!(f, "primary ''"),
            Self::PrimaryReselect(Failback::Never) => write!(f, "primary_reselect failure"),
            Self::PrimaryReselect(failback) => write!(f, "primary_reselect {failback}"),
            Self::FailOverMac(MacSharing::Shared) => write!(f, "fail_over_mac none"),
            Self::FailOverMac(sharing) => write!(f, "fail_over_mac {sharing}"),
            Self::NumGratArp(count) => write!(f, "num_grat_arp {count}"),
            Self::XmitHashPolicy(hash) => write!(f, "xmit_hash_policy {hash}"),
            Self::PacketsPerSlave(packets) => write!(f, "packets_per_slave {packets}"),
            Self::LpInterval(seconds) => write!(f, "lp_interval {seconds}"),
            Self::TlbDynamicLb(dynamic) => write!(f, "tlb_dynamic_lb {}", u8::from(*dynamic)),
            Self::MinLinks(links) => write!(f, "min_links {links}"),
            Self::LacpActive(active) => write!(f, "lacp_active {}", on_off(*active)),
            Self::LacpRate(rate) => write!(f, "lacp_rate {rate}"),
            Self::AdSelect(select) => write!(f, "ad_select {select}"),
            Self::AdActorSysPrio(priority) => write!(f, "ad_actor_sys_prio {priority}"),
            Self::AdUserPortKey(key) => write!(f, "ad_user_port_key {key}"),
            Self::AdActorSystem(system) => {
                write!(f, "ad_actor_system {}", system.unwrap_or(MacAddress::new([0; 6])))
            }
        }
    }
}
