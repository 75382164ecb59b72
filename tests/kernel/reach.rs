//! The gate on a real network: what was reached before a change is reached after it, or the change is undone.

use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;

use crate::mpath::{Config, HOME_LAN, Outcome};
use crate::network::{Segment, ip, picture, wait_for_link_local, wait_for_picture, wait_until};

crate::cases!(OwnNamespace:
    a_change_after_which_the_gateway_answers_stays,
    a_change_into_another_network_is_undone_at_once,
    a_change_that_loses_a_link_local_gateway_finds_it_behind_the_bond,
    a_service_must_accept_connections_afterwards,
    what_did_not_answer_before_is_not_demanded,
    a_name_server_must_answer_afterwards,
    a_change_that_is_killed_in_the_gate_is_undone_by_the_next_command,
    a_change_that_is_interrupted_in_the_gate_is_undone,
    with_confirm_the_gate_comes_first,
);

const BOTH: &[&str] = &["eth0", "eth1"];

/// A file that is right, and for another network.
fn elsewhere() -> String {
    HOME_LAN.replace("192.168.1.34/24", "10.9.9.34/24").replace("192.168.1.24", "10.9.9.24")
}

/// eth1 with an address and its way out, as on a host that is in use.
fn a_host_in_use() {
    for words in ["link set eth0 up", "link set eth1 up", "address add 192.168.1.34/24 dev eth1"] {
        ip(words);
    }
    ip("route add default via 192.168.1.24 dev eth1");
    BOTH.iter().for_each(|name| wait_for_link_local(name));
}

/// Nobody's name servers: those of the machine would cost a second each time.
fn name_server(address: &str) -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("etc").tempdir_in("/run").unwrap();
    let file = folder.path().join("resolv.conf");
    std::fs::write(&file, format!("nameserver {address}\n")).unwrap();
    let none = None::<&str>;
    let target = std::fs::canonicalize("/etc/resolv.conf").unwrap_or_else(|_| "/etc/resolv.conf".into());
    nix::mount::mount(Some(&file), &target, none, nix::mount::MsFlags::MS_BIND, none).unwrap();
    folder
}

/// What one of the targets came to, in the document of a run.
fn measured(outcome: &Outcome, target: &str) -> (bool, Option<bool>) {
    let document: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let list = document["reachable"].as_array().unwrap_or_else(|| panic!("{outcome:?}"));
    let found = list.iter().find(|measured| measured["target"] == target);
    let found = found.unwrap_or_else(|| panic!("{target} was not asked: {outcome:?}"));
    (found["before"].as_bool().unwrap(), found["after"].as_bool())
}

/// A server on the far side, which goes with its name.
struct Server(Child);

