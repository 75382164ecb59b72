//! `mpath agent`: what happens is told to machines, and members that were lost come back.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::flood::Flood;
use crate::mpath::{Config, HOME_LAN};
use crate::network::{PATIENCE, Segment, ip, option, read, wait_for_active, wait_until};
use crate::watch::{ticks, up as up_and_settled};

crate::cases!(OwnNamespace:
    the_agent_tells_what_happens_and_ends_with_0_by_sigterm,
    a_hook_gets_the_event_and_is_nobody,
    a_hook_that_takes_too_long_is_killed_with_its_children_and_delays_nobody,
    sighup_reads_the_configuration_again_and_a_bad_one_is_not_taken,
    systemd_is_told_with_fields_and_that_all_is_well,
    events_beyond_the_queue_of_a_hook_are_dropped_and_a_hook_that_others_can_change_is_not_run,
    the_metrics_are_served_and_written_as_they_change,
    the_idle_agent_takes_no_time_and_less_than_10_mb,
    a_member_that_was_taken_out_or_appears_is_let_in_again,
    all_is_put_right_where_that_is_asked_for,
    a_member_that_keeps_leaving_is_let_in_ever_more_seldom,
    nothing_is_put_right_while_a_change_waits_nor_where_the_group_is_not_up,
    losses_of_a_link_by_polling_and_on_the_kernels_word_are_told_apart,
    a_link_that_is_lost_for_a_moment_only_gets_the_traffic_back,
);

/// `mpath agent`, and the lines that it has written to standard error.
pub(crate) struct Agent {
    child: Child,
    told: Receiver<String>,
}

impl Agent {
    /// Starts it with these words, and waits until it watches.
    pub(crate) fn start(config: &Config, words: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
        command.arg("agent").args(words.split_whitespace()).arg("--config").arg(config.folder());
        let agent = Self::of(command);
        agent.wait_for("home-lan: ok");
        agent
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, told) = channel();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, told }
    }

    /// Waits for a line with these words, and passes over those before it.
    pub(crate) fn wait_for(&self, words: &str) -> String {
        let mut passed = Vec::new();
        loop {
            let Ok(line) = self.told.recv_timeout(PATIENCE) else { panic!("no {words:?} after {passed:#?}") };
            if line.contains(words) {
                return line;
            }
            passed.push(line);
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().unwrap())
    }

    /// Ends it by a signal, which must be in order.
    pub(crate) fn end(mut self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{signal}");
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The story's group, up, with both members at work. Its addresses may still be checked (RFC 4862), which is no event.
fn up() -> (Segment, Config) {
    let segment = Segment::new(&["eth0", "eth1"]);
    let config = up_on(HOME_LAN);
    (segment, config)
}

/// A group with the members and the device of the story, up.
fn up_on(text: &str) -> Config {
    let config = Config::new(text);
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    wait_until("the standby is up", || read("/sys/class/net/eth0/bonding_slave/mii_status") == "up");
    config
}

/// A place for hooks that nobody but root may write to, and one in it where everybody may.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("hooks").tempdir_in("/run").unwrap();
        let mode = |path: &std::path::Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        mode(folder.path(), 0o755);
        std::fs::create_dir(folder.path().join("out")).unwrap();
        mode(&folder.path().join("out"), 0o1777);
        Self(folder)
    }

    /// A script; `OUT` in it is where it may write.
    fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        let out = self.0.path().join("out").display().to_string();
        std::fs::write(&path, format!("#!/bin/sh\n{}\n", text.replace("OUT", &out))).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Waits for a file that a hook wrote, and reads it.
    fn wait_for(&self, name: &str) -> String {
        let path = self.0.path().join("out").join(name);
        wait_until(&format!("{name} is written"), || path.exists());
        std::fs::read_to_string(path).unwrap()
    }

    fn has(&self, name: &str) -> bool {
        self.0.path().join("out").join(name).exists()
    }
}

fn hook(on: &str, run: &str, more: &str) -> String {
    format!("\n[[hook]]\non = [{on}]\nrun = [{run}]\n{more}\n")
}

