//! Groups of one host that must agree on what IPMP has but once: failback and the failure time.

use crate::world::{DIALECTS, World};
use illumos_simulator::{Dialect, Link};

/// Two groups, each with its own cards.
const TWO_LANS: &str = r#"[group.lan]
members   = ["net0", "net1"]
primary   = "net0"
addresses = ["192.168.1.34/24"]

[group.dmz]
members   = ["net2", "net3"]
primary   = "net2"
addresses = ["10.0.0.34/24"]
"#;

/// Two groups on four cards, with settings beside the first members.
fn two_lans(dialect: Dialect, of_lan: &str, of_dmz: &str) -> World {
    let links: Vec<_> =
        (0..4).map(|number| Link::ether(&format!("net{number}"), &format!("2:0:0:0:0:{number}"))).collect();
    let file = TWO_LANS.replace("[group.dmz]", &format!("{of_lan}\n[group.dmz]")) + of_dmz;
    World::with_cards(dialect, &links, &file)
}

#[test]
fn groups_of_one_file_that_disagree_on_failback_are_refused_before_the_first() {
    for dialect in DIALECTS {
        let world = two_lans(dialect, "failback = \"never\"\n", "");
        let up = world.run("up --all");
        assert_eq!(up.code, 3, "{dialect:?}: {up}");
        let told = "failback holds for all groups of a host, and the group dmz goes by always, not by never";
        assert!(up.stderr.contains(told), "{dialect:?}: {up}");
        assert!(up.stderr.contains("let both groups say the same"), "{dialect:?}: {up}");
        assert_eq!(world.host.mutations(), Vec::<String>::new(), "{dialect:?}");
        for line in ["check", "plan --all"] {
            let run = world.run(line);
            assert!(run.code == 3 && run.stderr.contains(told), "{dialect:?}: {run}");
        }
        // One of them only is no dispute.
        world.done("up lan");
    }
}

#[test]
fn a_group_that_is_up_keeps_its_failback_and_the_other_is_refused() {
    for dialect in DIALECTS {
        let world = two_lans(dialect, "failback = \"never\"\n", "");
        world.done("up lan");
        world.host.forget_calls();
        let up = world.run("up dmz");
        assert_eq!(up.code, 1, "{dialect:?}: {up}");
        let told = "failback holds for all groups of this host, and lan0 goes by never, not by always";
        assert!(up.stderr.contains(told), "{dialect:?}: {up}");
        assert!(up.stderr.contains("take the group of lan0 down"), "{dialect:?}: {up}");
        assert_eq!(world.host.mutations(), Vec::<String>::new(), "{dialect:?}");
        world.done("down lan");
        world.done("up dmz");
        world.done("status --check dmz");
    }
}

#[test]
fn agreeing_groups_share_the_host_and_the_last_gives_its_settings_back() {
    for dialect in DIALECTS {
        let world = two_lans(dialect, "failback = \"never\"\n", "failback = \"never\"\n");
        let before = world.look().host_wide;
        world.done("up --all");
        world.done("status --check");
        world.done("down lan");
        assert_ne!(world.look().host_wide, before, "{dialect:?}");
        world.done("status --check dmz");
        world.done("down dmz");
        assert_eq!(world.look().host_wide, before, "{dialect:?}");
    }
}

#[test]
fn groups_that_disagree_on_the_failure_time_are_refused() {
    let probe = |interval: &str| format!("detection.probe = {{ interval = \"{interval}\" }}\n");
    for dialect in DIALECTS {
        let world = two_lans(dialect, "", "");
        let member =
            |number: u8, address: &str| format!("{{ name = \"net{number}\", probe-address = \"{address}/24\" }}");
        let file = |of_lan: &str, of_dmz: &str| {
            let lan = format!("[{}, {}]", member(0, "192.168.1.50"), member(1, "192.168.1.51"));
            let dmz = format!("[{}, {}]", member(2, "10.0.0.50"), member(3, "10.0.0.51"));
            format!(
                "[group.lan]\nmembers = {lan}\naddresses = [\"192.168.1.34/24\"]\ngateway = \"192.168.1.24\"\n{}\n\
                 [group.dmz]\nmembers = {dmz}\naddresses = [\"10.0.0.34/24\"]\ngateway = \"10.0.0.1\"\n{}",
                probe(of_lan),
                probe(of_dmz),
            )
        };
        world.file(&file("1s", "2s"));
        let up = world.run("up --all");
        assert_eq!(up.code, 3, "{dialect:?}: {up}");
        let told =
            "the failure time of probes holds for all groups of a host, and the group dmz goes by 14s, not by 7s";
        assert!(up.stderr.contains(told), "{dialect:?}: {up}");
        assert_eq!(world.host.mutations(), Vec::<String>::new(), "{dialect:?}");
        world.done("up lan");
        world.host.forget_calls();
        let up = world.run("up dmz");
        assert_eq!(up.code, 1, "{dialect:?}: {up}");
        assert!(up.stderr.contains("lan0 goes by 7s, not by 14s"), "{dialect:?}: {up}");
        assert_eq!(world.host.mutations(), Vec::<String>::new(), "{dialect:?}");
    }
}
