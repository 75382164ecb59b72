//! The options of the bonding driver as texts, as most formats have them, and the keys that say the same.
//!
//! In: `miimon` and `100`, in any of the spellings in use. Out: a key of a [`Draft`]. And the way back, from a [`Group`].
//!
//! Values are taken as the driver takes them (`bond_opts` in bond_options.c): by name and by number.

use mpath_core::detection::ProbeValidation;
use mpath_core::draft::Value;
use mpath_core::group::MacPolicy;
use mpath_core::import::{Fate, Origin};
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
/// balance-rr), monitoring (none, but every 100 ms in modes that need it, `bond_option_mode_set`), and whose answers to
/// probes count (nobody's).
pub(crate) fn unsaid(draft: &mut Draft, file: &str) {
    let says = |text: &str| Some(Origin::of_file(file, text));
    if draft.get("mode").is_none() {
        draft.set("mode", ModeName::RoundRobin.word(), says("no mode"));
    }
    let can_probe = match draft.get("mode") {
        Some(Value::Text(mode)) => mode.parse::<ModeName>().is_ok_and(ModeName::can_probe),
        _ => false,
    };
    let probes = draft.get("detection.probe.interval").is_some_and(|interval| *interval != Value::from("0ms"));
    if can_probe && !probes && draft.get("detection.link.interval").is_none() {
        draft.set("detection.link.interval", "0ms", says("no monitoring of the members"));
    }
    if probes && draft.get("detection.probe.validate").is_none() {
        draft.set("detection.probe.validate", ProbeValidation::None.word(), says("no validation of answers"));
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
mod tests {
    use mpath_core::{SourceFile, read};

    use super::*;

    fn origin() -> Origin {
        Origin::line("interfaces", 1, "")
    }

    #[test]
    fn what_a_group_needs_comes_back_as_the_same_group() {
        let text = "[group.a]\nmembers = [\"eth1\", \"eth0\"]\nprimary = \"eth1\"\ndhcp = true\nmac = \"follow\"\nfailback = \"never\"\n\
            peer-notifications = 4\n[group.a.detection]\nlink = { interval = \"50ms\", up-delay = \"100ms\" }\n\
            [group.b]\nmembers = [\"eth2\"]\nmode = \"lacp\"\ndhcp = true\ntransmit-hash = \"layer3+4\"\nlacp = { rate = \"fast\", select = \"count\", \
            system-priority = 9, port-key = 3, system = \"52:54:00:00:00:09\", active = false, min-links = 1 }\n\
            [group.c]\nmembers = [\"eth3\"]\nmode = \"tlb\"\ndhcp = true\nlearning-interval = \"4s\"\ndynamic-balance = false\n\
            [group.d]\nmembers = [\"eth4\"]\ndhcp = true\nmac = \"shared\"\n\
            detection = { probe = { interval = \"2s\", targets = [\"10.0.0.1\", \"fe80::1\"], missed = 3, validate = \"standby\", all-targets = true } }\n\
            [group.e]\nmembers = [\"eth5\"]\ndhcp = true\nmode = \"rr\"\npackets-per-member = 0\n";
        for group in read(&[SourceFile::new("all", text)]).unwrap().groups {
            let mut draft = Draft::new(group.name().as_str());
            for key in ["members", "dhcp"] {
                draft.set(key, Draft::from(&group).get(key).unwrap().clone(), None);
            }
            for (option, value) in options(&group) {
                assert!(is_known(&option), "{option}");
                set(&mut draft, &option, &value, &origin()).unwrap();
            }
            let settled = draft.settle();
            assert_eq!((settled.leftovers, settled.group), (vec![], Some(group)));
        }
    }

    proptest::proptest! {
        #[test]
        fn the_options_of_any_group_come_back(group in crate::format::round_trip::groups()) {
            let mut draft = Draft::from(&group);
            let from_options: Vec<_> = draft.keys().filter(|key| {
                let fixed = *key == "mac" && matches!(group.mac(), MacPolicy::Fixed(_));
                !fixed && !matches!(*key, "members" | "mtu" | "addresses" | "gateway" | "routes" | "dhcp" | "dhcp6" | "accept-ra")
            }).collect();
            from_options.into_iter().for_each(|key| drop(draft.remove(key)));
            for (option, value) in options(&group) {
                assert!(is_known(&option), "{option}");
                set(&mut draft, &option, &value, &origin()).unwrap();
            }
            let settled = draft.settle();
            proptest::prop_assert_eq!((settled.leftovers, settled.group), (vec![], Some(group)));
        }
    }

    #[test]
    fn a_plain_group_needs_its_mode_and_monitoring_only() {
        let group = &read(&[SourceFile::new("a", "[group.a]\nmembers = [\"eth0\"]\ndhcp = true\n")]).unwrap().groups[0];
        let options: Vec<_> = options(group).into_iter().map(|(name, value)| format!("{name} {value}")).collect();
        assert_eq!(options, ["mode active-backup", "miimon 100", "updelay 0", "downdelay 0"]);
    }

    #[test]
    fn options_are_taken_in_every_spelling_by_name_and_by_number() {
        let mut draft = Draft::new("a");
        for (option, value) in [
            ("bond-mode", "1"),
            ("bond_primary_reselect", "2"),
            ("fail_over_mac", "1"),
            ("arp_validate", "3"),
            ("BOND-NUM-GRAT-ARP", "5"),
            ("arp_ip_target", "10.0.0.1,+10.0.0.2"),
        ] {
            set(&mut draft, option, value, &origin()).unwrap();
        }
        let text = draft.to_toml();
        for part in [
            "mode               = \"active-backup\"",
            "failback           = \"never\"",
            "mac                = \"active\"",
            "validate = \"all\"",
            "= 5",
            "\"10.0.0.1\", \"10.0.0.2\"",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn what_no_key_says_is_not_taken_with_a_reason() {
        let mut draft = Draft::new("a");
        for (option, value) in [
            ("mode", "7"),
            ("miimon", "fast"),
            ("all_slaves_active", "1"),
            ("resend_igmp", "4"),
            ("use_carrier", "0"),
            ("queue_id", "eth0:2"),
            ("active_slave", "eth0"),
        ] {
            let (fate, why) = set(&mut draft, option, value, &origin()).unwrap_err();
            assert_eq!(fate, Fate::Lost, "{option}: {why}");
        }
        assert_eq!(draft.keys().count(), 0);
        // Of each that is known it is said what becomes of it. Two have no key, but a value that mpath always has.
        let has_key = |name: &&str| !matches!(*name, "all_slaves_active" | "peer_notif_delay");
        for name in NAMES.into_iter().filter(has_key) {
            let why = set(&mut Draft::new("any"), name, "1", &origin()).err().map(|(_, why)| why).unwrap_or_default();
            assert!(!why.starts_with("mpath has no key"), "{name}: {why}");
        }
        assert!(is_known("bond-miimon") && is_known("mode") && !is_known("bond-slaves-ordered"));
    }
}
