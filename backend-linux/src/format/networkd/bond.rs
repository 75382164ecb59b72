//! The keys of `[Bond]` (systemd.netdev(5)), each with the option of the driver that it sets.

use mpath_core::Draft;
use mpath_core::import::{Fate, Import};

use super::unit::Unit;
use crate::format::bond_option::{self, Form};
use crate::format::unit_file::{Entry, flag, milliseconds};

/// Every key, the driver's name of it, and the form of its value.
pub(super) const KEYS: [(&str, &str, Form); 25] = [
    ("Mode", "mode", Form::Same),
    ("TransmitHashPolicy", "xmit_hash_policy", Form::Same),
    ("LACPTransmitRate", "lacp_rate", Form::Same),
    ("MIIMonitorSec", "miimon", Form::Milliseconds),
    ("UpDelaySec", "updelay", Form::Milliseconds),
    ("DownDelaySec", "downdelay", Form::Milliseconds),
    ("LearnPacketIntervalSec", "lp_interval", Form::Seconds),
    ("AdSelect", "ad_select", Form::Same),
    ("AdActorSystemPriority", "ad_actor_sys_prio", Form::Same),
    ("AdUserPortKey", "ad_user_port_key", Form::Same),
    ("AdActorSystem", "ad_actor_system", Form::Same),
    ("FailOverMACPolicy", "fail_over_mac", Form::Same),
    ("ARPValidate", "arp_validate", Form::Same),
    ("ARPIntervalSec", "arp_interval", Form::Milliseconds),
    ("ARPIPTargets", "arp_ip_target", Form::Addresses),
    ("ARPAllTargets", "arp_all_targets", Form::Same),
    ("PrimaryReselectPolicy", "primary_reselect", Form::Same),
    ("ResendIGMP", "resend_igmp", Form::Same),
    ("PacketsPerSlave", "packets_per_slave", Form::Same),
    ("GratuitousARP", "num_grat_arp", Form::Same),
    ("AllSlavesActive", "all_slaves_active", Form::Flag),
    ("DynamicTransmitLoadBalancing", "tlb_dynamic_lb", Form::Flag),
    ("MinLinks", "min_links", Form::Same),
    ("ARPMissedMax", "arp_missed_max", Form::Same),
    ("PeerNotifyDelaySec", "peer_notif_delay", Form::Milliseconds),
];

/// Gives a draft what `[Bond]` says.
pub(super) fn take(unit: &Unit, draft: &mut Draft, import: &mut Import) {
    for (key, option, form) in KEYS {
        let entries = match form {
            Form::Addresses => unit.all("Bond", key),
            _ => unit.last("Bond", key).into_iter().collect(),
        };
        for entry in entries {
            let taken = value(entry, form).and_then(|value| bond_option::set(draft, option, &value, &entry.origin));
            match taken {
                Err((Fate::Lost, why)) => import.lose(entry.origin.clone(), why),
                Err((_, why)) => import.change(entry.origin.clone(), why),
                Ok(()) => {}
            }
        }
    }
    let unknown = unit.section("Bond").filter(|entry| KEYS.iter().all(|(key, ..)| *key != entry.key));
    unknown.for_each(|entry| import.lose(entry.origin.clone(), format!("mpath has no key for {}", entry.key)));
    bond_option::unsaid(draft, &unit.file, import);
}

/// The value as the driver takes it.
fn value(entry: &Entry, form: Form) -> Result<String, (Fate, String)> {
    let strange = || (Fate::Lost, format!("{} does not take {:?}", entry.key, entry.value));
    match form {
        Form::Same | Form::Addresses => Ok(entry.value.clone()),
        Form::Milliseconds => Ok(milliseconds(&entry.value).ok_or_else(strange)?.to_string()),
        Form::Seconds => Ok((milliseconds(&entry.value).ok_or_else(strange)? / 1000).to_string()),
        Form::Flag => Ok(u8::from(flag(&entry.value).ok_or_else(strange)?).to_string()),
    }
}
