//! Changes that were not finished: what the next command makes of them.

use std::cell::Cell;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use mpath_core::Step;
use serde_json::Value;

use crate::world::{HOME_LAN, OFFICE, Run, World, busy, name};

/// Runs mpath, which dies when it comes to the step of this number, before or after it was done; nothing of its own
/// tidies up. Gives whether it came so far.
fn dies(world: &World, line: &str, at: usize, late: bool) -> bool {
    let (count, host) = (Cell::new(0), Rc::clone(&world.host));
    world.fail(move |step: &Step| {
        let number = count.get();
        count.set(number + 1);
        if number != at {
            return None;
        }
        if late {
            mpath_core::Backend::execute(&mut *host.borrow_mut(), step).unwrap();
        }
        panic!("killed");
    });
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let ended = catch_unwind(AssertUnwindSafe(|| world.run(line)));
    std::panic::set_hook(hook);
    world.faults.step.replace(None);
    ended.is_err()
}

fn no_journal_is_left(world: &World, story: &str) {
    let left: Vec<_> = fs::read_dir(world.path("run/journal")).unwrap().flatten().map(|e| e.file_name()).collect();
    assert!(left.is_empty(), "{story}: {left:?}");
}

fn succeeded(run: Run) -> Run {
    assert_eq!(run.code, 0, "{run}");
    run
}

#[test]
fn an_up_that_died_at_any_step_ends_in_the_first_or_the_wanted_state() {
    let wanted = World::new();
    wanted.run("up");
    let mut deaths = 0;
    for (next, reaches_wanted) in [("recover", false), ("down", false), ("up", true)] {
        for late in [false, true] {
            for at in 0.. {
                let world = World::new();
                let first = world.configuration();
                if !dies(&world, "up", at, late) {
                    break;
                }
                let story = format!("died at {at}, late: {late}; then {next}");
                let told = world.run("status").stderr;
                assert!(told.contains("was interrupted in step") && told.contains("mpath recover"), "{story}: {told}");
                succeeded(world.run(next));
                let expected = if reaches_wanted { wanted.configuration() } else { first.clone() };
                assert_eq!(world.configuration(), expected, "{story}");
                no_journal_is_left(&world, &story);
                assert_eq!(world.receipt("home-lan").is_some(), reaches_wanted, "{story}");
                succeeded(world.run("down"));
                assert_eq!(world.configuration(), first, "{story}, then down");
                deaths += 1;
            }
        }
    }
    assert!(deaths > 50, "only {deaths} deaths");
}

#[test]
fn a_change_that_died_at_any_step_leaves_the_group_as_it_was_before() {
    let mut deaths = 0;
    for late in [false, true] {
        for at in 0.. {
            let world = World::new();
            world.run("up");
            let (before, receipt) = (world.configuration(), world.receipt("home-lan"));
            world.file("home-lan.toml", HOME_LAN.replace("192.168.1.34", "192.168.1.35").replace("eth0", "eth2"));
            if !dies(&world, "up", at, late) {
                break;
            }
            succeeded(world.run("recover"));
            assert_eq!(world.configuration(), before, "died at {at}, late: {late}");
            assert_eq!(world.receipt("home-lan"), receipt);
            no_journal_is_left(&world, "recovered");
            deaths += 1;
        }
    }
    assert!(deaths > 10, "only {deaths} deaths");
}

#[test]
fn a_down_that_died_at_any_step_is_gone_on_with() {
    let mut deaths = 0;
    for next in ["recover", "down"] {
        for late in [false, true] {
            for at in 0.. {
                let world = World::new();
                let first = world.configuration();
                world.run("up");
                if !dies(&world, "down", at, late) {
                    break;
                }
                succeeded(world.run(next));
                assert_eq!(world.configuration(), first, "died at {at}, late: {late}, then {next}");
                assert_eq!(world.receipt("home-lan"), None);
                no_journal_is_left(&world, next);
                deaths += 1;
            }
        }
    }
    assert!(deaths > 20, "only {deaths} deaths");
}

