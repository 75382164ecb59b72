//! Playbooks on the whole fleet.

use std::fs;
use std::sync::LazyLock;

use super::cases;
use super::fleet::{self, ILLUMOS, LINUX, Monitor, files, mutations, on, path};
use super::run::{Play, play, succeed};

cases!(
    check_mode_writes_nothing_and_shows_what_would_change,
    the_first_run_changes_every_host_and_the_second_none,
    a_bad_file_and_a_lost_network_fail_alone_and_leave_their_hosts_as_they_were,
    drills_are_held_on_one_host_at_a_time,
    members_of_simulated_hosts_take_turns,
    hosts_without_python_are_served_too,
);

/// The run that brings all groups up.
static FIRST: LazyLock<Play> = LazyLock::new(|| play(&["site.yml"]));

/// Every host has its group up.
pub(super) fn converged() {
    FIRST.is_good();
}

fn check_mode_writes_nothing_and_shows_what_would_change() {
    let hosts = fleet::all();
    let before: Vec<_> = hosts.iter().map(|host| files(host)).collect();
    let monitors: Vec<_> = LINUX.into_iter().map(Monitor::of).collect();
    let would = play(&["site.yml", "--check", "--diff"]);
    would.is_good();
    for monitor in monitors {
        assert_eq!(monitor.end(), [""; 0]);
    }
    assert_eq!(hosts.iter().map(|host| files(host)).collect::<Vec<_>>(), before);
    for host in ILLUMOS {
        assert_eq!(mutations(host), "");
    }
    for host in &hosts {
        assert_eq!((would.count(host, "changed"), would.count(host, "failures")), (1, 0), "{}", would.output);
    }
    let (_, result) = would.result("web1", "Bring the group up");
    let diff = result["diff"].as_array().unwrap();
    let text = "[group.home-lan]\naddresses = [\"192.168.1.31/24\"]\ngateway   = \"192.168.1.24\"\n\
                members   = [\"eth1\", \"eth0\"]\nprimary   = \"eth1\"\n";
    assert_eq!((&diff[0]["before"], &diff[0]["after"]), (&"".into(), &text.into()));
    assert_eq!(diff[0]["after_header"], "/etc/mpath/home-lan.toml");
    let steps = diff[1]["prepared"].as_str().unwrap();
    assert!(steps.contains("ip link add") && steps.contains("192.168.1.31/24"), "{steps}");
    let (_, result) = would.result("sol1", "Bring the group up");
    let steps = result["diff"][1]["prepared"].as_str().unwrap();
    assert!(steps.contains("ipadm create-ipmp"), "{steps}");
    // And so Ansible shows them.
    for shown in ["+++ after: /etc/mpath/home-lan.toml", "+primary   = \"net0\"", "home-lan: 1. "] {
        assert!(would.output.contains(shown), "{shown}\n{}", would.output);
    }
}

fn the_first_run_changes_every_host_and_the_second_none() {
    converged();
    for host in fleet::all() {
        // The file, the group, and that it stays.
        assert_eq!(FIRST.count(host, "changed"), 3, "{host}\n{}", FIRST.output);
        let (_, up) = FIRST.result(host, "Bring the group up");
        assert_eq!((&up["groups"][0]["outcome"], up["token"].is_string()), (&"changed".into(), true), "{up:#}");
        assert!(path(host, "/etc/mpath/home-lan.toml").exists());
    }
    for host in LINUX {
        let status = on(host, &["/usr/local/bin/mpath", "status", "--check", "-q"]);
        assert_eq!(succeed(status), "home-lan: ok\n");
    }
    let before: Vec<_> =
        fleet::all().iter().map(|host| fs::read(path(host, "/etc/mpath/home-lan.toml")).unwrap()).collect();
    let monitors: Vec<_> = LINUX.into_iter().map(Monitor::of).collect();
    let done: Vec<_> = ILLUMOS.into_iter().map(mutations).collect();
    let again = play(&["site.yml"]);
    again.is_good();
    for host in fleet::all() {
        assert_eq!((again.count(host, "changed"), again.count(host, "failures")), (0, 0), "{}", again.output);
    }
    for monitor in monitors {
        assert_eq!(monitor.end(), [""; 0]);
    }
    assert_eq!(ILLUMOS.into_iter().map(mutations).collect::<Vec<_>>(), done);
    let after: Vec<_> =
        fleet::all().iter().map(|host| fs::read(path(host, "/etc/mpath/home-lan.toml")).unwrap()).collect();
    assert_eq!(after, before);
}

