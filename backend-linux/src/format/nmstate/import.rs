//! Bonds of a state, as groups.

use std::collections::BTreeSet;

use mpath_core::Draft;
use mpath_core::draft::Value;
use mpath_core::import::{Fate, Files, Import, Leftover, Origin};

use super::{FOLDER, is_state};
use crate::format::bond_option;
use crate::format::route_key;
use crate::format::yaml::{self, Node};

/// Groups from the states that a host is to have.
pub fn import(files: &dyn Files) -> Import {
    let mut import = Import::default();
    let mut states = Vec::new();
    for name in files.list(FOLDER).into_iter().filter(|name| is_state(name)) {
        let path = format!("{FOLDER}/{name}");
        let Some(text) = files.read(&path) else { continue };
        match yaml::read(&path, &text) {
            Ok(Some(state)) => states.push(state),
            Ok(None) => {}
            Err((origin, why)) => import.lose(origin, format!("no YAML: {why}")),
        }
    }
    for state in &states {
        bonds(state, &mut import);
    }
    let ports: BTreeSet<_> = states.iter().flat_map(interfaces_of).flat_map(ports_of).filter_map(Node::text).collect();
    for state in &states {
        others(state, &ports, &mut import);
    }
    import.leftovers.sort_by(|one, other| one.origin.file.cmp(&other.origin.file));
    import
}

fn interfaces_of(state: &Node) -> &[Node] {
    state.get("interfaces").map(Node::values).unwrap_or_default()
}

fn name_of(interface: &Node) -> &str {
    interface.get("name").and_then(Node::text).unwrap_or_default()
}

fn is_bond(interface: &&Node) -> bool {
    interface.get("type").and_then(Node::text) == Some("bond")
}

fn bonds(state: &Node, import: &mut Import) {
    let interfaces = interfaces_of(state);
    for bond in interfaces.iter().filter(is_bond) {
        let name = name_of(bond);
        let of = |key: &str| bond.get(key).and_then(Node::text);
        if matches!(of("state"), Some("absent" | "down" | "ignore")) {
            import.leave(bond.origin.clone(), format!("{name} is not to be up"));
        } else if import.drafts.iter().any(|draft| draft.name() == name) {
            import.lose(bond.origin.clone(), format!("{name} is in another state already"));
        } else {
            let draft = group(bond, name, interfaces, import);
            import.drafts.push(draft);
        }
    }
}

/// All but the bonds. What a state has may be a port of a bond that one after it has, or stand on that.
fn others(state: &Node, ports: &BTreeSet<&str>, import: &mut Import) {
    let groups: Vec<_> = import.drafts.iter().map(|draft| draft.name().to_owned()).collect();
    for interface in interfaces_of(state).iter().filter(|interface| !is_bond(interface)) {
        match ports.contains(name_of(interface)) {
            true => port(interface, import),
            false => {
                let on = below(interface).find(|name| groups.iter().any(|group| group == name));
                import.leave_other(interface.origin.clone(), on, "nmstate");
            }
        }
    }
    for (key, value) in state.entries() {
        match key.text().unwrap_or_default() {
            "interfaces" => {}
            "routes" => routes(value, import),
            "dns-resolver" => {
                import.lose(
                    key.origin.clone(),
                    "mpath leaves name servers alone: /etc/resolv.conf, or whoever writes it",
                );
            }
            "hostname" | "ovs-db" | "ovn" | "description" => {
                import.leave(key.origin.clone(), "nothing that a group is made of");
            }
            "desired" | "desiredState" | "capture" => {
                import.lose(
                    key.origin.clone(),
                    "a policy: what it comes to is known only where nmstate resolves it (nmstatectl policy)",
                );
            }
            name => import.lose(key.origin.clone(), format!("mpath has no key for {name}")),
        }
    }
}

/// The names of the ports of a bond, in order: those of `port`, or of `ports-config`.
fn ports_of(bond: &Node) -> Vec<&Node> {
    let Some(aggregation) = bond.get("link-aggregation") else { return vec![] };
    let lists = ["port", "ports", "slaves"].iter().find_map(|key| aggregation.get(key));
    match lists {
        Some(list) => list.values().iter().collect(),
        None => configs_of(bond).filter_map(|config| config.get("name")).collect(),
    }
}

/// What an interface stands on: the base of a VLAN and its kin, the ports of a bridge.
fn below(interface: &Node) -> impl Iterator<Item = &str> {
    interface.entries().iter().flat_map(|(_, kind)| {
        let ports = kind.get("port").or_else(|| kind.get("ports")).map(Node::values).unwrap_or_default();
        let names = ports.iter().map(|port| port.get("name").unwrap_or(port));
        names.chain(kind.get("base-iface")).filter_map(Node::text)
    })
}