fn the_agent_tells_what_happens_and_ends_with_0_by_sigterm() {
    let (segment, config) = up();
    let agent = Agent::start(&config, "");
    segment.cut("eth1");
    let line = agent.wait_for("failover");
    assert!(line.ends_with("home-lan: failover from eth1 to eth0"), "{line}");
    agent.wait_for("home-lan: degraded");
    segment.plug("eth1");
    agent.wait_for("home-lan: failback from eth0 to eth1");
    agent.end(Signal::SIGTERM);
    let agent = Agent::start(&config, "home-lan");
    agent.end(Signal::SIGINT);
}

fn a_hook_gets_the_event_and_is_nobody() {
    let (segment, config) = up();
    let place = Place::new();
    let seen = "{ id -u; id -G; pwd; tr '\\0' '\\n' < /proc/$$/environ; echo =; for a; do printf '<%s>\\n' \"$a\"; done; cat; } \
        > OUT/new && mv OUT/new OUT/seen";
    let tell = place.script("tell", seen);
    let run = format!(r#""{}", "a b", "$HOME; *", "", "--x""#, tell.display());
    config.write(&format!("{HOME_LAN}{}", hook(r#""failover""#, &run, "")));
    let agent = Agent::start(&config, "");
    segment.cut("eth1");
    let text = place.wait_for("seen");
    let nobody = nix::unistd::User::from_name("nobody").unwrap().unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], nobody.uid.to_string(), "{text}");
    assert_eq!(lines[1], nobody.gid.to_string(), "its own group and no other: {text}");
    assert_eq!(lines[2], "/");
    assert_eq!(lines[3..6], ["LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "="], "{text}");
    assert_eq!(lines[6..10], ["<a b>", "<$HOME; *>", "<>", "<--x>"], "{text}");
    assert_eq!(lines.len(), 11, "{text}");
    let event: Value = serde_json::from_str(lines[10]).unwrap();
    assert_eq!(event["schema"], "mpath.event/1");
    assert_eq!(
        [&event["event"], &event["group"], &event["from"], &event["to"]],
        ["failover", "home-lan", "eth1", "eth0"]
    );
    assert_eq!(event["now"]["active"], "eth0");
    // Just the events that it wants.
    std::fs::remove_file(place.0.path().join("out/seen")).unwrap();
    segment.plug("eth1");
    agent.wait_for("failback");
    agent.end(Signal::SIGTERM);
    assert!(!place.has("seen"));
}

fn a_hook_that_takes_too_long_is_killed_with_its_children_and_delays_nobody() {
    let (segment, config) = up();
    let place = Place::new();
    let slow = place.script("slow", "echo begun; sleep 1000 & echo $! > OUT/child; wait");
    let quick = place.script("quick", "echo $1 >> OUT/quick; echo done; exit 3");
    let events = r#""member-failed", "failover", "degraded""#;
    config.write(&format!(
        "{HOME_LAN}{}{}",
        hook(events, &format!("\"{}\"", slow.display()), "timeout = \"500ms\""),
        hook(events, &format!("\"{}\", \"x\"", quick.display()), "")
    ));
    let agent = Agent::start(&config, "");
    segment.cut("eth1");
    // Three events, and the quick one has done with them before the slow one is killed for the first time.
    let mut quick_runs = 0;
    while quick_runs < 3 {
        let line = agent.wait_for(" ");
        assert!(!line.contains("was killed"), "{line}");
        quick_runs += usize::from(line.contains("quick ended with 3"));
    }
    assert_eq!(place.wait_for("quick"), "x\nx\nx\n");
    agent.wait_for("slow: begun");
    let line = agent.wait_for("was killed");
    assert!(line.ends_with("slow took longer than 500ms and was killed"), "{line}");
    let child = place.wait_for("child");
    agent.wait_for("was killed");
    agent.wait_for("was killed");
    let state = crate::network::read(&format!("/proc/{}/stat", child.trim()));
    assert!(state.is_empty() || state.contains(") Z"), "its child is still there: {state}");
    agent.end(Signal::SIGTERM);
}

fn sighup_reads_the_configuration_again_and_a_bad_one_is_not_taken() {
    let (segment, config) = up();
    let place = Place::new();
    let agent = Agent::start(&config, "");
    config.write("[group.home-lan]\nmembers = 3\n");
    kill(agent.pid(), Signal::SIGHUP).unwrap();
    agent.wait_for("the configuration as it was before stays: ");
    segment.cut("eth1");
    agent.wait_for("home-lan: failover from eth1 to eth0");
    let tell = place.script("tell", "cat > OUT/new && mv OUT/new OUT/seen");
    config.write(&format!("{HOME_LAN}{}", hook(r#""failback""#, &format!("\"{}\"", tell.display()), "")));
    kill(agent.pid(), Signal::SIGHUP).unwrap();
    agent.wait_for("the configuration was read again");
    segment.plug("eth1");
    assert!(place.wait_for("seen").contains("\"failback\""));
    agent.end(Signal::SIGTERM);
}

/// What the agent tells whoever asks at a Unix socket.
fn metrics(path: &std::path::Path) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = std::os::unix::net::UnixStream::connect(path).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: mpath\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("HTTP/1.1 200 ") && head.contains("application/openmetrics-text; version=1.0.0"),
        "{head}"
    );
    assert!(body.ends_with("# EOF\n"), "{body}");
    body.to_owned()
}

fn the_metrics_are_served_and_written_as_they_change() {
    let (segment, config) = up();
    let place = Place::new();
    let (socket, file) = (place.0.path().join("metrics.sock"), place.0.path().join("mpath.prom"));
    // An agent that was killed leaves its socket behind.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let words = format!("--metrics unix:{} --metrics 127.0.0.1:9119 --textfile {}", socket.display(), file.display());
    let agent = Agent::start(&config, &words);
    let active =
        |member: &str| format!("mpath_member_active{{group=\"home-lan\",device=\"bond0\",member=\"{member}\"}}");
    assert!(metrics(&socket).contains(&format!("{} 1\n", active("eth1"))));
    segment.cut("eth1");
    agent.wait_for("home-lan: degraded");
    let text = metrics(&socket);
    for line in [
        &format!("{} 0\n", active("eth1")),
        &format!("{} 1\n", active("eth0")),
        "mpath_group_state{group=\"home-lan\",device=\"bond0\",state=\"degraded\"} 1\n",
        "mpath_group_state{group=\"home-lan\",device=\"bond0\",state=\"ok\"} 0\n",
        "mpath_events_total{group=\"home-lan\",event=\"failover\"} 1\n",
        "mpath_member_failures_total{group=\"home-lan\",device=\"bond0\",member=\"eth1\"} 1\n",
    ] {
        assert!(text.contains(line), "{line} in:\n{text}");
    }
    wait_until("the file is written", || std::fs::read_to_string(&file).unwrap_or_default() == text);
    let mut tcp = std::net::TcpStream::connect("127.0.0.1:9119").unwrap();
    std::io::Write::write_all(&mut tcp, b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
    assert!(std::io::read_to_string(tcp).unwrap().ends_with(&text));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
    // A second agent does not take the first one's socket away.
    config.mpath(&format!("agent --for 0 --metrics unix:{}", socket.display())).expect(1).says("cannot serve metrics");
    metrics(&socket);
    agent.end(Signal::SIGTERM);
    assert!(!socket.exists());
}

fn the_idle_agent_takes_no_time_and_less_than_10_mb() {
    let (_segment, config) = up_and_settled();
    let place = Place::new();
    config.write(&format!("{HOME_LAN}{}", hook(r#""failover""#, "\"/bin/true\"", "")));
    let words = format!("--handover-on-carrier --metrics unix:{}", place.0.path().join("metrics.sock").display());
    let agent = Agent::start(&config, &words);
    metrics(&place.0.path().join("metrics.sock"));
    // The last that comes by itself is a router solicitation or a check of an address.
    std::thread::sleep(Duration::from_secs(1));
    let before = ticks(agent.pid());
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(ticks(agent.pid()) - before, 0, "ticks in 3 s");
    let status = read(&format!("/proc/{}/status", agent.pid()));
    let kilobytes = |name: &str| -> u64 {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    eprintln!(
        "VmRSS {} kB, VmHWM {} kB, anonymous {} kB",
        kilobytes("VmRSS"),
        kilobytes("VmHWM"),
        kilobytes("RssAnon")
    );
    // The pages of the program's own file are shared with every other mpath, and are three times as many where it is built for
    // finding faults. `cargo test --release` holds the whole to it.
    let most = if cfg!(debug_assertions) { kilobytes("RssAnon") + kilobytes("RssShmem") } else { kilobytes("VmHWM") };
    assert!(most < if cfg!(debug_assertions) { 4_000 } else { 10_000 }, "{status}");
    agent.end(Signal::SIGTERM);
}

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

fn losses_of_a_link_by_polling_and_on_the_kernels_word_are_told_apart() {
    let segment = Segment::new(&["eth0", "eth1"]);
    let config =
        Config::new(&format!("{}link = {{ interval = \"100ms\" }}\n", HOME_LAN.split_once("link =").unwrap().0));
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    wait_until("the standby is up", || read("/sys/class/net/eth0/bonding_slave/mii_status") == "up");
    let mut flood = Flood::start("192.168.1.34");
    let rounds: u32 = std::env::var("MPATH_TEST_CUTS").map_or(4, |cuts| cuts.parse().unwrap());
    let mut cut = || {
        let mut lost = Vec::new();
        for round in 0..rounds {
            // Not always at the same time since the last look.
            std::thread::sleep(Duration::from_millis(u64::from(37 * round % 100)));
            let from = std::time::Instant::now();
            segment.cut("eth1");
            wait_for_active("bond0", "eth0");
            let end = flood.wait_for_answers();
            lost.push(flood.lost(from, end));
            segment.plug("eth1");
            wait_for_active("bond0", "eth1");
        }
        lost
    };
    let polled = cut();
    let agent = Agent::start(&config, "--handover-on-carrier");
    let told = cut();
    eprintln!("packets lost, of one a millisecond, by polling: {polled:?}; on the kernel's word: {told:?}");
    agent.wait_for("home-lan: eth1 has lost its link: the traffic is given to eth0");
    let median = |mut all: Vec<usize>| {
        all.sort_unstable();
        all[all.len() / 2]
    };
    assert!(median(told.clone()) < median(polled.clone()), "{told:?} against {polled:?}");
    agent.end(Signal::SIGTERM);
}

fn a_link_that_is_lost_for_a_moment_only_gets_the_traffic_back() {
    let segment = Segment::new(&["eth0", "eth1"]);
    // Looked at so seldom that the monitoring sees nothing of it.
    let config = up_on(&format!("{}link = {{ interval = \"1s\" }}\n", HOME_LAN.split_once("link =").unwrap().0));
    let agent = Agent::start(&config, "--handover-on-carrier");
    let failures = || read("/sys/class/net/eth1/bonding_slave/link_failure_count");
    let mut unseen = false;
    while !unseen {
        let before = failures();
        segment.cut("eth1");
        wait_for_active("bond0", "eth0");
        segment.plug("eth1");
        wait_for_active("bond0", "eth1");
        unseen = failures() == before;
    }
    agent.wait_for("home-lan: eth1 had lost its link for a moment only: it gets the traffic back");
    agent.end(Signal::SIGTERM);
}

/// The fields of an entry for the journal (systemd.io/JOURNAL_NATIVE_PROTOCOL).
fn entry(mut bytes: &[u8]) -> std::collections::BTreeMap<String, String> {
    let mut fields = std::collections::BTreeMap::new();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
        let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
        if let Some(equals) = line.iter().position(|byte| *byte == b'=') {
            fields.insert(text(&line[..equals]), text(&line[equals + 1..]));
            bytes = rest;
        } else {
            // A name, and on the next line the length of the value in eight bytes and the value itself.
            let length = usize::try_from(u64::from_le_bytes(rest[..8].try_into().unwrap())).unwrap();
            fields.insert(text(line), text(&rest[8..8 + length]));
            bytes = &rest[8 + length + 1..];
        }
    }
    fields
}

fn systemd_is_told_with_fields_and_that_all_is_well() {
    use std::os::unix::net::UnixDatagram;
    let (segment, config) = up();
    let place = Place::new();
    let folder = "/run/systemd/journal";
    std::fs::create_dir_all(folder).unwrap();
    nix::mount::mount(Some("tmpfs"), folder, Some("tmpfs"), nix::mount::MsFlags::empty(), None::<&str>).unwrap();
    let journal = UnixDatagram::bind(format!("{folder}/socket")).unwrap();
    let manager_path = place.0.path().join("notify");
    let manager = UnixDatagram::bind(&manager_path).unwrap();
    [&journal, &manager].iter().for_each(|socket| socket.set_read_timeout(Some(PATIENCE)).unwrap());
    // Standard error leads to the journal, by the word of systemd: device and number of the file.
    let output = std::fs::File::create(place.0.path().join("stderr")).unwrap();
    let found = std::os::unix::fs::MetadataExt::dev(&output.metadata().unwrap());
    let stream = format!("{found}:{}", std::os::unix::fs::MetadataExt::ino(&output.metadata().unwrap()));
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
    command.arg("agent").arg("--config").arg(config.folder()).stdout(Stdio::null()).stderr(output);
    command.env("JOURNAL_STREAM", stream).env("NOTIFY_SOCKET", &manager_path).env("WATCHDOG_USEC", "400000");
    let child = command.spawn().unwrap();
    let agent = Agent { child, told: channel().1 };
    let read = |socket: &UnixDatagram| {
        let mut bytes = vec![0; 1 << 16];
        let length = socket.recv(&mut bytes).unwrap();
        bytes.truncate(length);
        bytes
    };
    // It first tries whether the socket takes anything.
    assert_eq!(read(&journal), b"");
    let first = entry(&read(&journal));
    assert_eq!(
        (first["MESSAGE"].as_str(), first["PRIORITY"].as_str()),
        ("home-lan: ok, eth1 active", "6"),
        "{first:?}"
    );
    assert!(String::from_utf8(read(&manager)).unwrap().starts_with("READY=1\n"));
    // Every half of the time that systemd grants.
    for _ in 0..3 {
        assert_eq!(read(&manager), b"WATCHDOG=1\n");
    }
    segment.cut("eth1");
    let failover = loop {
        let entry = entry(&read(&journal));
        if entry.get("MPATH_EVENT").is_some_and(|event| event == "failover") {
            break entry;
        }
    };
    for (name, text) in [
        ("MESSAGE", "home-lan: failover from eth1 to eth0"),
        ("PRIORITY", "4"),
        ("SYSLOG_IDENTIFIER", "mpath"),
        ("MPATH_GROUP", "home-lan"),
        ("MPATH_DEVICE", "bond0"),
        ("MPATH_FROM", "eth1"),
        ("MPATH_TO", "eth0"),
        ("MPATH_NOW_ACTIVE", "eth0"),
    ] {
        assert_eq!(failover.get(name).map(String::as_str), Some(text), "{name} in {failover:?}");
    }
    agent.end(Signal::SIGTERM);
    let last = std::iter::from_fn(|| Some(read(&manager))).find(|told| told != b"WATCHDOG=1\n").unwrap();
    assert_eq!(last, b"STOPPING=1\n");
    assert_eq!(
        std::fs::read_to_string(place.0.path().join("stderr")).unwrap(),
        "",
        "what the journal has is not told twice"
    );
}

fn events_beyond_the_queue_of_a_hook_are_dropped_and_a_hook_that_others_can_change_is_not_run() {
    let (_segment, config) = up();
    let place = Place::new();
    let slow = place.script("slow", "sleep 1000");
    let open = place.script("open", "touch OUT/open");
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    config.write(&format!(
        "{HOME_LAN}{}{}",
        hook(r#""drift", "ok""#, &format!("\"{}\"", slow.display()), "timeout = \"1m\""),
        hook(r#""watching""#, &format!("\"{}\"", open.display()), "")
    ));
    let agent = Agent::start(&config, "");
    let line = agent.wait_for("open was not run");
    assert!(line.contains("everybody may write to") && line.contains("chmod o-w"), "{line}");
    // One is under way, 16 wait, and the next has no room.
    for round in 0..9 {
        for (miimon, told) in [(50, "home-lan: drift: 1 step"), (100, "home-lan: ok")] {
            ip(&format!("link set bond0 type bond miimon {miimon}"));
            if (round, miimon) < (8, 100) {
                agent.wait_for(told);
            }
        }
    }
    let line = agent.wait_for("slow has too much to do");
    assert!(line.ends_with("slow has too much to do: ok is dropped for it"), "{line}");
    agent.end(Signal::SIGTERM);
    assert!(!place.has("open"));
}
