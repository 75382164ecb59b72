//! A command that fails at any place: `up` undoes what was done, `down` and `switch` can be asked again. Every kind of step
//! that IPMP has is let fail.

use std::collections::BTreeSet;

use illumos_simulator::{Dialect, Fault, How, Lease, When};
use serde_json::Value;

use crate::truth::Truth;
use crate::world::{DIALECTS, HOME_LAN, World};

/// The kinds of steps that a plan for IPMP can have, by their names in JSON. The last is each of them for every boot.
const KINDS: [&str; 16] = [
    "create-group",
    "set-label",
    "add-member",
    "remove-member",
    "set-standby",
    "set-host-wide",
    "set-up",
    "set-accept-ra",
    "add-address",
    "remove-address",
    "add-route",
    "remove-route",
    "start-dhcp",
    "stop-dhcp",
    "delete-group",
    "persistent",
];

/// Kinds of steps that only `switch` and `drill` take.
const OF_A_HANDOVER: [&str; 2] = ["set-in-use", "activate"];

/// Kinds of steps that only other platforms have: a driver to load, settings and ranks of a group, the MAC address and the
/// MTU of members, which are left alone here.
const ELSEWHERE: [&str; 5] = ["load-driver", "change-settings", "set-priority", "set-mac", "set-mtu"];

/// A host on which one member works for itself, persistently.
fn busy_world(dialect: Dialect) -> World {
    let world = World::new(dialect, &HOME_LAN.replace("primary ", "failback = \"never\"\nprimary "));
    for line in ["create-if net0", "create-addr -T static -a 192.168.1.7/24 net0/v4"] {
        world.ipadm(line);
    }
    world.host.run("route", &["add", "default", "192.168.1.24"]);
    world.host.forget_calls();
    world
}

fn serve(world: &World) {
    for card in ["net0", "net1"] {
        world.host.with_link(card, |link| {
            let (address, router) = ("192.168.1.77/24".to_owned(), Some("192.168.1.24".to_owned()));
            link.lease = Some(Lease { address, router });
        });
    }
}

fn refusal() -> How {
    How::Exit(1, "it was told to fail".to_owned())
}

/// A host, a file, and what brings it about.
struct Scene {
    world: World,
    line: &'static str,
}

const STATIC: &str =
    "[group.lan]\nmembers = [\"net0\", \"net1\"]\nprimary = \"net0\"\naddresses = [\"192.168.1.34/24\"]\n";
const LEASED: &str = "[group.lan]\nmembers = [\"net1\"]\ndhcp = true\n";

/// Scenes that hold every kind of step, as far as the dialect has it.
fn scenes(dialect: Dialect) -> Vec<Scene> {
    let mut scenes: Vec<_> = ["up", "up --persist"].map(|line| Scene { world: busy_world(dialect), line }).into();
    let changed = |lasting: &str, from: &str, to: &str| {
        let world = World::new(dialect, from);
        serve(&world);
        for line in ["create-if net1", "create-addr -T static -a 10.0.0.7/8 net1/v4"] {
            world.ipadm(line);
        }
        world.done(lasting);
        world.file(to);
        Scene { world, line: "up" }
    };
    let other = "[group.lan]\nmembers = [\"net0\"]\naddresses = [\"192.168.1.35/24\"]\ngateway = \"192.168.1.24\"\n";
    scenes.extend(["up", "up --persist"].map(|lasting| changed(lasting, STATIC, other)));
    let ipv6 = STATIC.replace("192.168.1.34/24", "192.168.1.34/24\", \"2001:db8::34/64");
    scenes.push(changed("up", STATIC, &ipv6));
    scenes.extend([
        changed("up", STATIC, LEASED),
        changed("up", LEASED, STATIC),
        changed("up --persist", LEASED, STATIC),
    ]);
    if dialect != Dialect::IllumosOld {
        scenes.push(changed("up --persist", STATIC, &ipv6));
        let world = World::new(dialect, &STATIC.replace("members", "device = \"lan0\"\nmembers"));
        ["create-ipmp --temporary lan0", "create-if -t net0", "add-ipmp --temporary -i net0 lan0"]
            .iter()
            .for_each(|line| world.ipadm(line));
        scenes.push(Scene { world, line: "up --adopt" });
    }
    scenes
}

/// The kinds of the steps of a plan; of one for every boot, both.
fn kinds(world: &World, line: &str) -> BTreeSet<String> {
    let plan = world.run(&format!("{} --json", line.replace("up", "plan")));
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap_or_else(|error| panic!("{error}: {plan}"));
    let steps = plan["groups"][0]["steps"].as_array().unwrap();
    let of = |step: &Value| step["step"].as_str().map(str::to_owned);
    steps.iter().flat_map(|step| [of(step), of(&step["change"])]).flatten().collect()
}

/// Lets each command of a run fail, before it did its work and after; what follows is asked of the host each time.
fn at_every_command(world: &World, line: &str, then: impl Fn(&World, &str, &crate::world::Run)) {
    world.host.forget_calls();
    let saved = world.save();
    world.done(line);
    let commands = world.host.mutations().len();
    assert!(commands > 0, "{line} does nothing");
    for number in 1..=commands {
        for fault in [Fault::new(When::Mutation(number), refusal()), Fault::after(When::Mutation(number), refusal())] {
            world.restore(&saved);
            world.host.fail(fault.clone());
            let run = world.run(line);
            let story = format!("{fault:?}\n{run}\n{:#?}", world.host.mutations());
            then(world, &story, &run);
        }
    }
    world.restore(&saved);
}

