//! The story of home-lan, and what must hold on the way.

use std::time::Duration;

use illumos_simulator::{Dialect, Fault, How, Lease, When};

use crate::truth::Truth;
use crate::world::{DIALECTS, HOME_LAN, PROBED, World};

#[test]
fn home_lan_comes_up_fails_over_returns_and_goes_down() {
    for dialect in DIALECTS {
        let world = World::by_processes(dialect, HOME_LAN);
        let before = world.look().configuration();
        let up = world.done("up");
        assert!(up.stdout.contains("up on homelan0, net0 active"), "{dialect:?}: {up}");
        let status = world.done("status --check");
        assert!(status.stdout.contains("home-lan: ok"), "{dialect:?}: {status}");

        world.changes_nothing("up");

        world.host.cut("net0");
        assert_eq!(world.active("homelan0").as_deref(), Some("net1"), "{dialect:?}");
        let degraded = world.run("status --check");
        assert!(degraded.code == 6 && degraded.stdout.contains("degraded"), "{dialect:?}: {degraded}");
        world.host.plug("net0");
        world.host.advance(Duration::from_secs(61));
        assert_eq!(world.active("homelan0").as_deref(), Some("net0"), "{dialect:?}");

        let down = world.done("down");
        assert!(down.stdout.contains("down ("), "{dialect:?}: {down}");
        assert_eq!(world.look().configuration(), before, "{dialect:?}");
        world.host.forget_calls();
        world.done("down");
        assert_eq!(world.host.mutations(), Vec::<String>::new(), "{dialect:?}");
    }
}

#[test]
fn nothing_of_a_group_is_left_after_a_boot() {
    let world = World::new(Dialect::IllumosNew, HOME_LAN);
    let before = world.look().configuration();
    world.done("up");
    world.host.reboot();
    assert_eq!(world.look().configuration(), before);
}

#[test]
fn what_a_member_has_persistently_is_put_aside_and_comes_back() {
    let world = World::new(Dialect::IllumosNew, HOME_LAN);
    for line in ["create-ip net0", "create-addr -T static -a 192.168.1.34/24 net0/v4"] {
        world.ipadm(line);
    }
    world.host.run("route", &["add", "default", "192.168.1.24"]);
    let before = world.look().configuration();
    let up = world.done("up");
    assert!(up.stderr.contains("net0 gives up 192.168.1.34/24"), "{up}");
    world.done("down");
    assert_eq!(world.look().configuration(), before);
    world.host.reboot();
    assert_eq!(world.look().interfaces["net0"].own_addresses().count(), 1);
}

#[test]
fn failback_is_changed_for_the_host_and_given_back() {
    for dialect in DIALECTS {
        let world = World::new(dialect, &HOME_LAN.replace("primary ", "failback = \"never\"\nprimary "));
        let before = world.look();
        world.done("up");
        world.host.cut("net0");
        world.host.plug("net0");
        assert_eq!(world.active("homelan0").as_deref(), Some("net1"), "{dialect:?}");
        world.done("down");
        assert_eq!(world.look().host_wide, before.host_wide, "{dialect:?}");
    }
}

#[test]
fn probes_find_a_dead_path_behind_a_link_that_stays() {
    for dialect in DIALECTS {
        let world = World::new(dialect, PROBED);
        let before = world.look().configuration();
        world.done("up");
        world.changes_nothing("up");
        world.host.advance(Duration::from_secs(30));
        assert_eq!(world.active("homelan0").as_deref(), Some("net0"), "{dialect:?}");
        world.host.silence("net0");
        world.host.advance(Duration::from_secs(30));
        assert_eq!(world.active("homelan0").as_deref(), Some("net1"), "{dialect:?}");
        world.done("down");
        assert_eq!(world.look().configuration(), before, "{dialect:?}");
    }
}

