//! The addresses of a device, and how it gets them.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};
use mpath_core::Draft;
use mpath_core::draft::Value;
use mpath_core::import::Import;

use super::assignment::{Assignment, Assignments, is_true};
use crate::format::route_key;

/// What a file says of IPv4 and IPv6.
pub(super) fn addresses(device: &str, file: &mut Assignments, draft: &mut Draft, import: &mut Import) {
    if let Some(Assignment { value, origin, .. }) = file.take("BOOTPROTO") {
        match value.to_ascii_lowercase().as_str() {
            "dhcp" | "bootp" => draft.set("dhcp", true, Some(origin)),
            "none" | "static" => {}
            _ => import.lose(origin, "neither static addresses nor DHCP"),
        }
    }
    static_ipv4(file, draft, import);
    for name in ["NETWORK", "BROADCAST"] {
        for number in file.numbers(name) {
            // They follow from address and prefix.
            file.take(&format!("{name}{number}"));
        }
    }
    if let Some(Assignment { value, origin, .. }) = file.take("IPV6INIT").filter(|known| !is_true(&known.value)) {
        let _ = value;
        draft.set("accept-ra", false, Some(origin.clone()));
        import.change(origin, "mpath does not switch IPv6 off; accept-ra = false keeps out what routers tell");
    }
    if let Some(Assignment { value, origin, .. }) = file.take("IPV6_AUTOCONF") {
        draft.set("accept-ra", is_true(&value), Some(origin));
    }
    if let Some(Assignment { origin, .. }) = file.take("DHCPV6C").filter(|known| is_true(&known.value)) {
        draft.set("dhcp6", true, Some(origin));
    }
    for name in ["IPV6ADDR", "IPV6ADDR_SECONDARIES"] {
        let Some(Assignment { value, origin, .. }) = file.take(name) else { continue };
        for address in value.split_ascii_whitespace() {
            // The scripts' own prefix where none is given.
            let address = if address.contains('/') { address.to_owned() } else { format!("{address}/64") };
            draft.push("addresses", address, Some(origin.clone()));
        }
    }
    gateways(device, file, draft, import);
}

/// `IPADDR` with `PREFIX` or `NETMASK`, each in any number.
pub(super) fn static_ipv4(file: &mut Assignments, draft: &mut Draft, import: &mut Import) {
    for number in file.numbers("IPADDR") {
        let Some(address) = file.take(&format!("IPADDR{number}")) else { continue };
        let (prefix, mask) = (file.take(&format!("PREFIX{number}")), file.take(&format!("NETMASK{number}")));
        let length = match (prefix, mask) {
            // `PREFIX` wins.
            (Some(prefix), _) => Some(prefix.value),
            (None, Some(mask)) => prefix_of(&mask.value),
            (None, None) => None,
        };
        match length {
            Some(length) => draft.push("addresses", format!("{}/{length}", address.value), Some(address.origin)),
            None => import.lose(address.origin, "neither PREFIX nor NETMASK tells how large its network is"),
        }
    }
}

fn gateways(device: &str, file: &mut Assignments, draft: &mut Draft, import: &mut Import) {
    for (named, router) in [("GATEWAYDEV", "GATEWAY"), ("IPV6_DEFAULTDEV", "IPV6_DEFAULTGW")] {
        let (named, router) = (file.take(named), file.take(router));
        // A device that is named for default routes has them alone (`ifup-eth`, `network-functions-ipv6`).
        let other = named.as_ref().filter(|named| named.value != device);
        match (named.as_ref(), router) {
            (_, Some(router)) if other.is_some() => {
                let why = other.map(|other| format!("{} has the default route", other.value)).unwrap_or_default();
                import.leave(router.origin, why);
            }
            // What all share is the router of whoever has an address near it.
            (_, Some(router))
                if router.origin.file == file.path || named.is_some() || is_near(&router, device, draft) =>
            {
                file.give(router);
            }
            (Some(named), None) if other.is_none() => {
                import.lose(named.origin.clone(), "a default route without a router");
            }
            _ => {}
        }
    }
    let no_default = file.take("DEFROUTE").filter(|known| !is_true(&known.value));
    let ranked = file.take("METRIC");
    let metric = ranked.as_ref().and_then(|known| known.value.parse::<i64>().ok()).filter(|metric| *metric > 0);
    if let (Some(known), true) = (ranked.filter(|_| metric.is_some()), draft.get("dhcp").is_some()) {
        import.lose(known.origin, "mpath leaves the metric of what a lease brings as it is");
    }
    let gateway = file.take("GATEWAY").or_else(|| file.take("GATEWAY0"));
    if let Some(no_default) = &no_default
        && draft.get("dhcp").is_some()
    {
        import.lose(no_default.origin.clone(), "mpath leaves the default route of a lease where it is");
    }
    match (gateway, metric) {
        (Some(gateway), _) if no_default.is_some() => import.leave(gateway.origin, "DEFROUTE keeps it out of use"),
        (Some(Assignment { value, origin, .. }), Some(metric)) => {
            let route = vec![("to", "default".into()), ("via", value.into()), ("metric", metric.into())];
            draft.push("routes", Value::Table(route), Some(origin));
        }
        (Some(Assignment { value, origin, .. }), None) => route_key::add_gateway(value, origin, draft),
        (None, _) => {}
    }
    if let Some(Assignment { value, origin, .. }) = file.take("IPV6_DEFAULTGW") {
        // The device may be told behind a percent sign.
        route_key::add_gateway(value.split('%').next().unwrap_or_default().to_owned(), origin, draft);
    }
}

/// Whether a router is in a network of the addresses, or names the device itself.
fn is_near(router: &Assignment, device: &str, draft: &Draft) -> bool {
    let (address, scope) = router.value.split_once('%').unwrap_or((router.value.as_str(), ""));
    let nets = if let Some(Value::List(nets)) = draft.get("addresses") { nets.as_slice() } else { &[] };
    let mut nets =
        nets.iter().filter_map(|net| if let Value::Text(net) = net { net.parse::<IpNet>().ok() } else { None });
    scope == device || address.parse::<IpAddr>().is_ok_and(|address| nets.any(|net| net.contains(&address)))
}

/// The length of a prefix that is written as a mask.
pub(super) fn prefix_of(mask: &str) -> Option<String> {
    let mask = mask.parse::<Ipv4Addr>().ok()?;
    Ipv4Net::with_netmask(Ipv4Addr::UNSPECIFIED, mask).ok().map(|net| net.prefix_len().to_string())
}
