//! Members that somebody took out of use (`if_mpadm -d`): their addresses are down, and theirs all the same.

use illumos_simulator::{Dialect, Fault, How, Interface, When};

use crate::truth::Truth;
use crate::world::{DIALECTS, HOME_LAN, World};

/// The group with probes, or just with test addresses in its file.
fn file(probes: bool) -> String {
    let members = r#"[
    { name = "net0", probe-address = "192.168.1.50/24" },
    { name = "net1", probe-address = "192.168.1.51/24" },
]"#;
    let probe = if probes { "probe = { interval = \"300ms\" }\n" } else { "" };
    HOME_LAN.replace(r#"["net0", "net1"]"#, members) + probe
}

/// A group that is up, and its second member out of use.
fn world(dialect: Dialect, probes: bool, up: &str) -> World {
    let world = World::new(dialect, &file(probes));
    world.done(up);
    assert!(world.host.run("if_mpadm", &["-d", "net1"]).success());
    world.host.forget_calls();
    world
}

/// The test addresses of the second member, with whether they are up.
fn test_addresses(world: &World) -> Vec<(String, bool)> {
    let state = world.host.state();
    let lifs = state.interface("net1").into_iter().flat_map(Interface::lifs);
    lifs.filter(|(_, lif)| lif.nofailover).map(|(_, lif)| (lif.address.to_string(), lif.up)).collect()
}

#[test]
fn a_test_address_that_is_down_with_its_member_is_there() {
    for dialect in DIALECTS {
        for up in ["up", "up --persist"] {
            let world = world(dialect, true, up);
            world.done(up);
            world.done("plan --check");
            assert_eq!(world.host.mutations(), Vec::<String>::new(), "{dialect:?}, {up}");
            let doctor = world.run("doctor");
            assert!(!doctor.stdout.contains("no test address"), "{dialect:?}, {up}: {doctor}");
        }
    }
}

#[test]
fn a_test_address_of_a_member_out_of_use_goes_with_the_group() {
    for dialect in DIALECTS {
        for up in ["up", "up --persist"] {
            let before = Truth::of(&World::new(dialect, &file(true)).host.state());
            let world = world(dialect, true, up);
            world.done("down");
            assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}, {up}: {:#?}", world.host.mutations());
        }
    }
}

#[test]
fn a_test_address_of_a_member_out_of_use_goes_when_probes_end_and_the_member_stays_out() {
    for dialect in DIALECTS {
        let world = world(dialect, true, "up");
        world.file(&file(false));
        world.done("up");
        assert_eq!(test_addresses(&world), [], "{dialect:?}: {:#?}", world.host.mutations());
        assert!(world.host.state().interface("net1").unwrap().offline, "{dialect:?}");
    }
}

#[test]
fn a_test_address_that_a_member_out_of_use_is_given_comes_up_with_it_and_not_before() {
    for dialect in DIALECTS {
        let world = world(dialect, false, "up");
        world.file(&file(true));
        world.done("up");
        assert!(world.host.mutations().contains(&"ifconfig net1 addif 192.168.1.51/24 -failover".to_owned()));
        assert!(world.host.mutations().contains(&"ifconfig net0 addif 192.168.1.50/24 -failover up".to_owned()));
        assert_eq!(test_addresses(&world), [("192.168.1.51".to_owned(), false)], "{dialect:?}");
        world.done("switch --release");
        assert_eq!(test_addresses(&world), [("192.168.1.51".to_owned(), true)], "{dialect:?}");
        world.changes_nothing("up");
    }
}

#[test]
fn what_is_given_to_a_member_out_of_use_for_every_boot_is_up_after_it() {
    for dialect in DIALECTS {
        let world = world(dialect, false, "up --persist");
        world.file(&file(true));
        world.done("up");
        world.reboot();
        assert_eq!(test_addresses(&world), [("192.168.1.51".to_owned(), true)], "{dialect:?}");
        world.changes_nothing("up");
    }
}

#[test]
fn an_undo_gives_a_member_out_of_use_its_test_address_once_and_leaves_it_down() {
    for dialect in DIALECTS {
        let world = world(dialect, true, "up");
        let before = Truth::of(&world.host.state());
        let saved = world.save();
        // Probes end, and the address of the group is another; then the member leaves, too.
        let moved = file(false).replace("192.168.1.34/24", "192.168.1.44/24");
        let alone = HOME_LAN.replace(r#", "net1"]"#, "]");
        for wanted in [moved, alone] {
            let mut number = 0;
            loop {
                number += 1;
                world.restore(&saved);
                world.file(&wanted);
                world.host.forget_calls();
                world.host.fail(Fault::after(When::Mutation(number), How::Exit(1, "it was told to fail".to_owned())));
                let run = world.run("up");
                if run.code == 0 {
                    break;
                }
                assert!(run.stderr.contains("everything was undone"), "{dialect:?}, {number}: {run}");
                let state = world.host.state();
                let card = state.interface("net1").unwrap();
                // Who had to leave is in use again, with its test address up.
                assert_eq!(
                    test_addresses(&world),
                    [("192.168.1.51".to_owned(), !card.offline)],
                    "{dialect:?}, {number}"
                );
                assert_eq!(Truth::of(&state).but_in_use(&before), before, "{dialect:?}, {number}");
            }
            assert!(number > 2, "{dialect:?}: nothing failed");
        }
    }
}