fn a_bad_file_and_a_lost_network_fail_alone_and_leave_their_hosts_as_they_were() {
    converged();
    let text = |host| fs::read_to_string(path(host, "/etc/mpath/home-lan.toml")).unwrap();
    let before = (text("web5"), text("lone1"));
    // web5 has a slip in its file; lone1, which is managed by the very address, gets another.
    let ran = play(&["site.yml", "-e", "@changes.yml", "--limit", "web1,web5,lone1,sol1"]);
    assert_eq!(ran.code, 2, "{}", ran.output);
    for host in ["web1", "sol1"] {
        assert_eq!((ran.count(host, "changed"), ran.count(host, "failures")), (0, 0), "{}", ran.output);
    }
    let (how, bad) = ran.result("web5", "Tell why it is not up");
    let why = bad["msg"].as_str().unwrap();
    assert_eq!(how, "failed");
    assert!(why.contains("/etc/mpath/home-lan.toml:") && why.contains("primry"), "{why}");
    assert!(why.contains("did you mean `primary`?"), "{why}");

    // The answer is lost, or it comes once all is as before.
    let (how, up) = ran.result("lone1", "Bring the group up");
    assert!(how == "unreachable" || up["token"].is_string(), "{}", ran.output);
    let (how, lost) = ran.result("lone1", "Tell why it is not up");
    let why = lost["msg"].as_str().unwrap();
    assert_eq!(how, "failed");
    assert!(why.contains("a change that was not confirmed in time was undone"), "{why}");
    assert_eq!((text("web5"), text("lone1")), before);
    for host in ["web5", "lone1"] {
        succeed(on(host, &["/usr/local/bin/mpath", "plan", "--check", "-q"]));
    }
}

fn drills_are_held_on_one_host_at_a_time() {
    converged();
    let ran =
        play(&["mpath.mpath.failover", "--limit", "web1,web2", "-e", "ansible_become=false failover_max_gap=20s"]);
    ran.is_good();
    let mut ended = 0.0;
    for host in ["web1", "web2"] {
        let (how, drill) = ran.result(host, "Hold a drill");
        assert!(how == "ok" && drill["longest_gap_ms"].is_number(), "{drill:#}");
        assert_eq!(ran.count(host, "changed"), 0, "{}", ran.output);
        let (from, to) = ran.time(host, "Hold a drill");
        assert!(from > ended, "{host} began at {from}, and the one before ended at {ended}");
        ended = to;
    }
}

fn members_of_simulated_hosts_take_turns() {
    converged();
    let before: Vec<_> = ILLUMOS.into_iter().map(|host| mutations(host).lines().count()).collect();
    let ran = play(&["illumos.yml"]);
    ran.is_good();
    for (host, before) in ILLUMOS.into_iter().zip(before) {
        for task in ["Let another carry the traffic", "Let the primary carry it again"] {
            assert_eq!(ran.result(host, task).1["changed"], true, "{}", ran.output);
        }
        let (_, drill) = ran.result(host, "Hold a drill");
        assert!(drill["changed"] == false && drill["longest_gap_ms"].is_number(), "{drill:#}");
        let done = mutations(host);
        let done: Vec<_> = done.lines().skip(before).collect();
        assert!(done[0].contains("if_mpadm -d net0") && done[1].contains("if_mpadm -r net0"), "{done:?}");
        let of_the_drill = |verb: &str| done[2..].iter().filter(|line| line.contains(verb)).count();
        assert!(of_the_drill("if_mpadm -d") > 0, "{done:?}");
        assert_eq!(of_the_drill("if_mpadm -d"), of_the_drill("if_mpadm -r"), "{done:?}");
        assert_eq!(succeed(on(host, &["/usr/local/bin/mpath", "status", "--check", "-q"])), "home-lan: ok\n");
    }
}

fn hosts_without_python_are_served_too() {
    converged();
    let ran = play(&["bare.yml"]);
    ran.is_good();
    for host in ["web4", "sol2"] {
        for task in ["Take the group down", "Bring the group up"] {
            assert_eq!(ran.result(host, task).1["changed"], true, "{}", ran.output);
        }
        let (_, would) = ran.result(host, "Tell what would become of it");
        assert_eq!((&would["changed"], would["diff"].is_array()), (&true.into(), true), "{would:#}");
    }
}
