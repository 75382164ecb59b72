//! Changes for every boot that a boot cuts off: before their last step, or while they wait to be confirmed.

use std::fs;

use illumos_simulator::{Dialect, Lease};

use crate::interrupted::{WAYS, at_every_command, busy_world, no_journal_is_left};
use crate::truth::Truth;
use crate::world::{HOME_LAN, World};

#[test]
fn an_up_for_every_boot_that_the_power_cut_off_is_undone_by_recover() {
    for dialect in WAYS {
        let world = busy_world(dialect);
        let before = Truth::of(&world.host.state());
        at_every_command(&world, "up --persist", 16, |world, story| {
            world.reboot();
            let recover = world.run("recover");
            assert!(recover.stderr.contains("was cut off by a boot"), "{story}: {recover}");
            assert_eq!(recover.code, 0, "{story}: {recover}\n{:#?}", world.host.mutations());
            if dialect == Dialect::IllumosNew {
                // In the other, the boot has given the member a link-local address, which goes with the next.
                assert_eq!(Truth::of(&world.host.state()), before, "{story}");
            }
            no_journal_is_left(world, story);
            world.reboot();
            assert_eq!(Truth::of(&world.host.state()), before, "{story}, then another boot");
            assert!(!world.lasting_directory().join("receipts/home-lan.json").exists(), "{story}");
        });
    }
}

/// A host whose first member asks a DHCP server for its address, for every boot.
fn leased_world(dialect: Dialect) -> World {
    let world = World::new(dialect, HOME_LAN);
    world.host.with_link("net0", |link| {
        let (address, router) = ("192.168.1.77/24".to_owned(), Some("192.168.1.24".to_owned()));
        link.lease = Some(Lease { address, router });
    });
    // As long as mpath waits, too: nothing tells how long another one does.
    for line in ["create-if net0", "create-addr -T dhcp -w 30 net0/dhcp"] {
        world.ipadm(line);
    }
    world.reboot();
    world.host.forget_calls();
    world
}

#[test]
fn a_lease_that_lasts_is_not_forgotten_by_an_undo_after_a_boot() {
    for dialect in WAYS {
        let world = leased_world(dialect);
        let before = Truth::of(&world.host.state());
        let has_lease = |world: &World| {
            let state = world.host.state();
            let leased = state.interface("net0").is_some_and(|card| card.lifs().any(|(_, lif)| lif.up && lif.dhcp));
            leased && state.routes.iter().any(|route| route.dhcp)
        };
        assert!(has_lease(&world), "{dialect:?}");
        at_every_command(&world, "up --persist", 12, |world, story| {
            world.reboot();
            world.done("recover");
            assert!(has_lease(world), "{dialect:?}, {story}: {:#?}", world.host.mutations());
            no_journal_is_left(world, story);
            world.reboot();
            assert!(has_lease(world), "{dialect:?}, {story}, then another boot");
            assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}, {story}, then another boot");
        });
    }
}

#[test]
fn a_change_that_lasts_and_met_a_boot_before_it_was_confirmed_is_undone() {
    for dialect in WAYS {
        let world = busy_world(dialect);
        let first = Truth::of(&world.host.state());
        world.done("up --persist");
        let kept = Truth::of(&world.host.state());
        let old = HOME_LAN.replace("primary ", "failback = \"never\"\nprimary ");
        world.file(&old.replace("192.168.1.34/24", "192.168.1.44/24"));
        world.done("up --persist --confirm 60s");
        assert_ne!(Truth::of(&world.host.state()), kept, "{dialect:?}");
        world.reboot();
        let told = world.run("status");
        assert!(told.stderr.contains("was cut off by a boot: mpath recover"), "{dialect:?}: {told}");
        world.done("recover");
        assert_eq!(Truth::of(&world.host.state()), kept, "{dialect:?}");
        world.file(&old);
        world.host.forget_calls();
        world.done("up");
        assert_eq!(world.host.mutations(), Vec::<String>::new(), "{dialect:?}: it is the group of before");
        world.done("down");
        world.reboot();
        assert_eq!(Truth::of(&world.host.state()), first, "{dialect:?}: and it remembers what was before it");
    }
}

#[test]
fn a_change_that_was_confirmed_stays_over_a_boot() {
    for dialect in WAYS {
        let world = busy_world(dialect);
        world.done("up --persist --confirm 60s");
        world.done("confirm");
        assert_eq!(fs::read_dir(world.lasting_directory().join("journal")).unwrap().count(), 0, "{dialect:?}");
        world.reboot();
        assert!(!world.run("status").stderr.contains("recover"), "{dialect:?}");
        world.done("status --check");
    }
}
