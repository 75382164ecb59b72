//! Others that manage a bond's ports, or the bond.

use mpath_core::InterfaceName;
use mpath_core::finding::{Code, Finding};

use super::Bond;
use crate::facts::{Claim, Claimant, Facts};

pub(super) fn findings(bond: &Bond<'_>, facts: &Facts) -> Vec<Finding> {
    let ours = bond.group.owner().is_some();
    let mut findings = Vec::new();
    for claim in bond.ports.iter().flat_map(|port| claims(facts, port.name)) {
        // These two make bonds with their ports, and then have both in one hand. The files of the others give a port
        // something of its own, which is wrong whoever made the bond.
        let makes_bonds = matches!(claim.by, Claimant::NetworkManager | Claimant::Networkd);
        let same_hand = makes_bonds && !ours && claims(facts, bond.device).any(|other| other.by == claim.by);
        if !same_hand {
            findings.push(finding(bond, claim));
        }
    }
    for claim in claims(facts, bond.device).filter(|claim| ours || claim.by == Claimant::WpaSupplicant) {
        findings.push(finding(bond, claim));
    }
    findings
}

fn claims<'f>(facts: &'f Facts, of: &InterfaceName) -> impl Iterator<Item = &'f Claim> {
    facts.claims.iter().filter(move |claim| claim.interface == *of)
}

fn finding(bond: &Bond<'_>, claim: &Claim) -> Finding {
    let name = &claim.interface;
    let of = if name == bond.device { String::new() } else { format!(", a member of {},", bond.device) };
    let (code, what) = match claim.by {
        Claimant::NetworkManager => {
            (Code::ManagedByNetworkManager, "is managed by NetworkManager, which will take it away")
        }
        Claimant::Networkd => (Code::ManagedByNetworkd, "is configured by systemd-networkd for itself"),
        Claimant::Netplan => (Code::ManagedByNetplan, "is described in netplan for itself"),
        Claimant::Ifupdown => (Code::ManagedByIfupdown, "is configured by ifupdown for itself"),
        Claimant::DhcpClient => (Code::ManagedByDhcpClient, "has a DHCP client of its own"),
        Claimant::WpaSupplicant => {
            (Code::ManagedByWpaSupplicant, "is given to wpa_supplicant, which belongs on the radio alone")
        }
    };
    let mut finding = Finding::new(code, format!("{name}{of} {what}")).of(bond.device).on(name);
    finding.evidence.extend(claim.evidence.iter().cloned());
    finding.cure.extend(claim.cure.iter().cloned());
    finding
}
