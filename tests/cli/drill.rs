//! `mpath drill`: what it tells, and what it refuses. The clock of its probes is the test's own.

use std::fs;
use std::time::Duration;

use mpath_core::Step;
use serde_json::Value;

use crate::expected::expect;
use crate::world::{World, busy, name};

/// A world whose group is up.
fn up() -> World {
    let world = World::new();
    assert_eq!(world.run("up -q").code, 0);
    world
}

fn journals(world: &World) -> usize {
    fs::read_dir(world.path("run/journal")).map_or(0, Iterator::count)
}

#[test]
fn a_drill_tells_each_event_and_draws_its_course() {
    let world = up();
    *world.beyond.silent.borrow_mut() = Duration::from_millis(1005)..Duration::from_millis(1055);
    let configuration = world.configuration();
    expect("drill", &world.script(&["drill", "drill -q --max-gap 50ms", "drill --how admin --rest 300ms -v"]));
    assert_eq!((world.configuration(), journals(&world)), (configuration, 0));
}

#[test]
fn what_speaks_against_a_drill_is_told_and_nothing_is_touched() {
    let world = up();
    let mut told = world.script(&["drill --how carrier", "drill --interval 2s", "drill --target home"]);
    world.beyond.no_pings.set(true);
    told += &world.run("drill").to_string();
    world.beyond.no_pings.set(false);
    *world.beyond.silent.borrow_mut() = Duration::ZERO..Duration::from_secs(99);
    told += &world.run("drill").to_string();
    world.host.borrow_mut().unplugged = vec![name("eth0")];
    told += &world.run("drill").to_string();
    world.run("down -q");
    told += &world.run("drill").to_string();
    expect("drill_refused", &told);
    assert_eq!(journals(&world), 0);
}

#[test]
fn a_step_that_fails_ends_the_drill_and_everybody_is_put_back() {
    let world = up();
    let before = world.configuration();
    let off = |step: &Step| matches!(step, Step::SetUp { interface, up: false } if *interface == name("eth0"));
    world.fail(move |step| off(step).then(|| busy(step)));
    let run = world.run("drill --how admin --json --rest 100ms");
    assert_eq!(run.code, 1, "{run}");
    let told: Value = serde_json::from_str(&run.stdout).unwrap();
    let group = &told["groups"][0];
    assert_eq!(group["events"].as_array().unwrap().len(), 2, "{told}");
    assert!(group["error"]["message"].as_str().unwrap().contains("broken off: switch eth0 off"), "{told}");
    assert_eq!((world.configuration(), journals(&world)), (before, 0));
}

#[test]
fn the_picture_is_written() {
    let world = up();
    assert_eq!(world.run("drill -q --svg DIR/drill.svg").code, 0);
    let svg = fs::read_to_string(world.path("drill.svg")).unwrap();
    assert!(svg.contains("hand-over to eth0"), "{svg}");
}
