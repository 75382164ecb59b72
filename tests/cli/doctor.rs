//! `mpath doctor` and `mpath explain`.

use mpath_core::Snapshot;
use mpath_core::capability::{Feature, Missing};
use mpath_core::snapshot::GroupState;

use crate::expected::expect;
use crate::world::{HOME_LAN, World, name};

/// Changes the group's device on the host.
fn group(world: &World, change: fn(&mut GroupState)) {
    let host: &mut Snapshot = &mut world.host.borrow_mut().host;
    change(host.interfaces.get_mut(&name("bond0")).unwrap().group_mut().unwrap());
}

#[test]
fn a_group_that_is_as_the_file_says_has_nothing_wrong_with_it() {
    let world = World::new();
    world.run("up -q");
    expect("doctor_good", &world.script(&["doctor", "doctor -q", "doctor home-lan --json", "doctor bond0"]));
}

#[test]
fn what_is_wrong_is_told_with_its_evidence_its_reason_and_its_cure() {
    let world = World::new();
    world.run("up -q");
    group(&world, |group| group.settings.detection = None);
    world.host.borrow_mut().host.interfaces.get_mut(&name("eth0")).unwrap().mtu = 1400;
    expect("doctor_wrong", &world.script(&["doctor", "doctor -q", "doctor --fix", "doctor"]));
}

#[test]
fn a_group_of_somebody_else_is_looked_at_and_not_fixed() {
    let world = World::new();
    world.run("up -q");
    world.file("home-lan.toml", HOME_LAN.replace("bond0", "bond9"));
    std::fs::remove_dir_all(world.path("run/receipts")).unwrap();
    group(&world, |group| (group.label, group.settings.detection) = (None, None));
    let steps = world.steps_done();
    expect("doctor_foreign", &world.script(&["doctor bond0", "doctor home-lan --fix", "doctor home-lna"]));
    assert_eq!(world.steps_done(), steps);
}

#[test]
fn what_the_kernel_is_too_old_for_is_found() {
    let mut world = World::new();
    let reason = "this kernel's bonding has no prio of ports (Linux 6.0)".to_owned();
    world.capabilities.missing.push(Missing { feature: Feature::MemberPriority, reason, cure: None });
    world.file("home-lan.toml", HOME_LAN.replace("\"eth0\"]", "{ name = \"eth0\", prio = 5 }]"));
    expect("doctor_old_kernel", &world.script(&["doctor"]));
}

#[test]
fn a_story_is_told_and_codes_are_listed() {
    let world = World::new();
    expect("explain", &world.script(&["explain single-member", "explain", "explain nonsense"]));
}

#[test]
fn without_a_configuration_at_its_usual_place_only_the_host_is_looked_at() {
    let world = World::new();
    // A place that was named and is not there is a mistake.
    assert_eq!(world.run("doctor --config DIR/nowhere").code, 3);
}
