//! Every key that a file may have and the form of its value, and the nearest of them to one that is not known.

use std::ops::RangeInclusive;

use super::form::{Form, Text};
use crate::Event;
use crate::detection::ProbeValidation;
use crate::mode::{LacpRate, LacpSelect, ModeName, TransmitHash};
use crate::settings::Failback;

/// A key that a file may have.
#[derive(Debug, Clone)]
pub struct Key {
    /// Its path below `group.NAME`, or for a hook below the file; `[]` stands for the entries of a list.
    pub path: &'static str,
    /// The modes that take it; empty is all.
    pub modes: &'static [ModeName],
    /// The form of its value.
    pub form: Form,
}

const fn key(path: &'static str, form: Form) -> Key {
    Key { path, modes: &[], form }
}

const fn only(path: &'static str, modes: &'static [ModeName], form: Form) -> Key {
    Key { path, modes, form }
}

const TIME: Form = Form::Text(Text::Time);
const HOST: Form = Form::Text(Text::Host);
const ADDRESS: Form = Form::Text(Text::Address);
const INTERFACE: Form = Form::Text(Text::Interface);
const MAC: Form = Form::Text(Text::Mac);

/// The modes with one active member (`bond_mode_uses_primary`).
const PRIMARY: &[ModeName] = &[ModeName::ActiveBackup, ModeName::TransmitBalance, ModeName::AdaptiveBalance];
/// The modes that can probe (the others: `BOND_NO_USES_ARP`).
const PROBE: &[ModeName] = &[ModeName::RoundRobin, ModeName::ActiveBackup, ModeName::Xor, ModeName::Broadcast];
const HASH: &[ModeName] = &[ModeName::Xor, ModeName::Lacp, ModeName::TransmitBalance];
const LEARN: &[ModeName] = &[ModeName::TransmitBalance, ModeName::AdaptiveBalance];

/// Every key below `group.NAME`, and those of a hook, in the order of the reference.
pub const KEYS: &[Key] = &[
    key("device", INTERFACE),
    key("members", Form::Tables { or: Some(&INTERFACE) }),
    key("members[].name", INTERFACE),
    key("members[].mac", MAC),
    only("members[].prio", PRIMARY, Form::Number(i32::MIN as i128..=i32::MAX as i128)),
    key("members[].optional", Form::Flag),
    key("members[].probe-address", ADDRESS),
    only("primary", PRIMARY, INTERFACE),
    key("mode", Form::Mode),
    key("detection", Form::Table),
    key("detection.link", Form::Table),
    key("detection.link.interval", Form::Text(Text::Interval)),
    key("detection.link.up-delay", TIME),
    key("detection.link.down-delay", TIME),
    only("detection.probe", PROBE, Form::Table),
    key("detection.probe.interval", Form::Text(Text::Interval)),
    key("detection.probe.targets", Form::List(&HOST, 1)),
    key("detection.probe.missed", Form::Number(1..=255)),
    key("detection.probe.validate", Form::Words(ProbeValidation::every_word)),
    key("detection.probe.all-targets", Form::Flag),
    only("failback", PRIMARY, Form::Words(Failback::words)),
    key("mac", Form::Text(Text::MacPolicy)),
    key("peer-notifications", Form::Number(1..=255)),
    key("mtu", Form::Number(68..=65535)),
    key("addresses", Form::List(&ADDRESS, 0)),
    key("gateway", Form::OneOrList(&HOST)),
    key("gateway6", Form::Text(Text::Host6)),
    key("routes", Form::Tables { or: None }),
    key("routes[].to", Form::Text(Text::Destination)),
    key("routes[].via", HOST),
    key("routes[].metric", Form::Number(0..=u32::MAX as i128)),
    key("dhcp", Form::Flag),
    key("dhcp6", Form::Flag),
    key("accept-ra", Form::Flag),
    only("transmit-hash", HASH, Form::Words(TransmitHash::words)),
    only("packets-per-member", &[ModeName::RoundRobin], Form::Number(0..=65535)),
    only("learning-interval", LEARN, Form::Text(Text::Interval)),
    only("dynamic-balance", &[ModeName::TransmitBalance], Form::Flag),
    only("lacp", &[ModeName::Lacp], Form::Table),
    key("lacp.rate", Form::Words(LacpRate::words)),
    key("lacp.active", Form::Flag),
    key("lacp.select", Form::Words(LacpSelect::words)),
    key("lacp.min-links", Form::Number(0..=i32::MAX as i128)),
    key("lacp.system-priority", Form::Number(1..=65535)),
    key("lacp.system", MAC),
    key("lacp.port-key", Form::Number(0..=1023)),
    key("hook[].on", Form::List(&Form::Words(event_words), 1)),
    key("hook[].run", Form::List(&Form::Text(Text::Argument), 1)),
    key("hook[].groups", Form::List(&Form::Text(Text::Group), 1)),
    key("hook[].timeout", TIME),
    key("hook[].user", Form::Text(Text::User)),
];