#[test]
fn ipv6_of_a_group_has_an_active_member() {
    let file = "[group.lan]\nmembers = [\"net0\", \"net1\"]\nprimary = \"net0\"\naddresses = [\"2001:db8::34/64\"]\n";
    for dialect in DIALECTS {
        let world = World::new(dialect, file);
        let before = world.look().configuration();
        world.done("up");
        world.changes_nothing("up");
        assert_eq!(world.active("lan0").as_deref(), Some("net0"), "{dialect:?}");
        world.host.cut("net0");
        assert_eq!(world.active("lan0").as_deref(), Some("net1"), "{dialect:?}");
        world.host.plug("net0");
        world.done("down");
        assert_eq!(world.look().configuration(), before, "{dialect:?}");
    }
}

#[test]
fn a_group_that_loses_its_primary_makes_another_one_without_touching_the_rest() {
    let world = World::new(Dialect::IllumosNew, HOME_LAN);
    world.done("up");
    world.file(&HOME_LAN.replace("primary   = \"net0\"", "primary   = \"net1\""));
    world.host.forget_calls();
    world.done("up");
    assert!(world.host.mutations().iter().all(|line| line.contains("standby=")), "{:#?}", world.host.mutations());
    assert_eq!(world.active("homelan0").as_deref(), Some("net1"));
}

#[test]
fn an_addrconf_object_of_a_member_is_put_aside_too() {
    let world = World::new(Dialect::IllumosNew, HOME_LAN);
    for line in ["create-ip net0", "create-addr -T addrconf net0/v6"] {
        world.ipadm(line);
    }
    let before = world.look().configuration();
    world.done("up");
    world.changes_nothing("up");
    world.done("down");
    assert_eq!(world.look().configuration(), before);
}

#[test]
fn a_lease_on_the_group_and_one_on_a_member_come_and_go() {
    let file = "[group.lan]\nmembers = [\"net0\", \"net1\"]\nprimary = \"net0\"\ndhcp = true\n";
    for dialect in DIALECTS {
        let world = World::new(dialect, file);
        for link in ["net0", "net1"] {
            world.host.with_link(link, |link| {
                let (address, router) = ("192.168.1.77/24".to_owned(), Some("192.168.1.24".to_owned()));
                link.lease = Some(Lease { address, router });
            });
        }
        for line in ["create-if net0", "create-addr -T dhcp net0/dhcp"] {
            world.ipadm(line);
        }
        let before = world.look().configuration();
        world.done("up");
        world.changes_nothing("up");
        let addresses = world.look().interfaces["lan0"].own_addresses().count();
        assert_eq!(addresses, 1, "{dialect:?}");
        world.done("down");
        assert_eq!(world.look().configuration(), before, "{dialect:?}");
    }
}

#[test]
fn a_lease_that_comes_back_with_another_address_leaves_nothing_to_do() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        let serve = |address: &str| {
            let (address, router) = (address.to_owned(), Some("192.168.1.24".to_owned()));
            world.host.with_link("net0", |link| link.lease = Some(Lease { address, router }));
        };
        serve("192.168.1.77/24");
        for line in ["create-if net0", "create-addr -T dhcp net0/dhcp"] {
            world.ipadm(line);
        }
        world.done("up");
        serve("192.168.1.88/24");
        world.done("down");
        let card = &world.look().interfaces["net0"];
        let addresses: Vec<_> = card.own_addresses().map(ToString::to_string).collect();
        assert_eq!(addresses, ["192.168.1.88/24"], "{dialect:?}");
        assert_eq!(card.routes.iter().filter(|route| route.is_default()).count(), 1, "{dialect:?}");
    }
}

#[test]
fn a_client_that_waits_for_a_lease_is_given_back_too() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        for line in ["create-if net0", "create-addr -T dhcp net0/dhcp"] {
            world.ipadm(line);
        }
        let before = Truth::of(&world.host.state());
        let up = world.done("up");
        assert!(up.stderr.contains("net0 gives up a DHCP client without a lease"), "{dialect:?}: {up}");
        world.done("down");
        assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}");
    }
}

