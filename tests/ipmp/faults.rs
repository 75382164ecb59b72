//! A command that fails at any place: `up` undoes what was done, `down` can be asked again.

use illumos_simulator::{Dialect, Fault, How, Lease, When};

use crate::truth::Truth;
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
        let (saved, before) = (world.save(), world.look().configuration());
        world.done("up");
        let commands = world.host.mutations().len();
        assert!(commands > 8, "{:#?}", world.host.mutations());
        for number in 1..=commands {
            for fault in
                [Fault::new(When::Mutation(number), refusal()), Fault::after(When::Mutation(number), refusal())]
            {
                world.restore(&saved);
                world.host.fail(fault.clone());
                let run = world.run("up");
                let case = format!("{dialect:?} {number} {fault:?}\n{run}\n{:#?}", world.host.mutations());
                if run.code == 0 && case.contains("if_mpadm") {
                    // A standby that does not come about is tried another way.
                    world.done("plan --check");
                    continue;
                }
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
        let saved = world.save();
        world.done("down");
        for number in 1..=world.host.mutations().len() {
            world.restore(&saved);
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

#[test]
fn a_lease_that_could_not_be_given_back_is_kept() {
    for dialect in [Dialect::IllumosNew, Dialect::Solaris11] {
        let world = busy_world(dialect);
        world.host.with_link("net0", |link| {
            let (address, router) = ("192.168.1.77/24".to_owned(), Some("192.168.1.24".to_owned()));
            link.lease = Some(Lease { address, router });
        });
        world.file("[group.lan]\nmembers = [\"net0\"]\ndhcp = true\n");
        world.host.run("route", &["delete", "default", "192.168.1.24"]);
        world.done("up");
        let before = Truth::of(&world.host.state());
        world.file("[group.lan]\nmembers = [\"net0\"]\naddresses = [\"192.168.1.34/24\"]\n");
        world.host.forget_calls();
        world.host.fail(Fault::new(When::Mutation(1), refusal()));
        let run = world.run("up");
        assert!(run.code == 1 && run.stderr.contains("nothing was changed"), "{dialect:?}: {run}");
        assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}");
    }
}

#[test]
fn a_member_that_could_not_leave_keeps_its_ipv6() {
    for dialect in [Dialect::IllumosNew, Dialect::Solaris11] {
        let world = World::new(dialect, HOME_LAN);
        world.done("up");
        let before = Truth::of(&world.host.state());
        let words = ["remove-ipmp".to_owned(), "net1".to_owned()];
        let command = When::Command { program: "ipadm".to_owned(), arguments: words.into() };
        world.host.fail(Fault::new(command, refusal()));
        world.file(&HOME_LAN.replace("[\"net0\", \"net1\"]", "[\"net0\"]"));
        let run = world.run("up");
        assert_eq!(run.code, 1, "{dialect:?}: {run}");
        assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}");
    }
}
