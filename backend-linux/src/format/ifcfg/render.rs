//! Groups as interface files.

use std::fmt::Write as _;

use mpath_core::group::{MacPolicy, Member, MemberSelector};
use mpath_core::note::Note;
use mpath_core::refusal::Refusal;
use mpath_core::render::{RenderedFile, Rendering};
use mpath_core::shell::word;
use mpath_core::{Group, Route};

use super::FOLDER;
use crate::format::bond_option;
use crate::format::fit::{self, Family, Fitting, Refusals, fit};

/// Groups as interface files and route files.
///
/// # Errors
///
/// What the format has no word for, and what a group leaves open that it must have: all of it, each with its group.
pub fn render(groups: &[&Group], source: &str) -> Result<Rendering, Refusals> {
    let (fitting, mut refusals) = fit(groups);
    refusals.extend(groups.iter().filter_map(|group| fit::mac_of_member(group)));
    for group in groups {
        for member in group.members().iter().filter(|member| member.priority.is_some()) {
            let reason = format!("the files have no word for the `prio` of {}", member.selector);
            let cure = "leave `prio` out: `primary` decides between two".to_owned();
            refusals.push((group.name().clone(), Refusal::NotInFormat { reason, cure }));
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let mut rendering = Rendering::default();
    for Fitting { group, device } in &fitting {
        let device = device.as_str();
        rendering.files.push(bond(group, device, source));
        let digits = group.members().len().to_string().len();
        for (number, member) in group.members().iter().enumerate() {
            let place = format!("{:0digits$}", number + 1);
            rendering.files.push(port(member, device, &place, source));
        }
        for (file, is_ipv6) in [("route", false), ("route6", true)] {
            rendering.files.extend(routes(&Family::of(group, is_ipv6).routes, device, file, source));
        }
        let notes = fit::notes(group, "the script").into_iter().chain(notes(group));
        rendering.notes.extend(notes.map(|note| (group.name().clone(), note)));
    }
    Ok(rendering)
}

/// The file of the bond itself.
fn bond(group: &Group, device: &str, source: &str) -> RenderedFile {
    let mut text = fit::comment(source);
    let mut put = |name: &str, value: &str| text.push_str(&format!("{name}={}\n", word(value)));
    put("DEVICE", device);
    put("TYPE", "Bond");
    put("BONDING_MASTER", "yes");
    let options = bond_option::options(group).into_iter().map(|(option, value)| format!("{option}={value}"));
    put("BONDING_OPTS", &options.collect::<Vec<_>>().join(" "));
    put("ONBOOT", "yes");
    if let MacPolicy::Fixed(mac) = group.mac() {
        put("MACADDR", &mac.to_string());
    }
    if let Some(mtu) = group.mtu() {
        put("MTU", &mtu.to_string());
    }
    let addressing = group.addressing();
    put("BOOTPROTO", if addressing.dhcp { "dhcp" } else { "none" });
    let ipv4 = Family::of(group, false);
    for (number, net) in ipv4.addresses.iter().enumerate() {
        // The first has no number, as every version takes it.
        let number = if number == 0 { String::new() } else { number.to_string() };
        put(&format!("IPADDR{number}"), &net.addr().to_string());
        put(&format!("PREFIX{number}"), &net.prefix_len().to_string());
    }
    if let Some(gateway) = ipv4.gateway {
        put("GATEWAY", &gateway.to_string());
    }
    let ipv6 = Family::of(group, true);
    if !ipv6.is_empty() || addressing.dhcp6 || addressing.accept_ra.is_some() {
        put("IPV6INIT", "yes");
    }
    if let Some(accept) = addressing.accept_ra {
        put("IPV6_AUTOCONF", if accept { "yes" } else { "no" });
    }
    if addressing.dhcp6 {
        put("DHCPV6C", "yes");
    }
    if let Some((first, others)) = ipv6.addresses.split_first() {
        put("IPV6ADDR", &first.to_string());
        if !others.is_empty() {
            let others: Vec<_> = others.iter().map(ToString::to_string).collect();
            put("IPV6ADDR_SECONDARIES", &others.join(" "));
        }
    }
    if let Some(gateway) = ipv6.gateway {
        // A link-local next hop needs its device (RFC 4007).
        let zone = if gateway.to_string().starts_with("fe80:") { format!("%{device}") } else { String::new() };
        put("IPV6_DEFAULTGW", &format!("{gateway}{zone}"));
    }
    RenderedFile { path: format!("{FOLDER}/ifcfg-{device}"), text }
}

/// The file of a member. Its name keeps the order: the scripts let members join in the order of the names of their files.
fn port(member: &Member, device: &str, place: &str, source: &str) -> RenderedFile {
    let mut text = fit::comment(source);
    let mut put = |name: &str, value: &str| text.push_str(&format!("{name}={}\n", word(value)));
    let file = match &member.selector {
        MemberSelector::Name(name) => {
            put("DEVICE", name.as_str());
            name.to_string()
        }
        MemberSelector::PermanentMac(mac) => {
            put("HWADDR", &mac.to_string());
            mac.to_string().replace(':', "-")
        }
    };
    put("TYPE", "Ethernet");
    put("MASTER", device);
    put("SLAVE", "yes");
    put("ONBOOT", "yes");
    put("BOOTPROTO", "none");
    RenderedFile { path: format!("{FOLDER}/ifcfg-{device}-{place}-{file}"), text }
}

/// The routes of a family, as arguments of `ip route add`.
fn routes(routes: &[&Route], device: &str, file: &str, source: &str) -> Option<RenderedFile> {
    if routes.is_empty() {
        return None;
    }
    let mut text = fit::comment(source);
    for route in routes {
        let via = route.via.map(|via| format!(" via {via}")).unwrap_or_default();
        let metric = route.metric.map(|metric| format!(" metric {metric}")).unwrap_or_default();
        let _ = writeln!(text, "{}{via} dev {device}{metric}", route.to);
    }
    Some(RenderedFile { path: format!("{FOLDER}/{file}-{device}"), text })
}

/// What the files say otherwise.
fn notes(group: &Group) -> Vec<Note> {
    let mut notes = Vec::new();
    let is_by_mac = |member: &&Member| matches!(member.selector, MemberSelector::PermanentMac(_));
    for member in group.members().iter().filter(is_by_mac) {
        notes.push(Note::Remark {
            text: format!("the scripts look for {} among the addresses that interfaces show now", member.selector),
        });
    }
    if group.addressing().dhcp && group.addressing().addresses.iter().any(|net| net.addr().is_ipv4()) {
        notes.push(Note::Remark {
            text: "with BOOTPROTO=dhcp the scripts leave static IPv4 addresses out; NetworkManager takes both"
                .to_owned(),
        });
    }
    notes
}
