use std::collections::BTreeMap;

use mpath_core::import::{Fate, Import};
use mpath_core::{Draft, Group, SourceFile, read};
use proptest::prelude::ProptestConfig;

use super::{import, place_of, render};
use crate::format::round_trip::groups;

fn imported(files: &[(&str, &str)]) -> Import {
    import(&files.iter().map(|(name, text)| (place_of(name), (*text).to_owned())).collect::<BTreeMap<_, _>>())
}

fn told(import: &Import, fate: Fate) -> Vec<String> {
    let told = import.leftovers.iter().filter(|leftover| leftover.fate == fate);
    told.map(|leftover| format!("{} | {}", leftover.origin, leftover.why).replace("etc/teamd/", "")).collect()
}

const TEAM: &str = r#"{
	"device":	"team0",
	"hwaddr":	"52:54:00:00:00:07",
	"debug_level": 1,
	"runner": {
		"name": "activebackup",
		"hwaddr_policy": "same_all",
		"tx_balancer": { "name": "basic" }
	},
	"notify_peers": { "count": 3, "interval": 50 },
	"mcast_rejoin": { "count": 1 },
	"link_watch": [
		{ "name": "arp_ping", "interval": 500, "missed_max": 3, "target_host": "192.168.1.1", "validate_active": true },
		{ "name": "arp_ping", "interval": 900, "source_host": "192.168.1.34", "target_host": "192.168.1.2", "validate_active": true },
		{ "name": "ethtool", "delay_up": 200 }
	],
	"ports": {
		"eth2": { "prio": 5, "sticky": true, "queue_id": 4 },
		"eth1": { "prio": 9, "link_watch": { "name": "ethtool" } },
		"eth3": {}
	}
}
"#;

#[test]
fn a_team_is_a_group_that_lacks_addresses_and_every_other_key_is_told() {
    let import = imported(&[("team0.conf", TEAM)]);
    let [draft] = import.drafts.as_slice() else { panic!("{import:#?}") };
    assert_eq!(
        draft.to_toml(),
        "[group.team0]\n\
         members            = [{ name = \"eth2\", prio = 5 }, \"eth1\", \"eth3\"]\n\
         primary            = \"eth1\"\n\
         mode               = \"active-backup\"\n\
         failback           = \"never\"\n\
         mac                = \"52:54:00:00:00:07\"\n\
         peer-notifications = 3\n\
         \n\
         [group.team0.detection]\n\
         probe = { interval = \"500ms\", targets = [\"192.168.1.1\", \"192.168.1.2\"], missed = 3, validate = \"active\" }\n"
    );
    let settled = draft.clone().settle();
    assert!(settled.group.is_none() && settled.leftovers.is_empty(), "{settled:#?}");
    assert!(settled.problems[0].to_string().contains("address"), "{:#?}", settled.problems);
    assert_eq!(
        told(&import, Fate::Lost),
        [
            "team0.conf:8: \"tx_balancer\": { \"name\": \"basic\" } | mpath has no key for tx_balancer",
            "team0.conf:10: \"notify_peers\": { \"count\": 3, \"interval\": 50 }, | mpath has no key for interval",
            "team0.conf:11: \"mcast_rejoin\": { \"count\": 1 }, | mpath has no key for IGMP reports",
            "team0.conf:14: { \"name\": \"arp_ping\", \"interval\": 900, \"source_host\": \"192.168.1.34\", \"target_host\": \"192.168.1.2\", \"validate_active\": true }, | another detection.probe.interval than for the target before: all have the same",
            "team0.conf:14: { \"name\": \"arp_ping\", \"interval\": 900, \"source_host\": \"192.168.1.34\", \"target_host\": \"192.168.1.2\", \"validate_active\": true }, | probes come from the group's own address",
            "team0.conf:15: { \"name\": \"ethtool\", \"delay_up\": 200 } | bonding watches the link or probes, and not both",
            "team0.conf:18: \"eth2\": { \"prio\": 5, \"sticky\": true, \"queue_id\": 4 }, | mpath has no key for queue_id of a port",
            "team0.conf:19: \"eth1\": { \"prio\": 9, \"link_watch\": { \"name\": \"ethtool\" } }, | all members of a group are watched the same way",
        ]
    );
    assert_eq!(
        told(&import, Fate::Changed),
        [
            "team0.conf:18: \"eth2\": { \"prio\": 5, \"sticky\": true, \"queue_id\": 4 }, | the primary takes over from none, although only some of the others are sticky"
        ]
    );
    assert_eq!(told(&import, Fate::LeftAlone), ["team0.conf:4: \"debug_level\": 1, | teamd's own log"]);
}

