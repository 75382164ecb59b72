//! Changes that stay only if somebody says so in time.

use mpath::Answer;
use mpath_core::Step;
use serde_json::Value;

use crate::world::{HOME_LAN, OFFICE, Run, World, busy, name};

fn succeeded(run: Run) -> Run {
    assert_eq!(run.code, 0, "{run}");
    run
}

fn json(run: &Run) -> Value {
    serde_json::from_str(run.stdout.lines().last().unwrap_or_default()).unwrap_or_else(|error| panic!("{error}: {run}"))
}

/// Brings all groups up, to be confirmed within so many seconds, and gives the name of the change.
fn pending(world: &World, seconds: u32) -> String {
    let run = succeeded(world.run(&format!("up --all --confirm {seconds}s")));
    let token = json(&run)["pending"][0]["token"].as_str().unwrap().to_owned();
    assert_eq!(
        world.guards.borrow().as_slice(),
        std::slice::from_ref(&token),
        "one guard for the whole change, and before its first step"
    );
    token
}

#[test]
fn a_change_that_is_confirmed_stays() {
    let world = World::new();
    let token = pending(&world, 60);
    assert_eq!(world.receipt("home-lan"), None, "not yet to be remembered");
    let listed = json(&succeeded(world.run("pending --json")));
    assert_eq!(listed["pending"][0]["groups"], serde_json::json!(["home-lan"]));
    succeeded(world.run(&format!("confirm {token}")));
    assert!(world.receipt("home-lan").is_some() && world.journal("home-lan").is_none());
    assert_eq!(succeeded(world.run("up")).stdout, "home-lan: already as wanted\n");
    assert_eq!(succeeded(world.run("pending")).stdout, "no change waits to be confirmed\n");
}

#[test]
fn a_change_that_is_reverted_is_as_if_it_had_never_been() {
    let world = World::new();
    world.run("up");
    let (before, receipt) = (world.configuration(), world.receipt("home-lan"));
    world.file("home-lan.toml", HOME_LAN.replace("192.168.1.34", "192.168.1.35"));
    pending(&world, 60);
    assert_ne!(world.configuration(), before);
    succeeded(world.run("revert"));
    assert_eq!((world.configuration(), world.receipt("home-lan")), (before, receipt));
    assert_eq!(world.journal("home-lan"), None);
}

#[test]
fn the_guard_reverts_when_the_time_is_up_and_not_before() {
    let world = World::new();
    let before = world.configuration();
    let token = pending(&world, 1);
    assert_ne!(world.configuration(), before);
    succeeded(world.run(&format!("guard {token}")));
    assert_eq!((world.configuration(), world.receipt("home-lan")), (before, None));
    let late = world.run("confirm");
    assert_eq!(late.code, 10, "{late}");
}

#[test]
fn a_change_that_ran_out_without_a_guard_is_undone_by_the_next_command() {
    let world = World::new();
    let before = world.configuration();
    pending(&world, 1);
    // The clock of a host has no other way on.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let run = succeeded(world.run("recover"));
    assert!(run.stderr.contains("was not confirmed in time"), "{run}");
    assert_eq!(world.configuration(), before);
}

