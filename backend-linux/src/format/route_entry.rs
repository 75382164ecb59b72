//! A route as formats write it, and the keys that say the same.

use std::net::IpAddr;

use ipnet::IpNet;
use mpath_core::Draft;
use mpath_core::draft::Value;
use mpath_core::import::{Import, Origin};

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
            return add_gateway(draft, via, origin);
        }
        let to = to.map_or_else(|| "default".to_owned(), |net| net.to_string());
        let mut entries = vec![("to", Value::from(to))];
        entries.extend(via.map(|via| ("via", Value::from(via.to_string()))));
        entries.extend(metric.map(|metric| ("metric", Value::from(i64::from(metric)))));
        draft.push("routes", Value::Table(entries), Some(origin));
    }
}

fn gateways(draft: &Draft) -> Vec<String> {
    match draft.get("gateway") {
        Some(Value::Text(one)) => vec![one.clone()],
        Some(Value::List(several)) => several
            .iter()
            .filter_map(|value| if let Value::Text(text) = value { Some(text.clone()) } else { None })
            .collect(),
        _ => vec![],
    }
}

fn has_gateway(draft: &Draft, via: IpAddr) -> bool {
    gateways(draft).iter().any(|other| other.parse::<IpAddr>().is_ok_and(|other| other.is_ipv6() == via.is_ipv6()))
}

fn add_gateway(draft: &mut Draft, via: IpAddr, origin: Origin) {
    let mut all = gateways(draft);
    all.push(via.to_string());
    let origin = draft.origin("gateway").cloned().or(Some(origin));
    match all.as_slice() {
        [one] => draft.set("gateway", one.as_str(), origin),
        _ => draft.set("gateway", all, origin),
    }
}
