//! `mpath switch` and `mpath drill` on the driver, beside a capture at the far side.

use std::process::{Child, Command, Stdio};
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::capture::Capture;
use crate::mpath::{Config, HOME_LAN};
use crate::network::{Segment, option, read, wait_for_active, wait_until};
use crate::ping::{Ping, now};
use crate::story::MARGIN;

crate::cases!(OwnNamespace:
    a_switch_loses_next_to_nothing_and_holds_until_it_is_released,
    a_drill_by_switch_hands_the_traffic_round,
    a_drill_by_admin_agrees_with_a_capture_at_the_far_side,
    a_drill_by_carrier_pulls_cables_and_plugs_them_in_again,
    a_drill_that_is_killed_is_made_good_by_the_next_command,
    a_drill_that_is_interrupted_puts_its_members_back,
    a_member_that_recovers_is_waited_for_and_no_longer,
    a_cable_that_is_not_pulled_is_told_as_such,
    a_drill_without_a_standby_touches_nothing,
);

/// Up, with both members at work.
fn up() -> (Segment, Config) {
    let segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(HOME_LAN);
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    wait_until("the standby is up", || works("eth0"));
    (segment, config)
}

fn works(member: &str) -> bool {
    read(&format!("/sys/class/net/{member}/bonding_slave/mii_status")) == "up"
}

fn journals() -> usize {
    std::fs::read_dir(crate::network::state_directory().join("journal")).map_or(0, Iterator::count)
}

fn group(told: &Value) -> &Value {
    &told["groups"][0]
}

fn summary(told: &Value) -> Vec<String> {
    let events = group(told)["events"].as_array().unwrap().iter();
    events.map(|event| format!("{} {}", event["event"].as_str().unwrap(), event["member"].as_str().unwrap())).collect()
}

fn a_switch_loses_next_to_nothing_and_holds_until_it_is_released() {
    let (_segment, config) = up();
    let mut ping = Ping::start(Segment::HOST);
    let begin = now();
    config.succeed("switch home-lan");
    assert_eq!(option("bond0", "active_slave"), "eth0");
    config.succeed("plan --check");
    config.succeed("switch --release");
    assert_eq!(option("bond0", "active_slave"), "eth1");
    let lost = ping.lost(begin, now());
    assert!(lost <= 2, "{lost} pings lost, one on the way each time is allowed");
    assert_eq!(journals(), 0);
}

fn a_drill_by_switch_hands_the_traffic_round() {
    let (_segment, config) = up();
    let told = config.json("drill --rest 500ms");
    assert_eq!(summary(&told), ["hand-over eth0", "hand-over eth1"]);
    assert_eq!(group(&told)["timestamps"], "kernel");
    for event in group(&told)["events"].as_array().unwrap() {
        let gap = event["longest_gap_ms"].as_f64().unwrap();
        assert!(gap <= 150.0, "nothing has to be found out: {event}");
        let carrier = &event["carried"][event["member"].as_str().unwrap()];
        // Who is handed the traffic carries most of the probes: frames of 14, 20 and 16 bytes.
        assert!(carrier["sent"].as_u64().unwrap() >= event["sent"].as_u64().unwrap() * 50 / 2, "{event}");
    }
    assert_eq!(option("bond0", "active_slave"), "eth1");
    assert_eq!(journals(), 0);
}

fn a_drill_by_admin_agrees_with_a_capture_at_the_far_side() {
    let (_segment, config) = up();
    let capture = Capture::start("icmp[icmptype] == icmp-echo");
    let told = config.json("drill --how admin --rest 500ms");
    let captured = capture.longest_gap();
    assert_eq!(summary(&told), ["fail eth1", "restore eth1", "fail eth0", "restore eth0"]);
    let measured = group(&told)["longest_gap_ms"].as_f64().unwrap();
    let interval = group(&told)["interval_ms"].as_f64().unwrap();
    assert!((measured - captured).abs() <= interval.max(2.0), "{measured} ms here, {captured} ms there: {told}");
    let failure = &group(&told)["events"][0];
    assert_eq!(failure["bound_ms"], 300.0);
    let margin = f64::from(u32::try_from(MARGIN.as_millis()).unwrap());
    assert!(failure["longest_gap_ms"].as_f64().unwrap() <= 300.0 + margin, "{failure}");
    assert!(failure["lost"].as_u64().unwrap() > 5, "a failure that nobody notices: {failure}");
    assert_eq!(option("bond0", "active_slave"), "eth1");
    config.mpath("drill --how admin --rest 300ms --max-gap 50ms").expect(11);
    config.succeed("plan --check");
}

