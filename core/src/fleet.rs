//! What is wrong between the hosts of a fleet, that none of them can see by itself.
//!
//! In: the groups of each host and, where the host was captured, what it showed. Out: findings. What is wrong with the
//! groups of one host is the business of [`validate`](mod@crate::validate).

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::Serialize;

use crate::finding::Severity;
use crate::group::{MacPolicy, MemberSelector};
use crate::{Group, GroupName, MacAddress, Snapshot};

/// A host of the fleet.
#[derive(Debug, Clone)]
pub struct FleetHost {
    /// Its name.
    pub name: String,
    /// The groups that the files give it.
    pub groups: Vec<Group>,
    /// How it was captured, if it was.
    pub snapshot: Option<Snapshot>,
}

/// Something that is wrong in a fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FleetFinding {
    /// What kind it is; one of [`CODES`].
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The hosts that it is about.
    pub hosts: Vec<String>,
    /// The group that it is about.
    pub group: Option<GroupName>,
    /// What was found.
    pub message: String,
    /// What cures it.
    pub hint: Option<String>,
}

/// Every code of a [`FleetFinding`], and what it means.
pub const CODES: &[(&str, &str)] = &[
    ("address-in-use", "a host that the files do not give an address to has it now"),
    ("duplicate-address", "two hosts are given the same address"),
    ("duplicate-card", "two hosts were captured with a card of the same MAC address"),
    ("duplicate-host", "a host is there twice"),
    ("duplicate-mac", "two hosts are given the same MAC address"),
    ("missing-member", "a host was captured without an interface that must be a member"),
    ("no-group", "the files have no group for a host"),
    ("unused", "what is for some hosts is for none of the fleet"),
];

/// A host and its group.
type Owner<'a> = (&'a str, &'a GroupName);

/// Everything that is wrong between hosts.
pub fn check(hosts: &[FleetHost]) -> Vec<FleetFinding> {
    let mut findings = twice_there(hosts);
    findings.extend(addresses(hosts));
    findings.extend(macs(hosts));
    findings.extend(cards(hosts));
    findings.extend(hosts.iter().flat_map(missing_members));
    let empty: Vec<_> = hosts.iter().filter(|host| host.groups.is_empty()).map(|host| host.name.clone()).collect();
    if !empty.is_empty() {
        let message = "the files have no group for it".to_owned();
        let hint = Some("see what `match` says, or leave the host out".to_owned());
        findings.push(FleetFinding {
            code: "no-group",
            severity: Severity::Note,
            hosts: empty,
            group: None,
            message,
            hint,
        });
    }
    findings
}

fn error(code: &'static str, hosts: Vec<String>, message: String, hint: &str) -> FleetFinding {
    debug_assert!(CODES.iter().any(|(known, _)| *known == code), "{code} is not among the codes");
    FleetFinding { code, severity: Severity::Error, hosts, group: None, message, hint: Some(hint.to_owned()) }
}

fn twice_there(hosts: &[FleetHost]) -> Vec<FleetFinding> {
    let mut seen = BTreeSet::new();
    let again = hosts.iter().filter(|host| !seen.insert(host.name.as_str()));
    let finding = |host: &FleetHost| {
        let message = "it is among the hosts twice".to_owned();
        error("duplicate-host", vec![host.name.clone()], message, "keep the newer facts of it")
    };
    again.map(finding).collect()
}

/// Names, each once, in their order.
fn names<'a>(owners: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let names: BTreeSet<_> = owners.into_iter().collect();
    names.into_iter().map(str::to_owned).collect()
}

fn addresses(hosts: &[FleetHost]) -> Vec<FleetFinding> {
    let mut given: BTreeMap<IpAddr, Vec<Owner<'_>>> = BTreeMap::new();
    for host in hosts {
        for group in &host.groups {
            let probes = group.members().iter().filter_map(|member| member.probe_address);
            for net in
                group.addressing().addresses.iter().copied().chain(probes).filter(|net| !is_of_a_link(net.addr()))
            {
                given.entry(net.addr()).or_default().push((&host.name, group.name()));
            }
        }
    }
    let mut findings = Vec::new();
    for (address, owners) in &given {
        let hosts = names(owners.iter().map(|(host, _)| *host));
        if hosts.len() > 1 {
            let message = format!("{address} is given to {}", told(owners));
            let hint = "give each host its own, as with ${host.index} or an override for one of them";
            findings.push(error("duplicate-address", hosts, message, hint));
        }
    }
    for host in hosts {
        let there = host.snapshot.iter().flat_map(|snapshot| &snapshot.interfaces);
        let there =
            there.flat_map(|(name, interface)| interface.own_addresses().map(move |own| (name, own.net.addr())));
        for (interface, address) in there {
            let Some(owners) = given.get(&address) else { continue };
            if owners.iter().any(|(owner, _)| *owner == host.name) {
                continue;
            }
            let message = format!("{address} is on {interface} of {}, and given to {}", host.name, told(owners));
            let hosts = names(owners.iter().map(|(host, _)| *host).chain([host.name.as_str()]));
            let hint = "take it from there first, or give another";
            let finding = error("address-in-use", hosts, message, hint);
            findings.push(FleetFinding { severity: Severity::Warning, ..finding });
        }
    }
    findings
}

