//! `mpath status`, in each state.

use crate::expected::expect;
use crate::world::{HOME_LAN, OFFICE, World, name};

/// A world whose group is up.
fn up() -> World {
    let world = World::new();
    assert_eq!(world.run("up -q").code, 0);
    world
}

#[test]
fn a_group_with_all_members_is_ok() {
    expect("status_ok", &up().script(&["status", "status --check -q"]));
}

#[test]
fn a_group_without_a_member_that_works_has_failed() {
    let world = up();
    world.host.borrow_mut().unplugged = vec![name("eth0"), name("eth1")];
    expect("status_failed", &world.script(&["status --check"]));
}

#[test]
fn a_group_that_lost_a_member_is_degraded() {
    let world = up();
    world.host.borrow_mut().unplugged = vec![name("eth1")];
    expect("status_degraded", &world.script(&["status --check"]));
}

#[test]
fn a_group_that_is_not_up_is_absent() {
    expect("status_absent", &World::new().script(&["status --check"]));
}

#[test]
fn a_group_that_somebody_changed_has_drifted() {
    let world = up();
    world.host.borrow_mut().host.interfaces.get_mut(&name("bond0")).unwrap().addresses.clear();
    expect("status_drifted", &world.script(&["status --check"]));
}

#[test]
fn a_group_that_the_host_refuses_still_shows() {
    let world = up();
    world.file("home-lan.toml", HOME_LAN.replace("\"eth0\"]", "\"eth0\", \"usb0\"]"));
    expect("status_refused", &world.script(&["status --check"]));
}

#[test]
fn an_optional_member_that_is_away_is_no_loss() {
    let world = World::new();
    world.file("home-lan.toml", HOME_LAN.replace("\"eth0\"]", "\"eth0\", { name = \"usb0\", optional = true }]"));
    world.run("up -q");
    expect("status_optional", &world.script(&["status --check"]));
}

#[test]
fn the_worst_group_counts() {
    let world = up();
    world.file("office.toml", OFFICE);
    world.host.borrow_mut().unplugged = vec![name("eth1")];
    expect("status_several", &world.script(&["status --check", "status --check home-lan -q"]));
}

#[test]
fn colours_are_for_terminals_and_words_stay() {
    let mut world = up();
    let plain = world.run("status").stdout;
    assert!(!plain.contains('\x1b'));
    let always = world.run("status --color always").stdout;
    assert!(always.contains("\x1b[32mok\x1b[0m"), "{always}");
    world.terminal = true;
    assert_eq!(world.run("status").stdout, always);
    assert_eq!(world.run("status --color never").stdout, plain);
    world.no_color = true;
    assert_eq!(world.run("status").stdout, plain);
    assert_eq!(world.run("status --color always").stdout, always);
}
