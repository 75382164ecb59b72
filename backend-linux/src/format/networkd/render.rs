//! Groups as files of systemd-networkd.

use std::fmt::Write as _;

use mpath_core::detection::ProbeValidation;
use mpath_core::group::{MacPolicy, Member, MemberSelector};
use mpath_core::mode::TransmitHash;
use mpath_core::note::Note;
use mpath_core::refusal::Refusal;
use mpath_core::render::{RenderedFile, Rendering};
use mpath_core::{Group, InterfaceName, Mode, Route};

use super::bond::KEYS;
use super::unit::is_plain;
use crate::format::bond_option::Form;
use crate::format::fit::{Fitting, Refusals, comment, fit, mac_of_member};
use crate::format::{bond_option, may_be_wireless};

/// The folder of the administrator.
const FOLDER: &str = "etc/systemd/network";

/// Groups as `.netdev` and `.network` files.
///
/// # Errors
///
/// What the format has no word for, and what a group leaves open that it must have: all of it, each with its group.
pub fn render(groups: &[&Group], source: &str) -> Result<Rendering, Refusals> {
    each(groups, refusals_of, |group| notes(group, true), |group, device| files(group, device, source))
}

/// Each group with its device in files, unless something stands against one of them.
pub(crate) fn each(
    groups: &[&Group],
    refusals_of: impl Fn(&Group) -> Vec<Refusal>,
    notes: impl Fn(&Group) -> Vec<Note>,
    files: impl Fn(&Group, &InterfaceName) -> Vec<RenderedFile>,
) -> Result<Rendering, Refusals> {
    let (fitting, mut refusals) = fit(groups);
    for group in groups {
        refusals.extend(mac_of_member(group));
        refusals.extend(refusals_of(group).into_iter().map(|refusal| (group.name().clone(), refusal)));
    }
    let mut rendering = Rendering::default();
    for Fitting { group, device } in fitting {
        rendering.files.extend(files(group, &device));
        rendering.notes.extend(notes(group).into_iter().map(|note| (group.name().clone(), note)));
    }
    if refusals.is_empty() { Ok(rendering) } else { Err(refusals) }
}

/// What stands against saying the same; netplan has it done by the same daemon.
pub(crate) fn refusals_of(group: &Group) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let mut cannot = |reason: &str, cure: &str| {
        refusals.push(Refusal::NotInFormat { reason: reason.to_owned(), cure: cure.to_owned() });
    };
    for member in group.members() {
        if let Some(priority) = member.priority {
            let reason = format!("systemd-networkd has no rank of a member, and {} has {priority}", member.selector);
            cannot(&reason, "take `prio` out, and give a `primary`");
        }
        if let MemberSelector::Name(name) = &member.selector
            && !is_plain(name.as_str())
        {
            cannot(
                &format!("{name} is a pattern to systemd-networkd"),
                "give the interface another name, or its `mac`",
            );
        }
    }
    if let Some(probe) = group.detection().probe() {
        let filters = [ProbeValidation::Filter, ProbeValidation::FilterActive, ProbeValidation::FilterStandby];
        if filters.contains(&probe.validate) {
            let reason = format!("systemd-networkd has no ARPValidate={}", probe.validate);
            cannot(&reason, "use one of none, active, standby and all in `detection.probe.validate`");
        }
        if probe.targets.iter().any(std::net::IpAddr::is_ipv6) {
            cannot("systemd-networkd probes IPv4 targets alone", "give IPv4 addresses in `detection.probe.targets`");
        }
    }
    match group.mode() {
        Mode::TransmitBalance { learning_interval, .. } | Mode::AdaptiveBalance { learning_interval }
            if *learning_interval != 1 =>
        {
            let reason = "systemd-networkd sets LearnPacketIntervalSec= with probes alone, which this mode has not";
            cannot(reason, "take `learning-interval` out");
        }
        Mode::Lacp(lacp) if !lacp.active => {
            cannot("systemd-networkd always lets LACP begin to speak", "take `lacp.active` out");
        }
        _ => {}
    }
    if group.mode().transmit_hash() == Some(TransmitHash::VlanSourceMac) {
        cannot("systemd-networkd has no TransmitHashPolicy=vlan+srcmac", "use another `transmit-hash`");
    }
    refusals
}

/// What a person should know of a group that systemd-networkd brings up, and whether it takes the MAC address of a member.
pub(crate) fn notes(group: &Group, of_member: bool) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut remark = |text: &str| notes.push(Note::Remark { text: text.to_owned() });
    let shares = of_member && matches!(group.mac(), MacPolicy::Auto | MacPolicy::Shared);
    if shares && group.members().len() > 1 {
        remark("the group shows the MAC address of the member that systemd-networkd adds first, not of the primary");
    }
    if group.mode().name().has_primary() && group.primary().is_none() && group.members().len() > 1 {
        remark("without a `primary`, the member that systemd-networkd adds first carries the traffic");
    }
    if group.mode() == &Mode::ActiveBackup {
        may_be_wireless(group, "systemd-networkd").iter().for_each(|text| remark(text));
    }
    if group.detection().probe().is_some_and(|probe| probe.missed != 2) {
        remark("ARPMissedMax= is not known to older systemd-networkd, such as 252, which goes by 2");
    }
    if group.members().iter().any(|member| member.probe_address.is_some()) {
        remark("probes come from the address of the group on Linux; `probe-address` has no place in the files");
    }
    notes
}

