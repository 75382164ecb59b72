//! A group written down again: every key that is not as it would be by itself.

use super::{Draft, Value};
use crate::detection::{LinkDetection, ProbeDetection, ProbeValidation};
use crate::group::{Addressing, Device, MacPolicy, Member, MemberSelector};
use crate::mode::{Lacp, LacpRate, LacpSelect, ModeName, TransmitHash};
use crate::settings::Failback;
use crate::{Detection, Group, Mode, Route};

impl From<&Group> for Draft {
    fn from(group: &Group) -> Self {
        let mut draft = Self::new(group.name.as_str());
        if let Device::Named(device) = &group.device {
            draft.put("device", device.as_str());
        }
        draft.put("members", group.members.iter().map(member).collect::<Vec<_>>());
        if let Some(primary) = &group.primary {
            draft.put("primary", primary.as_str());
        }
        draft.mode(&group.mode);
        if group.detection != Detection::default() {
            draft.detection(&group.detection, &group.mode);
        }
        draft.put_unless("failback", group.failback.word(), Failback::Always.word());
        match &group.mac {
            MacPolicy::Auto => {}
            MacPolicy::Shared => draft.put("mac", "shared"),
            MacPolicy::Active => draft.put("mac", "active"),
            MacPolicy::Follow => draft.put("mac", "follow"),
            MacPolicy::Member(name) => draft.put("mac", format!("member:{name}")),
            MacPolicy::Fixed(mac) => draft.put("mac", mac.to_string()),
        }
        draft.put_unless("peer-notifications", i64::from(group.peer_notifications), 1);
        if let Some(mtu) = group.mtu {
            draft.put("mtu", i64::from(mtu));
        }
        draft.addressing(&group.addressing);
        draft
    }
}

impl Draft {
    fn put(&mut self, key: &str, value: impl Into<Value>) {
        self.set(key, value, None);
    }

    fn put_unless<V: Into<Value> + PartialEq>(&mut self, key: &str, value: V, default: V) {
        if value != default {
            self.put(key, value);
        }
    }

    /// The mode, and all of its options that are not the default.
    pub(super) fn mode(&mut self, mode: &Mode) {
        let name = mode.name();
        self.put_unless("mode", name.word(), ModeName::ActiveBackup.word());
        if let Some(hash) = mode.transmit_hash() {
            self.put_unless("transmit-hash", hash.word(), TransmitHash::Layer2.word());
        }
        match mode {
            Mode::RoundRobin { packets_per_member } => {
                self.put_unless("packets-per-member", i64::from(*packets_per_member), 1);
            }
            Mode::TransmitBalance { dynamic, learning_interval, .. } => {
                self.learning(*learning_interval);
                self.put_unless("dynamic-balance", *dynamic, true);
            }
            Mode::AdaptiveBalance { learning_interval } => self.learning(*learning_interval),
            Mode::Lacp(lacp) => self.lacp(lacp),
            Mode::ActiveBackup | Mode::Xor { .. } | Mode::Broadcast => {}
        }
    }

    fn learning(&mut self, seconds: u32) {
        self.put_unless("learning-interval", format!("{seconds}s"), "1s".to_owned());
    }

    fn lacp(&mut self, lacp: &Lacp) {
        self.put_unless("lacp.rate", lacp.rate.word(), LacpRate::Slow.word());
        self.put_unless("lacp.active", lacp.active, true);
        self.put_unless("lacp.select", lacp.select.word(), LacpSelect::Stable.word());
        self.put_unless("lacp.min-links", i64::from(lacp.min_links), 0);
        self.put_unless("lacp.system-priority", i64::from(lacp.system_priority), 65535);
        if let Some(system) = lacp.system {
            self.put("lacp.system", system.to_string());
        }
        self.put_unless("lacp.port-key", i64::from(lacp.port_key), 0);
    }

    /// How failure is found, even where that is the default.
    pub(super) fn detection(&mut self, detection: &Detection, mode: &Mode) {
        if let Some(LinkDetection { interval, up_delay, down_delay }) = detection.link() {
            self.put("detection.link.interval", interval.to_string());
            self.put_unless("detection.link.up-delay", up_delay.to_string(), "0ms".to_owned());
            self.put_unless("detection.link.down-delay", down_delay.to_string(), "0ms".to_owned());
        }
        if let Some(ProbeDetection { interval, targets, missed, validate, all_targets }) = detection.probe() {
            self.put("detection.probe.interval", interval.to_string());
            self.put("detection.probe.targets", targets.iter().map(ToString::to_string).collect::<Vec<_>>());
            self.put_unless("detection.probe.missed", i64::from(*missed), i64::from(ProbeDetection::DEFAULT_MISSED));
            let active_backup = mode.name() == ModeName::ActiveBackup;
            let default = if active_backup { ProbeValidation::All } else { ProbeValidation::None };
            self.put_unless("detection.probe.validate", validate.word(), default.word());
            self.put_unless("detection.probe.all-targets", *all_targets, false);
        }
    }

    pub(crate) fn addressing(&mut self, addressing: &Addressing) {
        if !addressing.addresses.is_empty() {
            self.put("addresses", addressing.addresses.iter().map(ToString::to_string).collect::<Vec<_>>());
        }
        match addressing.gateways.as_slice() {
            [] => {}
            [gateway] => self.put("gateway", gateway.to_string()),
            gateways => self.put("gateway", gateways.iter().map(ToString::to_string).collect::<Vec<_>>()),
        }
        if !addressing.routes.is_empty() {
            self.put("routes", addressing.routes.iter().map(route).collect::<Vec<_>>());
        }
        self.put_unless("dhcp", addressing.dhcp, false);
        self.put_unless("dhcp6", addressing.dhcp6, false);
        if let Some(accept) = addressing.accept_ra {
            self.put("accept-ra", accept);
        }
    }
}

/// A member, as short as it can be said.
fn member(member: &Member) -> Value {
    let (key, name) = match &member.selector {
        MemberSelector::Name(name) => ("name", name.to_string()),
        MemberSelector::PermanentMac(mac) => ("mac", mac.to_string()),
    };
    let mut entries = vec![(key, Value::from(name.clone()))];
    entries.extend(member.priority.map(|priority| ("prio", Value::from(i64::from(priority)))));
    if member.optional {
        entries.push(("optional", Value::from(true)));
    }
    entries.extend(member.probe_address.map(|net| ("probe-address", Value::from(net.to_string()))));
    if entries.len() == 1 && key == "name" { Value::from(name) } else { Value::Table(entries) }
}

/// A route with the keys that it needs.
fn route(route: &Route) -> Value {
    let to = if route.to.prefix_len() == 0 { "default".to_owned() } else { route.to.to_string() };
    let mut entries = vec![("to", Value::from(to))];
    entries.extend(route.via.map(|via| ("via", Value::from(via.to_string()))));
    entries.extend(route.metric.map(|metric| ("metric", Value::from(i64::from(metric)))));
    Value::Table(entries)
}
