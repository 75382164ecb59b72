//! A command that fails at any place: `up` undoes what was done, `down` can be asked again.

use illumos_simulator::{Dialect, Fault, How, When};

use crate::world::{DIALECTS, HOME_LAN, World};

/// A host on which one member works for itself, persistently.
fn busy_world(dialect: Dialect) -> World {
    let world = World::new(dialect, &HOME_LAN.replace("primary ", "failback = \"never\"\nprimary "));
    for line in ["create-if net0", "create-addr -T static -a 192.168.1.7/24 net0/v4"] {
        world.host.run("ipadm", &line.split(' ').collect::<Vec<_>>());
    }
    world.host.run("route", &["add", "default", "192.168.1.24"]);
    world.host.forget_calls();
    world
}

fn refusal() -> How {
    How::Exit(1, "it was told to fail".to_owned())
}

#[test]
fn an_up_that_fails_at_any_command_leaves_the_host_as_it_was() {
    for dialect in DIALECTS {
        let world = busy_world(dialect);
        world.done("up");
        let commands = world.host.mutations().len();
        assert!(commands > 8, "{:#?}", world.host.mutations());
        for number in 1..=commands {
            for fault in
                [Fault::new(When::Mutation(number), refusal()), Fault::after(When::Mutation(number), refusal())]
            {
                let world = busy_world(dialect);
                let before = world.look().configuration();
                world.host.fail(fault.clone());
                let run = world.run("up");
                let case = format!("{dialect:?} {number} {fault:?}\n{run}\n{:#?}", world.host.mutations());
                assert_eq!(run.code, 1, "{case}");
                assert!(run.stderr.contains("everything was undone"), "{case}");
                assert_eq!(world.look().configuration(), before, "{case}");
                if !fault.done {
                    world.done("up");
                }
            }
        }
    }
}

#[test]
fn a_down_that_fails_at_any_command_can_be_asked_again() {
    for dialect in DIALECTS {
        let world = busy_world(dialect);
        let before = world.look().configuration();
        world.done("up");
        world.host.forget_calls();
        world.done("down");
        for number in 1..=world.host.mutations().len() {
            let world = busy_world(dialect);
            world.done("up");
            world.host.fail(Fault::new(When::Mutation(number), refusal()));
            world.run("down");
            world.done("down");
            assert_eq!(world.look().configuration(), before, "{dialect:?} {number}");
        }
    }
}

#[test]
fn garbage_is_told_and_changes_nothing() {
    let world = busy_world(Dialect::IllumosNew);
    let calls = {
        world.look();
        world.host.calls().len()
    };
    for number in 1..=calls {
        for how in [How::Garbage, How::Signal(9)] {
            let world = busy_world(Dialect::IllumosNew);
            world.host.fail(Fault::new(When::Call(number), how));
            let run = world.run("plan");
            assert_eq!(world.host.mutations(), Vec::<String>::new(), "{run}");
            assert!(!run.stderr.contains("panicked"), "{run}");
        }
    }
}
