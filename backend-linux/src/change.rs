//! The options that make a bond what a group's settings say.
//!
//! In: [`GroupSettings`], for a new bond or before and after. Out: [`BondOption`]s. The way back, from a dump, is
//! `settings`.
//!
//! Quirks of `drivers/net/bonding`:
//! - `miimon` and `arp_interval` exclude each other: both in one message are EINVAL, in two messages the later one
//!   switches the earlier one off (`bond_option_miimon_set`, `bond_option_arp_interval_set`).
//! - The delays are kept as multiples of `miimon`, so that a new `miimon` stretches them (`_bond_option_delay_set`);
//!   without `miimon` they are EPERM.
//! - An option with the value that it has already is not always a no-op: `mode` and `fail_over_mac` with members are
//!   ENOTEMPTY whatever their value (`bond_opt_check_deps`). Hence only differences are sent.
//! - The options of a message are set in the kernel's order, not in the message's (`bond_changelink`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use mpath_core::detection::{LinkDetection, ProbeDetection, ProbeValidation};
use mpath_core::mode::ModeName;
use mpath_core::{Detection, GroupSettings, Millis, Mode};

use crate::option::BondOption;

/// Every option of a new bond, in the order in which an administrator would write them.
pub(crate) fn options_of(settings: &GroupSettings) -> Vec<BondOption> {
    let name = settings.mode.name();
    let mut options = vec![BondOption::Mode(name)];
    options.extend(detection_options(settings.detection.as_ref(), name));
    if name.has_primary() {
        options.extend(settings.primary.clone().map(|primary| BondOption::Primary(Some(primary))));
    }
    // Taken, kept and shown in every mode, though only those with a primary heed it.
    options.push(BondOption::PrimaryReselect(settings.failback));
    options.push(BondOption::FailOverMac(settings.mac_sharing));
    options.push(BondOption::NumGratArp(settings.peer_notifications));
    options.extend(mode_options(&settings.mode));
    // A new bond has no system of its own, and the zeros that say so are EINVAL on older kernels, 5.10 among them
    // (`bond_option_ad_actor_system_set`).
    options.retain(|option| *option != BondOption::AdActorSystem(None));
    options
}

/// The options that turn a bond with one group of settings into one with another.
pub(crate) fn changes(from: &GroupSettings, to: &GroupSettings) -> Vec<BondOption> {
    let mode = to.mode.name();
    if from.mode.name() != mode {
        return mode_change(from, to);
    }
    let mut options = Vec::new();
    if from.detection != to.detection {
        options.extend(detection_changes(from.detection.as_ref(), to.detection.as_ref(), mode));
    }
    if mode.has_primary() && from.primary != to.primary {
        options.push(BondOption::Primary(to.primary.clone()));
    }
    if from.failback != to.failback {
        options.push(BondOption::PrimaryReselect(to.failback));
    }
    if from.mac_sharing != to.mac_sharing {
        options.push(BondOption::FailOverMac(to.mac_sharing));
    }
    if from.peer_notifications != to.peer_notifications {
        options.push(BondOption::NumGratArp(to.peer_notifications));
    }
    let before = mode_options(&from.mode);
    options.extend(mode_options(&to.mode).into_iter().filter(|option| !before.contains(option)));
    options
}

/// A new mode needs everything said anew: it resets the detection (`bond_option_mode_set` switches ARP monitoring
/// off and miimon to 100 for 802.3ad, tlb and alb, and arp_validate to none for every mode) and brings other options with it. The device is down and has no
/// members then, so that all of it is allowed.
fn mode_change(from: &GroupSettings, to: &GroupSettings) -> Vec<BondOption> {
    let mode = to.mode.name();
    let mut options = vec![BondOption::Mode(mode)];
    let probe_to_probe = [from, to].iter().all(|settings| matches!(settings.detection, Some(Detection::Probe(_))));
    let before = from.detection.as_ref().filter(|_| !probe_to_probe);
    options.extend(detection_changes(before, to.detection.as_ref(), mode));
    if mode.has_primary() {
        // Even "none": the name of an earlier primary outlives modes that have no use for it (`bond_opt_primary`).
        options.push(BondOption::Primary(to.primary.clone()));
    }
    options.push(BondOption::PrimaryReselect(to.failback));
    options.push(BondOption::FailOverMac(to.mac_sharing));
    options.push(BondOption::NumGratArp(to.peer_notifications));
    options.extend(mode_options(&to.mode).into_iter().filter(|option| *option != BondOption::AdActorSystem(None)));
    options
}

