//! `mpath up`.

use std::fs;

use mpath_core::snapshot::{Controller, Driver, GroupState, Interface, Kind};
use mpath_core::{Address, Step};

use crate::expected::expect;
use crate::world::{OFFICE, World, busy, mac, name, no_driver, not_permitted};

#[test]
fn the_second_up_does_and_writes_nothing() {
    let world = World::new();
    let first = world.run("up home-lan -v");
    let (done, receipt) = (world.steps_done(), world.receipt("home-lan"));
    let modified = fs::metadata(world.path("run/receipts/home-lan.json")).unwrap().modified().unwrap();
    let second = world.run("up home-lan");
    assert!(done > 0 && receipt.is_some());
    assert_eq!((world.steps_done(), world.receipt("home-lan")), (done, receipt));
    assert_eq!(fs::metadata(world.path("run/receipts/home-lan.json")).unwrap().modified().unwrap(), modified);
    expect("up", &format!("{first}\n{second}"));
}

/// How often all of a host with so many groups is looked at, by each of these commands in turn.
fn whole_looks(groups: usize, lines: &[&str]) -> Vec<usize> {
    let world = World::new();
    fs::remove_file(world.path("etc/home-lan.toml")).unwrap();
    for group in 0..groups {
        let member = format!("m{group}");
        world.host.borrow_mut().host.interfaces.insert(name(&member), Interface::new(Kind::Ethernet));
        let text = format!("[group.g{group}]\nmembers = [\"{member}\"]\naddresses = [\"10.0.{group}.1/24\"]\n");
        world.file(&format!("g{group}.toml"), text);
    }
    let looks = |line: &&str| {
        let before = (world.host.borrow().observed, world.host.borrow().refreshed);
        let run = world.run(line);
        assert_eq!(run.code, 0, "{run}");
        let host = world.host.borrow();
        let parts = host.refreshed - before.1;
        assert!(parts == 0 || parts == groups, "{line}: {parts} looks at a part for {groups} groups");
        host.observed - before.0
    };
    lines.iter().map(looks).collect()
}

#[test]
fn a_host_is_looked_at_once_however_many_groups_it_has_and_again_only_at_what_was_changed() {
    let lines = ["plan --all", "up --all", "up --all", "status", "plan --all", "down --all"];
    for groups in [1, 3, 20] {
        assert_eq!(whole_looks(groups, &lines), [1; 6], "{groups} groups");
    }
}

#[test]
fn what_would_interrupt_for_longer_than_allowed_is_refused_and_nothing_is_touched() {
    let world = World::new();
    {
        let mut host = world.host.borrow_mut();
        let eth1 = host.host.interfaces.get_mut(&name("eth1")).unwrap();
        (eth1.up, eth1.addresses) = (true, vec![Address::new("192.168.1.34/24".parse().unwrap())]);
    }
    let before = world.configuration();
    let refused = world.script(&["plan --max-outage 60s", "up --max-outage 0", "up --max-outage 0 --json"]);
    assert_eq!((world.steps_done(), world.configuration(), world.receipt("home-lan")), (0, before, None));
    assert_eq!(world.run("up -q").code, 0);
    // A blip is taken to last up to a second.
    world.file(
        "home-lan.toml",
        crate::world::HOME_LAN.replace("primary   = \"eth1\"", "mac = \"member:eth1\"\nprimary = \"eth0\""),
    );
    let blips = world.script(&["plan -q --max-outage 999ms", "plan --max-outage 1s", "up -q --max-outage 1s"]);
    let down = world.script(&["down --max-outage 1s", "down --max-outage soon"]);
    expect("max_outage", &format!("{refused}{blips}{down}"));
}

#[test]
fn what_interrupts_nothing_is_within_every_limit() {
    let world = World::new();
    assert_eq!(world.run("up --max-outage 0").code, 0);
    world.file("home-lan.toml", crate::world::HOME_LAN.replace("down-delay = \"200ms\"", "down-delay = \"400ms\""));
    assert_eq!(world.run("up --max-outage 0").code, 0);
}

#[test]
fn verbose_twice_shows_native_commands() {
    let world = World::new();
    let run = world.run("up -vv");
    assert!(run.stderr.contains("home-lan: add eth0 to bond0\n    ip link set dev eth0 master bond0\n"), "{run}");
}

#[test]
fn quiet_tells_nothing_but_warnings() {
    let world = World::new();
    assert_eq!(world.run("up -q").to_string(), "$ mpath up -q\n--- exit 0\n");
}

#[test]
fn notes_are_told_before_the_first_step() {
    let world = World::new();
    world.host.borrow_mut().host.interfaces.get_mut(&name("eth1")).unwrap().addresses =
        vec![Address::new("192.168.1.34/24".parse().unwrap())];
    expect("up_notes", &world.script(&["up -v", "up --json"]));
}