fn files(group: &Group, device: &InterfaceName, source: &str) -> Vec<RenderedFile> {
    let file = |name: String, text: String| RenderedFile {
        path: format!("{FOLDER}/10-mpath-{device}{name}"),
        text: comment(source) + &text,
    };
    let mut files = vec![file(".netdev".to_owned(), netdev(group, device))];
    if !matches!(group.mac(), MacPolicy::Fixed(_)) {
        let text = format!("[Match]\nOriginalName={device}\n\n[Link]\nMACAddressPolicy=none\n");
        files.push(file(".link".to_owned(), text));
    }
    files.push(file(".network".to_owned(), network(group, device)));
    let width = group.members().len().to_string().len().max(2);
    for (number, member) in (1..).zip(group.members()) {
        let (name, text) = self::member(group, member, device);
        files.push(file(format!("-{number:0width$}-{name}.network"), text));
    }
    files
}

/// The device. Without an address systemd would make one up: `none` and the `.link` leave it to the members.
fn netdev(group: &Group, device: &InterfaceName) -> String {
    let mac = match group.mac() {
        MacPolicy::Fixed(mac) => mac.to_string(),
        _ => "none".to_owned(),
    };
    let mut text = format!("[NetDev]\nName={device}\nKind=bond\nMACAddress={mac}\n\n[Bond]\n");
    for (option, value) in bond_option::options(group) {
        let Some((key, _, form)) = KEYS.iter().find(|(_, name, _)| *name == option) else { continue };
        // As it is by itself, and older versions do not know the key.
        if option == "arp_missed_max" && value == "2" {
            continue;
        }
        let value = match form {
            Form::Same => value,
            Form::Milliseconds => format!("{value}ms"),
            Form::Seconds => format!("{value}s"),
            Form::Flag => if value == "1" { "yes" } else { "no" }.to_owned(),
            Form::Addresses => value.replace(',', " "),
        };
        let _ = writeln!(text, "{key}={value}");
    }
    text
}

/// What the device has. Its addresses stay while no member has a link, as a group's do.
fn network(group: &Group, device: &InterfaceName) -> String {
    let addressing = group.addressing();
    let mut text = format!("[Match]\nName={device}\n");
    if let Some(mtu) = group.mtu() {
        let _ = write!(text, "\n[Link]\nMTUBytes={mtu}\n");
    }
    text.push_str("\n[Network]\n");
    let lease = match (addressing.dhcp, addressing.dhcp6) {
        (true, true) => "yes",
        (true, false) => "ipv4",
        (false, true) => "ipv6",
        (false, false) => "no",
    };
    let _ = writeln!(text, "DHCP={lease}");
    if let Some(accept) = addressing.accept_ra {
        let _ = writeln!(text, "IPv6AcceptRA={}", if accept { "yes" } else { "no" });
    }
    if !addressing.addresses.is_empty() && lease == "no" {
        text.push_str("ConfigureWithoutCarrier=yes\n");
    }
    for address in &addressing.addresses {
        let _ = writeln!(text, "Address={address}");
    }
    for gateway in &addressing.gateways {
        let _ = writeln!(text, "Gateway={gateway}");
    }
    for Route { to, via, metric, .. } in &addressing.routes {
        let _ = write!(text, "\n[Route]\nDestination={to}\n");
        if let Some(via) = via {
            let _ = writeln!(text, "Gateway={via}");
        }
        if let Some(metric) = metric {
            let _ = writeln!(text, "Metric={metric}");
        }
    }
    if addressing.dhcp6 {
        // Otherwise it asks only where a router says that there is somebody to ask.
        text.push_str("\n[DHCPv6]\nWithoutRA=solicit\n");
    }
    text
}

/// A member, under a name for its file; the files are in the order of the members.
fn member(group: &Group, member: &Member, device: &InterfaceName) -> (String, String) {
    let (name, selector) = match &member.selector {
        MemberSelector::Name(name) => (name.to_string(), format!("Name={name}")),
        MemberSelector::PermanentMac(mac) => (mac.to_string().replace(':', ""), format!("PermanentMACAddress={mac}")),
    };
    let mut text = format!("[Match]\n{selector}\n");
    if member.optional {
        text.push_str("\n[Link]\nRequiredForOnline=no\n");
    }
    let _ = write!(text, "\n[Network]\nBond={device}\n");
    let is_primary = matches!(&member.selector, MemberSelector::Name(name) if group.primary() == Some(name));
    if is_primary {
        text.push_str("PrimarySlave=yes\n");
    }
    (name, text)
}