fn a_drill_by_carrier_pulls_cables_and_plugs_them_in_again() {
    let (_segment, config) = up();
    let picture = config.folder().join("drill.svg");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
    command.arg("--config").arg(config.folder().join("home-lan.toml"));
    command.args("drill --how carrier --rest 500ms --json --svg".split(' ')).arg(&picture);
    command.args(["--cut", CUT, "--plug", PLUG]);
    let outcome = crate::mpath::run(command).expect(0);
    let told: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(summary(&told), ["fail eth1", "restore eth1", "fail eth0", "restore eth0"]);
    let failure = &group(&told)["events"][0];
    let margin = f64::from(u32::try_from(MARGIN.as_millis()).unwrap());
    assert!(failure["longest_gap_ms"].as_f64().unwrap() <= 300.0 + margin, "{failure}");
    assert!(failure["took_ms"].as_f64().unwrap() >= 100.0, "the down-delay was not waited for: {failure}");
    assert!(works("eth0") && works("eth1"));
    let svg = std::fs::read_to_string(picture).unwrap();
    assert!(svg.contains("fail eth1") && svg.ends_with("</svg>\n"));
}

const CUT: &str = "ip -n sw link set p-{member} down";
const PLUG: &str = "ip -n sw link set p-{member} up";

/// Starts a drill and waits until the traffic has left the first member.
fn begun(config: &Config, how: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
    command.arg("--config").arg(config.folder()).args(["drill", "--how", how, "--rest", "1s"]);
    if how == "carrier" {
        command.args(["--cut", CUT, "--plug", PLUG]);
    }
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for_active("bond0", "eth0");
    child
}

fn end(mut child: Child, signal: Signal) -> std::process::ExitStatus {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
    child.wait().unwrap()
}

fn a_drill_that_is_killed_is_made_good_by_the_next_command() {
    let (_segment, config) = up();
    for (how, next) in [("admin", "recover"), ("carrier", "up home-lan")] {
        end(begun(&config, how), Signal::SIGKILL);
        // Nobody is left who could put anything back, and so nothing changes any more.
        assert_eq!((journals(), option("bond0", "active_slave").as_str()), (1, "eth0"), "by {how}");
        assert!(!works("eth1"), "by {how}");
        config.succeed(next);
        wait_for_active("bond0", "eth1");
        assert!(works("eth1") && works("eth0") && journals() == 0, "by {how}, then {next}");
        config.succeed("plan --check");
    }
}

fn a_drill_that_is_interrupted_puts_its_members_back() {
    use Signal::{SIGHUP, SIGINT, SIGTERM};
    let (_segment, config) = up();
    for (how, signal) in
        [("switch", SIGINT), ("admin", SIGINT), ("carrier", SIGINT), ("admin", SIGTERM), ("switch", SIGHUP)]
    {
        let status = end(begun(&config, how), signal);
        assert_eq!(status.code(), Some(1), "by {how}, {signal}");
        assert!(works("eth1") && works("eth0") && journals() == 0, "by {how}, {signal}");
        assert_eq!(option("bond0", "active_slave"), "eth1", "by {how}, {signal}");
    }
    config.succeed("plan --check");
}

fn a_member_that_recovers_is_waited_for_and_no_longer() {
    let (segment, config) = up();
    config.write(&HOME_LAN.replace("up-delay = \"200ms\"", "up-delay = \"1s\""));
    config.succeed("up home-lan");
    segment.cut("eth0");
    wait_until("the standby has failed", || read("/sys/class/net/eth0/bonding_slave/mii_status") == "down");
    segment.plug("eth0");
    wait_until("the standby recovers", || read("/sys/class/net/eth0/bonding_slave/mii_status") == "going back");
    let begin = Instant::now();
    let told = config.json("drill --rest 100ms");
    let took = begin.elapsed();
    assert_eq!(summary(&told), ["hand-over eth0", "hand-over eth1"]);
    // It would give up after 5 s only, if the driver told nobody.
    assert!((500..4000).contains(&took.as_millis()), "{took:?}");
}

fn a_cable_that_is_not_pulled_is_told_as_such() {
    let (_segment, config) = up();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
    command.arg("--config").arg(config.folder()).args(["drill", "--how", "carrier", "--rest", "100ms"]);
    command.args(["--cut", "true", "--plug", "true"]);
    let outcome = crate::mpath::run(command).expect(1);
    outcome.says("eth1 kept its link, and answers came all the while").says("look at what --cut does");
    assert!(works("eth0") && works("eth1") && journals() == 0);
}

fn a_drill_without_a_standby_touches_nothing() {
    let (segment, config) = up();
    segment.cut("eth0");
    wait_until("the standby has failed", || read("/sys/class/net/eth0/bonding_slave/mii_status") == "down");
    config.mpath("drill --how admin").expect(1).says("eth0 is failed");
    config.mpath("switch").expect(1).says("the last member");
    assert_eq!((option("bond0", "active_slave").as_str(), journals()), ("eth1", 0));
}
