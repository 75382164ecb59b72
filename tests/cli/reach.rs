//! The gate: a change that cuts off what was reached before it is undone at once.

use std::rc::Rc;
use std::time::Duration;

use mpath::reach::Answer;
use mpath_core::fake::FakeHost;
use mpath_core::{Backend as _, Route};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::world::{HOME_LAN, OFFICE, Run, World, busy, name};

const GATEWAY: &str = "the gateway 192.168.1.24";

fn json(run: &Run) -> Value {
    serde_json::from_str(run.stdout.lines().last().unwrap_or_default()).unwrap_or_else(|error| panic!("{error}: {run}"))
}

/// After the change this target is silent, and everything else answers all the time.
fn lost(world: &World, lost: &'static str) {
    world
        .beyond
        .answer(move |round, target| if round > 0 && target == lost { Answer::Silent } else { Answer::Reached });
}

/// Who was asked, round by round.
fn rounds(world: &World) -> Vec<Vec<String>> {
    world.beyond.rounds.borrow().iter().map(|(targets, _)| targets.clone()).collect()
}

fn nothing_waits(world: &World) {
    assert_eq!((world.journal("home-lan"), world.journal("office")), (None, None));
}

#[test]
fn a_change_after_which_all_answers_stays() {
    let world = World::new();
    let run = world.run("up --check-reachable auto");
    assert_eq!((run.code, run.stdout.as_str()), (0, "home-lan: up on bond0, eth1 active (9 steps)\n"), "{run}");
    assert!(world.receipt("home-lan").is_some());
    nothing_waits(&world);
    assert!(world.guards.borrow().is_empty(), "nobody has to say anything");
    assert_eq!(rounds(&world), [[GATEWAY], [GATEWAY]]);
    let limits: Vec<_> = world.beyond.rounds.borrow().iter().map(|(_, limit)| *limit).collect();
    assert_eq!(limits, [Duration::from_secs(1), Duration::from_secs(15)]);
}

#[test]
fn a_change_that_loses_the_gateway_is_undone_at_once() {
    let world = World::new();
    let before = world.configuration();
    lost(&world, GATEWAY);
    let run = world.run("up --check-reachable auto --check-limit 3s");
    assert_eq!(run.code, 1, "{run}");
    let words = format!("home-lan: cannot reach any more what could be reached before: {GATEWAY}; tried for 3s");
    assert!(run.stderr.contains(&words) && run.stderr.contains("the host is as it was before"), "{run}");
    assert_eq!(run.stdout, "", "it was never up");
    assert_eq!((world.configuration(), world.receipt("home-lan")), (before, None));
    nothing_waits(&world);
}

#[test]
fn a_change_that_is_undone_leaves_the_group_as_it_was() {
    let world = World::new();
    world.run("up");
    let (before, receipt) = (world.configuration(), world.receipt("home-lan"));
    world.file("home-lan.toml", HOME_LAN.replace("192.168.1.34", "192.168.1.35"));
    lost(&world, GATEWAY);
    assert_eq!(world.run("up --check-reachable auto").code, 1);
    assert_eq!((world.configuration(), world.receipt("home-lan")), (before, receipt));
    nothing_waits(&world);
}

#[test]
fn json_tells_what_was_reached_before_and_after() {
    let world = World::new();
    lost(&world, "the probed nas:22");
    let run = world.run("up --check-reachable auto --probe nas:22 --json");
    let document = json(&run);
    let group = &document["groups"][0];
    assert_eq!((run.code, &group["outcome"], &group["undone"]), (1, &json!("failed"), &json!(true)), "{run}");
    let measured = json!([
        { "role": "gateway", "target": "192.168.1.24", "before": true, "after": true },
        { "role": "probe", "target": "nas:22", "before": true, "after": false },
    ]);
    assert_eq!(document["reachable"], measured);
}

