//! The sections `[ipv4]` and `[ipv6]` of a bond.

use std::net::IpAddr;

use ipnet::IpNet;
use mpath_core::Draft;
use mpath_core::import::{Import, Origin};

use super::import::is_true;
use super::profile::Profile;
use crate::format::key_file::Key;
use crate::format::route_key;

/// What `[ipv4]` says.
pub(super) fn ipv4(bond: &mut Profile, draft: &mut Draft, import: &mut Import) {
    let method = bond.take("ipv4", "method");
    let origin = method.as_ref().map(|key| key.origin.clone());
    // The one that stands in for a method, or for a section, that is not there (`_normalize_ip_config`).
    match method.as_ref().map_or("auto", |key| &key.value) {
        "auto" => draft.set("dhcp", true, origin),
        "manual" | "disabled" => {}
        _ => import.lose(or_device(origin, draft), "neither static addresses nor DHCP"),
    }
    family(Family { section: "ipv4", whole: 32 }, bond, draft, import);
}

/// What `[ipv6]` says.
pub(super) fn ipv6(bond: &mut Profile, draft: &mut Draft, import: &mut Import) {
    let method = bond.take("ipv6", "method");
    let origin = method.as_ref().map(|key| key.origin.clone());
    match method.as_ref().map_or("auto", |key| &key.value) {
        "auto" => draft.set("accept-ra", true, origin),
        "dhcp" => {
            draft.set("dhcp6", true, origin.clone());
            draft.set("accept-ra", false, origin);
        }
        // NetworkManager listens to routers with `auto` only.
        "manual" | "link-local" => draft.set("accept-ra", false, origin),
        "ignore" => {}
        "disabled" => {
            draft.set("accept-ra", false, origin.clone());
            import.change(
                or_device(origin, draft),
                "mpath does not switch IPv6 off; accept-ra = false keeps out what routers tell",
            );
        }
        _ => import.lose(or_device(origin, draft), "no way to addresses that mpath knows"),
    }
    family(Family { section: "ipv6", whole: 128 }, bond, draft, import);
}

struct Family {
    section: &'static str,
    whole: u8,
}

impl Family {
    fn everything(&self) -> &'static str {
        if self.whole == 32 { "0.0.0.0/0" } else { "::/0" }
    }
}

fn family(family: Family, bond: &mut Profile, draft: &mut Draft, import: &mut Import) {
    let is_on = |key: &Key| is_true(&key.value);
    let never_default = bond.take(family.section, "never-default").filter(is_on);
    // What routes get that do not say; -1 is a number by the kind of device (`nm_device_get_route_metric`: 300).
    let ranked = bond.take(family.section, "route-metric");
    let metric = ranked.as_ref().and_then(|key| key.value.parse::<u32>().ok());
    let unranked = metric.is_none();
    let metric = metric.filter(|metric| *metric != 0);
    let leased = if family.whole == 32 { draft.get("dhcp") } else { draft.get("accept-ra") } == Some(&true.into());
    if let Some(key) = &never_default
        && leased
    {
        import.lose(key.origin.clone(), "mpath leaves the default route of a lease or a router where it is");
    }
    if let (Some(key), true) = (ranked.filter(|_| metric.is_some()), leased) {
        import.lose(key.origin, "mpath leaves the metric of what a lease or a router brings as it is");
    }
    // Where all routes go that name no table; 0 is the main one.
    let table = bond.take(family.section, "route-table").filter(|key| !is_main(&key.value));
    if let Some(key) = &table {
        import.lose(key.origin.clone(), "mpath makes routes of the main table only");
    }
    let table = table.map(|key| format!("table={}", key.value));
    let keys = bond.take_all(family.section);
    if unranked && keys.iter().any(|key| key.name == "gateway" || numbered(&key.name, &["route", "routes"])) {
        draft.remark(format!(
            "NetworkManager gave routes of [{}] the metric 300 where it was told none.",
            family.section
        ));
    }
    let others: Vec<_> = keys.iter().filter_map(another_route).collect();
    let mut gateway = keys.iter().find(|key| key.name == "gateway").map(|key| (key.value.clone(), key.origin.clone()));
    for Key { name, value, origin } in keys {
        match name.as_str() {
            // `_build_list_match_key_w_name`: in any number, and the oldest form without one.
            name if numbered(name, &["address", "addresses"]) => {
                let (address, via) = address(&value, &family);
                draft.push("addresses", address, Some(origin.clone()));
                gateway = gateway.or(via.map(|via| (via, origin)));
            }
            name if numbered(name, &["route", "routes"]) => {
                let own = others.iter().find(|(route, _)| route == name).map(|(_, option)| option);
                match own.or(table.as_ref()) {
                    None => route(&value, &family, metric, origin, draft, import),
                    Some(option) => import.lose(origin, without(option)),
                }
            }
            "gateway" => {}
            "may-fail" if is_true(&value) => {}
            _ if name.ends_with("_options") && matches!(value.as_str(), "table=254" | "") => {}
            "dns" | "dns-search" if value.is_empty() => {}
            "dns" | "dns-search" | "dns-options" | "dns-priority" => {
                import.lose(origin, "mpath leaves name servers alone: /etc/resolv.conf, or whoever writes it");
            }
            "addr-gen-mode" if matches!(value.as_str(), "eui64" | "default" | "0" | "3") => {}
            _ => import.lose(origin, "mpath has no key for it"),
        }
    }
    let Some((via, origin)) = gateway else { return };
    if never_default.is_some() {
        import.leave(origin, "never-default keeps it out of use");
    } else if let Some(table) = table {
        import.lose(origin, format!("the gateway {via}: {}", without(&table)));
    } else if let (Some(metric), Ok(default)) = (metric, family.everything().parse()) {
        draft.push("routes", route_key::entry(default, Some(via), Some(metric)), Some(origin));
    } else {
        route_key::add_gateway(via, origin, draft);
    }
}