impl Server {
    /// Runs a script on the far side that says `ready` once it serves.
    fn start(script: &str) -> Self {
        use std::io::BufRead as _;
        let mut command = Command::new("ip");
        command.args(["netns", "exec", "sw", "python3", "-c", script]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut word = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut word).unwrap();
        assert_eq!(word, "ready\n");
        Self(child)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn a_change_after_which_the_gateway_answers_stays() {
    let _segment = Segment::new(BOTH);
    a_host_in_use();
    let _folder = name_server("127.0.0.53");
    let config = Config::new(HOME_LAN);
    let outcome = config.succeed("up home-lan --check-reachable auto --json");
    assert_eq!(measured(&outcome, Segment::HOST), (true, Some(true)));
    assert!(crate::network::receipt("home-lan").is_some());
    config.succeed("down home-lan");
}

fn a_change_into_another_network_is_undone_at_once() {
    let _segment = Segment::new(BOTH);
    a_host_in_use();
    let _folder = name_server("127.0.0.53");
    let before = picture(BOTH);
    let config = Config::new(&elsewhere());
    let outcome = config.mpath("up home-lan --check-reachable auto --check-limit 2s --json").expect(1);
    let outcome = outcome.says("cannot reach any more what could be reached before: the gateway 192.168.1.24");
    assert_eq!(measured(&outcome, Segment::HOST), (true, Some(false)));
    assert_eq!(measured(&outcome, "10.9.9.24"), (false, None));
    assert!(outcome.stdout.contains("\"undone\":true"), "{outcome:?}");
    wait_for_picture(&before, BOTH);
    assert!(!std::path::Path::new("/sys/class/net/bond0").exists());
    config.succeed("up home-lan --check-reachable none");
    config.succeed("down home-lan");
    wait_for_picture(&before, BOTH);
}

fn a_change_that_loses_a_link_local_gateway_finds_it_behind_the_bond() {
    let _segment = Segment::new(BOTH);
    a_host_in_use();
    let _folder = name_server("127.0.0.53");
    ip("-n sw address add fe80::24/64 dev br0 nodad");
    ip("-6 route add default via fe80::24 dev eth1");
    let config = Config::new(HOME_LAN);
    let outcome = config.succeed("up home-lan --check-reachable auto --json");
    assert_eq!(measured(&outcome, "fe80::24%eth1"), (true, Some(true)));
}

fn a_service_must_accept_connections_afterwards() {
    let _segment = Segment::new(BOTH);
    a_host_in_use();
    let before = picture(BOTH);
    // The service serves one network only, which the host leaves.
    let _server = Server::start(
        "import socket\ns = socket.create_server(('192.168.1.24', 7000))\nprint('ready', flush=True)\n\
         while True: s.accept()",
    );
    let config = Config::new(HOME_LAN);
    let outcome = config.succeed("up home-lan --probe 192.168.1.24:7000 --json");
    assert_eq!(measured(&outcome, "192.168.1.24:7000"), (true, Some(true)));
    config.succeed("down home-lan");
    wait_for_picture(&before, BOTH);
    config.write(&elsewhere());
    let outcome = config.mpath("up home-lan --probe 192.168.1.24:7000 --check-limit 2s --json").expect(1);
    assert_eq!(measured(&outcome, "192.168.1.24:7000"), (true, Some(false)));
    wait_for_picture(&before, BOTH);
}

fn what_did_not_answer_before_is_not_demanded() {
    let _segment = Segment::new(BOTH);
    a_host_in_use();
    let _folder = name_server("192.168.1.99");
    let config = Config::new(HOME_LAN);
    let probes = "--probe 192.168.1.77 --probe 192.168.1.24:7001";
    let outcome = config.succeed(&format!("up home-lan --check-reachable auto {probes} --json"));
    for target in ["192.168.1.77", "192.168.1.24:7001", "192.168.1.99"] {
        assert_eq!(measured(&outcome, target), (false, None), "{target}");
    }
    outcome.says("the probed 192.168.1.77 did not answer before, and need not after");
}

fn a_name_server_must_answer_afterwards() {
    let _segment = Segment::new(BOTH);
    a_host_in_use();
    let _folder = name_server("192.168.1.53");
    ip("-n sw address add 192.168.1.53/24 dev br0");
    // SERVFAIL is an answer.
    let _server = Server::start(
        "import socket\ns = socket.socket(type=socket.SOCK_DGRAM)\ns.bind(('192.168.1.53', 53))\n\
         print('ready', flush=True)\n\
         while True:\n  q, a = s.recvfrom(512)\n  s.sendto(q[:2] + b'\\x81\\x82' + q[4:], a)",
    );
    let config = Config::new(HOME_LAN);
    let outcome = config.succeed("up home-lan --check-reachable auto --json");
    assert_eq!(measured(&outcome, "192.168.1.53"), (true, Some(true)));
    config.write(&elsewhere());
    let outcome = config.mpath("up home-lan --check-reachable auto --check-limit 2s --json").expect(1);
    assert_eq!(measured(&outcome, "192.168.1.53"), (true, Some(false)));
    assert!(ip("address show dev bond0").contains("192.168.1.34/24"), "as before, and that was up");
}

/// A run that is in the gate, since it has done its last step and cannot reach what it must for a long time.
fn in_the_gate(config: &Config) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
    command.arg("--config").arg(config.folder()).args(["up", "home-lan", "--check-reachable", "auto"]);
    let child = command.args(["--check-limit", "60s"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the last step is done", || ip("route show default").contains("10.9.9.24"));
    child
}

fn a_change_that_is_interrupted_in_the_gate_is_undone() {
    let _segment = Segment::new(BOTH);
    a_host_in_use();
    let _folder = name_server("127.0.0.53");
    let before = picture(BOTH);
    let config = Config::new(&elsewhere());
    let child = in_the_gate(&config);
    // It has come to its last step; that it asks meanwhile cannot be seen, and makes no difference to what must follow.
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("interrupted (SIGINT)") && told.contains("the host is as it was before"), "{told}");
    wait_for_picture(&before, BOTH);
    assert_eq!(config.succeed("recover").stdout, "nothing to recover\n");
}

fn a_change_that_is_killed_in_the_gate_is_undone_by_the_next_command() {
    let _segment = Segment::new(BOTH);
    a_host_in_use();
    let _folder = name_server("127.0.0.53");
    let before = picture(BOTH);
    let config = Config::new(&elsewhere());
    let mut child = in_the_gate(&config);
    child.kill().unwrap();
    child.wait().unwrap();
    config.succeed("recover");
    wait_for_picture(&before, BOTH);
}

fn with_confirm_the_gate_comes_first() {
    let _segment = Segment::new(BOTH);
    a_host_in_use();
    let _folder = name_server("127.0.0.53");
    let before = picture(BOTH);
    let config = Config::new(&elsewhere());
    let outcome = config.mpath("up home-lan --confirm 300s --check-limit 2s --json").expect(1);
    wait_for_picture(&before, BOTH);
    assert_eq!(config.json("pending")["pending"], json!([]), "{outcome:?}");
}
