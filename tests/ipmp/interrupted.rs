//! mpath killed, or cut off with the power, at any command: of an `up` of either kind, of a `down`, of a `switch` or a `drill`; and
//! changes that are not confirmed.

use std::fs;

use illumos_simulator::Dialect;

use crate::truth::Truth;
use crate::world::{DIALECTS, Death, HOME_LAN, World};

/// A host whose first member works for itself, for every boot.
pub(crate) fn busy_world(dialect: Dialect) -> World {
    let world = World::new(dialect, &HOME_LAN.replace("primary ", "failback = \"never\"\nprimary "));
    for line in ["create-if net0", "create-addr -T static -a 192.168.1.7/24 net0/v4"] {
        world.ipadm(line);
    }
    fs::write(world.host.root_dir().join("etc/defaultrouter"), "192.168.1.24\n").unwrap();
    world.reboot();
    world.host.forget_calls();
    world
}

/// Kills `mpath LINE` at each command of it, before the command and after, each time on the same host, and lets the rest of
/// the story follow.
pub(crate) fn at_every_command(world: &World, line: &str, least: usize, then: impl Fn(&World, &str)) {
    let saved = world.save();
    let mut deaths = 0;
    for late in [false, true] {
        for at in 0.. {
            world.restore(&saved);
            if !world.dies(line, Death { at, late }) {
                break;
            }
            then(world, &format!("`{line}` died at command {at}, late: {late}"));
            deaths += 1;
        }
    }
    world.restore(&saved);
    assert!(deaths >= least, "`{line}`: only {deaths} deaths");
}

fn truth(world: &World) -> Truth {
    Truth::of(&world.host.state())
}

pub(crate) fn no_journal_is_left(world: &World, story: &str) {
    let left = fs::read_dir(world.state_directory().join("journal")).into_iter().flatten().flatten();
    assert_eq!(left.count(), 0, "{story}");
}

/// The two ways in which a group is kept.
pub(crate) const WAYS: [Dialect; 2] = [Dialect::IllumosNew, Dialect::IllumosOld];

#[test]
fn an_up_that_was_killed_is_recovered_from_or_gone_on_with() {
    for dialect in DIALECTS {
        for line in ["up", "up --persist", "up --confirm 60s"] {
            let world = busy_world(dialect);
            let before = truth(&world);
            at_every_command(&world, line, 16, |world, story| {
                let saved = world.save();
                world.done("recover");
                assert_eq!(truth(world), before, "{dialect:?}: {story}");
                no_journal_is_left(world, story);
                world.reboot();
                assert_eq!(truth(world), before, "{dialect:?}: {story}, then a boot");

                // Whoever does not recover brings it up another time, which undoes what was left before.
                world.restore(&saved);
                let line = line.trim_end_matches(" --confirm 60s");
                world.done(line);
                world.done("status --check");
                no_journal_is_left(world, story);
                world.done("down");
                assert_eq!(truth(world), before, "{dialect:?}: {story}, then up and down");
            });
        }
    }
}

#[test]
fn a_power_cut_in_an_up_for_every_boot_is_taken_down_or_gone_on_with() {
    for dialect in WAYS {
        let world = busy_world(dialect);
        let before = truth(&world);
        at_every_command(&world, "up --persist", 16, |world, story| {
            world.reboot();
            let saved = world.save();
            let down = world.run("down");
            assert_eq!(down.code, 0, "{dialect:?}: {story}: {down}\n{:#?}", world.host.mutations());
            world.reboot();
            assert_eq!(truth(world), before, "{dialect:?}: {story}: {down}");

            world.restore(&saved);
            let up = world.run("up --persist");
            assert_eq!(up.code, 0, "{dialect:?}: {story}: {up}\n{:#?}", world.host.mutations());
            world.reboot();
            world.done("status --check");
            world.host.forget_calls();
            world.done("up");
            assert_eq!(world.host.mutations(), Vec::<String>::new(), "{dialect:?}: {story}");
            world.done("down");
            world.reboot();
            assert_eq!(truth(world), before, "{dialect:?}: {story}");
        });
    }
}

/// A `down` that died is ended by `recover` in one way or the other, and by another `down` as it was to end.
fn a_down_goes_on(world: &World, (before, wanted): (&Truth, &Truth), story: &str) {
    let saved = world.save();
    world.done("recover");
    no_journal_is_left(world, story);
    let after = truth(world);
    assert!(after == *before || after == *wanted, "{story}: {after:#?}");

    world.restore(&saved);
    world.done("down");
    no_journal_is_left(world, story);
    assert_eq!(truth(world), *before, "{story}");
}

