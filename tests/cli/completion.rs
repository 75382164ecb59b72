//! What can stand at the cursor, as `mpath complete` tells it to the shells.

use std::fs;

use crate::world::{HOME_LAN, OFFICE, World, name};

/// The candidates for the last word.
#[track_caller]
fn candidates(world: &World, line: &str) -> Vec<String> {
    let words = line.split(' ').map(str::to_owned);
    let config = world.path("etc").display().to_string();
    let before = ["mpath", "complete", "--config", &config, "--"].map(str::to_owned);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let code = world.run_words(before.into_iter().chain(words).map(Into::into).collect(), &mut stdout, &mut stderr);
    assert_eq!((code, String::from_utf8_lossy(&stderr).as_ref()), (0, ""), "{line}");
    let text = String::from_utf8(stdout).unwrap();
    text.lines().map(|line| line.replace('\t', ": ").trim_end_matches(": ").to_owned()).collect()
}

fn two_groups() -> World {
    let world = World::up();
    world.file("office.toml", OFFICE);
    world
}

#[test]
fn commands_options_and_their_values_are_completed() {
    let world = World::new();
    assert_eq!(candidates(&world, "mpath sw"), ["switch: Let another member carry the traffic, without a loss"]);
    assert_eq!(candidates(&world, "mpath up --ad"), ["--adopt: Take over a device that mpath did not make"]);
    assert_eq!(candidates(&world, "mpath drill --how "), ["switch", "admin", "carrier"]);
    assert_eq!(candidates(&world, "mpath drill --how=c"), ["--how=carrier"]);
    assert_eq!(candidates(&world, "mpath explain no-link-m"), ["no-link-monitoring"]);
    assert_eq!(
        candidates(&world, "mpath render --to script-"),
        ["script-illumos: A shell script of illumos' `ipadm` commands"]
    );
    assert_eq!(candidates(&world, "mpath import --from=script"), [""; 0]);
    assert_eq!(candidates(&world, "mpath import --from netp"), ["netplan: netplan: YAML, for systemd-networkd"]);
    assert_eq!(candidates(&world, "mpath adopt ker"), ["kernel: The running system, whoever made its groups"]);
    assert!(candidates(&world, "mpath pl").iter().all(|word| word.starts_with("plan: ")));
    // What only mpath itself calls is not offered.
    assert!(
        !candidates(&world, "mpath ").iter().any(|word| word.starts_with("guard") || word.starts_with("complete:"))
    );
    assert_eq!(candidates(&world, "mpath nonsense --"), candidates(&world, "mpath --"));
}

#[test]
fn groups_come_from_the_configuration_in_use() {
    let world = two_groups();
    let both = ["home-lan: eth1, eth0", "office: eth2"];
    for verb in ["up", "plan", "status", "watch", "agent", "wait-online", "check", "switch", "drill", "down"] {
        assert_eq!(candidates(&world, &format!("mpath {verb} ")), both, "{verb}");
    }
    assert_eq!(candidates(&world, "mpath up home-lan "), ["office: eth2"]);
    assert_eq!(candidates(&world, "mpath up o"), ["office: eth2"]);
    fs::create_dir(world.path("other")).unwrap();
    fs::write(world.path("other/a.toml"), OFFICE.replace("office", "lab")).unwrap();
    let other = world.path("other").display().to_string();
    for option in [format!("-c {other}"), format!("--config={other}"), format!("-c{other}")] {
        assert_eq!(candidates(&world, &format!("mpath up {option} ")), ["lab: eth2"], "{option}");
    }
}

#[test]
fn what_stands_behind_the_cursor_counts_too() {
    let world = two_groups();
    fs::create_dir(world.path("other")).unwrap();
    fs::write(world.path("other/a.toml"), OFFICE.replace("office", "lab")).unwrap();
    let other = world.path("other").display().to_string();
    let at = |cursor: usize, line: &str| {
        let run = world.run(&format!("complete --config DIR/etc --cursor {cursor} -- {line}"));
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run}");
        run.stdout.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(at(2, &format!("mpath up l -c {other}")), ["lab"]);
    assert_eq!(at(2, "mpath up o home-lan"), ["office"]);
    assert_eq!(at(2, "mpath up h home-lan"), [""; 0]);
    assert_eq!(at(3, "mpath switch --to e office"), ["eth2"]);
    assert_eq!(at(1, "mpath sta home-lan"), ["status"]);
    assert_eq!(at(9, "mpath sta"), ["status"]);
}