#[test]
fn a_member_that_was_taken_out_by_hand_joins_again() {
    for dialect in [Dialect::IllumosNew, Dialect::Solaris11] {
        let world = World::new(dialect, HOME_LAN);
        world.done("up");
        let words = ["remove-ipmp", "--temporary", "-i", "net0", "homelan0"];
        assert!(world.host.run("ipadm", &words).success(), "{dialect:?}");
        world.done("up");
        world.done("status --check");
        assert_eq!(world.active("homelan0").as_deref(), Some("net0"), "{dialect:?}");
    }
}

#[test]
fn a_static_gateway_gives_way_to_the_same_router_of_a_lease_and_back() {
    let leased = "[group.lan]\nmembers = [\"net0\"]\ndhcp = true\n";
    let fixed = "[group.lan]\nmembers = [\"net0\"]\naddresses = [\"192.168.1.34/24\"]\ngateway = \"192.168.1.24\"\n";
    for dialect in [Dialect::IllumosNew, Dialect::Solaris11] {
        let world = World::new(dialect, fixed);
        let (address, router) = ("192.168.1.77/24".to_owned(), Some("192.168.1.24".to_owned()));
        world.host.with_link("net0", |link| link.lease = Some(Lease { address, router }));
        let before = Truth::of(&world.host.state());
        for (file, dhcp) in [(fixed, false), (leased, true), (fixed, false)] {
            world.file(file);
            world.done("up");
            let routes: Vec<_> = world.host.state().routes.iter().map(|route| route.dhcp).collect();
            assert_eq!(routes, [dhcp], "{dialect:?}");
        }
        world.done("down");
        assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}");
    }
}

#[test]
fn the_router_of_a_lease_beside_a_static_address_goes_and_comes_with_the_lease() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        world.host.with_link("net0", |link| {
            let (address, router) = ("192.168.1.77/24".to_owned(), Some("192.168.1.24".to_owned()));
            link.lease = Some(Lease { address, router });
        });
        // The client is that of net0:1 then.
        for line in ["create-if net0", "create-addr -T static -a 10.0.0.7/8 net0/v4", "create-addr -T dhcp net0/dhcp"] {
            world.ipadm(line);
        }
        let route = &world.look().interfaces["net0"].routes[0];
        assert!(route.goes_with_lease(), "{dialect:?}: {route:?}");
        let before = Truth::of(&world.host.state());
        world.done("up");
        world.done("down");
        assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}: {:#?}", world.host.mutations());
    }
}

#[test]
fn a_client_of_the_group_that_waits_for_a_lease_ends_with_the_group() {
    for dialect in DIALECTS {
        for up in ["up", "up --persist"] {
            let world = World::new(dialect, "[group.lan]\nmembers = [\"net0\", \"net1\"]\ndhcp = true\n");
            let before = Truth::of(&world.host.state());
            world.done(up);
            if up != "up" {
                world.reboot();
            }
            world.host.forget_calls();
            world.done("up");
            assert_eq!(world.host.mutations(), Vec::<String>::new(), "{dialect:?}: it is there, and waits");
            world.done("down");
            assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}, {up}: {:#?}", world.host.mutations());
        }
    }
}

#[test]
fn a_change_that_fails_leaves_the_addresses_beside_a_lease_where_they_are() {
    let file = "[group.lan]\nmembers = [\"net0\"]\naddresses = [\"192.168.1.34/24\"]\ndhcp = true\n";
    for dialect in DIALECTS {
        let world = World::new(dialect, file);
        world.host.with_link("net0", |link| {
            let (address, router) = ("192.168.1.77/24".to_owned(), Some("192.168.1.1".to_owned()));
            link.lease = Some(Lease { address, router });
        });
        world.done("up");
        let before = Truth::of(&world.host.state());
        world.file(&format!("{file}failback = \"never\"\n"));
        world.host.forget_calls();
        world.host.fail(Fault::new(When::Mutation(1), How::Exit(1, "it was told to fail".to_owned())));
        let run = world.run("up");
        assert!(run.code == 1 && run.stderr.contains("everything was undone"), "{dialect:?}: {run}");
        assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}: {:#?}", world.host.mutations());
        let touched = |line: &String| line.contains("lan0");
        assert!(!world.host.mutations().iter().any(touched), "{dialect:?}: {:#?}", world.host.mutations());
    }
}