#[test]
fn a_down_that_was_killed_is_recovered_from_or_gone_on_with() {
    for dialect in DIALECTS {
        for up in ["up", "up --persist"] {
            let world = busy_world(dialect);
            let before = truth(&world);
            world.done(up);
            let wanted = truth(&world);
            at_every_command(&world, "down", 16, |world, story| {
                let saved = world.save();
                a_down_goes_on(world, (&before, &wanted), &format!("{dialect:?}: {up}, {story}"));
                if up == "up --persist" {
                    // The power goes with the process.
                    world.restore(&saved);
                    world.reboot();
                    let down = world.run("down");
                    assert_eq!(down.code, 0, "{dialect:?}: {story}: {down}\n{:#?}", world.host.mutations());
                    world.reboot();
                    assert_eq!(truth(world), before, "{dialect:?}: {story}: {down}");
                }
            });
        }
    }
}

#[test]
fn a_switch_that_was_killed_is_recovered_from_and_released() {
    for dialect in DIALECTS {
        for up in ["up", "up --persist"] {
            let world = busy_world(dialect);
            world.done(up);
            // `if_mpadm -r` switches on each address that is off: the configuration is what must be as it was.
            let (before, active) = (world.look().configuration(), world.active("homelan0"));
            let is_as_before = |world: &World, story: &str| {
                assert_eq!(world.look().configuration(), before, "{dialect:?}: {up}, {story}");
                assert_eq!(world.active("homelan0"), active, "{dialect:?}: {up}, {story}");
            };
            // A drill takes its time, and its commands are the same everywhere.
            let drill = (dialect == Dialect::IllumosNew && up == "up").then_some("drill --rest 100ms");
            for line in ["switch", "switch --to net1"].into_iter().chain(drill) {
                at_every_command(&world, line, 2, |world, story| {
                    world.done("recover");
                    no_journal_is_left(world, story);
                    world.done("switch --release");
                    is_as_before(world, story);
                });
            }
            world.done("switch");
            at_every_command(&world, "switch --release", 2, |world, story| {
                world.done("recover");
                world.done("switch --release");
                no_journal_is_left(world, story);
                is_as_before(world, story);
            });
        }
    }
}

#[test]
fn a_change_that_is_not_confirmed_goes_and_one_that_is_stays() {
    for dialect in DIALECTS {
        for line in ["up --confirm 60s", "up --persist --confirm 60s"] {
            let world = busy_world(dialect);
            let before = truth(&world);
            world.done(line);
            // Whoever reverts may be killed as well, and anybody goes on.
            at_every_command(&world, "revert", 16, |world, story| {
                world.done("recover");
                assert_eq!(truth(world), before, "{dialect:?}: {line}, {story}");
                no_journal_is_left(world, story);
            });
            world.done("revert");
            assert_eq!(truth(&world), before, "{dialect:?}: {line}");
            no_journal_is_left(&world, "reverted");
            world.reboot();
            assert_eq!(truth(&world), before, "{dialect:?}: {line}");
            world.done(line);
            world.done("confirm");
            let lasts = line.contains("--persist");
            if lasts {
                world.reboot();
            }
            world.done("status --check");
            world.done("down");
            if lasts {
                world.reboot();
            }
            assert_eq!(truth(&world), before, "{dialect:?}: {line}");
        }
    }
}

#[test]
fn a_change_to_ipv6_by_ifconfig_that_was_killed_is_recovered_from_or_gone_on_with() {
    let world = World::new(Dialect::IllumosOld, HOME_LAN);
    for line in
        ["create-if net0", "create-addr -T addrconf net0/v6", "create-addr -T static -a 2001:db8::7/64 net0/far"]
    {
        world.ipadm(line);
    }
    let first = truth(&world);
    world.done("up");
    let before = truth(&world);
    world.file(
        &HOME_LAN
            .replace("\"192.168.1.34/24\"", "\"192.168.1.34/24\", \"2001:db8::34/64\"")
            .replace("\"192.168.1.24\"", "\"192.168.1.24\"\ngateway6 = \"2001:db8::1\""),
    );
    at_every_command(&world, "up", 6, |world, story| {
        let saved = world.save();
        world.done("recover");
        assert_eq!(truth(world), before, "{story}");
        no_journal_is_left(world, story);

        world.restore(&saved);
        world.done("up");
        world.done("status --check");
        world.done("down");
        assert_eq!(truth(world), first, "{story}, then up and down");
    });
    world.done("up");
    let wanted = truth(&world);
    at_every_command(&world, "down", 16, |world, story| a_down_goes_on(world, (&first, &wanted), story));
}
