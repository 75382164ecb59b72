//! `mpath switch` where members are taken out of use: if_mpadm.

use illumos_simulator::Link;

use crate::world::{DIALECTS, HOME_LAN, World};

#[test]
fn a_switch_takes_the_active_member_out_of_use_and_a_release_puts_it_in_again() {
    for dialect in DIALECTS {
        let world = World::by_processes(dialect, HOME_LAN);
        world.done("up");
        let before = world.look().configuration();
        world.host.forget_calls();
        let switched = world.done("switch");
        assert!(switched.stdout.contains("net1 carries the traffic (before: net0)"), "{dialect:?}: {switched}");
        assert_eq!(world.host.mutations(), ["if_mpadm -d net0"], "{dialect:?}");
        assert_eq!(world.active("homelan0").as_deref(), Some("net1"), "{dialect:?}");
        // Nobody is left who could take over.
        let last = world.run("switch");
        assert!(last.code == 1 && last.stderr.contains("the last member"), "{dialect:?}: {last}");
        world.host.forget_calls();
        world.done("switch --release");
        assert_eq!(world.host.mutations(), ["if_mpadm -r net0"], "{dialect:?}");
        assert_eq!(world.active("homelan0").as_deref(), Some("net0"), "{dialect:?}");
        assert_eq!(world.look().configuration(), before, "{dialect:?}");
        world.host.forget_calls();
        world.done("switch --release");
        assert_eq!(world.host.mutations(), Vec::<String>::new(), "{dialect:?}");
    }
}

#[test]
fn a_switch_to_one_of_several_standbys_reaches_that_one() {
    let cards = ["net0", "net1", "net2"].map(|name| Link::ether(name, &format!("2:0:0:0:0:{}", &name[3..])));
    for dialect in DIALECTS {
        for wanted in ["net1", "net2"] {
            let file = HOME_LAN.replace(r#""net1"]"#, r#""net1", "net2"]"#);
            let world = World::with_cards(dialect, &cards, &file);
            world.done("up");
            let run = world.done(&format!("switch --to {wanted}"));
            assert!(run.stdout.contains(&format!("{wanted} carries the traffic")), "{dialect:?}: {run}");
            assert_eq!(world.active("homelan0").as_deref(), Some(wanted), "{dialect:?}");
            world.done("switch --to net0");
            assert_eq!(world.active("homelan0").as_deref(), Some("net0"), "{dialect:?}");
            world.done("down");
        }
    }
}

#[test]
fn a_switch_without_a_member_that_could_take_over_touches_nothing() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        world.done("up");
        world.host.cut("net1");
        world.host.forget_calls();
        let run = world.run("switch");
        assert!(run.code == 1 && run.stderr.contains("net1 is failed"), "{dialect:?}: {run}");
        assert_eq!(world.host.mutations(), Vec::<String>::new(), "{dialect:?}");
    }
}

#[test]
fn a_drill_takes_the_active_member_out_of_use_and_puts_everybody_back() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        world.done("up");
        let before = world.look().configuration();
        world.host.forget_calls();
        let told = world.done("drill --json --rest 100ms").stdout;
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        let group = &told["groups"][0];
        assert_eq!((&group["timestamps"], &group["error"]), (&"process".into(), &serde_json::Value::Null));
        assert_eq!(world.host.mutations()[..2], ["if_mpadm -d net0", "if_mpadm -r net0"], "{dialect:?}");
        assert_eq!(world.active("homelan0").as_deref(), Some("net0"), "{dialect:?}");
        assert_eq!(world.look().configuration(), before, "{dialect:?}");
        assert_eq!(world.run("drill --how admin").code, 9, "{dialect:?}");
    }
}