/// `ADDRESS/LENGTH[,GATEWAY]`, with any of the separators.
fn address(value: &str, family: &Family) -> (String, Option<String>) {
    let mut parts = parts(value);
    let address = parts.next().unwrap_or_default();
    let length = parts.next().map_or(if family.whole == 32 { "24" } else { "64" }, |length| length);
    (format!("{address}/{length}"), parts.next().filter(|via| !is_zero(via)).map(str::to_owned))
}

/// `NETWORK/LENGTH[,NEXT-HOP[,METRIC]]`.
fn route(value: &str, family: &Family, metric: Option<u32>, origin: Origin, draft: &mut Draft, import: &mut Import) {
    let mut parts = parts(value);
    let (network, length) = (parts.next().unwrap_or_default(), parts.next());
    let default = if family.whole == 32 { "24" } else { "128" };
    let Ok(to) = format!("{network}/{}", length.unwrap_or(default)).parse::<IpNet>() else {
        import.lose(origin, "no network");
        return;
    };
    let via = parts.next().filter(|via| !is_zero(via)).map(str::to_owned);
    let own = parts.next().and_then(|metric| metric.parse().ok());
    // What the kernel gives a route of the family by itself is none.
    let usual = if family.whole == 32 { 0 } else { 1024 };
    let metric = own.or(metric).filter(|metric| ![0, usual].contains(metric));
    let Some(via) = via.clone().filter(|_| to.prefix_len() == 0 && metric.is_none()) else {
        draft.push("routes", route_key::entry(to, via, metric), Some(origin));
        return;
    };
    route_key::add_gateway(via, origin, draft);
}

/// Of the options of a route, the one that makes another of it, with the route's name: its table, its kind, and who it is for.
fn another_route(key: &Key) -> Option<(String, String)> {
    let route = key.name.strip_suffix("_options")?;
    let option = key.value.split(',').map(str::trim).find(|option| {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        match name {
            "table" => !is_main(value),
            "type" => value != "unicast",
            "onlink" => is_true(value),
            "from" | "scope" | "tos" => true,
            _ => false,
        }
    })?;
    Some((route.to_owned(), option.to_owned()))
}

fn without(option: &str) -> String {
    format!("mpath has no key for {option} of a route, and without it the route is another one")
}

fn is_main(table: &str) -> bool {
    matches!(table, "254" | "0")
}

/// Whether a key is one of a list: its name, and perhaps a number.
fn numbered(name: &str, lists: &[&str]) -> bool {
    lists
        .iter()
        .any(|list| name.strip_prefix(list).is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit())))
}

/// The separators of `ip_address_or_route_parser`.
fn parts(value: &str) -> impl Iterator<Item = &str> {
    value.split(['/', ';', ',']).map(str::trim)
}

fn is_zero(address: &str) -> bool {
    address.is_empty() || address.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified())
}

fn or_device(origin: Option<Origin>, draft: &Draft) -> Origin {
    origin.unwrap_or_else(|| Origin::of_file(draft.name(), "method"))
}
