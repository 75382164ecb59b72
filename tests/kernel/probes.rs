//! What a drill sends, beside a capture at the far side: each kind of probe measures the gap that is there.

use std::net::TcpListener;
use std::process::Command;

use nix::sched::{CloneFlags, setns};
use serde_json::Value;

use crate::capture::Capture;
use crate::mpath::{Config, HOME_LAN, run};
use crate::network::{Segment, option, read, wait_for_active, wait_until};
use crate::story::MARGIN;

crate::cases!(OwnNamespace:
    the_gap_of_every_kind_of_probe_agrees_with_a_capture_at_the_far_side,
    without_raw_sockets_a_drill_makes_connections_and_asks_no_neighbours,
    who_does_not_answer_is_told_before_anything_happens,
);

/// The port of a service that is there; nothing listens on the next one.
const SERVICE: u16 = 4000;

/// How often what is measured is measured: once, or as often as `MPATH_TEST_RUNS` says.
fn runs() -> usize {
    std::env::var("MPATH_TEST_RUNS").map_or(1, |runs| runs.parse().unwrap())
}

/// Up by both families, with both members at work, and a service on the far side.
fn up() -> (Segment, Config, TcpListener) {
    let segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(&HOME_LAN.replace("\"192.168.1.34/24\"", "\"192.168.1.34/24\", \"2001:db8:1::34/64\""));
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    wait_until("the standby is up", || read("/sys/class/net/eth0/bonding_slave/mii_status") == "up");
    let listen = || {
        setns(std::fs::File::open("/run/netns/sw").unwrap(), CloneFlags::CLONE_NEWNET).unwrap();
        TcpListener::bind(("::", SERVICE)).unwrap()
    };
    // A namespace is a thread's.
    let service = std::thread::spawn(listen).join().unwrap();
    wait_until("addresses of IPv6 are settled", || {
        !crate::network::ip("-6 address show dev bond0").contains("tentative")
    });
    (segment, config, service)
}

fn the_gap_of_every_kind_of_probe_agrees_with_a_capture_at_the_far_side() {
    let (_segment, config, _service) = up();
    for run in 0..runs() {
        for (probe, target, filter) in [
            ("icmp", Segment::HOST6, "icmp6[icmp6type] == icmp6-echo"),
            ("tcp:4000", Segment::HOST, "tcp[tcpflags] == tcp-syn"),
            // pcap looks for flags behind a header of IPv4 only.
            ("tcp:4001", Segment::HOST6, "ip6 proto 6 and ip6[53] == 2"),
            // The driver announces a failover by requests for the group's own address.
            ("arp", Segment::HOST, "arp[6:2] == 1 and arp dst 192.168.1.24"),
            ("arp", Segment::HOST6, "icmp6[icmp6type] == icmp6-neighborsolicit and dst net ff02::/16"),
        ] {
            let capture = Capture::start(filter);
            let told = config.json(&format!("drill --how admin --rest 150ms --probe {probe} --target {target}"));
            let captured = capture.longest_gap();
            let group = &told["groups"][0];
            assert_eq!((&group["probe"], &group["timestamps"]), (&probe.into(), &"kernel".into()));
            let measured = group["longest_gap_ms"].as_f64().unwrap();
            let interval = group["interval_ms"].as_f64().unwrap();
            eprintln!("run {run}, {probe} to {target}: {measured} ms here, {captured:.3} ms there");
            assert!((measured - captured).abs() <= interval.max(2.0), "{measured} here, {captured} there: {told}");
            let failure = &group["events"][0];
            let margin = f64::from(u32::try_from(MARGIN.as_millis()).unwrap());
            assert!(failure["longest_gap_ms"].as_f64().unwrap() <= 300.0 + margin, "{failure}");
            assert!(failure["lost"].as_u64().unwrap() > 5, "a failure that nobody notices: {failure}");
            for event in &group["events"].as_array().unwrap()[1..] {
                assert!(event["lost"].as_u64().unwrap() <= 3, "{probe} to {target}: {event}");
            }
            wait_for_active("bond0", "eth1");
        }
    }
}

/// mpath as root, but for the right to raw sockets.
fn without_raw_sockets(config: &Config, words: &str) -> crate::mpath::Outcome {
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set", "-net_raw", "--inh-caps", "-net_raw", env!("CARGO_BIN_EXE_mpath")]);
    command.arg("--config").arg(config.folder()).args(words.split_whitespace());
    run(command)
}

fn without_raw_sockets_a_drill_makes_connections_and_asks_no_neighbours() {
    let (_segment, config, _service) = up();
    let words = format!("drill --how admin --rest 150ms --json --probe tcp:{SERVICE}");
    let told: Value = serde_json::from_str(&without_raw_sockets(&config, &words).expect(0).stdout).unwrap();
    let group = &told["groups"][0];
    assert_eq!(group["timestamps"], "process");
    let failure = &group["events"][0];
    assert!(failure["lost"].as_u64().unwrap() > 5, "{failure}");
    assert!((150.0..1500.0).contains(&failure["longest_gap_ms"].as_f64().unwrap()), "{failure}");
    wait_for_active("bond0", "eth1");
    for target in [Segment::HOST, Segment::HOST6] {
        let outcome = without_raw_sockets(&config, &format!("drill --probe arp --target {target}"));
        outcome.expect(8).says("cannot be asked by arp").says("CAP_NET_RAW");
    }
    assert_eq!(option("bond0", "active_slave"), "eth1");
}

fn who_does_not_answer_is_told_before_anything_happens() {
    let (_segment, config, _service) = up();
    for target in ["192.168.1.99", "2001:db8:1::99"] {
        let outcome = config.mpath(&format!("drill --rest 200ms --probe arp --target {target}")).expect(1);
        outcome.says("does not answer before the drill").says("same segment");
    }
    // Another host's service, which a router would lead to; there is none.
    config.mpath("drill --rest 200ms --probe tcp:4000 --target 192.168.1.99").expect(1).says("open ports");
    assert_eq!(option("bond0", "active_slave"), "eth1");
}
