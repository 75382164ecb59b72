//! What is wrong with the bonds of a host, whoever made them.
//!
//! In: a [`Snapshot`] and [`Facts`]. Out: [`Finding`]s, the worst first. Pure.

mod addresses;
mod detection;
mod host;
mod managers;
mod members;
mod wireless;

use mpath_core::finding::Finding;
use mpath_core::shell::word;
use mpath_core::snapshot::{GroupState, Interface, Membership};
use mpath_core::{InterfaceName, Snapshot};

use crate::facts::{Facts, InterfaceFacts};

/// Everything that is wrong, as far as a snapshot tells: of a host that was looked at elsewhere, or made up. What is known beside
/// that of the host that the program runs on, its backend finds ([`diagnose`](mpath_core::Backend::diagnose)).
pub fn diagnose(snapshot: &Snapshot) -> Vec<Finding> {
    findings(snapshot, &Facts::default())
}

/// Everything that is wrong.
pub(crate) fn findings(snapshot: &Snapshot, facts: &Facts) -> Vec<Finding> {
    let mut findings = host::findings(snapshot, facts);
    for bond in bonds(snapshot, facts) {
        findings.extend(detection::findings(&bond));
        findings.extend(members::findings(&bond));
        findings.extend(addresses::findings(&bond));
        findings.extend(wireless::findings(&bond));
        findings.extend(managers::findings(&bond, facts));
    }
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// A bond with its ports.
struct Bond<'a> {
    device: &'a InterfaceName,
    interface: &'a Interface,
    group: &'a GroupState,
    ports: Vec<Port<'a>>,
}

/// A port of a bond.
struct Port<'a> {
    name: &'a InterfaceName,
    interface: &'a Interface,
    membership: &'a Membership,
    facts: InterfaceFacts,
}

/// The bonds that have ports.
fn bonds<'a>(snapshot: &'a Snapshot, facts: &Facts) -> Vec<Bond<'a>> {
    let port = |(name, membership): (&'a InterfaceName, &'a Membership)| {
        let facts = facts.interfaces.get(name).cloned().unwrap_or_default();
        Some(Port { name, interface: snapshot.interface(name)?, membership, facts })
    };
    let groups = snapshot.interfaces.iter().filter_map(|(name, interface)| Some((name, interface, interface.group()?)));
    let bonds = groups.map(|(device, interface, group)| {
        let ports = snapshot.members(device).filter_map(port).collect();
        Bond { device, interface, group, ports }
    });
    bonds.filter(|bond| !bond.ports.is_empty()).collect()
}

impl Bond<'_> {
    /// An option of it, as sysfs has it.
    fn option(&self, name: &str) -> String {
        format!("/sys/class/net/{}/bonding/{name}", self.device)
    }

    /// The command that changes its options.
    fn change(&self, options: &str) -> String {
        format!("ip link set dev {} type bond {options}", word(self.device.as_str()))
    }
}

impl Port<'_> {
    /// An attribute of it in sysfs.
    fn attribute(&self, name: &str) -> String {
        format!("/sys/class/net/{}/{name}", self.name)
    }

    /// The command that changes it.
    fn set(&self, what: &str) -> String {
        format!("ip link set dev {} {what}", word(self.name.as_str()))
    }

    fn is_wireless(&self) -> bool {
        self.interface.kind == mpath_core::snapshot::Kind::Wireless
    }
}

#[cfg(test)]
mod tests;
