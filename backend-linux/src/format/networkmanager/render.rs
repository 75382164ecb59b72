//! Groups as profiles.

use std::fmt::Write as _;

use mpath_core::group::{MacPolicy, Member, MemberSelector};
use mpath_core::note::Note;
use mpath_core::render::{RenderedFile, Rendering};
use mpath_core::{Group, InterfaceName, Mode};
use uuid::Uuid;

use super::FOLDER;
use crate::format::bond_option;
use crate::format::fit::{self, Family, Fitting, Refusals, fit};

/// What the names of profiles are hashed with: made up once, and the same ever since.
const SPACE: Uuid = Uuid::from_u128(0x5d0c_1a4e_6f1b_4b54_9b3a_2c1d_8e7f_6a90);

/// Groups as profiles for NetworkManager 1.42 and later.
///
/// # Errors
///
/// What the format has no word for, and what a group leaves open that it must have: all of it, each with its group.
pub fn render(groups: &[&Group], source: &str) -> Result<Rendering, Refusals> {
    let (fitting, mut refusals) = fit(groups);
    refusals.extend(groups.iter().filter_map(|group| fit::mac_of_member(group)));
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let mut rendering = Rendering { private: true, ..Rendering::default() };
    for fitting in fitting {
        rendering.files.push(bond(&fitting, source));
        let digits = fitting.group.members().len().to_string().len();
        for (number, member) in fitting.group.members().iter().enumerate() {
            let place = format!("{:0digits$}", number + 1);
            rendering.files.push(port(&fitting, member, &place, source));
        }
        let notes = fit::notes(fitting.group, "NetworkManager").into_iter().chain(notes(fitting.group));
        rendering.notes.extend(notes.map(|note| (fitting.group.name().clone(), note)));
    }
    Ok(rendering)
}

/// The profile of the bond itself.
fn bond(Fitting { group, device }: &Fitting<'_>, source: &str) -> RenderedFile {
    let mut text = fit::comment(source);
    let _ = write!(
        text,
        "[connection]\nid={}\nuuid={}\ntype=bond\ninterface-name={device}\nautoconnect-slaves=1\n\n[bond]\n",
        group.name(),
        uuid(device, None)
    );
    for (option, value) in bond_option::options(group) {
        let _ = writeln!(text, "{option}={value}");
    }
    let mut ethernet = String::new();
    if let MacPolicy::Fixed(mac) = group.mac() {
        let _ = writeln!(ethernet, "cloned-mac-address={mac}");
    }
    if let Some(mtu) = group.mtu() {
        let _ = writeln!(ethernet, "mtu={mtu}");
    }
    if !ethernet.is_empty() {
        let _ = write!(text, "\n[ethernet]\n{ethernet}");
    }
    family(group, &Family::of(group, false), &mut text);
    family(group, &Family::of(group, true), &mut text);
    RenderedFile { path: format!("{FOLDER}/{device}.nmconnection"), text }
}

/// One of `[ipv4]` and `[ipv6]`.
fn family(group: &Group, family: &Family<'_>, text: &mut String) {
    let addressing = group.addressing();
    let method = match (family.is_ipv6, addressing.dhcp6, addressing.accept_ra) {
        (false, ..) if addressing.dhcp => "auto",
        (false, ..) if family.is_empty() => "disabled",
        (true, _, Some(true)) => "auto",
        (true, true, _) => "dhcp",
        (true, false, None) if family.is_empty() => "ignore",
        (true, false, Some(false)) if family.is_empty() => "link-local",
        _ => "manual",
    };
    let _ = write!(text, "\n[{}]\nmethod={method}\n", if family.is_ipv6 { "ipv6" } else { "ipv4" });
    for (number, address) in family.addresses.iter().enumerate() {
        let _ = writeln!(text, "address{}={address}", number + 1);
    }
    let mut routes = Vec::new();
    match family.gateway {
        // `nm_setting_ip_config` takes a gateway only beside an address.
        Some(via) if family.addresses.is_empty() => {
            routes.push(format!("{}/0,{via}", if family.is_ipv6 { "::" } else { "0.0.0.0" }));
        }
        Some(via) => text.push_str(&format!("gateway={via}\n")),
        None => {}
    }
    let unspecified = if family.is_ipv6 { "::" } else { "0.0.0.0" };
    routes.extend(family.routes.iter().map(|route| match (route.via, route.metric) {
        (None, None) => route.to.to_string(),
        (None, Some(metric)) => format!("{},{unspecified},{metric}", route.to),
        (Some(via), None) => format!("{},{via}", route.to),
        (Some(via), Some(metric)) => format!("{},{via},{metric}", route.to),
    }));
    for (number, route) in routes.iter().enumerate() {
        let _ = writeln!(text, "route{}={route}", number + 1);
    }
    if !family.is_empty() {
        // The kernel's own; by itself NetworkManager gives 300, behind every interface that is no bond.
        text.push_str("route-metric=0\n");
    }
}

