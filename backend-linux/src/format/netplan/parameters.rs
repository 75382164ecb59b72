//! The `parameters` of a bond, each with the option of the driver that it sets.

use mpath_core::Draft;
use mpath_core::import::{Fate, Import};

use crate::format::bond_option::{self, Form};
use crate::format::unit_file::milliseconds;
use crate::format::yaml::Node;

/// Every parameter, the driver's name of it, and the form of its value; a bare number is in the unit of the form. The first of a name is the one that is written.
pub(super) const PARAMETERS: [(&str, &str, Form); 22] = [
    ("mode", "mode", Form::Same),
    ("lacp-rate", "lacp_rate", Form::Same),
    ("mii-monitor-interval", "miimon", Form::Milliseconds),
    ("min-links", "min_links", Form::Same),
    ("transmit-hash-policy", "xmit_hash_policy", Form::Same),
    ("ad-select", "ad_select", Form::Same),
    ("all-slaves-active", "all_slaves_active", Form::Flag),
    ("all-members-active", "all_slaves_active", Form::Flag),
    ("arp-interval", "arp_interval", Form::Milliseconds),
    ("arp-ip-targets", "arp_ip_target", Form::Addresses),
    ("arp-validate", "arp_validate", Form::Same),
    ("arp-all-targets", "arp_all_targets", Form::Same),
    ("up-delay", "updelay", Form::Milliseconds),
    ("down-delay", "downdelay", Form::Milliseconds),
    ("fail-over-mac-policy", "fail_over_mac", Form::Same),
    ("gratuitous-arp", "num_grat_arp", Form::Same),
    // A spelling that netplan began with.
    ("gratuitious-arp", "num_grat_arp", Form::Same),
    ("packets-per-slave", "packets_per_slave", Form::Same),
    ("packets-per-member", "packets_per_slave", Form::Same),
    ("primary-reselect-policy", "primary_reselect", Form::Same),
    ("resend-igmp", "resend_igmp", Form::Same),
    ("learn-packet-interval", "lp_interval", Form::Seconds),
];

/// Gives a draft what the parameters say, but for `primary`, which is a member.
pub(super) fn take(parameters: &Node, draft: &mut Draft, import: &mut Import) {
    for (key, value) in parameters.entries() {
        let name = key.text().unwrap_or_default();
        if name == "primary" || value.is_null() {
            continue;
        }
        let known = PARAMETERS.iter().find(|(known, ..)| *known == name);
        let Some((_, option, form)) = known else {
            import.lose(key.origin.clone(), format!("mpath has no key for the parameter {name}"));
            continue;
        };
        let taken = values(value, *form).into_iter().try_for_each(|text| {
            let text = text.ok_or_else(|| (Fate::Lost, format!("{name} does not take this")))?;
            bond_option::set(draft, option, &text, &key.origin)
        });
        match taken {
            Err((Fate::Lost, why)) => import.lose(key.origin.clone(), why),
            Err((_, why)) => import.change(key.origin.clone(), why),
            Ok(()) => {}
        }
    }
}

/// The value as the driver takes it; several, where it is a list.
fn values(value: &Node, form: Form) -> Vec<Option<String>> {
    let text = value.text().map(str::to_owned);
    let bare = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let time = |text: String, unit: u32| {
        let spelled = if bare(&text) && unit == 1 { format!("{text}ms") } else { text };
        milliseconds(&spelled).map(|time| (time / unit).to_string())
    };
    match form {
        Form::Same => vec![text],
        Form::Milliseconds => vec![text.and_then(|text| time(text, 1))],
        Form::Seconds => vec![text.and_then(|text| time(text, 1000))],
        Form::Flag => vec![value.flag().map(|on| u8::from(on).to_string())],
        Form::Addresses if value.text().is_some() => vec![None],
        Form::Addresses => value.values().iter().map(|value| value.text().map(str::to_owned)).collect(),
    }
}