/// Whether an address is the same on many segments by its nature (RFC 4291, 2.5.6; RFC 3927).
fn is_of_a_link(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

fn told(owners: &[Owner<'_>]) -> String {
    const MOST: usize = 5;
    let mut words: Vec<_> = owners.iter().take(MOST).map(|(host, group)| format!("{host} ({group})")).collect();
    if owners.len() > MOST {
        words.push(format!("{} others", owners.len() - MOST));
    }
    words.join(", ")
}

fn macs(hosts: &[FleetHost]) -> Vec<FleetFinding> {
    let mut given: BTreeMap<MacAddress, Vec<Owner<'_>>> = BTreeMap::new();
    for host in hosts {
        for group in &host.groups {
            let fixed = if let MacPolicy::Fixed(mac) = group.mac() { Some(*mac) } else { None };
            let selected = group.members().iter().filter_map(|member| match &member.selector {
                MemberSelector::PermanentMac(mac) => Some(*mac),
                MemberSelector::Name(_) => None,
            });
            for mac in selected.chain(fixed) {
                given.entry(mac).or_default().push((&host.name, group.name()));
            }
        }
    }
    let finding = |(mac, owners): (MacAddress, Vec<Owner<'_>>)| {
        let hosts = names(owners.iter().map(|(host, _)| *host));
        let message = format!("{mac} is given to {}", told(&owners));
        let hint = "a MAC address is one station's: use ${link.NAME.mac}, or an override for one of them";
        (hosts.len() > 1).then(|| error("duplicate-mac", hosts, message, hint))
    };
    given.into_iter().filter_map(finding).collect()
}

fn cards(hosts: &[FleetHost]) -> Vec<FleetFinding> {
    let mut found: BTreeMap<MacAddress, Vec<&str>> = BTreeMap::new();
    for host in hosts {
        for interface in host.snapshot.iter().flat_map(|snapshot| snapshot.interfaces.values()) {
            if let Some(mac) = interface.permanent_mac {
                found.entry(mac).or_default().push(&host.name);
            }
        }
    }
    let finding = |(mac, owners): (MacAddress, Vec<&str>)| {
        let hosts = names(owners);
        let message = format!("a card of each has the MAC address {mac}");
        let hint = "virtual machines that were copied need MAC addresses of their own, if they are on one segment";
        let finding = (hosts.len() > 1).then(|| error("duplicate-card", hosts, message, hint))?;
        Some(FleetFinding { severity: Severity::Warning, ..finding })
    };
    found.into_iter().filter_map(finding).collect()
}

fn missing_members(host: &FleetHost) -> Vec<FleetFinding> {
    let Some(snapshot) = &host.snapshot else { return vec![] };
    let is_there = |selector: &MemberSelector| match selector {
        MemberSelector::Name(name) => snapshot.interface(name).is_some(),
        MemberSelector::PermanentMac(mac) => {
            snapshot.interfaces.values().any(|interface| interface.permanent_mac.or(interface.mac) == Some(*mac))
        }
    };
    let mut findings = Vec::new();
    for group in &host.groups {
        for member in group.members().iter().filter(|member| !member.optional && !is_there(&member.selector)) {
            let message = format!("there is no interface {}", member.selector);
            let names: Vec<_> = snapshot.interfaces.keys().map(crate::InterfaceName::as_str).collect();
            let hint = format!("there is {}; or let the group do without it by `optional = true`", names.join(", "));
            let finding = error("missing-member", vec![host.name.clone()], message, &hint);
            findings.push(FleetFinding { group: Some(group.name().clone()), ..finding });
        }
    }
    findings
}
