//! Members in every state that somebody may have left them in.

use crate::refusals::{cured_by_its_hint, refused};
use crate::world::{DIALECTS, HOME_LAN, World};
use illumos_simulator::Dialect;

#[test]
fn a_group_in_which_all_stand_by_is_set_right_again() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        world.done("up");
        let (program, words): (_, &[&str]) = match dialect {
            Dialect::IllumosOld => ("ifconfig", &["net0", "standby"]),
            _ => ("ipadm", &["set-ifprop", "-t", "-p", "standby=on", "-m", "ip", "net0"]),
        };
        assert!(world.host.run(program, words).success(), "{dialect:?}");
        let status = world.run("status --check");
        assert!(status.code == 4 && status.stdout.contains("drifted"), "{dialect:?}: {status}");
        world.done("up");
        world.done("status --check");
        assert_eq!(world.active("homelan0").as_deref(), Some("net0"), "{dialect:?}");
    }
}

#[test]
fn a_member_that_came_back_and_rests_can_become_a_standby() {
    for dialect in DIALECTS {
        let file = HOME_LAN.replace("primary ", "failback = \"never\"\nprimary ");
        let world = World::new(dialect, &file);
        world.done("up");
        world.host.cut("net0");
        world.host.plug("net0");
        assert_eq!(world.active("homelan0").as_deref(), Some("net1"), "{dialect:?}");
        world.file(&file.replace("primary   = \"net0\"", "primary   = \"net1\""));
        world.done("up");
        world.done("status --check");
        assert_eq!(world.active("homelan0").as_deref(), Some("net1"), "{dialect:?}");
    }
}

#[test]
fn a_member_that_leaves_with_a_default_route_does_not_get_it_back_where_the_groups_is() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        for line in ["create-if net0", "create-addr -T static -a 192.168.1.7/24 net0/v4"] {
            world.ipadm(line);
        }
        world.host.run("route", &["add", "default", "192.168.1.24"]);
        world.done("up");
        world.file(&HOME_LAN.replace("[\"net0\", \"net1\"]", "[\"net1\"]").replace("= \"net0\"", "= \"net1\""));
        world.host.forget_calls();
        let run = world.run("up");
        assert_eq!(run.code, 0, "{dialect:?}: {run}");
        assert!(run.stderr.contains("net0 does not get the route default via 192.168.1.24"), "{dialect:?}: {run}");
        world.done("plan --check");
        world.done("down");
        let reason = "the route default via 192.168.1.24 is there already, over net0";
        world.host.forget_calls();
        let run = refused(&world, 1, reason, "route delete default 192.168.1.24");
        assert!(run.stderr.contains("remove it: "), "{run}");
        assert!(world.host.run("route", &["delete", "default", "192.168.1.24"]).success());
        world.done("up");
    }
}

#[test]
fn a_standby_outside_of_a_group_is_no_member_until_it_is_none() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        world.host.run("ipadm", &["create-if", "-t", "net0"]);
        let (program, words): (_, &[&str]) = match dialect {
            Dialect::IllumosOld => ("ifconfig", &["net0", "standby"]),
            _ => ("ipadm", &["set-ifprop", "-t", "-p", "standby=on", "-m", "ip", "net0"]),
        };
        assert!(world.host.run(program, words).success(), "{dialect:?}");
        world.host.forget_calls();
        let run = refused(&world, 1, "net0 is a standby already", "standby");
        cured_by_its_hint(&world, &run);
    }
}

#[test]
fn a_member_of_somebody_elses_group_is_freed_as_it_became_one() {
    for dialect in DIALECTS {
        let lines: [&[&str]; 2] = match dialect {
            Dialect::IllumosOld => {
                [&[
                    "ifconfig other0 ipmp",
                    "ifconfig other0 inet6 ipmp",
                    "ipadm create-if -t net0",
                    "ifconfig net0 group other0",
                ]; 2]
            }
            _ => [
                &[
                    "ipadm create-ipmp --temporary other0",
                    "ipadm create-if -t net0",
                    "ipadm add-ipmp --temporary -i net0 other0",
                ],
                &["ipadm create-ipmp other0", "ipadm create-if net0", "ipadm add-ipmp -i net0 other0"],
            ],
        };
        for lines in lines {
            let world = World::new(dialect, HOME_LAN);
            for line in lines {
                let mut words = line.split(' ');
                let output = world.host.run(words.next().unwrap(), &words.collect::<Vec<_>>());
                assert!(output.success(), "{line}: {}", output.stderr());
            }
            world.host.forget_calls();
            let run = refused(&world, 1, "net0", "free it first: ");
            cured_by_its_hint(&world, &run);
        }
    }
}

#[test]
fn an_address_made_by_hand_is_told_with_what_lets_ipadm_have_it() {
    let stories: [&[&str]; 4] = [
        &["ifconfig net0 plumb", "ifconfig net0 192.168.1.7/24 up", "ifconfig net0 inet6 plumb"],
        &["ipadm create-ip net0", "ifconfig net0 192.168.1.7/24 up"],
        &["ipadm create-ip net0", "ifconfig net0 addif 192.168.1.7/24 up"],
        &[
            "ipadm create-ip net0",
            "ipadm create-addr -T static -a 10.0.0.7/8 net0/v4",
            "ifconfig net0 addif 192.168.1.7/24 up",
        ],
    ];
    for (number, story) in stories.into_iter().enumerate() {
        let world = World::new(Dialect::IllumosNew, HOME_LAN);
        for line in story {
            let mut words = line.split(' ');
            let output = world.host.run(words.next().unwrap(), &words.collect::<Vec<_>>());
            assert!(output.success(), "{number} {line}: {}", output.stderr());
        }
        world.host.forget_calls();
        let run = refused(&world, 1, "which ipadm does not know", "let ipadm have it: ");
        let hint = run.stderr.lines().find_map(|line| line.split_once("let ipadm have it: ")).unwrap().1;
        for command in hint.split(" && ") {
            let mut words = command.split(' ');
            let output = world.host.run(words.next().unwrap(), &words.collect::<Vec<_>>());
            assert!(output.success(), "{number} {command}: {}", output.stderr());
        }
        world.done("up");
        world.done("down");
        let addresses = world.look().interfaces["net0"].own_addresses().count();
        assert_eq!(addresses, if number == 3 { 2 } else { 1 }, "{number}");
    }
}

#[test]
fn a_card_that_is_plumbed_for_one_family_is_plumbed_for_both_first() {
    for dialect in [Dialect::IllumosNew, Dialect::Solaris11] {
        for words in [&["net0", "plumb"][..], &["net0", "inet6", "plumb"]] {
            for line in ["up", "up --persist"] {
                let world = World::new(dialect, HOME_LAN);
                assert!(world.host.run("ifconfig", words).success());
                world.host.forget_calls();
                let run = refused(&world, 1, "net0 is not plumbed for IPv", "plumb");
                let hint = run.stderr.lines().find_map(|line| line.trim().strip_prefix("hint: ")).unwrap();
                let mut words = hint.split(' ');
                assert!(world.host.run(words.next().unwrap(), &words.collect::<Vec<_>>()).success());
                let before = world.look().configuration();
                world.done(line);
                world.done("status --check");
                world.done("down");
                assert_eq!(world.look().configuration(), before, "{dialect:?}: {line}");
            }
        }
    }
}