/// The profile of a port.
fn port(Fitting { group, device }: &Fitting<'_>, member: &Member, place: &str, source: &str) -> RenderedFile {
    let (name, file, found, ethernet) = match &member.selector {
        MemberSelector::Name(name) => {
            (name.to_string(), name.to_string(), format!("interface-name={name}\n"), String::new())
        }
        MemberSelector::PermanentMac(mac) => (
            mac.to_string(),
            mac.to_string().replace(':', "-"),
            String::new(),
            format!("\n[ethernet]\nmac-address={mac}\n"),
        ),
    };
    let mut text = fit::comment(source);
    // The older names of controller and port-type, which every version takes.
    let _ = write!(
        text,
        "[connection]\nid={} {name}\nuuid={}\ntype=ethernet\n{found}master={device}\nslave-type=bond\n{ethernet}",
        group.name(),
        uuid(device, Some(&name)),
    );
    if let Some(priority) = member.priority {
        let _ = write!(text, "\n[bond-port]\nprio={priority}\n");
    }
    RenderedFile { path: format!("{FOLDER}/{device}-{place}-{file}.nmconnection"), text }
}

fn uuid(device: &InterfaceName, member: Option<&str>) -> Uuid {
    // No name has a slash in it.
    Uuid::new_v5(&SPACE, format!("{device}/{}", member.unwrap_or_default()).as_bytes())
}

/// What profiles say otherwise.
fn notes(group: &Group) -> Vec<Note> {
    let remark = |text: String| Note::Remark { text };
    let mut notes = Vec::new();
    if fit::order_decides(group) {
        notes.push(remark(
            "NetworkManager lets members join in an order of its own (slaves-order in NetworkManager.conf), and the first carries the traffic: `primary` decides it"
                .to_owned(),
        ));
    }
    let names = group.members().iter().map(|member| member.selector.to_string());
    // systemd.net-naming-scheme(7), and the driver's own.
    for name in names.filter(|name| name.starts_with("wl")) {
        notes.push(remark(format!(
            "the profile of {name} is for Ethernet; a wireless member needs type=wifi, with the network and its secrets"
        )));
    }
    let addressing = group.addressing();
    if addressing.accept_ra == Some(true) {
        notes.push(remark(
            "`accept-ra` is method=auto, which asks by DHCPv6 where a router says so, and only there".to_owned(),
        ));
    }
    let ipv6 = Family::of(group, true);
    if addressing.accept_ra.is_none() && (addressing.dhcp6 || !ipv6.is_empty()) {
        notes.push(remark(
            "NetworkManager does not listen to routers here: it does so with method=auto only".to_owned(),
        ));
    }
    for (what, version) in newer(group) {
        notes.push(remark(format!("{what} needs NetworkManager {version}; older ones refuse the profile")));
    }
    notes
}

/// Options that are younger than the oldest NetworkManager that the rest is for, and since when they are (its NEWS).
fn newer(group: &Group) -> Vec<(&'static str, &'static str)> {
    const SINCE: &str = "1.44";
    let mut newer = Vec::new();
    if let Some(probe) = group.detection().probe() {
        if bond_option::options(group).iter().any(|(option, _)| option == "arp_missed_max") {
            newer.push(("arp_missed_max", SINCE));
        }
        if probe.targets.iter().any(std::net::IpAddr::is_ipv6) {
            newer.push(("ns_ip6_target", SINCE));
        }
    }
    if matches!(group.mode(), Mode::Lacp(lacp) if !lacp.active) {
        newer.push(("lacp_active", SINCE));
    }
    if group.members().iter().any(|member| member.priority.is_some()) {
        newer.push(("prio in [bond-port]", SINCE));
    }
    newer
}