#[test]
fn what_did_not_answer_before_is_not_demanded_and_that_is_said() {
    let world = World::new();
    world.beyond.answer(|_, target| match target {
        GATEWAY => Answer::Reached,
        "the probed nas" => Answer::NotAsked("no ping here".to_owned()),
        _ => Answer::Silent,
    });
    let run = world.run("up --check-reachable auto --probe nas --probe 192.0.2.1");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("note: the probed 192.0.2.1 did not answer before, and need not after"), "{run}");
    assert!(run.stderr.contains("warning: the probed nas is not checked: no ping here"), "{run}");
    assert_eq!(rounds(&world)[1], [GATEWAY]);
}

#[test]
fn where_nothing_answers_nothing_is_checked_and_that_is_a_warning() {
    let world = World::new();
    world.beyond.answer(|_, _| Answer::Silent);
    let run = world.run("up --check-reachable auto");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("warning: nothing could be reached before the change"), "{run}");
}

#[test]
fn without_confirm_nobody_is_asked_unless_that_is_wanted() {
    let world = World::new();
    assert_eq!(world.run("up").code, 0);
    world.run("down");
    assert_eq!(world.run("up --confirm 60s --check-reachable none").code, 0);
    assert_eq!(rounds(&world), [[""; 0]; 0]);
}

#[test]
fn a_probe_alone_is_the_only_one_that_is_asked() {
    let world = World::new();
    lost(&world, "the probed nas:22");
    let before = world.configuration();
    let run = world.run("up --probe nas:22 --probe nas:22");
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(rounds(&world), [["the probed nas:22"], ["the probed nas:22"]]);
    assert_eq!(world.configuration(), before);
}

#[test]
fn a_name_that_is_not_known_is_a_warning() {
    let world = World::new();
    let run = world.run("up --check-reachable auto --probe nsa:22");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("warning: the probed nsa:22 is not checked: no such name"), "{run}");
}

#[test]
fn gateways_name_servers_and_the_ssh_peer_are_asked() {
    let mut world = World::new();
    world.ssh_connection = Some("192.0.2.7 51234 192.168.1.34 22");
    let resolv_conf = "nameserver 127.0.0.53\nnameserver 192.168.1.24\nnameserver 9.9.9.9\n";
    std::fs::write(world.path("resolv.conf"), resolv_conf).unwrap();
    let mut host = world.host.borrow_mut().observe().unwrap();
    let routes = &mut host.interfaces.get_mut(&name("eth0")).unwrap().routes;
    routes.push(Route::default_via([192, 168, 1, 1].into()));
    routes.push(Route::default_via("fe80::1".parse().unwrap()));
    world.host.replace(FakeHost::new(host));
    assert_eq!(world.run("up --check-reachable auto").code, 0);
    let others = ["the name server 192.168.1.24", "the name server 9.9.9.9", "the SSH peer 192.0.2.7"];
    let asked = |link_local| [&["the gateway 192.168.1.1", link_local, GATEWAY], &others[..]].concat();
    let wanted = [asked("the gateway fe80::1%eth0"), asked("the gateway fe80::1%bond0")];
    assert_eq!(rounds(&world), wanted, "afterwards the device is the way to what was behind its member");
}

#[test]
fn an_ssh_connection_that_makes_no_sense_is_nobodys_address() {
    let mut world = World::new();
    world.ssh_connection = Some("192.0.2.7; reboot");
    let run = world.run("up --check-reachable auto");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("warning: the SSH peer is not checked: SSH_CONNECTION is"), "{run}");
    assert_eq!(rounds(&world)[0], [GATEWAY]);
}

#[test]
fn nobody_is_asked_where_nothing_changes() {
    let world = World::new();
    world.run("up");
    assert_eq!(world.run("up --check-reachable auto").stdout, "home-lan: already as wanted\n");
    assert_eq!(rounds(&world), [[""; 0]; 0]);
}

