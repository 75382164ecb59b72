//! The options of the bonding driver as texts, as most formats have them, and the keys that say the same.
//!
//! In: `miimon` and `100`, in any of the spellings in use. Out: a key of a [`Draft`]. And the way back, from a [`Group`].
//!
//! Values are taken as the driver takes them (`bond_opts` in bond_options.c): by name and by number.

use mpath_core::detection::ProbeValidation;
use mpath_core::draft::Value;
use mpath_core::group::MacPolicy;
use mpath_core::import::{Fate, Import, Origin};
use mpath_core::mode::{LacpRate, LacpSelect, ModeName, TransmitHash};
use mpath_core::settings::{Failback, MacSharing};
use mpath_core::{Draft, Group, GroupSettings};

use crate::change::options_of;
use crate::option::BondOption;

/// How a format that has names of its own writes the value of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As the driver takes it.
    Same,
    /// A span of time, which the driver has in milliseconds.
    Milliseconds,
    /// A span of time, which the driver has in seconds.
    Seconds,
    /// Yes or no.
    Flag,
    /// A list of addresses.
    Addresses,
}

/// Why an option did not become a key, and what becomes of it.
pub(crate) type NotTaken = (Fate, String);

/// Every name of an option, in the kernel's spelling and in that of newer tools.
const NAMES: [&str; 35] = [
    "active_port",
    "active_slave",
    "ad_actor_sys_prio",
    "ad_actor_system",
    "ad_select",
    "ad_user_port_key",
    "all_slaves_active",
    "arp_all_targets",
    "arp_interval",
    "arp_ip_target",
    "arp_missed_max",
    "arp_validate",
    "downdelay",
    "fail_over_mac",
    "lacp_active",
    "lacp_rate",
    "lp_interval",
    "miimon",
    "min_links",
    "missed_max",
    "mode",
    "ns_ip6_target",
    "num_grat_arp",
    "num_peer_notif",
    "num_unsol_na",
    "packets_per_port",
    "packets_per_slave",
    "peer_notif_delay",
    "primary",
    "primary_reselect",
    "resend_igmp",
    "tlb_dynamic_lb",
    "updelay",
    "use_carrier",
    "xmit_hash_policy",
];

