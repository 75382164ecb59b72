//! `mpath down`, and the life of a receipt.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use mpath_core::address::Lifetime;
use mpath_core::{Address, Route, Step};
use serde_json::Value;

use crate::expected::expect;
use crate::world::{World, busy, name};

/// A world whose members have something to lose.
fn lived_in() -> World {
    let world = World::new();
    {
        let mut host = world.host.borrow_mut();
        let eth1 = host.host.interfaces.get_mut(&name("eth1")).unwrap();
        eth1.addresses = vec![Address::new("192.168.1.34/24".parse().unwrap())];
        eth1.routes = vec![Route::default_via("192.168.1.24".parse().unwrap())];
        eth1.mtu = 1400;
        host.host.interfaces.get_mut(&name("eth0")).unwrap().up = false;
    }
    world
}

#[test]
fn down_restores_what_was_before() {
    let world = lived_in();
    let before = world.configuration();
    let text = world.script(&["up -q", "plan --down", "down -v", "down"]);
    assert_eq!(world.configuration(), before);
    assert_eq!(world.receipt("home-lan"), None);
    expect("down", &text);
}

#[test]
fn down_without_a_receipt_works_from_observation() {
    let world = lived_in();
    world.run("up -q");
    fs::remove_file(world.path("run/receipts/home-lan.json")).unwrap();
    let text = world.script(&["down", "status -q"]);
    expect("down_no_receipt", &text);
}

#[test]
fn a_group_that_is_gone_from_the_file_can_be_taken_down() {
    let world = lived_in();
    let before = world.configuration();
    world.run("up -q");
    world.file("home-lan.toml", "[group.other]\nmembers = [\"eth2\"]\naddresses = [\"10.0.0.1/8\"]\n");
    let text = world.script(&["up home-lan", "down home-lan"]);
    assert_eq!(world.configuration(), before);
    expect("down_gone_from_file", &text);
}

#[test]
fn a_wrong_file_does_not_keep_a_group_up() {
    let world = lived_in();
    let before = world.configuration();
    world.run("up -q");
    world.file("home-lan.toml", "[group.home-lan]\n");
    let text = world.script(&["down", "down home-lan"]);
    assert_eq!(world.configuration(), before);
    expect("down_wrong_file", &text);
}

#[test]
fn a_mark_alone_is_enough() {
    let world = lived_in();
    world.run("up -q");
    fs::remove_file(world.path("run/receipts/home-lan.json")).unwrap();
    fs::remove_file(world.path("etc/home-lan.toml")).unwrap();
    let run = world.run("down home-lan");
    assert_eq!(run.code, 0, "{run}");
    assert!(world.configuration().interface(&name("bond0")).is_none());
}

#[test]
fn a_device_of_another_is_not_removed() {
    let world = lived_in();
    world.run("up -q");
    world.host.borrow_mut().host.interfaces.get_mut(&name("bond0")).unwrap().group_mut().unwrap().label = None;
    fs::remove_file(world.path("run/receipts/home-lan.json")).unwrap();
    let done = world.steps_done();
    let text = world.run("down").to_string();
    assert_eq!(world.steps_done(), done);
    expect("down_foreign", &format!("{text}\n{}", world.run("down --adopt")));
}

#[test]
fn down_goes_on_after_a_failure() {
    let world = lived_in();
    world.run("up -q");
    world.fail(|step| matches!(step, Step::AddAddress { .. }).then(|| busy(step)));
    let run = world.run("down");
    assert!(world.receipt("home-lan").is_some(), "the receipt is needed to go on");
    world.faults.step.replace(None);
    let again = world.run("down");
    expect("down_goes_on", &format!("{run}\n{again}"));
    assert_eq!(world.receipt("home-lan"), None);
}