#[test]
fn a_file_with_mistakes_still_has_names() {
    let world = World::new();
    world.file("home-lan.toml", HOME_LAN.replace("\"100ms\"", "100").replace("gateway   =", "gateway   = ["));
    assert_eq!(candidates(&world, "mpath up "), ["home-lan: eth1, eth0"]);
    assert_eq!(candidates(&world, "mpath switch --to "), ["eth1: primary", "eth0: member"]);
}

#[test]
fn members_come_from_the_group_as_it_is_on_the_host() {
    let world = two_groups();
    assert_eq!(candidates(&world, "mpath switch home-lan --to "), ["eth0: ok", "eth1: carries the traffic"]);
    assert_eq!(candidates(&world, "mpath switch home-lan --to=eth1"), ["--to=eth1: carries the traffic"]);
    // One that is not up has what the file says, and of several groups nobody knows which is meant.
    assert_eq!(candidates(&world, "mpath switch office --to "), ["eth2: member"]);
    assert_eq!(candidates(&world, "mpath switch --to "), [""; 0]);
}

#[test]
fn down_also_knows_what_the_configuration_does_not_have_any_more() {
    let world = World::up();
    world.file("home-lan.toml", OFFICE);
    assert_eq!(candidates(&world, "mpath down "), ["office: eth2", "home-lan: not in the configuration any more"]);
    assert_eq!(candidates(&world, "mpath up "), ["office: eth2"]);
    fs::remove_dir_all(world.path("run/receipts")).unwrap();
    assert_eq!(candidates(&world, "mpath down h"), ["home-lan: up on bond0"]);
}

#[test]
fn doctor_takes_the_devices_of_others_too() {
    let world = World::up();
    let mut host = world.host.borrow_mut();
    let mut other = host.host.interfaces[&name("bond0")].clone();
    other.group_mut().unwrap().label = None;
    host.host.interfaces.insert(name("bond7"), other);
    drop(host);
    let found = candidates(&world, "mpath doctor ");
    let expected = ["home-lan: eth1, eth0", "bond0: the device of home-lan", "bond7: a device that mpath did not make"];
    assert_eq!(found, expected);
}

#[test]
fn changes_that_wait_are_completed() {
    let world = World::new();
    assert!(candidates(&world, "mpath confirm ").iter().all(|word| word.starts_with("--")));
    assert_eq!(world.run("up -q --confirm 60s").code, 0);
    let token = world.guards.borrow()[0].clone();
    for verb in ["confirm", "revert"] {
        let found = candidates(&world, &format!("mpath {verb} "));
        assert!(found.len() == 1 && found[0].starts_with(&format!("{token}: home-lan, undone in ")), "{found:?}");
    }
}

#[test]
fn paths_are_left_to_the_shell() {
    let world = World::new();
    assert_eq!(candidates(&world, "mpath -c "), [":files"]);
    assert_eq!(candidates(&world, "mpath up --config=/e"), [":files"]);
    assert_eq!(candidates(&world, "mpath drill --svg x"), [":files"]);
    assert_eq!(candidates(&world, "mpath render --root "), [":directories"]);
}

#[test]
fn whatever_is_wrong_there_is_silence() {
    let world = World::up();
    world.faults.open.set(Some(crate::world::no_driver));
    assert_eq!(candidates(&world, "mpath switch --to "), ["eth1: primary", "eth0: member"]);
    assert_eq!(candidates(&world, "mpath down "), ["home-lan: eth1, eth0"]);
    fs::remove_dir_all(world.path("etc")).unwrap();
    assert_eq!(candidates(&world, "mpath up "), candidates(&world, "mpath up --"));
    assert_eq!(candidates(&world, "mpath up -c /dev/zero x"), [""; 0]);
    assert_eq!(candidates(&world, ""), [""; 0]);
    let run = world.run("complete --config nowhere");
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""));
}

#[test]
fn names_of_others_cannot_act() {
    let world = World::new();
    world.file("home-lan.toml", "[group.a]\nmembers = [\"eth1\"]\n[group.\"b\\u001b[31m\"]\nmembers = []\n");
    assert_eq!(candidates(&world, "mpath up "), ["a: eth1"]);
    let found = candidates(&world, "mpath up a\u{1b}[31m");
    assert!(found.iter().all(|word| !word.contains('\u{1b}')), "{found:?}");
}