fn event_words() -> Vec<&'static str> {
    Event::WORDS.to_vec()
}

/// The range of the numbers that a key takes.
pub(super) fn range(path: &str) -> RangeInclusive<i128> {
    let form = KEYS.iter().find(|key| key.path == path).map(|key| &key.form);
    match form {
        Some(Form::Number(range)) => range.clone(),
        _ => {
            debug_assert!(false, "{path} takes no numbers");
            0..=0
        }
    }
}

/// What other tools call a key.
const ELSEWHERE: &[(&str, &str)] = &[
    ("ad-actor-sys-prio", "lacp.system-priority"),
    ("ad-actor-system", "lacp.system"),
    ("ad-select", "lacp.select"),
    ("ad-user-port-key", "lacp.port-key"),
    ("address", "addresses"),
    ("arp-all-targets", "detection.probe.all-targets"),
    ("arp-interval", "detection.probe.interval"),
    ("arp-ip-target", "detection.probe.targets"),
    ("arp-ip-targets", "detection.probe.targets"),
    ("arp-missed-max", "detection.probe.missed"),
    ("arp-validate", "detection.probe.validate"),
    ("dhcp4", "dhcp"),
    ("downdelay", "detection.link.down-delay"),
    ("fail-over-mac", "mac"),
    ("fail-over-mac-policy", "mac"),
    ("gateway4", "gateway"),
    ("gratuitous-arp", "peer-notifications"),
    ("interfaces", "members"),
    ("lacp-active", "lacp.active"),
    ("lacp-rate", "lacp.rate"),
    ("lp-interval", "learning-interval"),
    ("mii-monitor-interval", "detection.link.interval"),
    ("miimon", "detection.link.interval"),
    ("min-links", "lacp.min-links"),
    ("ns-ip6-target", "detection.probe.targets"),
    ("num-grat-arp", "peer-notifications"),
    ("num-unsol-na", "peer-notifications"),
    ("packets-per-slave", "packets-per-member"),
    ("ports", "members"),
    ("primary-reselect", "failback"),
    ("primary-reselect-policy", "failback"),
    ("slaves", "members"),
    ("tlb-dynamic-lb", "dynamic-balance"),
    ("updelay", "detection.link.up-delay"),
    ("xmit-hash-policy", "transmit-hash"),
];

/// What other tools call a key of an entry of a list.
const ELSEWHERE_IN: &[(&str, &str, &str)] = &[
    ("members[]", "interface", "name"),
    ("members[]", "hwaddr", "mac"),
    ("members[]", "test-address", "probe-address"),
    ("hook[]", "command", "run"),
    ("hook[]", "exec", "run"),
    ("hook[]", "event", "on"),
    ("hook[]", "events", "on"),
    ("hook[]", "group", "groups"),
    ("routes[]", "gateway", "via"),
    ("routes[]", "next-hop", "via"),
    ("routes[]", "destination", "to"),
];