fn configs_of(bond: &Node) -> impl Iterator<Item = &Node> {
    let configs = bond.get("link-aggregation").and_then(|aggregation| aggregation.get("ports-config"));
    configs.map(Node::values).unwrap_or_default().iter()
}

/// Of a member: the MAC address that it is found by, if it is.
fn identified_by_mac<'s>(name: &str, interfaces: &'s [Node]) -> Option<&'s str> {
    let interface = interfaces.iter().find(|interface| interface.get("name").and_then(Node::text) == Some(name))?;
    let identifier = interface.get("identifier").and_then(Node::text);
    interface.get("mac-address").and_then(Node::text).filter(|_| identifier == Some("mac-address"))
}

fn group(bond: &Node, name: &str, interfaces: &[Node], import: &mut Import) -> Draft {
    let mut draft = Draft::new(name);
    for port in ports_of(bond) {
        let port_name = port.text().unwrap_or_default();
        let config = configs_of(bond).find(|config| config.get("name").and_then(Node::text) == Some(port_name));
        let prio =
            config.and_then(|config| config.get("priority")).and_then(Node::text).and_then(|text| text.parse().ok());
        let found = identified_by_mac(port_name, interfaces);
        let mut entries = vec![match found {
            Some(mac) => ("mac", Value::from(mac)),
            None => ("name", Value::from(port_name)),
        }];
        entries.extend(prio.filter(|prio: &i64| *prio != 0).map(|prio| ("prio", Value::from(prio))));
        let value = match entries.as_slice() {
            [("name", name)] => name.clone(),
            _ => Value::Table(entries),
        };
        draft.push("members", value, Some(port.origin.clone()));
    }
    for (key, value) in bond.entries() {
        let origin = key.origin.clone();
        let text = value.text().unwrap_or_default();
        match key.text().unwrap_or_default() {
            "name" | "type" | "state" | "profile-name" => {}
            "description" => import.leave(origin, "a note of the administrator's"),
            "link-aggregation" => aggregation(value, &mut draft, import),
            "mtu" => match text.parse::<i64>() {
                Ok(mtu) => draft.set("mtu", mtu, Some(origin)),
                Err(_) => import.lose(origin, "no number"),
            },
            "mac-address" => draft.set("mac", text, Some(origin)),
            "copy-mac-from" => draft.set("mac", format!("member:{text}"), Some(origin)),
            "ipv4" => ip(value, false, &mut draft, import),
            "ipv6" => ip(value, true, &mut draft, import),
            name => import.lose(origin, format!("mpath has no key for {name}")),
        }
    }
    draft
}

fn aggregation(node: &Node, draft: &mut Draft, import: &mut Import) {
    for (key, value) in node.entries() {
        match key.text().unwrap_or_default() {
            "mode" => option("mode", value, &key.origin, draft, import),
            "port" | "ports" | "slaves" => {}
            "options" => {
                for (key, value) in value.entries() {
                    option(key.text().unwrap_or_default(), value, &key.origin, draft, import);
                }
            }
            "ports-config" => {
                for (key, value) in value.values().iter().flat_map(Node::entries) {
                    match key.text().unwrap_or_default() {
                        "name" | "priority" => {}
                        "queue-id" if value.text() == Some("0") => {}
                        name => import.lose(key.origin.clone(), format!("mpath has no key for {name} of a port")),
                    }
                }
            }
            name => import.lose(key.origin.clone(), format!("mpath has no key for {name}")),
        }
    }
    bond_option::probes(draft, import);
}

fn option(name: &str, value: &Node, origin: &Origin, draft: &mut Draft, import: &mut Import) {
    // An empty list of targets is none.
    if value.is_null() || value.text() == Some("") && name.ends_with("target") {
        return;
    }
    if let Err((fate, why)) = bond_option::set(draft, name, value.text().unwrap_or_default(), origin) {
        import.leftovers.push(Leftover { origin: origin.clone(), fate, why });
    }
}