#[test]
fn a_failed_step_is_undone() {
    let world = World::new();
    let before = world.configuration();
    world.host.borrow_mut().fails_after = Some(4);
    let run = world.run("up home-lan");
    assert_eq!((run.code, world.configuration()), (1, before));
    assert_eq!(world.receipt("home-lan"), None, "the receipt of before is back: none");
    expect("up_undone", &run.to_string());
}

#[test]
fn a_failed_change_keeps_the_receipt_of_before() {
    let world = World::new();
    world.run("up");
    let receipt = world.receipt("home-lan");
    let before = world.configuration();
    world.file("home-lan.toml", crate::world::HOME_LAN.replace("192.168.1.34", "192.168.1.35"));
    world.host.borrow_mut().fails_after = Some(1);
    let run = world.run("up");
    assert_eq!((run.code, world.receipt("home-lan"), world.configuration()), (1, receipt, before));
}

#[test]
fn what_cannot_be_undone_is_told_as_commands() {
    let world = World::new();
    let failed = std::cell::Cell::new(false);
    world.fail(move |step| {
        // From the second member on nothing goes any more, either way.
        failed.set(failed.get() || matches!(step, Step::AddMember { member, .. } if *member == name("eth1")));
        failed.get().then(|| busy(step))
    });
    let run = world.run("up home-lan");
    assert!(world.journal("home-lan").is_some(), "what was done is needed to go on");
    expect("up_not_undone", &run.to_string());
}

#[test]
fn a_change_that_the_system_swallows_is_found() {
    let world = World::new();
    world.host.borrow_mut().ignores = |step| matches!(step, Step::AddRoute { .. });
    expect("up_not_as_wanted", &world.run("up").to_string());
}

#[test]
fn a_member_that_vanishes_meanwhile_is_named() {
    let world = World::new();
    let vanish = |host: &mut mpath_core::fake::FakeHost| drop(host.host.interfaces.remove(&name("eth0")));
    world.faults.before_look.replace(Some((2, Box::new(vanish))));
    let run = world.run("up");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("the host changed while it was being brought up"), "{run}");
    assert!(run.stderr.contains("caused by: member eth0 is not there"), "{run}");
}

#[test]
fn a_member_that_is_not_there_is_refused_with_the_nearest() {
    let world = World::new();
    world.file("home-lan.toml", "[group.home-lan]\nmembers = [\"eht1\", \"eth0\"]\naddresses = [\"10.0.0.1/8\"]\n");
    let run = world.run("up");
    assert_eq!((world.steps_done(), world.receipt("home-lan")), (0, None));
    expect("up_no_member", &run.to_string());
}

#[test]
fn a_member_of_another_device_is_refused_by_name() {
    let world = World::new();
    world.host.borrow_mut().host.interfaces.get_mut(&name("eth0")).unwrap().controller =
        Some(Controller::Other { name: name("br0"), kind: "bridge".to_owned() });
    let run = world.run("up");
    assert!(run.stderr.contains("home-lan: member eth0 belongs to the bridge br0"), "{run}");
    assert_eq!((run.code, world.steps_done()), (1, 0));
}

/// A bond that somebody made by hand.
fn foreign(world: &World) {
    let settings = mpath_core::GroupSettings {
        mode: mpath_core::Mode::ActiveBackup,
        detection: Some(mpath_core::Detection::Link(mpath_core::detection::LinkDetection::default())),
        primary: None,
        failback: mpath_core::settings::Failback::Always,
        mac_sharing: mpath_core::settings::MacSharing::Shared,
        peer_notifications: 1,
    };
    let state = GroupState { settings, label: None, active: None, dhcp: mpath_core::snapshot::Dhcp::default() };
    let mut interface = Interface::new(Kind::Group(Box::new(state)));
    interface.mac = Some(mac(9));
    world.host.borrow_mut().host.interfaces.insert(name("bond0"), interface);
}

#[test]
fn a_foreign_device_is_taken_over_only_when_asked_and_given_back() {
    let world = World::new();
    foreign(&world);
    let before = world.configuration();
    let text = world.script(&["up", "plan", "plan --adopt -q", "up --adopt", "up", "down"]);
    assert_eq!(world.configuration(), before);
    expect("up_adopt", &text);
}

#[test]
fn what_the_platform_lacks_is_not_supported() {
    let mut world = World::new();
    world.capabilities.missing = vec![mpath_core::capability::Missing {
        feature: mpath_core::capability::Feature::OtherModes,
        reason: "it has one mode".to_owned(),
        cure: None,
    }];
    world.file(
        "home-lan.toml",
        "[group.home-lan]\nmode = \"lacp\"\nmembers = [\"eth0\"]\naddresses = [\"10.0.0.1/8\"]\n",
    );
    let text = world.script(&["up", "plan", "check", "status --check"]);
    assert_eq!(world.steps_done(), 0);
    expect("not_supported", &text);
}

