//! `/etc/sysconfig/network`: what holds for every interface that does not say otherwise (initscripts' sysconfig.txt; the scripts
//! source it before the file of an interface).

use mpath_core::import::{Files, Import};

use super::assignment::{Assignment, Assignments};
use crate::format::route_key;

/// The file.
pub(super) const FILE: &str = "etc/sysconfig/network";

/// What an interface takes of it, and as which of its own names.
const INHERITED: [(&str, &str); 6] = [
    ("GATEWAY", "GATEWAY"),
    ("GATEWAYDEV", "GATEWAYDEV"),
    ("IPV6_DEFAULTGW", "IPV6_DEFAULTGW"),
    ("IPV6_DEFAULTDEV", "IPV6_DEFAULTDEV"),
    ("IPV6_AUTOCONF", "IPV6_AUTOCONF"),
    ("NETWORKING_IPV6", "IPV6INIT"),
];

/// The file of a host, if it has one.
pub(super) fn read(files: &dyn Files, import: &mut Import) -> Option<Assignments> {
    Some(Assignments::read(FILE, &files.read(FILE)?, import))
}

/// Gives an interface what its own file does not say.
pub(super) fn inherit(global: &Assignments, file: &mut Assignments) {
    for (name, own) in INHERITED {
        file.inherit(global, name, own);
    }
}

/// Tells what no group has of it. To be called when all have what they inherit.
pub(super) fn tell(global: Assignments, import: &mut Import) {
    // With a metric it is a route.
    let routes = import.drafts.iter().filter_map(|draft| draft.origin("routes"));
    let said: Vec<_> = import.leftovers.iter().map(|left| &left.origin).chain(routes).cloned().collect();
    let gateways: Vec<_> = import.drafts.iter().flat_map(route_key::gateways).collect();
    let is_taken = |known: &Assignment| {
        let address = known.value.split('%').next().unwrap_or_default();
        said.contains(&known.origin) || gateways.iter().any(|gateway| gateway == address)
    };
    for known in global.rest() {
        let why = match known.name.as_str() {
            "GATEWAY" | "IPV6_DEFAULTGW" if !is_taken(&known) => {
                "no bond has it: one that has a router of its own, or no address near it"
            }
            name if INHERITED.iter().any(|(inherited, _)| *inherited == name) => continue,
            "NETWORKING" if known.value.eq_ignore_ascii_case("yes") => continue,
            _ => "a setting of the whole host",
        };
        import.leave(known.origin, why);
    }
}
