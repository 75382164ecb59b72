//! `mpath init`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use mpath_core::snapshot::{Controller, Interface, Kind, Manager, Membership};
use mpath_core::{Address, Route};

use crate::expected::expect;
use crate::world::{World, mac, name};

/// A laptop without a configuration: a card that is in use, a radio, and what else there is.
fn laptop() -> World {
    let world = World::new();
    fs::remove_dir_all(world.path("etc")).unwrap();
    {
        let mut host = world.host.borrow_mut();
        let interfaces = &mut host.host.interfaces;
        interfaces.remove(&name("eth2"));
        let eth0 = interfaces.get_mut(&name("eth0")).unwrap();
        (eth0.kind, eth0.speed, eth0.manager) = (Kind::Wireless, None, Some(Manager::NetworkManager));
        let eth1 = interfaces.get_mut(&name("eth1")).unwrap();
        eth1.addresses = vec![Address::new("192.168.1.34/24".parse().unwrap())];
        eth1.routes = vec![Route { metric: Some(100), ..Route::default_via([192, 168, 1, 24].into()) }];
        let others = [
            ("lo", Kind::Loopback),
            ("eth1.7", Kind::Stacked(Some(name("eth1")))),
            ("docker0", Kind::Other("bridge".to_owned())),
            ("wg0", Kind::Other("wireguard".to_owned())),
        ];
        for (text, kind) in others {
            interfaces.insert(name(text), Interface::new(kind));
        }
        let mut veth = Interface::new(Kind::Ethernet);
        veth.controller = Some(Controller::Other { name: name("docker0"), kind: "bridge".to_owned() });
        interfaces.insert(name("veth7"), veth);
    }
    world
}

#[test]
fn enter_four_times_gives_a_group_that_comes_up() {
    let world = laptop();
    world.typed.replace(vec!["", "", "", ""]);
    let run = world.run("init");
    assert_eq!(run.code, 0, "{run}");
    let mode = fs::metadata(world.path("etc/home-lan.toml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
    assert_eq!(world.steps_done(), 0);
    expect("init", &format!("{}\n{run}", world.asked.borrow()));
    let checked = world.run("fmt --check");
    assert_eq!(checked.code, 0, "{checked}");
    // The VLAN stands in the way of a card that is switched off, as it does where the file is written by hand.
    world.host.borrow_mut().host.interfaces.remove(&name("eth1.7"));
    assert_eq!(world.run("up").code, 0);
}

#[test]
fn wrong_answers_are_asked_for_again() {
    let mut world = laptop();
    world.ssh_connection = Some("192.0.2.7 51234 192.0.2.1 22");
    world.file_there("etc/taken.toml");
    world.typed.replace(vec![
        "a b",
        "taken",
        "office",
        "3",
        "wlan0",
        "veth7",
        ",",
        "2,eth1",
        "eth9",
        "none",
        "192.168.1.40",
        "10.0.0.7/8 2001:db8::7/64",
        "192.168.1.24",
        "10.0.0.1",
    ]);
    let run = world.run("init");
    assert_eq!(run.code, 0, "{run}");
    expect("init_again", &format!("{}\n{run}", world.asked.borrow()));
}

#[test]
fn nobody_is_asked_for_what_options_say() {
    let world = laptop();
    world.typed.replace(vec!["eth0"]);
    let run = world.run("init --name office --members eth1,eth0 --dhcp --dry-run -q");
    assert_eq!(run.code, 0, "{run}");
    assert!(!world.path("etc").exists());
    expect("init_options", &format!("{}\n{run}", world.asked.borrow()));
}

#[test]
fn who_goes_away_leaves_no_file() {
    let world = laptop();
    world.typed.replace(vec!["", ""]);
    let run = world.run("init -q");
    assert_eq!((run.code, world.path("etc").exists()), (1, false), "{run}");
    assert!(run.stderr.contains("nobody answers; no file was written"), "{run}");
}

#[test]
fn without_a_terminal_it_is_said_what_is_missing() {
    let world = laptop();
    let lines = ["init -q", "init -q --name office --members eth1", "init -q --json", "init --yes -q"];
    expect("init_missing", &world.script(&lines));
}

#[test]
fn no_file_is_overwritten_and_no_card_taken_twice() {
    let world = laptop();
    world.file_there("etc/home-lan.toml");
    let first = world.script(&["init --yes -q", "init --yes -q --output DIR/etc/home-lan.toml"]);
    fs::remove_file(world.path("etc/home-lan.toml")).unwrap();
    let lines = [
        "init --yes --members eth1 -q",
        "init --yes --name home-lan -q",
        "init --yes -q",
        "init --yes -q",
        "init --yes --members eth1 --name x -q",
    ];
    let text = format!("{first}\n{}", world.script(&lines));
    expect("init_twice", &text);
}

#[test]
fn what_cannot_be_a_group_is_refused_before_a_file_is_written() {
    let world = laptop();
    let mut member = Interface::new(Kind::Ethernet);
    (member.mac, member.permanent_mac) = (Some(mac(9)), Some(mac(9)));
    member.controller = Some(Controller::Group(Membership::new(name("bond7"), Some(mac(9)))));
    world.host.borrow_mut().host.interfaces.insert(name("eth7"), member);
    let lines = [
        "init --yes -q --members eth7",
        "init --yes -q --members ehh1",
        "init --yes -q --members veth7",
        "init --yes -q --primary eth9",
        "init --yes -q --name docker0",
        "init --yes -q --name a-name-that-is-too-long",
        "init --yes -q --address 10.0.0.1/8 --gateway 192.168.1.24",
        "init --yes -q --address 192.168.1.0/24",
        "init --yes -q --output DIR/etc",
    ];
    let text = world.script(&lines[..8]);
    assert!(!world.path("etc").exists());
    fs::create_dir(world.path("etc")).unwrap();
    let folder = world.run(lines[8]);
    world.host.borrow_mut().host.interfaces.retain(|_, interface| interface.controller.is_some());
    expect("init_refused", &format!("{text}\n{folder}\n{}", world.run("init --yes")));
}