#[test]
fn a_change_of_several_groups_goes_through_the_gate_as_one() {
    let world = World::new();
    world.file("office.toml", OFFICE);
    let before = world.configuration();
    lost(&world, GATEWAY);
    let run = world.run("up --all --check-reachable auto --json");
    let groups = json(&run)["groups"].clone();
    for group in groups.as_array().unwrap() {
        assert_eq!((&group["outcome"], &group["undone"]), (&json!("failed"), &json!(true)), "{run}");
    }
    assert_eq!(world.beyond.rounds.borrow().len(), 2, "once before, once after");
    assert_eq!(world.configuration(), before);
    nothing_waits(&world);
}

#[test]
fn a_group_that_failed_is_no_matter_of_the_gate() {
    let world = World::new();
    world.file("office.toml", OFFICE.replace("eth2", "eth9"));
    let run = world.run("up --all --check-reachable auto --json");
    let groups = json(&run)["groups"].clone();
    assert_eq!((&groups[0]["outcome"], &groups[1]["outcome"]), (&json!("changed"), &json!("refused")), "{run}");
    assert!(world.receipt("home-lan").is_some());
    nothing_waits(&world);
}

#[test]
fn what_cannot_be_brought_back_is_told() {
    let world = World::new();
    lost(&world, GATEWAY);
    let beyond = Rc::clone(&world.beyond);
    // From the second round on nothing can be changed any more.
    world.fail(move |step| (beyond.rounds.borrow().len() > 1).then(|| busy(step)));
    let run = world.run("up --check-reachable auto --json");
    let group = &json(&run)["groups"][0];
    assert_eq!((run.code, &group["undone"]), (5, &json!(false)), "{run}");
    assert!(!group["left"].as_array().unwrap().is_empty(), "{run}");
    assert!(world.journal("home-lan").is_some(), "recover can try again");
}

#[test]
fn with_confirm_a_change_goes_through_the_gate_first_and_then_waits() {
    let world = World::new();
    let before = world.configuration();
    let run = world.run("up --confirm 60s");
    assert_eq!(run.code, 0, "{run}");
    let token = json(&run)["pending"][0]["token"].as_str().unwrap().to_owned();
    assert_eq!((world.guards.borrow().len(), world.beyond.rounds.borrow().len()), (1, 2));
    assert_eq!(world.run(&format!("revert {token}")).code, 0);
    assert_eq!(world.configuration(), before);
    lost(&world, GATEWAY);
    world.beyond.rounds.borrow_mut().clear();
    let run = world.run("up --confirm 60s");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run}");
    assert_eq!(world.configuration(), before);
    assert_eq!(world.run("pending").stdout, "no change waits to be confirmed\n");
}

/// Runs mpath, which is killed while it asks behind the change.
fn dies_in_the_gate(world: &World, line: &str) {
    world.beyond.answer(|round, _| if round > 0 { panic!("killed") } else { Answer::Reached });
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.run(line)));
    std::panic::set_hook(hook);
    assert!(ended.is_err(), "it came to its end");
    world.beyond.answers.replace(None);
}

#[test]
fn a_change_whose_process_dies_in_the_gate_is_undone_by_the_next_command() {
    let world = World::new();
    let before = world.configuration();
    dies_in_the_gate(&world, "up --check-reachable auto");
    assert_ne!(world.configuration(), before);
    let run = world.run("recover");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("was interrupted after its last step"), "{run}");
    assert_eq!(world.configuration(), before);
    nothing_waits(&world);
}

#[test]
fn the_guard_of_a_change_that_died_in_the_gate_does_not_wait() {
    let world = World::new();
    let before = world.configuration();
    dies_in_the_gate(&world, "up --confirm 3600s");
    let token = world.guards.borrow()[0].clone();
    assert_eq!(world.run(&format!("guard {token}")).code, 0);
    assert_eq!(world.configuration(), before);
}

#[test]
fn options_of_the_gate_that_make_no_sense_are_refused() {
    let world = World::new();
    for option in ["--check-limit 0s", "--check-limit 15", "--check-limit 601s", "--probe nas:0", "--probe a/b"] {
        let run = world.run(&format!("up --check-reachable auto {option}"));
        assert_eq!(run.code, 2, "{run}");
    }
    assert_eq!(world.steps_done(), 0);
}
