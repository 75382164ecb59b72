//! `up --persist` that is killed, or cut off with the power, at any command; and one that is not confirmed.

use std::fs;

use illumos_simulator::Dialect;

use crate::truth::Truth;
use crate::world::{DIALECTS, Death, HOME_LAN, World};

/// A host whose first member works for itself, for every boot.
pub(crate) fn busy_world(dialect: Dialect) -> World {
    let world = World::new(dialect, &HOME_LAN.replace("primary ", "failback = \"never\"\nprimary "));
    for line in ["create-if net0", "create-addr -T static -a 192.168.1.7/24 net0/v4"] {
        world.host.run("ipadm", &line.split(' ').collect::<Vec<_>>());
    }
    fs::write(world.host.root_dir().join("etc/defaultrouter"), "192.168.1.24\n").unwrap();
    world.reboot();
    world.host.forget_calls();
    world
}

/// Kills `mpath LINE` at each command, and lets the rest of the story follow.
pub(crate) fn at_every_command(dialect: Dialect, line: &str, begin: impl Fn() -> World, then: impl Fn(&World, &str)) {
    let mut deaths = 0;
    for late in [false, true] {
        for at in 0.. {
            let world = begin();
            if !world.dies(line, Death { at, late }) {
                break;
            }
            then(&world, &format!("{dialect:?}: `{line}` died at command {at}, late: {late}"));
            deaths += 1;
        }
    }
    assert!(deaths > 16, "{dialect:?}: only {deaths} deaths");
}

pub(crate) fn no_journal_is_left(world: &World, story: &str) {
    let left = fs::read_dir(world.state_directory().join("journal")).into_iter().flatten().flatten();
    assert_eq!(left.count(), 0, "{story}");
}

/// The two ways in which a group is kept.
pub(crate) const WAYS: [Dialect; 2] = [Dialect::IllumosNew, Dialect::IllumosOld];

#[test]
fn an_up_for_every_boot_that_was_killed_is_recovered_from() {
    for dialect in WAYS {
        let before = Truth::of(&busy_world(dialect).host.state());
        at_every_command(
            dialect,
            "up --persist",
            || busy_world(dialect),
            |world, story| {
                world.done("recover");
                assert_eq!(Truth::of(&world.host.state()), before, "{story}");
                no_journal_is_left(world, story);
                world.reboot();
                assert_eq!(Truth::of(&world.host.state()), before, "{story}, then a boot");
            },
        );
    }
}

#[test]
fn after_a_power_cut_in_an_up_for_every_boot_down_gives_back_what_was_there() {
    for dialect in WAYS {
        let before = Truth::of(&busy_world(dialect).host.state());
        at_every_command(
            dialect,
            "up --persist",
            || busy_world(dialect),
            |world, story| {
                world.reboot();
                let down = world.run("down");
                assert_eq!(down.code, 0, "{story}: {down}\n{:#?}", world.host.mutations());
                world.reboot();
                assert_eq!(Truth::of(&world.host.state()), before, "{story}: {down}");
            },
        );
    }
}

#[test]
fn after_a_power_cut_in_an_up_for_every_boot_another_up_goes_on() {
    for dialect in WAYS {
        let before = Truth::of(&busy_world(dialect).host.state());
        at_every_command(
            dialect,
            "up --persist",
            || busy_world(dialect),
            |world, story| {
                world.reboot();
                let up = world.run("up --persist");
                assert_eq!(up.code, 0, "{story}: {up}\n{:#?}", world.host.mutations());
                world.reboot();
                world.done("status --check");
                world.host.forget_calls();
                world.done("up");
                assert_eq!(world.host.mutations(), Vec::<String>::new(), "{story}");
                world.done("down");
                world.reboot();
                assert_eq!(Truth::of(&world.host.state()), before, "{story}");
            },
        );
    }
}

#[test]
fn after_a_power_cut_in_a_down_of_a_group_that_lasts_another_down_goes_on() {
    for dialect in WAYS {
        let before = Truth::of(&busy_world(dialect).host.state());
        let begin = || {
            let world = busy_world(dialect);
            world.done("up --persist");
            world
        };
        at_every_command(dialect, "down", begin, |world, story| {
            world.reboot();
            let down = world.run("down");
            assert_eq!(down.code, 0, "{story}: {down}\n{:#?}", world.host.mutations());
            world.reboot();
            assert_eq!(Truth::of(&world.host.state()), before, "{story}: {down}");
        });
    }
}

#[test]
fn a_group_that_lasts_and_is_not_confirmed_goes_for_every_boot() {
    for dialect in DIALECTS {
        let world = busy_world(dialect);
        let before = Truth::of(&world.host.state());
        world.done("up --persist --confirm 60s");
        world.done("revert");
        assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}");
        no_journal_is_left(&world, "reverted");
        world.reboot();
        assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}");
        world.done("up --persist --confirm 60s");
        world.done("confirm");
        world.reboot();
        world.done("status --check");
        world.done("down");
        world.reboot();
        assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}");
    }
}