/// The names of the keys of one table, by its path below `group.NAME`; the group's own table is the empty path.
pub(super) fn names(table: &str) -> impl Iterator<Item = &'static str> {
    let inside = move |path: &'static str| match table {
        "" => Some(path),
        _ => path.strip_prefix(table)?.strip_prefix('.'),
    };
    KEYS.iter().filter_map(move |key| inside(key.path)).filter(|name| !name.contains('.'))
}

/// The modes that take a key; `None` is all.
pub(crate) fn modes(path: &str) -> Option<&'static [ModeName]> {
    KEYS.iter().find(|key| key.path == path).map(|key| key.modes).filter(|modes| !modes.is_empty())
}

/// What the author of a key that is not known can have meant, as a sentence.
pub(super) fn suggestion(table: &str, unknown: &str) -> Option<String> {
    let plain = unknown.to_ascii_lowercase().replace('_', "-");
    let plain = plain.strip_prefix("bond-").unwrap_or(&plain);
    let path_in = |name: &str| if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") };
    if let Some(name) = names(table).find(|name| *name == plain) {
        return Some(format!("write `{name}`"));
    }
    if let Some((.., name)) = ELSEWHERE_IN.iter().find(|(of, name, _)| *of == table && *name == plain) {
        return Some(format!("write `{name}`"));
    }
    let other = ELSEWHERE.iter().find(|(name, _)| *name == plain).map(|(_, path)| *path);
    let elsewhere = || {
        let last = |path: &&'static str| path.rsplit('.').next() == Some(plain);
        let mut same = KEYS.iter().map(|key| key.path).filter(|path| !path.starts_with("hook[]")).filter(last);
        same.next().filter(|_| same.next().is_none())
    };
    if let Some(path) = other.or_else(elsewhere) {
        return Some(match names(table).find(|name| path_in(name) == path) {
            Some(name) => format!("write `{name}`"),
            None => format!("it is `{path}` of the group"),
        });
    }
    nearest(plain, names(table)).map(|name| format!("did you mean `{name}`?"))
}

/// The word most like another, if any is like it at all.
pub(crate) fn nearest<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LIKE: f64 = 0.8;
    // The measure takes the square of the length, and no key is long.
    let word: String = word.chars().take(64).collect();
    let likeness = |other: &&str| strsim::jaro_winkler(&word, other);
    words.into_iter().filter(|other| likeness(other) >= LIKE).max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_other_tools_use_leads_to_a_key() {
        for (name, path) in ELSEWHERE {
            assert!(KEYS.iter().any(|key| key.path == *path), "{name} leads to {path}");
            assert!(!names("").any(|key| key == *name), "{name} is a key already");
        }
    }

    #[test]
    fn a_misspelt_key_leads_to_the_right_one() {
        for (table, unknown, expected) in [
            ("", "membrs", "did you mean `members`?"),
            ("", "Accept_RA", "write `accept-ra`"),
            ("", "bond-miimon", "it is `detection.link.interval` of the group"),
            ("", "up-delay", "it is `detection.link.up-delay` of the group"),
            ("detection.link", "updelay", "write `up-delay`"),
        ] {
            let found = suggestion(table, unknown).unwrap_or_default();
            assert_eq!(found, expected, "{table} {unknown}");
        }
        assert_eq!(suggestion("", "zzz"), None);
    }

    #[test]
    fn the_modes_of_a_key_are_those_of_the_model() {
        for mode in ModeName::ALL {
            assert_eq!(PRIMARY.contains(mode), mode.has_primary(), "{mode}");
            assert_eq!(PROBE.contains(mode), mode.can_probe(), "{mode}");
            assert_eq!(HASH.contains(mode), mode.with_defaults().transmit_hash().is_some(), "{mode}");
        }
    }
}
