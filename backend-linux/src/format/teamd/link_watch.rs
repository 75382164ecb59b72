//! `link_watch`: how failure is found.

use mpath_core::Draft;
use mpath_core::draft::Value;
use mpath_core::import::Import;

use crate::format::yaml::{Content, Node};

/// One watch, or a list of them of which one is enough.
pub(super) fn take(node: &Node, draft: &mut Draft, import: &mut Import) {
    let watches = match &node.content {
        Content::List(watches) => watches.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let kind = |watch: &Node| watch.get("name").and_then(Node::text).unwrap_or("ethtool").to_owned();
    let first = watches.first().map(kind).unwrap_or_default();
    let probes = |kind: &str| matches!(kind, "arp_ping" | "nsna_ping");
    for watch in watches {
        let kind = kind(watch);
        if probes(&kind) != probes(&first) {
            import.lose(watch.origin.clone(), "bonding watches the link or probes, and not both");
        } else if probes(&kind) {
            ping(watch, &kind, draft, import);
        } else {
            ethtool(watch, &kind, draft, import);
        }
    }
}

fn ethtool(watch: &Node, kind: &str, draft: &mut Draft, import: &mut Import) {
    if kind != "ethtool" {
        import.lose(watch.origin.clone(), format!("mpath knows no link_watch {kind}"));
        return;
    }
    for (key, value) in watch.entries() {
        let origin = key.origin.clone();
        let time = value.text().and_then(|text| text.parse::<u32>().ok()).map(|time| format!("{time}ms"));
        match (key.text().unwrap_or_default(), time) {
            ("name", _) => {}
            ("delay_up", Some(time)) => draft.set("detection.link.up-delay", time, Some(origin)),
            ("delay_down", Some(time)) => draft.set("detection.link.down-delay", time, Some(origin)),
            (name, _) => import.lose(origin, format!("mpath has no key for {name}")),
        }
    }
}

/// Several pings are several targets; what else they say must be the same.
fn ping(watch: &Node, kind: &str, draft: &mut Draft, import: &mut Import) {
    let flag = |key: &str| watch.get(key).and_then(Node::flag) == Some(true);
    let validate = match (flag("validate_active"), flag("validate_inactive")) {
        (true, true) => "all",
        (true, false) => "active",
        (false, true) => "standby",
        (false, false) => "none",
    };
    let begun = draft.get("detection.probe.targets").is_some();
    let mut put = |key: &str, value: Value, watch: &Node, import: &mut Import| match draft.get(key) {
        Some(known) if begun && *known != value => {
            import.lose(watch.origin.clone(), format!("another {key} than for the target before: all have the same"));
        }
        _ => draft.set(key, value, Some(watch.origin.clone())),
    };
    // nsna_ping knows no such thing.
    if kind == "arp_ping" {
        put("detection.probe.validate", validate.into(), watch, import);
    }
    for (key, value) in watch.entries() {
        let text = value.text().unwrap_or_default();
        match (key.text().unwrap_or_default(), text.parse::<u32>()) {
            ("interval", Ok(time)) => put("detection.probe.interval", format!("{time}ms").into(), value, import),
            ("missed_max", Ok(missed)) => put("detection.probe.missed", i64::from(missed).into(), value, import),
            ("name" | "target_host" | "validate_active" | "validate_inactive", _) => {}
            ("source_host", _) => import.lose(key.origin.clone(), "probes come from the group's own address"),
            ("init_wait" | "send_always", _) if matches!(text, "0" | "false") => {}
            (name, _) => import.lose(key.origin.clone(), format!("mpath has no key for {name} of {kind}")),
        }
    }
    if let Some(target) = watch.get("target_host") {
        draft.push("detection.probe.targets", target.text().unwrap_or_default(), Some(target.origin.clone()));
    }
}
