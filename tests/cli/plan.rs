//! `mpath plan`.

use crate::expected::expect;
use crate::world::{HOME_LAN, OFFICE, World, name};

#[test]
fn a_plan_shows_steps_and_commands_and_does_nothing() {
    let world = World::new();
    let text = world.script(&["plan", "plan -q", "plan --check -q"]);
    assert_eq!(world.steps_done(), 0);
    assert!(!world.path("run").exists(), "a plan leaves nothing behind");
    expect("plan", &text);
}

#[test]
fn a_plan_of_a_group_as_wanted_is_empty() {
    let world = World::new();
    world.run("up -q");
    expect("plan_nothing", &world.script(&["plan --check", "plan --down --check -q"]));
}

#[test]
fn a_plan_shows_a_change_and_its_interruption() {
    let world = World::new();
    world.run("up -q");
    world.file("home-lan.toml", HOME_LAN.replace("primary   = \"eth1\"", "primary = \"eth0\"\nmac = \"active\""));
    expect("plan_change", &world.script(&["plan --check"]));
}

#[test]
fn every_group_is_planned_for_and_every_refusal_told() {
    let world = World::new();
    world.file("office.toml", OFFICE.replace("eth2", "eth7"));
    world.host.borrow_mut().host.interfaces.remove(&name("eth2"));
    expect("plan_all", &world.script(&["plan --check", "plan office"]));
}

#[test]
fn planning_down_a_group_that_is_down_is_nothing() {
    let world = World::new();
    expect("plan_down_nothing", &world.script(&["plan --down --check"]));
}

#[test]
fn another_system_is_planned_for_from_the_file_alone() {
    let world = World::new();
    world.file("home-lan.toml", HOME_LAN.replace("bond0", "ipmp0").replace("eth", "net"));
    let lines = ["plan --platform illumos", "plan --platform illumos-ifconfig --check -q", "plan --platform linux -q"];
    expect("plan_elsewhere", &world.script(&lines));
    assert_eq!(world.steps_done(), 0);
    let refused = world.run("plan --down --platform illumos");
    assert_eq!(refused.code, 2, "{refused}");
}

#[test]
fn another_system_is_planned_for_from_a_captured_state() {
    let world = World::new();
    world.file("home-lan.toml", HOME_LAN.replace("bond0", "ipmp0"));
    let mut host = world.configuration();
    host.host_wide = Some(mpath_backend_illumos::shipped_settings());
    for interface in host.interfaces.values_mut() {
        interface.mac = interface.permanent_mac;
    }
    std::fs::write(world.path("state.json"), serde_json::to_vec(&host).unwrap()).unwrap();
    std::fs::write(world.path("broken.json"), "{").unwrap();
    let lines = ["plan --platform illumos --state DIR/state.json", "plan --platform illumos --state DIR/broken.json"];
    expect("plan_captured", &world.script(&lines));
}
