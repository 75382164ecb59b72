//! Groups made up at random, to be written in a format and read back.

use std::collections::BTreeMap;

use mpath_core::draft::Value;
use mpath_core::import::{Fate, Importer};
use mpath_core::render::Renderer;
use mpath_core::{Draft, Group};
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::{select, subsequence};

/// A key and a value for it, or nothing.
type Key = Option<(&'static str, Value)>;

fn some(key: &'static str, values: Vec<Value>) -> BoxedStrategy<Key> {
    prop_oneof![Just(None), select(values).prop_map(move |value| Some((key, value)))].boxed()
}

fn texts(key: &'static str, values: &[&'static str]) -> BoxedStrategy<Key> {
    some(key, values.iter().map(|text| Value::from(*text)).collect())
}

fn numbers(key: &'static str, values: &[i64]) -> BoxedStrategy<Key> {
    some(key, values.iter().map(|number| Value::from(*number)).collect())
}

fn flags(key: &'static str) -> BoxedStrategy<Key> {
    some(key, vec![Value::from(true), Value::from(false)])
}

fn list(texts: &[&'static str]) -> Value {
    Value::from(texts.to_vec())
}

/// Any group that has a name fit for a device, and members by their names; what does not go together is left out.
pub(crate) fn groups() -> impl Strategy<Value = Group> {
    let members = subsequence(vec!["eth0", "eth1", "enp3s0", "wlan0"], 1..=4).prop_shuffle();
    let keys = vec![
        texts("primary", &["eth0", "eth1"]),
        texts(
            "mode",
            &["balance-rr", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb", "active-backup"],
        ),
        texts("detection.link.interval", &["100ms", "50ms", "1s"]),
        texts("detection.link.up-delay", &["200ms", "2s", "100ms"]),
        texts("detection.link.down-delay", &["200ms", "2s"]),
        texts("failback", &["better", "never"]),
        texts("mac", &["shared", "active", "follow", "52:54:00:00:00:07"]),
        numbers("peer-notifications", &[1, 2, 255]),
        numbers("mtu", &[1400, 9000]),
        some(
            "addresses",
            vec![
                list(&["192.168.1.34/24"]),
                list(&["192.168.1.34/24", "192.168.1.35/24", "2001:db8:1::34/64"]),
                list(&["2001:db8:1::34/64"]),
            ],
        ),
        some(
            "gateway",
            vec![Value::from("192.168.1.24"), Value::from("2001:db8:1::1"), list(&["192.168.1.24", "2001:db8:1::1"])],
        ),
        some(
            "routes",
            vec![
                Value::List(vec![Value::Table(vec![("to", "10.0.0.0/8".into()), ("via", "192.168.1.9".into())])]),
                Value::List(vec![
                    Value::Table(vec![
                        ("to", "10.0.0.0/8".into()),
                        ("via", "192.168.1.9".into()),
                        ("metric", Value::from(7)),
                    ]),
                    Value::Table(vec![("to", "2001:db8:2::/48".into()), ("via", "2001:db8:1::9".into())]),
                ]),
            ],
        ),
        flags("dhcp"),
        flags("dhcp6"),
        flags("accept-ra"),
        texts("transmit-hash", &["layer3+4", "layer2+3", "encap3+4", "vlan+srcmac"]),
        numbers("packets-per-member", &[0, 8]),
        texts("learning-interval", &["3s"]),
        flags("dynamic-balance"),
        texts("lacp.rate", &["fast", "slow"]),
        flags("lacp.active"),
        texts("lacp.select", &["bandwidth", "count"]),
        numbers("lacp.min-links", &[1]),
        numbers("lacp.system-priority", &[7]),
        texts("lacp.system", &["52:54:00:00:00:09"]),
        numbers("lacp.port-key", &[9]),
    ];
    let probe = vec![
        texts("detection.probe.missed", &["none"]).prop_map(|_| None).boxed(),
        numbers("detection.probe.missed", &[1, 5]),
        texts("detection.probe.validate", &["active", "none", "filter", "standby"]),
        flags("detection.probe.all-targets"),
    ];
    (members, keys, probe, any::<bool>())
        .prop_map(|(members, keys, probe, probes)| {
            let mut draft = Draft::new("bond7");
            draft.set("members", members, None);
            keys.into_iter().flatten().for_each(|(key, value)| draft.set(key, value, None));
            if probes {
                for key in ["interval", "up-delay", "down-delay"] {
                    draft.remove(&format!("detection.link.{key}"));
                }
                draft.set("detection.probe.interval", "500ms", None);
                draft.set("detection.probe.targets", vec!["192.168.1.24"], None);
                probe.into_iter().flatten().for_each(|(key, value)| draft.set(key, value, None));
            }
            // What does not go with the mode or with the addresses goes.
            let mut settled = draft.settle();
            if settled.group.is_none() {
                settled.draft.set("addresses", list(&["192.168.1.34/24"]), None);
                settled = settled.draft.settle();
            }
            settled.group
        })
        .prop_filter_map("no group", |group| group)
}

/// What comes back of a group that was written in a format, with whatever was not taken over.
pub(crate) fn there_and_back(group: &Group, render: Renderer, import: Importer) -> (Option<Group>, String) {
    let rendering = render(&[group], "mpath.toml").map_err(|refusals| format!("{refusals:?}"));
    let rendering = match rendering {
        Ok(rendering) => rendering,
        Err(refusals) => return (None, refusals),
    };
    let files: BTreeMap<_, _> = rendering.files.into_iter().map(|file| (file.path, file.text)).collect();
    let imported = import(&files);
    let mut told = format!("{files:#?}\n{:#?}", imported.leftovers);
    let lost = imported.leftovers.iter().any(|leftover| leftover.fate != Fate::LeftAlone);
    let settled: Vec<_> = imported.drafts.into_iter().map(Draft::settle).collect();
    for settled in &settled {
        told += &format!("\n{}\n{:?}\n{:?}", settled.draft.to_toml(), settled.leftovers, settled.problems);
    }
    let clean = !lost && settled.len() == 1 && settled[0].leftovers.is_empty();
    (settled.into_iter().next().and_then(|settled| settled.group).filter(|_| clean), told)
}