#[test]
fn the_guard_of_a_change_that_died_does_not_wait() {
    let world = World::new();
    let before = world.configuration();
    // Nothing else than a dead process leaves a journal without the word that all is done.
    let token = pending(&world, 3600);
    let path = world.path("run/journal/home-lan.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let cut: String = text.lines().filter(|line| !line.contains("applied")).map(|line| format!("{line}\n")).collect();
    std::fs::write(&path, cut).unwrap();
    succeeded(world.run(&format!("guard {token}")));
    assert_eq!(world.configuration(), before);
}

#[test]
fn the_guard_of_a_change_that_died_in_its_second_group_does_not_wait_for_the_first() {
    let world = World::new();
    world.file("office.toml", OFFICE);
    let before = world.configuration();
    let token = pending(&world, 3600);
    let path = world.path("run/journal/office.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let cut: String = text.lines().filter(|line| !line.contains("applied")).map(|line| format!("{line}\n")).collect();
    std::fs::write(&path, cut).unwrap();
    succeeded(world.run(&format!("guard {token}")));
    assert_eq!(world.configuration(), before);
    assert!(world.journal("home-lan").is_none() && world.journal("office").is_none());
}

#[test]
fn the_guard_tries_again_what_it_could_not_undo() {
    let world = World::new();
    let before = world.configuration();
    let token = pending(&world, 1);
    let refusals = std::cell::Cell::new(2);
    world.fail(move |step| {
        refusals.set(refusals.get() - i32::from(refusals.get() > 0));
        (refusals.get() > 0).then(|| busy(step))
    });
    let run = succeeded(world.run(&format!("guard {token}")));
    assert!(run.stderr.contains("not now"), "{run}");
    assert_eq!(world.configuration(), before);
    assert_eq!(world.journal("home-lan"), None);
}

#[test]
fn while_a_change_waits_its_groups_are_left_alone() {
    let world = World::new();
    pending(&world, 60);
    let waiting = world.configuration();
    for line in ["up", "down"] {
        let run = world.run(line);
        assert_eq!(run.code, 12, "{run}");
        assert!(run.stderr.contains("waits to be confirmed") && run.stderr.contains("mpath confirm"), "{run}");
    }
    assert_eq!(world.configuration(), waiting);
    world.file("office.toml", OFFICE);
    succeeded(world.run("up office"));
    let status = world.run("status home-lan");
    assert!(status.stderr.contains("waits to be confirmed"), "{status}");
}

#[test]
fn a_change_of_several_groups_is_confirmed_or_reverted_as_one() {
    let world = World::new();
    world.file("office.toml", OFFICE);
    let before = world.configuration();
    pending(&world, 60);
    let reverted = succeeded(world.run("revert --json"));
    let groups = &json(&reverted)["groups"];
    assert_eq!(groups.as_array().unwrap().len(), 2, "{groups}");
    assert_eq!(world.configuration(), before);
}

#[test]
fn a_failed_change_waits_for_nothing() {
    let world = World::new();
    let before = world.configuration();
    world.host.borrow_mut().fails_after = Some(4);
    let run = world.run("up --confirm 60s");
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(world.configuration(), before);
    world.host.borrow_mut().fails_after = None;
    assert_eq!(succeeded(world.run("pending")).stdout, "no change waits to be confirmed\n");
}

#[test]
fn a_group_that_failed_and_is_stuck_is_not_kept_with_the_others() {
    let world = World::new();
    world.file("office.toml", OFFICE);
    let failed = std::cell::Cell::new(false);
    world.fail(move |step| {
        failed.set(failed.get() || matches!(step, Step::AddMember { member, .. } if *member == name("eth2")));
        failed.get().then(|| busy(step))
    });
    let run = world.run("up --all --confirm 60s");
    assert_eq!(run.code, 5, "{run}");
    world.faults.step.replace(None);
    assert_eq!(json(&run)["pending"][0]["groups"], serde_json::json!(["home-lan"]), "{run}");
    succeeded(world.run("confirm"));
    assert!(world.receipt("home-lan").is_some() && world.receipt("office").is_none());
    let recovered = succeeded(world.run("recover"));
    assert!(recovered.stderr.contains("could not be undone"), "{recovered}");
}

#[test]
fn a_group_that_is_as_wanted_needs_no_confirmation() {
    let world = World::new();
    world.run("up");
    let run = succeeded(world.run("up --confirm 60s"));
    assert_eq!(run.stdout, "home-lan: already as wanted\n");
    assert!(world.guards.borrow().is_empty());
}

#[test]
fn a_person_keeps_a_change_with_enter() {
    let world = World::new();
    world.answers.replace(Some(vec![Answer::Nothing, Answer::Enter]));
    succeeded(world.run("up --confirm 60s"));
    assert!(world.receipt("home-lan").is_some() && world.journal("home-lan").is_none());
}

#[test]
fn a_person_who_is_gone_confirms_nothing() {
    let world = World::new();
    world.answers.replace(Some(vec![Answer::Gone]));
    succeeded(world.run("up --confirm 60s"));
    assert!(world.journal("home-lan").is_some(), "the guard has the last word");
}

#[test]
fn a_time_that_makes_no_sense_is_refused() {
    let world = World::new();
    for time in ["0s", "soon", "90000s", "60"] {
        let run = world.run(&format!("up --confirm {time}"));
        assert_eq!(run.code, 2, "{run}");
    }
    assert_eq!(world.steps_done(), 0);
}

#[test]
fn confirm_wants_the_name_where_there_are_several() {
    let world = World::new();
    let first = pending(&world, 60);
    world.guards.borrow_mut().clear();
    world.file("office.toml", OFFICE);
    succeeded(world.run("up office --confirm 60s"));
    let run = world.run("confirm");
    assert_eq!(run.code, 2, "{run}");
    assert_eq!(world.run("confirm nonsense").code, 10);
    succeeded(world.run(&format!("confirm {first}")));
    succeeded(world.run("confirm"));
}