#[test]
fn a_missing_driver_is_not_supported() {
    let world = World::new();
    world.host.borrow_mut().host.driver = Driver::NotLoaded;
    world.fail(|step| (*step == Step::LoadDriver).then(no_driver));
    expect("no_driver", &world.script(&["up"]));
}

#[test]
fn a_host_that_cannot_be_opened_is_no_reason_not_to_check() {
    let world = World::new();
    world.faults.open.set(Some(no_driver));
    expect("no_backend", &world.script(&["up", "status", "plan --json", "check"]));
}

#[test]
fn a_change_that_is_not_permitted_says_what_is_needed() {
    let world = World::new();
    world.fail(|_| Some(not_permitted()));
    expect("not_permitted", &world.script(&["up"]));
}

#[test]
fn another_mpath_at_work_is_named() {
    let world = World::new();
    fs::create_dir(world.path("run")).unwrap();
    let lock = fs::File::create(world.path("run/lock")).unwrap();
    fs::write(world.path("run/lock"), "4711\nmpath up office\n").unwrap();
    lock.try_lock().unwrap();
    let text = world.script(&["up --wait 0", "down --wait 0 --json", "up --wait soon"]);
    assert_eq!(world.run("plan -q").code, 0, "reading needs no lock");
    drop(lock);
    assert_eq!(world.run("up -q").code, 0);
    assert_eq!(fs::read_to_string(world.path("run/lock")).unwrap(), "");
    expect("busy", &text);
}

#[test]
fn several_groups_want_to_be_named() {
    let world = World::new();
    world.file("office.toml", OFFICE);
    expect("several", &world.script(&["up", "down", "up office office", "up --all", "up --all home-lan"]));
}

#[test]
fn a_group_that_fails_does_not_stop_the_others() {
    let world = World::new();
    world.file("a.toml", "[group.a]\nmembers = [\"eth9\"]\naddresses = [\"172.16.0.1/12\"]\n");
    world.file("office.toml", OFFICE);
    world.host.borrow_mut().fails_after = Some(3);
    expect("up_all", &world.script(&["up --all", "status -q"]));
}

#[test]
fn the_worst_code_counts() {
    let world = World::new();
    world.file("office.toml", OFFICE);
    world.fail(|step| match step.subject() {
        Some(interface) if interface.as_str() == "office" => Some(not_permitted()),
        _ => None,
    });
    assert_eq!(world.run("up --all").code, 8);
    world.fail(|step| match step.subject() {
        Some(interface) if interface.as_str() == "office" => Some(not_permitted()),
        _ => Some(busy(step)),
    });
    world.run("down --all");
    assert_eq!(world.run("down --all").code, 1);
}

#[test]
fn a_group_that_is_not_there_is_answered_with_the_nearest() {
    let world = World::new();
    world.file("office.toml", OFFICE);
    expect("no_such_group", &world.script(&["up home-lna", "down x", "status office y z", "plan --down offise"]));
}

#[test]
fn a_group_that_shall_last_is_refused_where_nothing_lasts() {
    let world = World::new();
    expect("persist", &world.script(&["up home-lan --persist", "plan home-lan --persist"]));
    assert_eq!(world.steps_done(), 0);
    assert_eq!(world.run("plan --down --persist").code, 2);
}

#[test]
fn a_member_that_comes_late_is_waited_for_and_one_that_does_not_come_is_gone_without() {
    let late = World::new();
    let card = late.host.borrow_mut().host.interfaces.remove(&name("eth0")).unwrap();
    // The host is opened, looked at, listened to, and looked at again.
    late.faults.before_look.replace(Some((
        3,
        Box::new(move |host| {
            host.host.interfaces.insert(name("eth0"), card.clone());
        }),
    )));
    let run = late.run("up --wait-members 5s");
    assert_eq!((run.code, run.stderr.contains("warning")), (0, false), "{run}");
    assert!(late.host.borrow().host.interfaces[&name("eth0")].controller.is_some());

    let gone = World::new();
    gone.host.borrow_mut().host.interfaces.remove(&name("eth1"));
    expect("up_without_a_member", &gone.script(&["up", "up --wait-members 10ms", "status", "wait-online --timeout 0"]));
    let none = World::new();
    none.host.borrow_mut().host.interfaces.retain(|name, _| !name.as_str().starts_with("eth"));
    expect("up_without_any_member", &none.script(&["up --wait-members 10ms"]));
}
