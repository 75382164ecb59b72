//! A route as formats write it, and the keys that say the same.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};
use mpath_core::Draft;
use mpath_core::import::{Import, Origin};

use super::route_key;

/// What a default route leads to, of either family: it is written as `default`.
const EVERYTHING: IpNet = IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0));

/// A route in texts, as a file has it.
#[derive(Debug, Clone)]
pub(crate) struct RouteEntry<'t> {
    /// A network, an address, `default`, or nothing, which is everything.
    pub(crate) to: Option<&'t str>,
    pub(crate) via: Option<&'t str>,
    pub(crate) metric: Option<&'t str>,
    pub(crate) origin: Origin,
}

impl Default for RouteEntry<'_> {
    fn default() -> Self {
        Self { to: None, via: None, metric: None, origin: Origin::of_file("", "") }
    }
}

impl RouteEntry<'_> {
    /// Gives it to a draft: as a gateway, if it is the first default route of its family and has no metric.
    pub(crate) fn add(self, draft: &mut Draft, import: &mut Import) {
        let Self { to, via, metric, origin } = self;
        let gateway = via.map(str::parse::<IpAddr>);
        let Ok(via) = gateway.transpose() else {
            return import.lose(origin, "its next hop is no address");
        };
        let Ok(metric) = metric.map(str::parse::<u32>).transpose() else {
            return import.lose(origin, "its metric is no number");
        };
        let to = match to {
            None | Some("default") => None,
            Some(text) => match text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)) {
                Ok(net) if net.prefix_len() == 0 => None,
                Ok(net) => Some(net),
                Err(_) => return import.lose(origin, "it leads to no network"),
            },
        };
        if let (None, Some(via), None) = (to, via, metric)
            && !has_gateway(draft, via)
        {
            return route_key::add_gateway(via.to_string(), origin, draft);
        }
        let entry = route_key::entry(to.unwrap_or(EVERYTHING), via.map(|via| via.to_string()), metric);
        draft.push("routes", entry, Some(origin));
    }
}

fn has_gateway(draft: &Draft, via: IpAddr) -> bool {
    route_key::gateways(draft)
        .iter()
        .any(|other| other.parse::<IpAddr>().is_ok_and(|other| other.is_ipv6() == via.is_ipv6()))
}
