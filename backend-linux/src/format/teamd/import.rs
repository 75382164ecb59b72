//! Configurations of teamd as groups.

use mpath_core::Draft;
use mpath_core::draft::Value;
use mpath_core::import::{Files, Import, Origin};
use mpath_core::mode::{ModeName, TransmitHash};

use super::{FOLDER, is_config, link_watch, port};
use crate::format::yaml::{self, Node};

/// Groups from the configurations of a host.
pub fn import(files: &dyn Files) -> Import {
    let mut import = Import::default();
    for name in files.list(FOLDER).into_iter().filter(|name| is_config(name)) {
        let path = format!("{FOLDER}/{name}");
        let Some(text) = files.read(&path) else { continue };
        // JSON is YAML but for tabs, which stand in JSON between values only.
        match yaml::read(&path, &text.replace('\t', " ")) {
            Ok(Some(config)) => {
                let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
                let device = config.get("device").and_then(Node::text).unwrap_or(stem).to_owned();
                if import.drafts.iter().any(|draft| draft.name() == device) {
                    import.lose(config.origin.clone(), format!("there is another file for {device}"));
                    continue;
                }
                let draft = group(&device, &config, &mut import);
                import.drafts.push(draft);
            }
            Ok(None) => {}
            Err((origin, why)) => import.lose(origin, format!("no JSON: {why}")),
        }
    }
    import
}

fn group(device: &str, config: &Node, import: &mut Import) -> Draft {
    let mut draft = Draft::new(device);
    let empty = Node { origin: config.origin.clone(), content: yaml::Content::Map(vec![]) };
    let runner = config.get("runner").unwrap_or(&empty);
    let mode = runner_mode(runner, &mut draft, import);
    runner_options(runner, mode, &mut draft, import);
    for (key, value) in config.entries() {
        let origin = key.origin.clone();
        match key.text().unwrap_or_default() {
            "device" | "runner" => {}
            "hwaddr" if draft.get("mac").is_some_and(|mac| *mac != Value::from("shared")) => {
                import.lose(origin, "the members keep addresses of their own, as hwaddr_policy says");
            }
            "hwaddr" => draft.set("mac", value.text().unwrap_or_default(), Some(origin)),
            "link_watch" => link_watch::take(value, &mut draft, import),
            "ports" => port::take(value, mode, &mut draft, import),
            "notify_peers" => notify_peers(value, &mut draft, import),
            "mcast_rejoin" => import.lose(origin, "mpath has no key for IGMP reports"),
            "debug_level" => import.leave(origin, "teamd's own log"),
            name => import.lose(origin, format!("mpath has no key for {name}")),
        }
    }
    draft
}

/// The mode that does what a runner does.
fn runner_mode(runner: &Node, draft: &mut Draft, import: &mut Import) -> ModeName {
    let name = runner.get("name");
    let origin = name.map(|name| name.origin.clone());
    let mode = match name.and_then(Node::text).unwrap_or("roundrobin") {
        "activebackup" => ModeName::ActiveBackup,
        "broadcast" => ModeName::Broadcast,
        "lacp" => ModeName::Lacp,
        "loadbalance" => ModeName::Xor,
        "random" => {
            draft.set("packets-per-member", 0, origin.clone());
            ModeName::RoundRobin
        }
        "roundrobin" => ModeName::RoundRobin,
        other => {
            import.lose(
                origin.clone().unwrap_or_else(|| runner.origin.clone()),
                format!("mpath knows no runner {other}"),
            );
            ModeName::ActiveBackup
        }
    };
    draft.set("mode", mode.word(), origin);
    mode
}

fn runner_options(runner: &Node, mode: ModeName, draft: &mut Draft, import: &mut Import) {
    for (key, value) in runner.entries() {
        let origin = key.origin.clone();
        let (name, text) = (key.text().unwrap_or_default(), value.text().unwrap_or_default());
        let number = text.parse::<i64>().ok();
        let lacp = mode == ModeName::Lacp;
        match (name, number) {
            ("name", _) => {}
            ("hwaddr_policy", _) => match text {
                "same_all" => draft.set("mac", "shared", Some(origin)),
                "by_active" => draft.set("mac", "active", Some(origin)),
                "only_active" => draft.set("mac", "follow", Some(origin)),
                _ => import.lose(origin, "mpath knows no such policy"),
            },
            ("active", _) if lacp => draft.set("lacp.active", value.flag() != Some(false), Some(origin)),
            ("fast_rate", _) if lacp => {
                draft.set("lacp.rate", if value.flag() == Some(true) { "fast" } else { "slow" }, Some(origin));
            }
            ("sys_prio", Some(number)) if lacp => draft.set("lacp.system-priority", number, Some(origin)),
            ("min_ports", Some(number)) if lacp => draft.set("lacp.min-links", number, Some(origin)),
            ("agg_select_policy", _) if lacp => match text {
                "bandwidth" | "count" => draft.set("lacp.select", text, Some(origin)),
                "lacp_prio_stable" => draft.set("lacp.select", "stable", Some(origin)),
                _ => {
                    draft.set("lacp.select", "stable", Some(origin.clone()));
                    import.change(origin, "bonding has no such policy; the aggregator in use stays (\"stable\")");
                }
            },
            ("tx_hash", _) => tx_hash(value, &origin, draft, import),
            _ => import.lose(origin, format!("mpath has no key for {name}")),
        }
    }
}

/// What is hashed, in the words that teamd has for it.
fn tx_hash(value: &Node, origin: &Origin, draft: &mut Draft, import: &mut Import) {
    let mut words: Vec<_> = value.values().iter().filter_map(Node::text).collect();
    words.sort_unstable();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    let (ip, ports, mac) = (has(&["ip", "ipv4", "ipv6", "l3"]), has(&["tcp", "udp", "sctp", "l4"]), has(&["eth"]));
    let hash = match (mac, ip, ports) {
        (_, _, true) => TransmitHash::Layer34,
        (_, true, false) => TransmitHash::Layer23,
        _ if has(&["vlan"]) => TransmitHash::VlanSourceMac,
        _ => TransmitHash::Layer2,
    };
    draft.set("transmit-hash", hash.word(), Some(origin.clone()));
    let same = matches!(
        (hash, words.as_slice()),
        (TransmitHash::Layer2, ["eth"])
            | (TransmitHash::Layer23, ["eth", "ip"])
            | (TransmitHash::Layer34, ["ip", "l4"])
            | (TransmitHash::VlanSourceMac, ["eth", "vlan"])
    );
    if !same {
        import.change(origin.clone(), format!("bonding hashes in fixed sets; the nearest is {hash}"));
    }
}

fn notify_peers(node: &Node, draft: &mut Draft, import: &mut Import) {
    for (key, value) in node.entries() {
        match (key.text().unwrap_or_default(), value.text().and_then(|text| text.parse::<i64>().ok())) {
            ("count", Some(count)) => draft.set("peer-notifications", count, Some(key.origin.clone())),
            ("interval", Some(0)) => {}
            (name, _) => import.lose(key.origin.clone(), format!("mpath has no key for {name}")),
        }
    }
}