#[test]
fn a_recovery_that_dies_is_recovered_from() {
    let world = World::new();
    let first = world.configuration();
    assert!(dies(&world, "up", 6, false));
    for at in [2, 1, 0] {
        assert!(dies(&world, "recover", at, true), "the recovery has a step {at}");
    }
    succeeded(world.run("recover"));
    assert_eq!(world.configuration(), first);
    let again = succeeded(world.run("recover"));
    assert_eq!(again.stdout, "nothing to recover\n");
}

#[test]
fn what_could_not_be_undone_is_tried_again_and_down_is_the_way_out() {
    let world = World::new();
    let first = world.configuration();
    let failed = Cell::new(false);
    world.fail(move |step| {
        failed.set(failed.get() || matches!(step, Step::AddMember { member, .. } if *member == name("eth1")));
        failed.get().then(|| busy(step))
    });
    assert_eq!(world.run("up").code, 5, "not as it was before, which 1 would say");
    let again = world.run("up");
    assert_eq!(again.code, 5, "{again}");
    assert!(again.stderr.contains("not everything could be undone"), "{again}");
    world.faults.step.replace(None);
    // Only the way back fails; the way down does not.
    let stuck = Cell::new(true);
    world.fail(move |step| stuck.replace(false).then(|| busy(step)));
    succeeded(world.run("down"));
    assert_eq!(world.configuration(), first);
    no_journal_is_left(&world, "down");
}

#[test]
fn a_change_whose_journal_is_removed_stops_and_is_undone() {
    let mut stopped = 0;
    for options in ["up", "up --confirm 60s"] {
        for at in 0..20 {
            let world = World::new();
            let first = world.configuration();
            let (count, journal) = (Cell::new(0), world.path("run/journal/home-lan.jsonl"));
            world.fail(move |_| {
                count.set(count.get() + 1);
                if count.get() == at + 1 {
                    fs::remove_file(&journal).unwrap();
                }
                None
            });
            let run = world.run(options);
            world.faults.step.replace(None);
            if run.code == 0 {
                continue;
            }
            assert_eq!(run.code, 1, "{run}");
            assert!(run.stderr.contains("somebody else has removed it") && run.stderr.contains("was undone"), "{run}");
            assert_eq!(world.configuration(), first, "removed at {at}");
            no_journal_is_left(&world, options);
            stopped += 1;
        }
    }
    assert!(stopped > 10, "only {stopped} were stopped");
}

#[test]
fn a_journal_that_makes_no_sense_stops_its_group_and_no_other() {
    let world = World::new();
    world.file("office.toml", OFFICE);
    fs::create_dir_all(world.path("run/journal")).unwrap();
    fs::write(world.path("run/journal/home-lan.jsonl"), "what\n").unwrap();
    let run = world.run("up --all");
    assert_eq!(run.code, 1, "{run}");
    assert!(
        run.stderr.contains("home-lan: line 1 of the journal DIR/run/journal/home-lan.jsonl makes no sense"),
        "{run}"
    );
    assert!(run.stderr.contains("rm DIR/run/journal/home-lan.jsonl"), "{run}");
    assert!(world.receipt("office").is_some() && world.receipt("home-lan").is_none());
}

#[test]
fn recover_tells_as_json_what_became_of_each_group() {
    let world = World::new();
    assert!(dies(&world, "up", 4, false));
    let run = succeeded(world.run("recover --json"));
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(document["schema"], "mpath.report/1");
    assert_eq!(document["groups"][0]["name"], "home-lan");
    assert_eq!(document["groups"][0]["outcome"], "changed");
}

#[test]
fn a_file_that_a_dead_process_was_writing_does_not_stay() {
    let world = World::new();
    succeeded(world.run("up"));
    let half = world.path("run/journal/.new-kTq3xv");
    fs::write(&half, "{").unwrap();
    succeeded(world.run("recover"));
    assert!(!half.exists());
}