#[test]
fn a_step_of_any_kind_that_fails_leaves_the_host_as_it_was() {
    for dialect in DIALECTS {
        let mut failed = BTreeSet::new();
        for Scene { world, line } in scenes(dialect) {
            let before = Truth::of(&world.host.state());
            failed.extend(kinds(&world, line));
            at_every_command(&world, line, |world, story, run| {
                if run.code == 0 {
                    // Some commands are tried another way where they fail.
                    world.done("plan --check");
                    return;
                }
                assert_eq!(run.code, 1, "{dialect:?}: {story}");
                let told = ["everything was undone", "nothing was changed"];
                assert!(told.iter().any(|words| run.stderr.contains(words)), "{dialect:?}: {story}");
                assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}: {story}");
            });
            // The way down has no plan to show; it is asked for again until it is done.
            world.done(line);
            let saved = world.save();
            world.done("down");
            let gone = Truth::of(&world.host.state());
            world.restore(&saved);
            at_every_command(&world, "down", |world, story, run| {
                // What fails is tried again by itself as long as that leaves less to do.
                if run.code != 0 {
                    let again = world.run("down");
                    assert_eq!(again.code, 0, "{dialect:?}: {story}\nand then {again}");
                }
                assert_eq!(Truth::of(&world.host.state()), gone, "{dialect:?}: {story}");
            });
            failed.insert("delete-group".to_owned());
        }
        let only_by_ipadm = ["set-label"];
        let possible = |kind: &&str| dialect != Dialect::IllumosOld || !only_by_ipadm.contains(kind);
        let every: BTreeSet<_> = KINDS.into_iter().filter(possible).map(str::to_owned).collect();
        assert_eq!(failed, every, "{dialect:?}: steps of these kinds were let fail");
    }
    let others = OF_A_HANDOVER.len() + ELSEWHERE.len();
    assert_eq!(KINDS.len() + others, kinds_of_steps(), "there is a new kind of step: let it fail, too");
}

/// How many kinds of steps there are, as serde tells where it meets none that it knows.
fn kinds_of_steps() -> usize {
    let error = serde_json::from_str::<mpath_core::Step>("{\"step\":\"none of them\"}").unwrap_err().to_string();
    let expected = error.split("expected one of").nth(1).unwrap();
    expected.matches('`').count() / 2
}

#[test]
fn a_switch_that_fails_leaves_the_group_as_it_was_or_switched_and_is_released() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        world.done("up");
        // `if_mpadm -r` switches on each address that is off, also what was off before: the truth may be more than before.
        let (before, active) = (world.look().configuration(), world.active("homelan0"));
        let is_as_before = |world: &World, story: &str| {
            assert_eq!(world.look().configuration(), before, "{dialect:?}: {story}");
            assert_eq!(world.active("homelan0"), active, "{dialect:?}: {story}");
            assert!(world.host.state().interfaces.iter().all(|interface| !interface.offline), "{dialect:?}: {story}");
        };
        at_every_command(&world, "switch", |world, story, run| {
            assert_eq!(run.code, 1, "{dialect:?}: {story}");
            is_as_before(world, story);
        });
        world.done("switch");
        at_every_command(&world, "switch --release", |world, story, run| {
            assert_ne!(run.code, 0, "{dialect:?}: {story}");
            world.done("switch --release");
            is_as_before(world, story);
        });
    }
}

#[test]
fn garbage_is_told_and_changes_nothing() {
    let world = busy_world(Dialect::IllumosNew);
    let calls = {
        world.look();
        world.host.calls().len()
    };
    for number in 1..=calls {
        for how in [How::Garbage, How::Signal(9)] {
            let world = busy_world(Dialect::IllumosNew);
            world.host.fail(Fault::new(When::Call(number), how));
            let run = world.run("plan");
            assert_eq!(world.host.mutations(), Vec::<String>::new(), "{run}");
            assert!(!run.stderr.contains("panicked"), "{run}");
        }
    }
}

#[test]
fn a_lease_that_could_not_be_given_back_is_kept() {
    for dialect in [Dialect::IllumosNew, Dialect::Solaris11] {
        let world = busy_world(dialect);
        world.host.with_link("net0", |link| {
            let (address, router) = ("192.168.1.77/24".to_owned(), Some("192.168.1.24".to_owned()));
            link.lease = Some(Lease { address, router });
        });
        world.file("[group.lan]\nmembers = [\"net0\"]\ndhcp = true\n");
        world.host.run("route", &["delete", "default", "192.168.1.24"]);
        world.done("up");
        let before = Truth::of(&world.host.state());
        world.file("[group.lan]\nmembers = [\"net0\"]\naddresses = [\"192.168.1.34/24\"]\n");
        world.host.forget_calls();
        world.host.fail(Fault::new(When::Mutation(1), refusal()));
        let run = world.run("up");
        assert!(run.code == 1 && run.stderr.contains("nothing was changed"), "{dialect:?}: {run}");
        assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}");
    }
}

#[test]
fn a_member_that_could_not_leave_keeps_its_ipv6() {
    for dialect in [Dialect::IllumosNew, Dialect::Solaris11] {
        let world = World::new(dialect, HOME_LAN);
        world.done("up");
        let before = Truth::of(&world.host.state());
        let words = ["remove-ipmp".to_owned(), "net1".to_owned()];
        let command = When::Command { program: "ipadm".to_owned(), arguments: words.into() };
        world.host.fail(Fault::new(command, refusal()));
        world.file(&HOME_LAN.replace("[\"net0\", \"net1\"]", "[\"net0\"]"));
        let run = world.run("up");
        assert_eq!(run.code, 1, "{dialect:?}: {run}");
        assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}");
    }
}
