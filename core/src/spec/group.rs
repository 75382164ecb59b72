//! The tables `[group.NAME]` of a file, key by key.

use toml::de::{DeTable, DeValue};

use super::keys::range;
use super::walk::{Node, Table, Walk};
use super::{At, DetectionSpec, Field, GroupSpec, LacpSpec, LinkSpec, List, MemberSpec, ProbeSpec, RouteSpec, value};
use crate::mode::{LacpRate, LacpSelect, TransmitHash};
use crate::problem::Place;
use crate::settings::Failback;
use crate::{GroupName, Millis, Problem};

const INTERFACE: &str = "\"eth1\"";
const TIME: &str = "\"100ms\"";

/// Every group of a file.
pub(super) fn groups(walk: &mut Walk, node: &Node<'_>) -> Vec<GroupSpec> {
    let Some(tables) = node.entries() else {
        let hint = node.is_list().then(|| "write [group.NAME], with a name for each group".to_owned());
        walk.wrong_type(node, "a table for each group, as in [group.home-lan]", hint);
        return vec![];
    };
    let entries = walk.entries(tables, &node.place);
    entries.into_iter().filter_map(|(name, place, node)| group(walk, name, place, &node)).collect()
}

/// The header of a group of this name.
pub(crate) fn in_group(name: &str) -> String {
    Place { key: "group".to_owned(), ..Place::default() }.path_of(name)
}

fn group(walk: &mut Walk, name: &str, place: Place, node: &Node<'_>) -> Option<GroupSpec> {
    let name = match value::group_name(name) {
        Ok(value) => Some(At { value, place }),
        Err(fault) => {
            walk.fault(fault, &place);
            None
        }
    };
    if node.entries().is_none() && node.is_list() {
        walk.wrong_type(node, "a table", Some(format!("write [{}] with single brackets", node.place.key)));
        return None;
    }
    of_table(walk, name, node)
}

/// A group from a tree that was put together.
pub(super) fn of_tree(walk: &mut Walk, name: &str, place: &Place, tree: &DeTable<'_>) -> Option<GroupSpec> {
    let name = value::group_name(name).ok().map(|value| At { value, place: place.clone() });
    let value = DeValue::Table(tree.clone());
    of_table(walk, name, &Node::new(&value, place.clone()))
}

fn of_table(walk: &mut Walk, name: Option<At<GroupName>>, node: &Node<'_>) -> Option<GroupSpec> {
    let table = &walk.table(node, "", "a table, as in [group.home-lan]")?;
    Some(GroupSpec {
        name,
        header: table.place.clone(),
        device: walk.field(table, "device", |walk, node| walk.text(node, "\"bond0\"", value::interface_name)),
        members: walk.field(table, "members", |walk, node| {
            walk.list(node, "[\"eth1\", { name = \"eth0\", prio = 10 }]", member)
        }),
        primary: walk.field(table, "primary", |walk, node| walk.text(node, INTERFACE, value::primary)),
        mode: walk.field(table, "mode", mode),
        detection: walk.field(table, "detection", detection),
        failback: walk.field(table, "failback", |walk, node| {
            walk.text(node, "\"always\"", |text| value::word(Failback::ALL, Failback::word, text))
        }),
        mac: walk.field(table, "mac", |walk, node| walk.text(node, "\"auto\"", value::mac_policy)),
        peer_notifications: walk.field(table, "peer-notifications", peer_notifications),
        mtu: walk.field(table, "mtu", |walk, node| walk.number(node, range("mtu"), "bytes")),
        addresses: walk.field(table, "addresses", |walk, node| {
            let example = "\"192.168.1.34/24\"";
            walk.list(node, &format!("[{example}]"), |walk, node| walk.text(node, example, value::address))
        }),
        gateway: walk.field(table, "gateway", gateway),
        gateway6: walk.field(table, "gateway6", |walk, node| walk.text(node, "\"2001:db8::24\"", value::host6)),
        routes: walk.field(table, "routes", |walk, node| {
            walk.list(node, "[{ to = \"10.0.0.0/8\", via = \"192.168.1.24\" }]", route)
        }),
        dhcp: walk.field(table, "dhcp", Walk::flag),
        dhcp6: walk.field(table, "dhcp6", Walk::flag),
        accept_ra: walk.field(table, "accept-ra", Walk::flag),
        transmit_hash: walk.field(table, "transmit-hash", |walk, node| {
            walk.text(node, "\"layer2\"", |text| value::word(TransmitHash::ALL, TransmitHash::word, text))
        }),
        packets_per_member: walk.field(table, "packets-per-member", |walk, node| {
            walk.number(node, range("packets-per-member"), "packets; 0 is random")
        }),
        learning_interval: walk
            .field(table, "learning-interval", |walk, node| walk.text(node, "\"1s\"", value::seconds)),
        dynamic_balance: walk.field(table, "dynamic-balance", Walk::flag),
        lacp: walk.field(table, "lacp", lacp),
    })
}