/// Gives a draft what an option of the driver says. The name may begin with `bond-` or `bond_`, and have `-` for `_`.
pub(crate) fn set(draft: &mut Draft, option: &str, value: &str, origin: &Origin) -> Result<(), NotTaken> {
    let name = name_of(option);
    let value = value.trim().trim_matches(['"', '\'']);
    let lost = |why: String| Err((Fate::Lost, why));
    let strange = || (Fate::Lost, format!("{name} does not take {value:?}"));
    let (key, taken): (&str, Value) = match name.as_str() {
        "mode" => ("mode", value.parse::<ModeName>().map_err(|()| strange())?.word().into()),
        "miimon" => ("detection.link.interval", milliseconds(value).ok_or_else(strange)?),
        "updelay" => ("detection.link.up-delay", milliseconds(value).ok_or_else(strange)?),
        "downdelay" => ("detection.link.down-delay", milliseconds(value).ok_or_else(strange)?),
        "arp_interval" => ("detection.probe.interval", milliseconds(value).ok_or_else(strange)?),
        "arp_ip_target" | "ns_ip6_target" => {
            for target in words_of(value) {
                draft.push("detection.probe.targets", target.trim_start_matches('+'), Some(origin.clone()));
            }
            return Ok(());
        }
        "arp_validate" => {
            let validate = numbered(ProbeValidation::ALL, value).map(ProbeValidation::word);
            ("detection.probe.validate", validate.unwrap_or(value).into())
        }
        "arp_all_targets" => match value {
            "any" | "0" => ("detection.probe.all-targets", false.into()),
            "all" | "1" => ("detection.probe.all-targets", true.into()),
            _ => return Err(strange()),
        },
        "arp_missed_max" | "missed_max" => ("detection.probe.missed", number(value).ok_or_else(strange)?),
        // An older way to say "none".
        "primary" if matches!(value, "" | "none") => return Ok(()),
        "primary" => ("primary", value.into()),
        "primary_reselect" => {
            let failback = numbered(Failback::ALL, value).or_else(|| Failback::from_word(value));
            let failback = failback.or((value == "failure").then_some(Failback::Never)).ok_or_else(strange)?;
            ("failback", failback.word().into())
        }
        "fail_over_mac" => {
            let sharing = numbered(MacSharing::ALL, value).or_else(|| MacSharing::from_word(value));
            let sharing = sharing.or((value == "none").then_some(MacSharing::Shared)).ok_or_else(strange)?;
            ("mac", sharing.word().into())
        }
        "num_grat_arp" | "num_unsol_na" | "num_peer_notif" => {
            ("peer-notifications", number(value).ok_or_else(strange)?)
        }
        "xmit_hash_policy" => {
            let hash = numbered(TransmitHash::ALL, value).or_else(|| TransmitHash::from_word(value));
            ("transmit-hash", hash.ok_or_else(strange)?.word().into())
        }
        "packets_per_slave" | "packets_per_port" => ("packets-per-member", number(value).ok_or_else(strange)?),
        "lp_interval" => ("learning-interval", format!("{}s", value.parse::<u32>().map_err(|_| strange())?).into()),
        "tlb_dynamic_lb" => ("dynamic-balance", flag(value).ok_or_else(strange)?),
        "min_links" => ("lacp.min-links", number(value).ok_or_else(strange)?),
        "lacp_active" => ("lacp.active", flag(value).ok_or_else(strange)?),
        "lacp_rate" => {
            let rate = numbered(LacpRate::ALL, value).or_else(|| LacpRate::from_word(value));
            ("lacp.rate", rate.ok_or_else(strange)?.word().into())
        }
        "ad_select" => {
            let select = numbered(LacpSelect::ALL, value).or_else(|| LacpSelect::from_word(value));
            ("lacp.select", select.ok_or_else(strange)?.word().into())
        }
        "ad_actor_sys_prio" => ("lacp.system-priority", number(value).ok_or_else(strange)?),
        "ad_user_port_key" => ("lacp.port-key", number(value).ok_or_else(strange)?),
        // Its value where nobody gave one.
        "ad_actor_system" if value.split(':').all(|byte| byte.trim_matches('0').is_empty()) => return Ok(()),
        "ad_actor_system" => ("lacp.system", value.into()),
        // As it is by itself; since Linux 6.18 the driver has no other way.
        "use_carrier" if matches!(value, "1" | "on") => return Ok(()),
        "use_carrier" => {
            return lost(
                "mpath looks at the carrier only, and the driver has had no other way since Linux 6.18".to_owned(),
            );
        }
        "all_slaves_active" if matches!(value, "0" | "off" | "dropped") => return Ok(()),
        "resend_igmp" if value == "1" => return Ok(()),
        "peer_notif_delay" if value == "0" => return Ok(()),
        "active_slave" | "active_port" => {
            return lost(
                "who carries the traffic now is no setting: mpath switch does it once, `primary` for good".to_owned(),
            );
        }
        _ => return lost(format!("mpath has no key for {name}")),
    };
    draft.set(key, taken, Some(origin.clone()));
    Ok(())
}

/// Says what the driver does where a file says nothing and mpath would do otherwise: the mode (`bond_params` begin with 0,
/// balance-rr), monitoring (none, but every 100 ms in modes that need it, `bond_option_mode_set`), and what [`probes`] tells.
pub(crate) fn unsaid(draft: &mut Draft, file: &str, import: &mut Import) {
    let says = |text: &str| Some(Origin::of_file(file, text));
    if draft.get("mode").is_none() {
        draft.set("mode", ModeName::RoundRobin.word(), says("no mode"));
    }
    let can_probe = match draft.get("mode") {
        Some(Value::Text(mode)) => mode.parse::<ModeName>().is_ok_and(ModeName::can_probe),
        _ => false,
    };
    if can_probe && !runs(draft, PROBE) && draft.get(LINK).is_none() {
        draft.set(LINK, "0ms", says("no monitoring of the members"));
    }
    probes(draft, import);
}

