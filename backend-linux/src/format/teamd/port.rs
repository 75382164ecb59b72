//! `ports`: the members and their ranks.
//!
//! A port of a higher `prio` takes over from one of a lower, unless that one is sticky; bonding knows one such port, the primary.

use mpath_core::Draft;
use mpath_core::draft::Value;
use mpath_core::import::Import;
use mpath_core::mode::ModeName;

use crate::format::yaml::Node;

/// The members, the one that is preferred, and when it takes over.
pub(super) fn take(node: &Node, mode: ModeName, draft: &mut Draft, import: &mut Import) {
    let ranked = mode == ModeName::ActiveBackup;
    let prio_of =
        |port: &Node| port.get("prio").and_then(Node::text).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
    let sticky = |port: &Node| port.get("sticky").and_then(Node::flag) == Some(true);
    let ports = node.entries();
    let best = ports.iter().map(|(_, port)| prio_of(port)).max().unwrap_or_default();
    let primary = match ports.iter().filter(|(_, port)| prio_of(port) == best).collect::<Vec<_>>().as_slice() {
        [(name, _)] if ranked && (ports.len() > 1 || best > 0) => name.text(),
        _ => None,
    };
    for (key, port) in ports {
        let name = key.text().unwrap_or_default();
        let mut entries = vec![("name", Value::from(name))];
        if ranked && primary != Some(name) && prio_of(port) != 0 {
            entries.push(("prio", prio_of(port).into()));
        }
        let member = if entries.len() == 1 { Value::from(name) } else { Value::Table(entries) };
        draft.push("members", member, Some(key.origin.clone()));
        for (option, value) in port.entries() {
            let origin = option.origin.clone();
            match option.text().unwrap_or_default() {
                "prio" | "sticky" if ranked => {}
                "lacp_prio" if value.text() == Some("255") => {}
                "queue_id" | "lacp_key" if value.text() == Some("0") => {}
                "link_watch" => import.lose(origin, "all members of a group are watched the same way"),
                name => import.lose(origin, format!("mpath has no key for {name} of a port")),
            }
        }
    }
    let Some(primary) = primary else { return };
    let origin = ports.iter().find(|(name, _)| name.text() == Some(primary)).map(|(name, _)| name.origin.clone());
    draft.set("primary", primary, origin);
    let others: Vec<_> = ports.iter().filter(|(name, _)| name.text() != Some(primary)).collect();
    let stuck: Vec<_> = others.iter().filter(|(_, port)| sticky(port)).collect();
    if let Some((_, port)) = stuck.first() {
        let origin = port.get("sticky").map_or(&port.origin, |sticky| &sticky.origin).clone();
        draft.set("failback", "never", Some(origin.clone()));
        if stuck.len() < others.len() {
            import.change(origin, "the primary takes over from none, although only some of the others are sticky");
        }
    }
}
