//! `mpath switch`: who carries the traffic is changed, and nothing else.

use std::cell::Cell;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use mpath_core::Step;
use mpath_core::snapshot::Controller;

use crate::expected::expect;
use crate::world::{OFFICE, World, busy, name};

/// A world whose group is up.
fn up() -> World {
    let world = World::new();
    assert_eq!(world.run("up -q").code, 0);
    world
}

fn active(world: &World) -> String {
    let host = world.host.borrow();
    host.host.group(&name("bond0")).unwrap().active.as_ref().unwrap().to_string()
}

fn journals(world: &World) -> usize {
    fs::read_dir(world.path("run/journal")).map_or(0, Iterator::count)
}

#[test]
fn a_switch_and_its_release_are_told() {
    let world = up();
    let configuration = world.configuration();
    expect(
        "switch",
        &world.script(&["switch -vv", "status --check -q", "switch --to eth0", "switch --release", "switch --release"]),
    );
    assert_eq!((world.configuration(), journals(&world)), (configuration, 0));
}

#[test]
fn what_speaks_against_a_switch_is_told_with_its_cure() {
    let world = up();
    let told = world.script(&["switch --to eth7", "switch --to eth0 --release", "switch nowhere"]);
    world.host.borrow_mut().unplugged = vec![name("eth0")];
    let unplugged = world.script(&["switch", "switch --to eth0"]);
    assert_eq!(world.run("down -q").code, 0);
    let down = world.script(&["switch home-lan"]);
    world.file("office.toml", OFFICE);
    expect("switch_refused", &format!("{told}\n{unplugged}\n{down}\n{}", world.script(&["switch"])));
}

#[test]
fn a_switch_that_the_system_refuses_leaves_everything_as_it_was() {
    let world = up();
    world.fail(|step| matches!(step, Step::Activate { .. }).then(|| busy(step)));
    expect("switch_failed", &world.script(&["switch"]));
    assert_eq!((active(&world), journals(&world)), ("eth1".to_owned(), 0));
}

#[test]
fn a_switch_that_was_killed_is_undone_by_the_next_command() {
    for next in ["recover", "up", "switch --to eth1"] {
        let world = up();
        let died = Cell::new(false);
        let host = std::rc::Rc::clone(&world.host);
        world.fail(move |step| {
            if !matches!(step, Step::Activate { .. }) || died.replace(true) {
                return None;
            }
            mpath_core::Backend::execute(&mut *host.borrow_mut(), step).unwrap();
            panic!("killed");
        });
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let ended = catch_unwind(AssertUnwindSafe(|| world.run("switch")));
        std::panic::set_hook(hook);
        assert!(ended.is_err() && journals(&world) == 1 && active(&world) == "eth0");
        let told = world.run(next);
        assert_eq!(told.code, 0, "{next}: {told}");
        assert!(told.to_string().contains("its members are as they were"), "{told}");
        assert_eq!((active(&world), journals(&world)), ("eth1".to_owned(), 0), "{next}");
    }
}

/// What somebody switched stays until the primary's link changes, and the configuration is as wanted all the while.
#[test]
fn a_switch_is_no_drift() {
    let world = up();
    assert_eq!(world.run("switch").code, 0);
    assert_eq!(world.run("plan --check").code, 0);
    let member = |world: &World| match &world.host.borrow().host.interfaces[&name("eth0")].controller {
        Some(Controller::Group(membership)) => membership.active,
        _ => false,
    };
    assert!(member(&world));
    assert_eq!(world.run("up").code, 0);
    assert_eq!(active(&world), "eth0");
}