const LINK: &str = "detection.link.interval";
const PROBE: &str = "detection.probe.interval";

fn runs(draft: &Draft, interval: &str) -> bool {
    draft.get(interval).is_some_and(|interval| *interval != Value::from("0ms"))
}

/// What becomes of probes. The driver looks at the link or probes: each switches the other off (`bond_option_miimon_set`), or is
/// refused beside it by netlink (`bond_changelink`). The link stays, as with tools that say `miimon` last, ifenslave for one, and
/// with NetworkManager; targets go with the interval, in [`Draft::settle`]. Whose answers count the driver asks only if it is told
/// to, where mpath takes those of all.
pub(crate) fn probes(draft: &mut Draft, import: &mut Import) {
    const VALIDATE: &str = "detection.probe.validate";
    let Some(origin) = draft.origin(PROBE).cloned().filter(|_| runs(draft, PROBE)) else { return };
    if runs(draft, LINK) {
        draft.remove(PROBE);
        import.change(origin, "the driver probes or looks at the link: the link is looked at here");
    } else if draft.get(VALIDATE).is_none() {
        draft.set(VALIDATE, ProbeValidation::None.word(), Some(origin));
    }
}

/// Whether the driver has an option of this name, in one of the spellings in use.
pub(crate) fn is_known(option: &str) -> bool {
    NAMES.contains(&name_of(option).as_str())
}

/// What of a group is not as it is by itself, with the kernel's names, and always the mode and how failure is found.
pub(crate) fn options(group: &Group) -> Vec<(String, String)> {
    let settings = |group: &Group| GroupSettings {
        mode: group.mode().clone(),
        detection: Some(group.detection().clone()),
        primary: group.primary().cloned(),
        failback: group.failback(),
        mac_sharing: match group.mac() {
            MacPolicy::Active => MacSharing::Active,
            MacPolicy::Follow => MacSharing::Follow,
            MacPolicy::Auto | MacPolicy::Shared | MacPolicy::Member(_) | MacPolicy::Fixed(_) => MacSharing::Shared,
        },
        peer_notifications: group.peer_notifications(),
    };
    let plain = GroupSettings {
        mode: group.mode().name().with_defaults(),
        detection: None,
        primary: None,
        failback: Failback::Always,
        mac_sharing: MacSharing::Shared,
        peer_notifications: 1,
    };
    let usual: Vec<_> = options_of(&plain)
        .into_iter()
        .filter(|option| !matches!(option, BondOption::Mode(_) | BondOption::Miimon(_)))
        .collect();
    let said = |option: &BondOption| match option {
        // To leave it to mpath is not the same as to share, with a wireless member.
        BondOption::FailOverMac(MacSharing::Shared) => *group.mac() == MacPolicy::Shared,
        option => !usual.contains(option),
    };
    let text = |option: BondOption| {
        option.to_string().split_once(' ').map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    options_of(&settings(group)).into_iter().filter(said).filter_map(text).collect()
}

/// The kernel's spelling.
fn name_of(option: &str) -> String {
    let name = option.trim().to_ascii_lowercase().replace('-', "_");
    name.strip_prefix("bond_").map_or(name.clone(), str::to_owned)
}

fn words_of(value: &str) -> impl Iterator<Item = &str> {
    value.split([',', ' ', '\t']).filter(|word| !word.is_empty())
}

fn milliseconds(value: &str) -> Option<Value> {
    Some(format!("{}ms", value.parse::<u32>().ok()?).into())
}

fn number(value: &str) -> Option<Value> {
    value.parse::<i64>().ok().map(Value::from)
}

fn flag(value: &str) -> Option<Value> {
    match value {
        "1" | "on" | "yes" | "true" => Some(true.into()),
        "0" | "off" | "no" | "false" => Some(false.into()),
        _ => None,
    }
}

fn numbered<V: Copy>(all: &[V], value: &str) -> Option<V> {
    all.get(value.parse::<usize>().ok()?).copied()
}

#[cfg(test)]
mod tests;