fn ip(node: &Node, is_ipv6: bool, draft: &mut Draft, import: &mut Import) {
    let flag = |key: &str| node.get(key).and_then(Node::flag);
    if flag("enabled") != Some(true) {
        // Without `enabled` nmstate takes it as it is now; on a bond that is new, that is off.
        if is_ipv6 && flag("enabled") == Some(false) {
            draft.set("accept-ra", false, Some(node.origin.clone()));
            import.change(
                node.get("enabled").map_or(&node.origin, |enabled| &enabled.origin).clone(),
                "mpath does not switch IPv6 off; accept-ra = false keeps out what routers tell",
            );
        }
        let asks = |value: &Node| value.flag() == Some(true) || !value.values().is_empty();
        for (key, _) in node.entries().iter().filter(|(key, value)| key.text() != Some("enabled") && asks(value)) {
            import.leave(key.origin.clone(), "without effect where `enabled: true` is not there");
        }
        return;
    }
    for (key, value) in node.entries() {
        let origin = key.origin.clone();
        match key.text().unwrap_or_default() {
            "enabled" => {}
            "dhcp" => {
                if value.flag() == Some(true) {
                    draft.set(if is_ipv6 { "dhcp6" } else { "dhcp" }, true, Some(origin));
                }
            }
            "autoconf" => draft.set("accept-ra", value.flag() == Some(true), Some(origin)),
            "address" => {
                for address in value.values() {
                    let part = |key: &str| address.get(key).and_then(Node::text).unwrap_or_default().to_owned();
                    let net = format!("{}/{}", part("ip"), part("prefix-length"));
                    draft.push("addresses", net, Some(address.origin.clone()));
                    for (key, _) in address.entries() {
                        let known = |name| matches!(name, "ip" | "prefix-length");
                        if !key.text().is_some_and(known) {
                            import.lose(key.origin.clone(), "mpath has no key for it");
                        }
                    }
                }
            }
            "auto-dns" | "auto-gateway" | "auto-routes" if value.flag() == Some(true) => {}
            name => import.lose(origin, format!("mpath has no key for {name}")),
        }
    }
}

fn port(interface: &Node, import: &mut Import) {
    for (key, value) in interface.entries() {
        let origin = key.origin.clone();
        let is_on = value.get("enabled").and_then(Node::flag) == Some(true);
        match key.text().unwrap_or_default() {
            "name" | "type" | "state" | "profile-name" | "identifier" | "controller" => {}
            "mac-address" if interface.get("identifier").is_some() => {}
            "description" => import.leave(origin, "a note of the administrator's"),
            "ipv4" | "ipv6" if !is_on => {}
            "ipv4" | "ipv6" => import.lose(origin, "a member of a group has no address of its own"),
            "vlan" => import.leave(origin, "the VLAN must be there before the group: mpath makes none"),
            "ethernet" | "ethtool" => import.lose(origin, "mpath leaves the settings of cards alone"),
            name => import.lose(origin, format!("mpath has no key for {name} of a member")),
        }
    }
}

/// `routes.config`; what runs is no wish.
fn routes(node: &Node, import: &mut Import) {
    for route in node.get("config").map(Node::values).unwrap_or_default() {
        let part = |key: &str| route.get(key).and_then(Node::text);
        let device = part("next-hop-interface").unwrap_or_default().to_owned();
        let origin = route.origin.clone();
        if part("state") == Some("absent") || !import.drafts.iter().any(|draft| draft.name() == device) {
            import.leave(origin, "a route that is not over a group");
            continue;
        }
        let known = ["destination", "next-hop-interface", "next-hop-address", "metric", "table-id", "state"];
        let strange = route.entries().iter().find(|(key, _)| !key.text().is_some_and(|name| known.contains(&name)));
        if let Some((key, _)) = strange {
            import.lose(key.origin.clone(), "mpath has no key for it, and takes no route without it");
            continue;
        }
        if part("table-id").is_some_and(|table| !matches!(table, "0" | "254")) {
            import.lose(origin, "mpath makes routes of the main table only");
            continue;
        }
        let Some(to) = part("destination").and_then(|to| to.parse::<ipnet::IpNet>().ok()) else {
            import.leftovers.push(Leftover { origin, fate: Fate::Lost, why: "no network".to_owned() });
            continue;
        };
        let via = part("next-hop-address").filter(|via| !matches!(*via, "" | "0.0.0.0" | "::")).map(str::to_owned);
        // What the kernel gives a route of the family by itself is none.
        let usual = if to.addr().is_ipv6() { 1024 } else { 0 };
        let metric = part("metric").and_then(|metric| metric.parse::<u32>().ok());
        let metric = metric.filter(|metric| ![0, usual].contains(metric));
        let draft = import.draft(&device);
        match (via, metric) {
            (Some(via), None) if to.prefix_len() == 0 => route_key::add_gateway(via, origin, draft),
            (via, metric) => draft.push("routes", route_key::entry(to, via, metric), Some(origin)),
        }
    }
}
