//! The settings of a group, from the attributes of a bond in a dump.
//!
//! In: `IFLA_INFO_DATA` of a bond. Out: [`GroupSettings`]. The other way is [`change`](crate::change).
//!
//! Quirks of `bond_fill_info`: the system's priority, MAC and key of 802.3ad are shown only to a caller with
//! CAP_NET_ADMIN, so that others see defaults; a primary is shown only while it is enslaved.

use std::net::IpAddr;

use mpath_core::detection::{LinkDetection, ProbeDetection, ProbeValidation};
use mpath_core::mode::{Lacp, LacpRate, LacpSelect, ModeName, TransmitHash};
use mpath_core::settings::{Failback, MacSharing};
use mpath_core::{Detection, GroupSettings, InterfaceName, MacAddress, Millis, Mode};
use netlink_packet_route::link::{BondArpAllTargets, InfoBond};

/// The settings that a dump shows; what it does not show has the kernel's default. `Err` names what mpath has no
/// word for, such as a mode of a kernel to come.
pub(crate) fn settings_of(
    attributes: &[InfoBond],
    name_of: impl Fn(u32) -> Option<InterfaceName>,
) -> Result<GroupSettings, String> {
    let mode_number = find(attributes, |info| match info {
        InfoBond::Mode(mode) => Some(u8::from(*mode)),
        _ => None,
    });
    let name = word(ModeName::ALL, mode_number.unwrap_or(0), "mode")?;
    let mut settings = GroupSettings {
        mode: name.with_defaults(),
        detection: None,
        primary: None,
        failback: Failback::Always,
        mac_sharing: MacSharing::Shared,
        peer_notifications: 1,
    };
    let mut link = LinkDetection { interval: Millis::new(0), ..LinkDetection::default() };
    let mut probe = ProbeDetection {
        interval: Millis::new(0),
        targets: Vec::new(),
        missed: ProbeDetection::DEFAULT_MISSED,
        validate: ProbeValidation::None,
        all_targets: false,
    };
    let mut v6 = Vec::new();
    for attribute in attributes {
        match attribute {
            InfoBond::MiiMon(ms) => link.interval = Millis::new(*ms),
            InfoBond::UpDelay(ms) => link.up_delay = Millis::new(*ms),
            InfoBond::DownDelay(ms) => link.down_delay = Millis::new(*ms),
            InfoBond::ArpInterval(ms) => probe.interval = Millis::new(*ms),
            InfoBond::ArpIpTarget(targets) => probe.targets = targets.iter().copied().map(IpAddr::V4).collect(),
            InfoBond::NsIp6Target(targets) => v6 = targets.iter().copied().map(IpAddr::V6).collect(),
            InfoBond::ArpValidate(validate) => {
                probe.validate = word(ProbeValidation::ALL, u32::from(*validate), "arp_validate")?;
            }
            InfoBond::ArpAllTargets(all) => probe.all_targets = *all == BondArpAllTargets::All,
            InfoBond::MissedMax(missed) => probe.missed = *missed,
            InfoBond::Primary(index) => settings.primary = name_of(*index),
            InfoBond::PrimaryReselect(reselect) => {
                settings.failback = word(Failback::ALL, u8::from(*reselect), "primary_reselect")?;
            }
            InfoBond::FailOverMac(policy) => {
                settings.mac_sharing = word(MacSharing::ALL, u8::from(*policy), "fail_over_mac")?;
            }
            InfoBond::NumPeerNotif(count) => settings.peer_notifications = *count,
            other => read_mode_option(&mut settings.mode, other)?,
        }
    }
    probe.targets.append(&mut v6);
    // The kernel keeps at most one of the two intervals.
    settings.detection = match (link.interval.is_zero(), probe.interval.is_zero()) {
        (false, _) => Some(Detection::Link(link)),
        (true, false) => Some(Detection::Probe(probe)),
        (true, true) => None,
    };
    Ok(settings)
}

/// Puts one attribute into the mode, if that mode has such an option.
fn read_mode_option(mode: &mut Mode, attribute: &InfoBond) -> Result<(), String> {
    match (mode, attribute) {
        (Mode::RoundRobin { packets_per_member }, InfoBond::PacketsPerPort(packets)) => {
            *packets_per_member = u16::try_from(*packets).unwrap_or(u16::MAX);
        }
        (
            Mode::Xor { transmit_hash }
            | Mode::TransmitBalance { transmit_hash, .. }
            | Mode::Lacp(Lacp { transmit_hash, .. }),
            InfoBond::XmitHashPolicy(policy),
        ) => *transmit_hash = word(TransmitHash::ALL, u8::from(*policy), "xmit_hash_policy")?,
        (Mode::TransmitBalance { dynamic, .. }, InfoBond::TlbDynamicLb(on)) => *dynamic = *on,
        (
            Mode::TransmitBalance { learning_interval, .. } | Mode::AdaptiveBalance { learning_interval },
            InfoBond::LpInterval(seconds),
        ) => *learning_interval = *seconds,
        (Mode::Lacp(lacp), attribute) => match attribute {
            InfoBond::AdLacpRate(rate) => lacp.rate = word(LacpRate::ALL, u8::from(*rate), "lacp_rate")?,
            InfoBond::AdLacpActive(active) => lacp.active = *active,
            InfoBond::AdSelect(select) => lacp.select = word(LacpSelect::ALL, u8::from(*select), "ad_select")?,
            InfoBond::MinLinks(links) => lacp.min_links = *links,
            InfoBond::AdActorSysPrio(priority) => lacp.system_priority = *priority,
            InfoBond::AdUserPortKey(key) => lacp.port_key = *key,
            InfoBond::AdActorSystem(system) => {
                let system = MacAddress::new(*system);
                lacp.system = (system != MacAddress::new([0; 6])).then_some(system);
            }
            _ => {}
        },
        _ => {}
    }
    Ok(())
}

fn find<T>(attributes: &[InfoBond], pick: impl Fn(&InfoBond) -> Option<T>) -> Option<T> {
    attributes.iter().find_map(pick)
}

/// The word of a number; mpath's words stand in the order of the kernel's numbers.
fn word<T: Copy>(words: &[T], number: impl Into<u32> + Copy, option: &str) -> Result<T, String> {
    let number = number.into();
    usize::try_from(number)
        .ok()
        .and_then(|index| words.get(index).copied())
        .ok_or_else(|| format!("{option} {number} is not known"))
}

#[cfg(test)]
mod tests;