#[test]
fn every_runner_is_a_mode_and_what_is_hashed_is_the_nearest_set() {
    for (runner, keys, changed) in [
        ("\"name\": \"roundrobin\"", "mode = \"balance-rr\"", 0),
        ("\"name\": \"random\"", "mode = \"balance-rr\" packets-per-member = 0", 0),
        ("\"name\": \"broadcast\"", "mode = \"broadcast\"", 0),
        (
            "\"name\": \"loadbalance\", \"tx_hash\": [\"eth\", \"ipv4\", \"tcp\"]",
            "mode = \"balance-xor\" transmit-hash = \"layer3+4\"",
            1,
        ),
        (
            "\"name\": \"loadbalance\", \"tx_hash\": [\"ip\", \"eth\"]",
            "mode = \"balance-xor\" transmit-hash = \"layer2+3\"",
            0,
        ),
        (
            "\"name\": \"lacp\", \"fast_rate\": true, \"active\": false, \"agg_select_policy\": \"port_config\"",
            "mode = \"802.3ad\" lacp = { rate = \"fast\", active = false, select = \"stable\" }",
            1,
        ),
    ] {
        let text = format!(
            "{{\"runner\": {{{runner}}}, \"link_watch\": {{\"name\": \"ethtool\", \"delay_down\": 150}}, \"ports\": {{\"eth0\": {{}}}}}}"
        );
        let import = imported(&[("team3", &text)]);
        let words: Vec<_> = import.drafts[0].to_toml().split_whitespace().map(str::to_owned).collect();
        let expected = format!(
            "[group.team3] members = [\"eth0\"] {keys} [group.team3.detection] link = {{ down-delay = \"150ms\" }}"
        );
        assert_eq!(words.join(" "), expected);
        assert_eq!(told(&import, Fate::Changed).len(), changed, "{import:#?}");
    }
    let import = imported(&[("a.conf", "{"), ("b.json", "{\"device\": \"t\"}"), ("c.conf", "{\"device\": \"t\"}")]);
    assert_eq!(told(&import, Fate::Lost).len(), 2, "{import:#?}");
}

fn group(text: &str) -> Group {
    read(&[SourceFile::new("a", text)]).unwrap().groups.remove(0)
}

#[test]
fn a_group_is_written_as_json_without_its_addresses() {
    let group = group(
        "[group.home-lan]\ndevice = \"bond0\"\nmembers = [{ name = \"eth0\", prio = 4 }, \"eth1\"]\nprimary = \"eth1\"\nfailback = \"never\"\n\
         mac = \"active\"\ndhcp = true\ndetection.link = { up-delay = \"200ms\" }\n",
    );
    let rendering = render(&[&group], "home.toml").unwrap();
    let file = &rendering.files[0];
    assert_eq!(file.path, "etc/teamd/bond0.conf");
    let found: serde_json::Value = serde_json::from_str(&file.text).unwrap();
    let expected = serde_json::json!({
        "device": "bond0",
        "runner": { "name": "activebackup", "hwaddr_policy": "by_active" },
        "notify_peers": { "count": 1 },
        "link_watch": { "name": "ethtool", "delay_up": 200, "delay_down": 0 },
        "ports": { "eth0": { "prio": 4, "sticky": true }, "eth1": { "prio": 5 } },
    });
    assert_eq!(found, expected);
    assert!(rendering.notes[0].1.to_string().contains("teamd knows no addresses"), "{:?}", rendering.notes);
}

proptest::proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_group_comes_back_from_teamd_but_for_addresses_and_what_it_has_no_equal_for(group in groups()) {
        let mut expected = Draft::from(&group);
        let says = |key: &str, values: &[&str]| {
            expected.get(key).is_some_and(|value| values.is_empty() || values.contains(&value.to_string().trim_matches('"')))
        };
        let refused = says("mode", &["balance-tlb", "balance-alb"]) || says("packets-per-member", &["8"]) || says("lacp.system", &[])
            || says("lacp.port-key", &[]) || says("transmit-hash", &["encap3+4"]) || says("failback", &["better"])
            || says("detection.probe.validate", &["filter"]);
        let rendering = render(&[&group], "mpath.toml");
        proptest::prop_assert_eq!(rendering.is_err(), refused, "{:?}", rendering);
        let Ok(rendering) = rendering else { return Ok(()) };
        let files: BTreeMap<_, _> = rendering.files.into_iter().map(|file| (file.path, file.text)).collect();
        serde_json::from_str::<serde_json::Value>(files.values().next().unwrap()).unwrap();
        let imported = import(&files);
        proptest::prop_assert_eq!(&imported.leftovers, &vec![], "{:#?}", files);
        let mut draft = imported.drafts[0].clone();
        for key in ["addresses", "gateway", "routes", "dhcp", "dhcp6", "accept-ra", "mtu"] {
            if let Some(value) = expected.get(key) {
                draft.set(key, value.clone(), None);
            }
        }
        // What `notes` tells, and what is the same in all modes but one.
        if expected.get("detection.link.interval").is_some() {
            expected.set("detection.link.interval", "100ms", None);
        }
        expected.remove("detection.probe.all-targets");
        if group.primary().is_none() || group.members().len() == 1 {
            expected.remove("failback");
        }
        if *group.mode() != mpath_core::Mode::ActiveBackup && expected.get("mac") == Some(&"shared".into()) {
            expected.remove("mac");
        }
        let settled = draft.settle();
        proptest::prop_assert_eq!((settled.leftovers, settled.group), (vec![], expected.settle().group), "{:#?}", files);
    }
}
