//! Addresses and routes that should be the bond's.

use mpath_core::Route;
use mpath_core::finding::{Code, Finding};

use super::{Bond, Port};
use crate::op::Op;

/// The metric of an IPv6 route that has none (`IP6_RT_PRIO_USER`).
const DEFAULT_METRIC_V6: u32 = 1024;

pub(super) fn findings(bond: &Bond<'_>) -> Vec<Finding> {
    bond.ports
        .iter()
        .flat_map(|port| [default_route(bond, port), route(bond, port), address(bond, port)])
        .flatten()
        .collect()
}

fn metric(route: &Route) -> u32 {
    route.metric.unwrap_or(if route.is_ipv6() { DEFAULT_METRIC_V6 } else { 0 })
}

/// Whether a default route of a port wins against the bond's, of which there may be none.
fn wins(bond: &Bond<'_>, route: &Route) -> bool {
    let of_bond = bond
        .interface
        .routes
        .iter()
        .filter(|other| other.is_default() && other.is_ipv6() == route.is_ipv6() && other.table == route.table);
    of_bond.map(metric).min().is_none_or(|best| metric(route) <= best)
}

fn del(port: &Port<'_>, route: &Route) -> String {
    Op::DeleteRoute { interface: port.name.clone(), route: route.clone() }.to_string()
}

fn default_route(bond: &Bond<'_>, port: &Port<'_>) -> Option<Finding> {
    let routes = port.interface.routes.iter();
    let winning: Vec<_> = routes.filter(|route| route.is_default() && wins(bond, route)).collect();
    let first = winning.first()?;
    let mut finding = Finding::new(
        Code::DefaultRouteOnMember,
        format!("what leaves the host goes over {} alone, past {}", port.name, bond.device),
    );
    for route in &winning {
        finding = finding.seen(command(first), format!("{route} dev {}", port.name));
    }
    for route in bond.interface.routes.iter().filter(|route| route.is_default()) {
        finding = finding.seen(command(route), format!("{route} dev {}", bond.device));
    }
    let commands: Vec<_> = winning.iter().map(|route| del(port, route)).collect();
    Some(finding.of(bond.device).on(port.name).cured_by("remove it", commands))
}

fn route(bond: &Bond<'_>, port: &Port<'_>) -> Option<Finding> {
    let ours = |route: &&Route| !route.is_default() || !wins(bond, route);
    let routes: Vec<_> = port.interface.own_routes().filter(ours).collect();
    if routes.is_empty() {
        return None;
    }
    let mut finding = Finding::new(Code::MemberHasRoute, format!("{} has routes of its own", port.name));
    for route in &routes {
        finding = finding.seen(command(route), format!("{route} dev {}", port.name));
    }
    let commands: Vec<_> = routes.iter().map(|route| del(port, route)).collect();
    Some(
        finding
            .of(bond.device)
            .on(port.name)
            .cured_by("remove them; those that are needed belong to the bond", commands),
    )
}

fn command(route: &Route) -> &'static str {
    if route.is_ipv6() { "ip -6 route show" } else { "ip route show" }
}

fn address(bond: &Bond<'_>, port: &Port<'_>) -> Option<Finding> {
    let addresses: Vec<_> = port.interface.own_addresses().collect();
    if addresses.is_empty() {
        return None;
    }
    let words: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    let mut finding =
        Finding::new(Code::MemberHasAddress, format!("{} has an address of its own: {}", port.name, words.join(", ")));
    for address in &addresses {
        finding = finding.seen(format!("ip address show dev {}", port.name), format!("{address}"));
    }
    let del = |address: &&mpath_core::Address| {
        Op::DeleteAddress { interface: port.name.clone(), address: (*address).clone() }.to_string()
    };
    let commands: Vec<_> = addresses.iter().map(del).collect();
    Some(
        finding
            .of(bond.device)
            .on(port.name)
            .cured_by("remove it; if it is the host's, it belongs to the bond", commands),
    )
}
