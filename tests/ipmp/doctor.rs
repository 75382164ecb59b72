//! `mpath doctor` on the simulated programs: each fault is made, found, and cured by what is told.

use illumos_simulator::{Dialect, Zone};
use serde_json::Value;

use crate::world::{DIALECTS, HOME_LAN, World};

fn findings(world: &World) -> Vec<Value> {
    let run = world.run("doctor --json");
    let told: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"));
    assert_eq!(told["schema"], "mpath.doctor/1", "{run}");
    told["findings"].as_array().unwrap().clone()
}

fn codes(world: &World) -> Vec<String> {
    findings(world).iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

/// Types the commands of a finding's cure.
fn cure(world: &World, finding: &Value) {
    let commands = finding["cure"].as_array().unwrap().iter().flat_map(|cure| cure["commands"].as_array().unwrap());
    for command in commands.flat_map(|command| command.as_str().unwrap().split(" && ")) {
        let mut words = command.split(' ');
        let output = world.host.run(words.next().unwrap(), &words.collect::<Vec<_>>());
        assert!(output.success(), "{command}: {}", output.stderr());
    }
}

/// Finds one fault, types its cure, and finds nothing.
#[track_caller]
fn found_and_cured(world: &World, code: &str, seen: &str) {
    let findings = findings(world);
    let found = findings.iter().find(|finding| finding["code"] == code);
    let found = found.unwrap_or_else(|| panic!("not found: {code}, but {findings:#?}"));
    assert!(found["evidence"].to_string().contains(seen), "{found:#}");
    cure(world, found);
    assert_eq!(codes(world), [""; 0]);
}

#[test]
fn nothing_is_wrong_with_a_group_that_is_up_nor_without_one() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        assert_eq!(world.run("doctor").stdout, "nothing is wrong\n");
        world.done("up");
        assert_eq!(world.run("doctor").stdout, "nothing is wrong\n", "{dialect:?}");
    }
}

#[test]
fn who_else_manages_the_network_is_found() {
    for (dialect, code, seen) in [
        (Dialect::IllumosNew, "nwam-manages", "svc:/network/physical:nwam"),
        (Dialect::IllumosOld, "nwam-manages", "online"),
        (Dialect::Solaris11, "profile-automatic", "netadm list"),
    ] {
        let world = World::new(dialect, HOME_LAN);
        world.host.set_profile_manager(true);
        assert_eq!(world.run("doctor").code, 7);
        found_and_cured(&world, code, seen);
    }
}

#[test]
fn a_daemon_that_does_not_run_is_found_where_there_is_a_group() {
    for dialect in [Dialect::IllumosNew, Dialect::Solaris11] {
        let world = World::new(dialect, HOME_LAN);
        world.host.stop_mpathd();
        assert_eq!(codes(&world), [""; 0]);
        world.host.start_mpathd();
        world.done("up");
        world.host.stop_mpathd();
        found_and_cured(&world, "mpathd-off", "in.mpathd");
    }
    // Where it has no service, a group that lost it is as dead.
    let world = World::new(Dialect::IllumosOld, HOME_LAN);
    world.done("up");
    world.host.stop_mpathd();
    assert_eq!(codes(&world), ["mpathd-off"]);
}

#[test]
fn a_zone_that_shares_the_network_is_found() {
    let world = World::new(Dialect::IllumosNew, HOME_LAN);
    world.host.set_zone(Zone::SharedIp);
    assert_eq!(codes(&world), ["zone-shares-network"]);
    world.host.set_zone(Zone::ExclusiveIp);
    assert_eq!(codes(&world), [""; 0]);
}

#[test]
fn a_group_of_standbys_is_found_and_one_of_them_let_in() {
    for (dialect, standby) in [
        (Dialect::IllumosNew, "ipadm set-ifprop -t -p standby=on -m ip net0"),
        (Dialect::IllumosOld, "ifconfig net0 standby"),
    ] {
        let world = World::new(dialect, HOME_LAN);
        world.done("up");
        let words: Vec<_> = standby.split(' ').collect();
        assert!(world.host.run(words[0], &words[1..]).success());
        let findings = findings(&world);
        let found = findings.iter().find(|finding| finding["code"] == "only-standbys").unwrap();
        assert!(found["evidence"].to_string().contains("net0: s in FLAGS"), "{found:#}");
        cure(&world, found);
        assert!(!codes(&world).contains(&"only-standbys".to_owned()));
    }
}

#[test]
fn a_member_that_is_not_probed_as_the_others_are_is_found() {
    let probes = |number: u8| format!("{{ name = \"net{number}\", probe-address = \"192.168.1.5{number}/24\" }}");
    let members = format!("[{}, {}]", probes(0), probes(1));
    let file = HOME_LAN.replace("[\"net0\", \"net1\"]", &members);
    let file = file.split("\n[group.home-lan.detection]").next().unwrap().to_owned() + "detection.probe = {}\n";
    for dialect in [Dialect::IllumosNew, Dialect::Solaris11] {
        let world = World::new(dialect, &file);
        world.done("up");
        assert_eq!(codes(&world), [""; 0]);
        assert!(world.host.run("ifconfig", &["net1", "removeif", "192.168.1.51"]).success());
        let findings = findings(&world);
        let found = findings.iter().find(|finding| finding["code"] == "no-test-address").unwrap();
        assert_eq!(found["interface"], "net1");
        assert!(found["evidence"].to_string().contains("192.168.1.50/24"), "{found:#}");
        assert!(world.run("doctor --fix").stdout.ends_with("nothing is wrong\n"));
    }
}

#[test]
fn a_group_that_lost_a_member_is_found_and_fixed_by_the_file() {
    for dialect in [Dialect::IllumosNew, Dialect::Solaris11] {
        let world = World::new(dialect, HOME_LAN);
        world.done("up");
        let output = world.host.run("ipadm", &["remove-ipmp", "--temporary", "-i", "net1", "homelan0"]);
        assert!(output.success(), "{}", output.stderr());
        let found = codes(&world);
        assert!(found.contains(&"single-member".to_owned()) && found.contains(&"drifted".to_owned()), "{found:?}");
        // What the file cannot bring about is told, with what helps.
        let run = world.run("doctor --fix");
        assert!(run.code == 1 && run.stderr.contains("net1 is a standby already"), "{run}");
        assert!(world.host.run("ipadm", &["set-ifprop", "-t", "-p", "standby=off", "-m", "ip", "net1"]).success());
        let run = world.run("doctor --fix");
        assert!(run.code == 0 && run.stdout.ends_with("nothing is wrong\n"), "{run}");
    }
}

#[test]
fn an_address_that_another_station_has_is_found() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        world.done("up --persist");
        for card in ["net0", "net1"] {
            world.host.with_link(card, |link| link.hosts = vec!["192.168.1.34".parse().unwrap()]);
        }
        world.reboot();
        let findings = findings(&world);
        let found = findings.iter().find(|finding| finding["code"] == "dad-failed");
        let found = found.unwrap_or_else(|| panic!("{dialect:?}: {findings:#?}"));
        assert!(
            found["summary"].as_str().unwrap().contains("192.168.1.34") && found["device"] == "homelan0",
            "{found:#}"
        );
        assert!(found["evidence"].to_string().contains("DUPLICATE"), "{found:#}");
    }
}
