//! `mpath switch` where members are taken out of use: if_mpadm.

use illumos_simulator::{Fault, How, Link, When};

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
fn a_drill_takes_each_member_out_of_use_in_turn_and_puts_everybody_back() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        world.done("up");
        let (before, use_before) =
            (world.look().configuration(), world.look().interfaces["net1"].membership().cloned());
        world.host.forget_calls();
        let told = world.done("drill --json --how switch --rest 100ms").stdout;
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        let group = &told["groups"][0];
        assert_eq!((&group["how"], &group["timestamps"]), (&"switch".into(), &"process".into()));
        assert_eq!((&group["error"], &group["left"]), (&serde_json::Value::Null, &serde_json::json!([])));
        let events = group["events"].as_array().unwrap().iter();
        let events: Vec<_> = events.map(|event| format!("{} {}", event["event"], event["member"])).collect();
        let expected = [r#""fail" "net0""#, r#""restore" "net0""#, r#""fail" "net1""#, r#""restore" "net1""#];
        assert_eq!(events, expected, "{dialect:?}");
        let each = ["if_mpadm -d net0", "if_mpadm -r net0", "if_mpadm -d net1", "if_mpadm -r net1"];
        assert_eq!(world.host.mutations(), each, "{dialect:?}");
        assert_eq!(world.active("homelan0").as_deref(), Some("net0"), "{dialect:?}");
        assert_eq!(world.look().configuration(), before, "{dialect:?}");
        assert_eq!(world.look().interfaces["net1"].membership().cloned(), use_before, "{dialect:?}");
        // Who sent what is in kstat, which nobody asks: the column says so, and no member is made up.
        let person = world.done("drill --how switch --rest 100ms").stdout;
        assert!(person.contains("fail net0") && person.contains("the longest gap was"), "{dialect:?}: {person}");
    }
}

#[test]
fn a_drill_that_would_switch_members_off_is_refused_with_the_way_that_there_is() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        world.done("up");
        world.host.forget_calls();
        let run = world.run("drill --how admin");
        assert!(run.code == 9 && run.stderr.contains("cannot be failed by `admin`"), "{dialect:?}: {run}");
        assert!(run.stderr.contains("hint: --how switch takes members out of use"), "{dialect:?}: {run}");
        assert_eq!(world.host.mutations(), Vec::<String>::new(), "{dialect:?}");
    }
}

#[test]
fn a_drill_of_which_a_command_fails_puts_everybody_back() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        world.done("up");
        let before = world.look().configuration();
        let saved = world.save();
        for number in 1..=4 {
            world.restore(&saved);
            world.host.forget_calls();
            world.host.fail(Fault::new(When::Mutation(number), How::Exit(1, "it was told to fail".to_owned())));
            let run = world.run("drill --rest 100ms");
            assert_ne!(run.code, 0, "{dialect:?} {number}: {run}");
            assert!(run.stderr.contains("it was told to fail"), "{dialect:?} {number}: {run}");
            world.done("switch --release");
            assert_eq!(world.look().configuration(), before, "{dialect:?} {number}");
            assert_eq!(world.active("homelan0").as_deref(), Some("net0"), "{dialect:?} {number}");
        }
    }
}
