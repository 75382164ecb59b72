//! Groups as files of netplan, with systemd-networkd behind it.

use std::fmt::Write as _;

use mpath_core::group::{MacPolicy, Member, MemberSelector};
use mpath_core::note::Note;
use mpath_core::refusal::Refusal;
use mpath_core::render::{RenderedFile, Rendering};
use mpath_core::{Group, InterfaceName, Mode, Route};

use super::parameters::PARAMETERS;
use crate::format::bond_option;
use crate::format::bond_option::Form;
use crate::format::fit::{Refusals, comment};
use crate::format::networkd;

/// The folder of the administrator. A late name, since later files amend earlier ones.
const FOLDER: &str = "etc/netplan";

/// Groups as YAML, a file for each.
///
/// # Errors
///
/// What the format has no word for, and what a group leaves open that it must have: all of it, each with its group.
pub fn render(groups: &[&Group], source: &str) -> Result<Rendering, Refusals> {
    let file = |group: &Group, device: &InterfaceName| {
        vec![RenderedFile { path: format!("{FOLDER}/90-mpath-{device}.yaml"), text: text(group, device, source) }]
    };
    // netplan complains of files that anybody may read.
    networkd::each(groups, refusals, notes, file).map(|rendering| Rendering { private: true, ..rendering })
}

/// What stands against saying the same.
fn refusals(group: &Group) -> Vec<Refusal> {
    let mut refusals = networkd::refusals_of(group);
    let mut cannot = |what: &str, cure: &str| {
        let reason = format!("netplan has no word for {what}");
        refusals.push(Refusal::NotInFormat { reason, cure: cure.to_owned() });
    };
    match group.mode() {
        Mode::Lacp(lacp) if lacp.system_priority != 65535 || lacp.system.is_some() || lacp.port_key != 0 => {
            cannot("the system of LACP", "take `lacp.system`, `lacp.system-priority` and `lacp.port-key` out");
        }
        Mode::TransmitBalance { dynamic: false, .. } => cannot("dynamic-balance", "take `dynamic-balance` out"),
        // Its generator takes 0 for nothing (`write_bond_parameters`).
        Mode::RoundRobin { packets_per_member: 0 } => {
            cannot("packets-per-member = 0", "give a number of packets, or take `packets-per-member` out");
        }
        _ => {}
    }
    if group.detection().probe().is_some_and(|probe| probe.missed != 2) {
        cannot("how many answers to probes may be missing", "take `detection.probe.missed` out");
    }
    let addressing = group.addressing();
    if addressing.dhcp6 && addressing.accept_ra == Some(false) {
        let what = "a lease of IPv6 that no router tells to ask for";
        cannot(what, "take `accept-ra` or `dhcp6` out");
    }
    refusals
}

/// What a person should know of a group that netplan brings up.
fn notes(group: &Group) -> Vec<Note> {
    let mut notes = networkd::notes(group, false);
    let mut remark = |text: &str| notes.push(Note::Remark { text: text.to_owned() });
    if matches!(group.mac(), MacPolicy::Auto | MacPolicy::Shared) {
        remark("the group shows a MAC address that systemd makes up, not that of a member; mac = \"…\" pins one");
    }
    if group.addressing().dhcp6 {
        remark("an IPv6 lease is asked for only where a router tells to");
    }
    notes
}

/// The whole file. Names and addresses are in quotes, which keep them texts whatever they look like.
fn text(group: &Group, device: &InterfaceName, source: &str) -> String {
    let mut text = comment(source);
    text.push_str("network:\n  version: 2\n  ethernets:\n");
    let ids: Vec<_> = group.members().iter().map(|member| definition(member, &mut text)).collect();
    let _ = write!(text, "  bonds:\n    \"{device}\":\n      renderer: networkd\n      interfaces: {}\n", list(&ids));
    text.push_str("      parameters:\n");
    for (option, value) in bond_option::options(group) {
        let Some((name, _, form)) = PARAMETERS.iter().find(|(_, known, _)| *known == option) else { continue };
        let value = match form {
            Form::Same if value.bytes().all(|byte| byte.is_ascii_digit()) => value,
            Form::Same => format!("\"{value}\""),
            Form::Milliseconds => format!("{value}ms"),
            Form::Seconds => format!("{value}s"),
            Form::Flag => (value == "1").to_string(),
            Form::Addresses => list(&value.split(',').collect::<Vec<_>>()),
        };
        let _ = writeln!(text, "        {name}: {value}");
    }
    if let Some(primary) = group.primary() {
        let _ = writeln!(text, "        primary: \"{primary}\"");
    }
    if let MacPolicy::Fixed(mac) = group.mac() {
        let _ = writeln!(text, "      macaddress: \"{mac}\"");
    }
    if let Some(mtu) = group.mtu() {
        let _ = writeln!(text, "      mtu: {mtu}");
    }
    addressing(group, &mut text);
    text
}

fn addressing(group: &Group, text: &mut String) {
    let addressing = group.addressing();
    let _ = write!(text, "      dhcp4: {}\n      dhcp6: {}\n", addressing.dhcp, addressing.dhcp6);
    if let Some(accept) = addressing.accept_ra {
        let _ = writeln!(text, "      accept-ra: {accept}");
    }
    if !addressing.addresses.is_empty() {
        let _ = writeln!(text, "      addresses: {}", list(&addressing.addresses));
    }
    let gateways = addressing.gateways.iter().map(|gateway| Route::default_via(*gateway));
    let routes: Vec<_> = gateways.chain(addressing.routes.iter().cloned()).collect();
    if !routes.is_empty() {
        text.push_str("      routes:\n");
    }
    for route in routes {
        let to = if route.is_default() { "default".to_owned() } else { route.to.to_string() };
        let _ = writeln!(text, "        - to: \"{to}\"");
        if let Some(via) = route.via {
            let _ = writeln!(text, "          via: \"{via}\"");
        }
        if let Some(metric) = route.metric {
            let _ = writeln!(text, "          metric: {metric}");
        }
    }
}

/// A member, under the name by which the bond knows it.
fn definition(member: &Member, text: &mut String) -> String {
    let optional = if member.optional { ", optional: true" } else { "" };
    match &member.selector {
        MemberSelector::Name(name) => {
            let _ = writeln!(text, "    \"{name}\": {{ dhcp4: false{optional} }}");
            name.to_string()
        }
        MemberSelector::PermanentMac(mac) => {
            let id = format!("mpath-{}", mac.to_string().replace(':', ""));
            let _ = writeln!(text, "    \"{id}\": {{ match: {{ macaddress: \"{mac}\" }}{optional} }}");
            id
        }
    }
}

/// A list on one line.
fn list<T: ToString>(values: &[T]) -> String {
    let values: Vec<_> = values.iter().map(|value| format!("\"{}\"", value.to_string())).collect();
    format!("[{}]", values.join(", "))
}
