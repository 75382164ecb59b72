//! What `mpath agent` does by itself: members that were lost come back, and the traffic leaves a dead link at once.

use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::agent::{Agent, up, up_on};
use crate::flood::Flood;
use crate::mpath::{Config, HOME_LAN};
use crate::network::{Segment, ip, option, read, wait_for_active, wait_until};

crate::cases!(OwnNamespace:
    a_member_that_was_taken_out_or_appears_is_let_in_again,
    all_is_put_right_where_that_is_asked_for,
    a_member_that_keeps_leaving_is_let_in_ever_more_seldom,
    nothing_is_put_right_while_a_change_waits_nor_where_the_group_is_not_up,
    a_lost_link_is_left_on_the_kernels_word_and_taken_back_after_a_moment,
);

fn a_member_that_was_taken_out_or_appears_is_let_in_again() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let text = HOME_LAN.replace(r#"["eth1", "eth0"]"#, r#"["eth1", "eth0", { name = "eth2", optional = true }]"#);
    let config = up_on(&text);
    let agent = Agent::start(&config, "");
    // The primary, so that it is to be the primary again.
    ip("link set eth1 nomaster");
    agent.wait_for("home-lan: eth1 has left the group");
    agent.wait_for("home-lan: eth1 is let into the group: add eth1 to bond0");
    agent.wait_for("home-lan: eth1 is as the file says");
    wait_for_active("bond0", "eth1");
    config.mpath("plan --check").expect(0);
    // What somebody changed by hand is told, and left.
    ip("address add 192.168.1.99/24 dev bond0");
    ip("link set bond0 type bond miimon 50");
    agent.wait_for("drift: 1 step");
    ip("link add eth2 address 02:00:00:00:00:03 type veth peer name p-eth2 netns sw");
    ip("-n sw link set p-eth2 master br0 up");
    agent.wait_for("home-lan: eth2 is as the file says");
    wait_until("eth2 works", || read("/sys/class/net/eth2/bonding_slave/mii_status") == "up");
    assert_eq!(option("bond0", "miimon"), "50");
    agent.end(Signal::SIGTERM);
    // `down` knows the new one as it was.
    config.succeed("down home-lan");
    assert!(!std::path::Path::new("/sys/class/net/eth2/master").exists());
    assert!(!ip("link show dev eth2").contains("UP,"), "it was off before it joined");
}

fn all_is_put_right_where_that_is_asked_for() {
    let (_segment, config) = up();
    let agent = Agent::start(&config, "--converge all");
    ip("link set bond0 type bond miimon 50");
    agent.wait_for("home-lan: what differs from the file is put right: ");
    agent.wait_for("home-lan: the group is as the file says (1 step)");
    assert_eq!(option("bond0", "miimon"), "100");
    agent.end(Signal::SIGTERM);
    let agent = Agent::start(&config, "--converge off");
    ip("link set eth0 nomaster");
    agent.wait_for("home-lan: degraded");
    std::thread::sleep(Duration::from_millis(1500));
    assert!(agent.told.try_iter().all(|line| !line.contains("let into")));
    assert!(read("/sys/class/net/eth0/master/ifindex").is_empty());
}

fn a_member_that_keeps_leaving_is_let_in_ever_more_seldom() {
    let (_segment, config) = up();
    let agent = Agent::start(&config, "");
    for round in 0..3 {
        ip("link set eth0 nomaster");
        agent.wait_for("home-lan: eth0 is as the file says");
        if round == 2 {
            let line = agent.wait_for("too often");
            assert!(line.ends_with("eth0 was put right too often: the next time is in 10 s at the earliest"), "{line}");
        }
    }
    // Only who was seen in the group is seen to leave it.
    agent.wait_for("home-lan: eth0 has joined");
    ip("link set eth0 nomaster");
    agent.wait_for("home-lan: eth0 has left the group");
    std::thread::sleep(Duration::from_secs(2));
    assert!(read("/sys/class/net/eth0/master/ifindex").is_empty());
    agent.end(Signal::SIGTERM);
}