fn detection_options(detection: Option<&Detection>, mode: ModeName) -> Vec<BondOption> {
    match detection {
        Some(Detection::Link(link) | Detection::LinkAndProbe(link, _)) => link_options(link),
        Some(Detection::Probe(probe)) => {
            let (v4, v6) = targets(probe);
            let mut options = vec![BondOption::ArpInterval(probe.interval)];
            if !v4.is_empty() {
                options.push(BondOption::ArpIpTarget(v4));
            }
            if !v6.is_empty() {
                options.push(BondOption::NsIp6Target(v6));
            }
            options.extend(probe_options(probe));
            options
        }
        // 802.3ad, tlb and alb begin with miimon 100 (`bond_option_mode_set`).
        None if !mode.can_probe() => vec![BondOption::Miimon(Millis::new(0))],
        None => Vec::new(),
    }
}

fn link_options(link: &LinkDetection) -> Vec<BondOption> {
    vec![BondOption::Miimon(link.interval), BondOption::Updelay(link.up_delay), BondOption::Downdelay(link.down_delay)]
}

fn probe_options(probe: &ProbeDetection) -> [BondOption; 3] {
    [
        BondOption::ArpValidate(probe.validate),
        BondOption::ArpAllTargets(probe.all_targets),
        BondOption::ArpMissedMax(probe.missed),
    ]
}

fn targets(probe: &ProbeDetection) -> (Vec<Ipv4Addr>, Vec<Ipv6Addr>) {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for target in &probe.targets {
        match target {
            IpAddr::V4(address) => v4.push(*address),
            IpAddr::V6(address) => v6.push(*address),
        }
    }
    (v4, v6)
}

/// Every switch between the two ways says both in one message, so that there is no moment without detection.
fn detection_changes(from: Option<&Detection>, to: Option<&Detection>, mode: ModeName) -> Vec<BondOption> {
    let probe_before = from.and_then(Detection::probe);
    let mut options = Vec::new();
    match (to, probe_before) {
        (Some(Detection::Probe(probe)), None) => {
            options.push(BondOption::Miimon(Millis::new(0)));
            options.extend(detection_options(to, mode));
            let (v4, v6) = targets(probe);
            // Targets of an earlier life would be asked too.
            options.extend(v4.is_empty().then_some(BondOption::ArpIpTarget(v4)));
            options.extend(v6.is_empty().then_some(BondOption::NsIp6Target(v6)));
        }
        (Some(Detection::Probe(probe)), Some(before)) => {
            let all = |probe: &ProbeDetection| {
                let (v4, v6) = targets(probe);
                let mut all = vec![BondOption::ArpInterval(probe.interval)];
                all.extend([BondOption::ArpIpTarget(v4), BondOption::NsIp6Target(v6)]);
                all.extend(probe_options(probe));
                all
            };
            let before = all(before);
            options.extend(all(probe).into_iter().filter(|option| !before.contains(option)));
        }
        (Some(Detection::Link(link) | Detection::LinkAndProbe(link, _)), _) => options.extend(link_options(link)),
        (None, _) => options.push(BondOption::Miimon(Millis::new(0))),
    }
    if let (Some(before), None) = (probe_before, to.and_then(Detection::probe)) {
        // Modes without probing refuse these (EACCES), and have them off since they were chosen.
        if mode.can_probe() {
            options.push(BondOption::ArpInterval(Millis::new(0)));
            options.push(BondOption::ArpValidate(ProbeValidation::None));
        }
        let (v4, v6) = targets(before);
        options.extend((!v4.is_empty()).then_some(BondOption::ArpIpTarget(Vec::new())));
        options.extend((!v6.is_empty()).then_some(BondOption::NsIp6Target(Vec::new())));
    }
    options
}

fn mode_options(mode: &Mode) -> Vec<BondOption> {
    match mode {
        Mode::RoundRobin { packets_per_member } => vec![BondOption::PacketsPerSlave(*packets_per_member)],
        Mode::ActiveBackup | Mode::Broadcast => Vec::new(),
        Mode::Xor { transmit_hash } => vec![BondOption::XmitHashPolicy(*transmit_hash)],
        Mode::Lacp(lacp) => vec![
            BondOption::LacpRate(lacp.rate),
            BondOption::LacpActive(lacp.active),
            BondOption::AdSelect(lacp.select),
            BondOption::MinLinks(lacp.min_links),
            BondOption::XmitHashPolicy(lacp.transmit_hash),
            BondOption::AdActorSysPrio(lacp.system_priority),
            BondOption::AdActorSystem(lacp.system),
            BondOption::AdUserPortKey(lacp.port_key),
        ],
        Mode::TransmitBalance { transmit_hash, dynamic, learning_interval } => vec![
            BondOption::XmitHashPolicy(*transmit_hash),
            BondOption::TlbDynamicLb(*dynamic),
            BondOption::LpInterval(*learning_interval),
        ],
        Mode::AdaptiveBalance { learning_interval } => vec![BondOption::LpInterval(*learning_interval)],
    }
}

#[cfg(test)]
mod tests;
