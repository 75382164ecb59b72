//! Groups as a state.

use std::fmt::Write as _;

use mpath_core::group::{MacPolicy, MemberSelector};
use mpath_core::note::Note;
use mpath_core::render::{RenderedFile, Rendering};
use mpath_core::{Group, Route};

use super::FOLDER;
use crate::format::bond_option;
use crate::format::fit::{self, Family, Fitting, Refusals, fit};

/// Groups as states, one file for each.
///
/// # Errors
///
/// What the format has no word for, and what a group leaves open that it must have: all of it, each with its group.
pub fn render(groups: &[&Group], source: &str) -> Result<Rendering, Refusals> {
    let (fitting, refusals) = fit(groups);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let mut rendering = Rendering::default();
    for Fitting { group, device } in fitting {
        let mut text = fit::comment(source);
        interfaces(group, device.as_str(), &mut text);
        routes(group, device.as_str(), &mut text);
        rendering.files.push(RenderedFile { path: format!("{FOLDER}/{device}.yml"), text });
        let notes = fit::notes(group, "nmstate").into_iter().chain(notes(group));
        rendering.notes.extend(notes.map(|note| (group.name().clone(), note)));
    }
    Ok(rendering)
}

fn interfaces(group: &Group, device: &str, text: &mut String) {
    let names = names(group, device);
    let _ = write!(text, "interfaces:\n- name: {}\n  type: bond\n  state: up\n", word(device));
    match group.mac() {
        MacPolicy::Fixed(mac) => text.push_str(&format!("  mac-address: \"{mac}\"\n")),
        MacPolicy::Member(member) => text.push_str(&format!("  copy-mac-from: {}\n", word(member.as_str()))),
        MacPolicy::Auto | MacPolicy::Shared | MacPolicy::Active | MacPolicy::Follow => {}
    }
    if let Some(mtu) = group.mtu() {
        let _ = writeln!(text, "  mtu: {mtu}");
    }
    let _ = write!(text, "  link-aggregation:\n    mode: {}\n    options:\n", word(group.mode().name().word()));
    for (option, value) in bond_option::options(group).iter().filter(|(option, _)| option != "mode") {
        let is_number = value.parse::<u32>().is_ok() && option != "primary";
        let _ = writeln!(text, "      {option}: {}", if is_number { value.clone() } else { word(value) });
    }
    text.push_str("    port:\n");
    for name in &names {
        let _ = writeln!(text, "    - {}", word(name));
    }
    if group.members().iter().any(|member| member.priority.is_some()) {
        text.push_str("    ports-config:\n");
        for (name, member) in names.iter().zip(group.members()) {
            let _ =
                writeln!(text, "    - name: {}\n      priority: {}", word(name), member.priority.unwrap_or_default());
        }
    }
    ip(group, &Family::of(group, false), text);
    ip(group, &Family::of(group, true), text);
    for (name, member) in names.iter().zip(group.members()) {
        let _ = write!(text, "- name: {}\n  type: ethernet\n  state: up\n", word(name));
        if let MemberSelector::PermanentMac(mac) = &member.selector {
            let _ = write!(text, "  identifier: mac-address\n  mac-address: \"{mac}\"\n");
        }
    }
}

/// What the members are called there: those that are found by their MAC addresses need a name for a profile.
fn names(group: &Group, device: &str) -> Vec<String> {
    let name = |(number, selector): (usize, &MemberSelector)| match selector {
        MemberSelector::Name(name) => name.to_string(),
        MemberSelector::PermanentMac(_) => format!("{device}-{}", number + 1),
    };
    group.members().iter().map(|member| &member.selector).enumerate().map(name).collect()
}

fn ip(group: &Group, family: &Family<'_>, text: &mut String) {
    let addressing = group.addressing();
    text.push_str(if family.is_ipv6 { "  ipv6:\n" } else { "  ipv4:\n" });
    let mut put = |line: &str| text.push_str(&format!("    {line}\n"));
    if family.is_ipv6 {
        // Both or none of them: nmstate takes no `autoconf` without `dhcp`.
        let dhcp = addressing.dhcp6 || addressing.accept_ra == Some(true);
        put("enabled: true");
        if dhcp || addressing.accept_ra.is_some() {
            put(&format!("dhcp: {dhcp}"));
        }
        if let Some(accept) = addressing.accept_ra {
            put(&format!("autoconf: {accept}"));
        }
    } else {
        put(&format!("enabled: {}", addressing.dhcp || !family.is_empty()));
        if addressing.dhcp || !family.is_empty() {
            put(&format!("dhcp: {}", addressing.dhcp));
        }
    }
    if !family.addresses.is_empty() {
        put("address:");
        for net in &family.addresses {
            put(&format!("- ip: {}", word(&net.addr().to_string())));
            put(&format!("  prefix-length: {}", net.prefix_len()));
        }
    }
}

fn routes(group: &Group, device: &str, text: &mut String) {
    let addressing = group.addressing();
    let defaults = addressing.gateways.iter().map(|via| Route::default_via(*via));
    let routes: Vec<_> = defaults.chain(addressing.routes.iter().cloned()).collect();
    if routes.is_empty() {
        return;
    }
    text.push_str("routes:\n  config:\n");
    for route in routes {
        // The kernel's own metric; by itself NetworkManager, which is behind nmstate, gives 300.
        let usual = if route.to.addr().is_ipv6() { 1024 } else { 0 };
        let _ = write!(
            text,
            "  - destination: {}\n    next-hop-interface: {}\n    metric: {}\n",
            word(&route.to.to_string()),
            word(device),
            route.metric.unwrap_or(usual)
        );
        if let Some(via) = route.via {
            let _ = writeln!(text, "    next-hop-address: {}", word(&via.to_string()));
        }
    }
}

/// A scalar that is a text in every version of YAML: in quotes, unless it is a word.
fn word(text: &str) -> String {
    const TAKEN: [&str; 11] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.+-".contains(c))
        && !TAKEN.contains(&text.to_ascii_lowercase().as_str());
    if is_word { text.to_owned() } else { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) }
}

/// What a state says otherwise.
fn notes(group: &Group) -> Vec<Note> {
    let remark = |text: &str| Note::Remark { text: text.to_owned() };
    let mut notes = Vec::new();
    if fit::order_decides(group) {
        notes.push(remark(
            "nmstate lets members join in an order of its own, and the first carries the traffic: `primary` decides it",
        ));
    }
    let addressing = group.addressing();
    match addressing.accept_ra {
        Some(true) if !addressing.dhcp6 => notes
            .push(remark("nmstate takes no `autoconf` without `dhcp`, which asks by DHCPv6 where a router says so")),
        None => notes.push(remark("nmstate does not listen to routers here: it does so with `autoconf` only")),
        _ => {}
    }
    notes
}
