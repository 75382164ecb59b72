//! What is there until the next boot only, beside what lasts.

use crate::persist::{busy_world, kept};
use crate::truth::Truth;
use crate::world::{DIALECTS, HOME_LAN, World};
use illumos_simulator::Dialect;

#[test]
fn what_a_member_has_until_the_next_boot_is_given_back_before_it_and_not_after() {
    for dialect in DIALECTS {
        for boots in [0, 1] {
            let world = World::new(dialect, HOME_LAN);
            let fresh = world.look().configuration();
            for line in ["create-if -t net0", "create-addr -t -T static -a 192.168.1.7/24 net0/v4"] {
                world.ipadm(line);
            }
            let before = world.look().configuration();
            world.done("up --persist");
            for _ in 0..boots {
                world.reboot();
            }
            world.done("down");
            let expected = if boots == 0 { &before } else { &fresh };
            assert_eq!(world.look().configuration(), *expected, "{dialect:?}");
            world.reboot();
            assert_eq!(world.look().configuration(), fresh, "{dialect:?}");
        }
    }
}

#[test]
fn a_group_that_is_there_until_the_next_boot_is_not_made_to_last() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        world.done("up");
        world.host.forget_calls();
        for line in ["up --persist", "plan --persist"] {
            let run = world.run(line);
            assert_eq!(run.code, 1, "{dialect:?}: {run}");
            assert!(run.stderr.contains("until the next boot only"), "{dialect:?}: {run}");
            assert!(run.stderr.contains("mpath down home-lan && mpath up home-lan --persist"), "{dialect:?}: {run}");
        }
        assert_eq!(world.host.mutations(), Vec::<String>::new(), "{dialect:?}");
        world.done("down");
        world.done("up --persist");
    }
}

#[test]
fn a_standby_outside_a_group_is_refused() {
    let world = World::new(Dialect::IllumosNew, HOME_LAN);
    for line in ["create-ip net0", "set-ifprop -p standby=on -m ip net0"] {
        world.ipadm(line);
    }
    world.host.forget_calls();
    let run = world.run("up --persist");
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("ipadm reset-ifprop -p standby -m ip net0"), "{run}");
    assert_eq!(world.host.mutations(), Vec::<String>::new(), "{run}");
}

#[test]
fn a_member_taken_out_until_the_next_boot_comes_back_into_a_group_that_lasts() {
    for dialect in [Dialect::IllumosNew, Dialect::Solaris11] {
        let world = busy_world(dialect);
        let (before, kept_before) = (world.look().configuration(), kept(&world));
        world.done("up --persist");
        let kept_now = kept(&world);
        assert!(world.host.run("ipadm", &["remove-ipmp", "--temporary", "-i", "net0", "homelan0"]).success());
        let status = world.run("status --check");
        assert_ne!(status.code, 0, "{dialect:?}: {status}");
        world.done("up");
        assert_eq!(kept(&world), kept_now, "{dialect:?}");
        world.changes_nothing("up");
        world.reboot();
        world.changes_nothing("up");
        world.done("down");
        assert_eq!(world.look().configuration(), before, "{dialect:?}");
        assert_eq!(kept(&world), kept_before, "{dialect:?}");
    }
}

#[test]
fn a_member_that_the_kernel_refuses_leaves_nothing_in_what_is_kept() {
    for dialect in DIALECTS {
        for plumbed in [false, true] {
            let world = World::new(dialect, HOME_LAN);
            if plumbed {
                for line in ["create-if net1", "create-addr -T static -a 192.168.1.7/24 net1/v4"] {
                    world.ipadm(line);
                }
            }
            let before = Truth::of(&world.host.state());
            world.host.with_link("net1", |link| link.unfit = true);
            world.host.forget_calls();
            let up = world.run("up --persist");
            assert!(up.code == 1 && up.stderr.contains("everything was undone"), "{dialect:?}: {up}");
            assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}: {up}\n{:#?}", world.host.mutations());
            world.reboot();
            assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}: after a boot");
            world.host.with_link("net1", |link| link.unfit = false);
            world.done("up --persist");
        }
    }
}

#[test]
fn a_standby_until_the_next_boot_is_told_from_one_of_every_boot() {
    for dialect in [Dialect::IllumosNew, Dialect::Solaris11] {
        let world = World::new(dialect, HOME_LAN);
        let before = Truth::of(&world.host.state());
        world.done("up --persist");
        // As it should be now, and not after a boot.
        for line in ["reset-ifprop -p standby -m ip net1", "set-ifprop -t -p standby=on -m ip net1"] {
            world.ipadm(line);
        }
        let meddled = Truth::of(&world.host.state());
        let status = world.run("status --check");
        assert!(status.code == 4 && status.stdout.contains("home-lan: drifted"), "{dialect:?}: {status}");
        world.host.forget_calls();
        world.done("up");
        assert_eq!(world.host.mutations(), ["ipadm set-ifprop -p standby=on -m ip net1"], "{dialect:?}");
        world.reboot();
        world.changes_nothing("up");

        // A change that is undone leaves both as they were: here by an address that another host has.
        for line in ["reset-ifprop -p standby -m ip net1", "set-ifprop -t -p standby=on -m ip net1"] {
            world.ipadm(line);
        }
        assert_eq!(Truth::of(&world.host.state()), meddled, "{dialect:?}");
        world.host.with_link("net0", |link| link.hosts = vec!["192.168.1.35".parse().unwrap()]);
        world.file(&HOME_LAN.replace(".34", ".35"));
        let up = world.run("up");
        assert!(up.code == 1 && up.stderr.contains("everything was undone"), "{dialect:?}: {up}");
        assert_eq!(Truth::of(&world.host.state()), meddled, "{dialect:?}: {up}");

        world.done("down");
        assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}");
    }
}

#[test]
fn a_primary_that_stands_by_until_the_next_boot_stops_without_a_word_to_the_boot() {
    for dialect in [Dialect::IllumosNew, Dialect::Solaris11] {
        let world = World::new(dialect, HOME_LAN);
        world.done("up --persist");
        let kept_now = kept(&world);
        world.ipadm("set-ifprop -t -p standby=on -m ip net0");
        world.host.forget_calls();
        world.done("up");
        assert_eq!(world.host.mutations(), ["ipadm set-ifprop -t -p standby=off -m ip net0"], "{dialect:?}");
        assert_eq!(kept(&world), kept_now, "{dialect:?}");
        world.done("status --check");
    }
}