fn nothing_is_put_right_while_a_change_waits_nor_where_the_group_is_not_up() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(HOME_LAN);
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
    command.arg("agent").arg("--config").arg(config.folder());
    let agent = Agent::of(command);
    agent.wait_for("home-lan: absent");
    std::thread::sleep(Duration::from_millis(1500));
    assert!(!std::path::Path::new("/sys/class/net/bond0").exists());
    config.succeed("up home-lan --confirm 60s");
    wait_for_active("bond0", "eth1");
    // It is up by a change that waits, and has no receipt before it is confirmed.
    ip("link set eth0 nomaster");
    agent.wait_for("home-lan: eth0 has left the group");
    std::thread::sleep(Duration::from_millis(1500));
    assert!(read("/sys/class/net/eth0/master/ifindex").is_empty());
    config.succeed("confirm");
    // With the next change of the host it looks again.
    ip("link set lo mtu 65535");
    agent.wait_for("home-lan: eth0 is as the file says");
    agent.end(Signal::SIGTERM);
}

/// The story's group, whose links are looked at every so often.
fn every(interval: &str) -> String {
    let (head, _) = HOME_LAN.split_once("link =").unwrap();
    format!("{head}link = {{ interval = \"{interval}\" }}\n")
}

fn a_lost_link_is_left_on_the_kernels_word_and_taken_back_after_a_moment() {
    let segment = Segment::new(&["eth0", "eth1"]);
    // Looked at so seldom that the group itself sees little of it.
    let config = up_on(&every("2s"));
    let agent = Agent::start(&config, "--handover-on-carrier");
    let mut flood = Flood::start("192.168.1.34");
    let failures = || read("/sys/class/net/eth1/bonding_slave/link_failure_count");
    let mut unseen = 0;
    while unseen < 2 {
        let (before, from) = (failures(), Instant::now());
        segment.cut("eth1");
        agent.wait_for("home-lan: eth1 has lost its link: the traffic is given to eth0");
        wait_for_active("bond0", "eth0");
        let end = flood.wait_for_answers();
        let lost = flood.lost(from, end);
        segment.plug("eth1");
        wait_for_active("bond0", "eth1");
        // Where it was looked at in that moment, the group did it by itself.
        if failures() == before {
            assert!(
                lost < 500,
                "{lost} packets were lost, one a millisecond: that is a look at the links, not the kernel's word"
            );
            agent.wait_for("home-lan: eth1 had lost its link for a moment only: it gets the traffic back");
            unseen += 1;
        }
    }
    agent.end(Signal::SIGTERM);
    if let Ok(cuts) = std::env::var("MPATH_TEST_CUTS") {
        config.write(&every("100ms"));
        config.succeed("up home-lan");
        compare(&segment, &config, &mut flood, cuts.parse().unwrap());
    }
}

/// What a cut costs with and without the agent, for the reference.
fn compare(segment: &Segment, config: &Config, flood: &mut Flood, cuts: u64) {
    let mut cut = || {
        let mut lost = Vec::new();
        for number in 0..cuts {
            // Not always at the same time since the last look.
            std::thread::sleep(Duration::from_millis(37 * number % 100));
            let from = Instant::now();
            segment.cut("eth1");
            wait_for_active("bond0", "eth0");
            let end = flood.wait_for_answers();
            lost.push(flood.lost(from, end));
            segment.plug("eth1");
            wait_for_active("bond0", "eth1");
        }
        lost.sort_unstable();
        lost
    };
    let polled = cut();
    let agent = Agent::start(config, "--handover-on-carrier");
    let told = cut();
    eprintln!("packets lost in a cut, of one a millisecond: by the interval {polled:?}, on the kernel's word {told:?}");
    agent.end(Signal::SIGTERM);
}