#[test]
fn a_failure_at_any_step_is_made_up_for() {
    let mut failures = 0;
    for (fails_after, fails_late) in (0..10).flat_map(|number| [(number, false), (number, true)]) {
        let world = lived_in();
        let before = world.configuration();
        world.run("up -q");
        world.host.borrow_mut().fails_after = Some(fails_after);
        world.host.borrow_mut().fails_late = fails_late;
        let run = world.run("down -v");
        assert_eq!(run.code, 0, "step {fails_after}: {run}");
        assert_eq!((world.configuration(), world.receipt("home-lan")), (before, None), "step {fails_after}: {run}");
        failures += 1;
    }
    assert_eq!(failures, 20);
}

#[test]
fn only_root_may_read_what_is_remembered() {
    let world = World::new();
    world.run("up -q");
    let mode = |path: &str| fs::metadata(world.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("run"), mode("run/receipts")), (0o755, 0o755));
    assert_eq!((mode("run/lock"), mode("run/receipts/home-lan.json")), (0o600, 0o600));
    assert_eq!(fs::read_dir(world.path("run/receipts")).unwrap().count(), 1, "nothing else is left there");
}

/// Changes the receipt of the group.
fn forge(world: &World, forge: impl Fn(&mut Value)) {
    let mut receipt: Value = serde_json::from_str(&world.receipt("home-lan").unwrap()).unwrap();
    forge(&mut receipt);
    fs::write(world.path("run/receipts/home-lan.json"), receipt.to_string()).unwrap();
}

#[test]
fn a_receipt_of_another_boot_does_not_count() {
    let world = lived_in();
    world.run("up -q");
    forge(&world, |receipt| receipt["boot"] = "another".into());
    expect("receipt_boot", &world.script(&["plan --down -q", "down -q"]));
}

#[test]
fn a_receipt_of_another_namespace_does_not_count() {
    let world = lived_in();
    world.run("up -q");
    forge(&world, |receipt| receipt["namespace"] = 1.into());
    let run = world.run("plan");
    assert!(run.stderr.contains("was taken in another network namespace and does not count"), "{run}");
}

#[test]
fn a_receipt_that_makes_no_sense_is_named_with_the_way_on() {
    let world = lived_in();
    world.run("up -q");
    fs::write(world.path("run/receipts/home-lan.json"), "{").unwrap();
    expect("receipt_corrupt", &world.script(&["up", "down", "plan", "status -q"]));
    forge_other(&world);
}

fn forge_other(world: &World) {
    fs::remove_file(world.path("run/receipts/home-lan.json")).unwrap();
    world.run("up -q");
    forge(world, |receipt| receipt["receipt"]["schema"] = "mpath.receipt/99".into());
    let run = world.run("up");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("is of mpath.receipt/99, not of mpath.receipt/1"), "{run}");
}

#[test]
fn a_receipt_is_never_read_through_a_link() {
    let world = lived_in();
    world.run("up -q");
    let path = world.path("run/receipts/home-lan.json");
    fs::rename(&path, world.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink(world.path("elsewhere"), &path).unwrap();
    let run = world.run("down");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("cannot read the receipt"), "{run}");
}

#[test]
fn lifetimes_of_remembered_addresses_run_on() {
    let world = World::new();
    let lifetime = Lifetime { valid: 3600, preferred: 1800 };
    let address = Address { lifetime: Some(lifetime), ..Address::new("192.168.1.50/24".parse().unwrap()) };
    world.host.borrow_mut().host.interfaces.get_mut(&name("eth1")).unwrap().addresses = vec![address];
    world.run("up -q");
    // As if it had been taken earlier, as far as this machine has been up; the clock may move on by some itself.
    let age = std::cell::Cell::new(0);
    forge(&world, |receipt| {
        let taken = receipt["taken"].as_u64().unwrap();
        age.set(u32::try_from(taken.min(1000)).unwrap());
        receipt["taken"] = (taken - u64::from(age.get())).into();
    });
    let run = world.run("down");
    assert_eq!(run.code, 0, "{run}");
    let host = world.host.borrow();
    let lifetime = host.host.interfaces[&name("eth1")].addresses[0].lifetime.unwrap();
    let latest = 3600 - age.get();
    assert!((latest - 60..=latest).contains(&lifetime.valid), "{lifetime:?}");
}