fn member(walk: &mut Walk, node: &Node<'_>) -> Option<MemberSpec> {
    if node.is_text() {
        let name = walk.text(node, INTERFACE, value::member_name)?;
        let name = Field { key: Some(node.place.clone()), value: Some(At { value: name, place: node.place.clone() }) };
        return Some(MemberSpec { name, ..MemberSpec::default() });
    }
    let table = &walk.table(node, "members[]", "a name, as in \"eth1\", or a table, as in { name = \"eth1\" }")?;
    Some(MemberSpec {
        name: walk.field(table, "name", |walk, node| walk.text(node, INTERFACE, value::member_name)),
        mac: walk.field(table, "mac", |walk, node| walk.text(node, "\"52:54:00:12:34:56\"", value::mac)),
        prio: walk.field(table, "prio", |walk, node| walk.number(node, range("members[].prio"), "")),
        optional: walk.field(table, "optional", Walk::flag),
        probe_address: walk
            .field(table, "probe-address", |walk, node| walk.text(node, "\"192.168.1.35/24\"", value::address)),
    })
}

fn mode(walk: &mut Walk, node: &Node<'_>) -> Option<crate::mode::ModeName> {
    if node.is_integer() {
        let number: u8 = walk.number(node, 0..=6, "")?;
        return number.to_string().parse().ok();
    }
    walk.text(node, "\"active-backup\"", value::mode)
}

fn detection(walk: &mut Walk, node: &Node<'_>) -> Option<DetectionSpec> {
    let table = &walk.table(node, "detection", "a table, as in { link = { interval = \"100ms\" } }")?;
    Some(DetectionSpec {
        link: walk.field(table, "link", |walk, node| {
            let table = &walk.table(node, "detection.link", "a table, as in { interval = \"100ms\" }")?;
            Some(LinkSpec {
                interval: time(walk, table, "interval"),
                up_delay: time(walk, table, "up-delay"),
                down_delay: time(walk, table, "down-delay"),
            })
        }),
        probe: walk.field(table, "probe", |walk, node| {
            let table = &walk.table(node, "detection.probe", "a table, as in { targets = [\"192.168.1.24\"] }")?;
            Some(ProbeSpec {
                interval: time(walk, table, "interval"),
                targets: walk.field(table, "targets", |walk, node| {
                    walk.list(node, "[\"192.168.1.24\"]", |walk, node| walk.text(node, "\"192.168.1.24\"", value::host))
                }),
                missed: walk
                    .field(table, "missed", |walk, node| walk.number(node, range("detection.probe.missed"), "probes")),
                validate: walk
                    .field(table, "validate", |walk, node| walk.text(node, "\"all\"", value::probe_validation)),
                all_targets: walk.field(table, "all-targets", Walk::flag),
            })
        }),
    })
}

fn time(walk: &mut Walk, table: &Table<'_>, name: &'static str) -> Field<Millis> {
    walk.field(table, name, |walk, node| walk.text(node, TIME, value::millis))
}

fn peer_notifications(walk: &mut Walk, node: &Node<'_>) -> Option<u8> {
    if node.integer() == Some(0) {
        let message = "found 0: nobody would learn of a failover until the host itself sends";
        walk.problems.push(
            Problem::new("out-of-range", &node.place, message)
                .allowed("1 to 255")
                .hint("write 1: measured on a quiet host, 0 turns 0.3 s of silence into 6 s"),
        );
        return None;
    }
    walk.number(node, range("peer-notifications"), "")
}

fn gateway(walk: &mut Walk, node: &Node<'_>) -> Option<List<std::net::IpAddr>> {
    let example = "\"192.168.1.24\"";
    if node.is_list() {
        return walk.list(node, &format!("[{example}]"), |walk, node| walk.text(node, example, value::host));
    }
    let value = walk.text(node, &format!("{example}, or a list of one for each family"), value::host)?;
    Some(List { items: vec![At { value, place: node.place.clone() }], complete: true })
}

fn route(walk: &mut Walk, node: &Node<'_>) -> Option<RouteSpec> {
    let table = &walk.table(node, "routes[]", "a table, as in { to = \"10.0.0.0/8\", via = \"192.168.1.24\" }")?;
    Some(RouteSpec {
        to: walk.field(table, "to", |walk, node| walk.text(node, "\"10.0.0.0/8\"", value::destination)),
        via: walk.field(table, "via", |walk, node| walk.text(node, "\"192.168.1.24\"", value::host)),
        metric: walk.field(table, "metric", |walk, node| walk.number(node, range("routes[].metric"), "")),
    })
}

fn lacp(walk: &mut Walk, node: &Node<'_>) -> Option<LacpSpec> {
    let table = &walk.table(node, "lacp", "a table, as in { rate = \"fast\" }")?;
    Some(LacpSpec {
        rate: walk.field(table, "rate", |walk, node| {
            walk.text(node, "\"slow\"", |text| value::word(LacpRate::ALL, LacpRate::word, text))
        }),
        active: walk.field(table, "active", Walk::flag),
        select: walk.field(table, "select", |walk, node| {
            walk.text(node, "\"stable\"", |text| value::word(LacpSelect::ALL, LacpSelect::word, text))
        }),
        min_links: walk.field(table, "min-links", |walk, node| walk.number(node, range("lacp.min-links"), "members")),
        system_priority: walk
            .field(table, "system-priority", |walk, node| walk.number(node, range("lacp.system-priority"), "")),
        system: walk.field(table, "system", |walk, node| walk.text(node, "\"52:54:00:12:34:56\"", value::mac)),
        port_key: walk.field(table, "port-key", |walk, node| walk.number(node, range("lacp.port-key"), "")),
    })
}
