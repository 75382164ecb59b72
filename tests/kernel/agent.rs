//! `mpath agent`: what happens is told to machines, in a log and in metrics.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::hooks::{Place, hook};
use crate::mpath::{Config, HOME_LAN};
use crate::network::{PATIENCE, Segment, read, wait_for_active, wait_until};
use crate::watch::{ticks, up as up_and_settled};

crate::cases!(OwnNamespace:
    the_agent_tells_what_happens_and_ends_with_0_by_sigterm,
    systemd_is_told_with_fields_and_that_all_is_well,
    the_metrics_are_served_and_written_as_they_change,
    the_idle_agent_takes_no_time_and_less_than_10_mb,
);

/// `mpath agent`, and the lines that it has written to standard error.
pub(crate) struct Agent {
    child: Child,
    pub(crate) told: Receiver<String>,
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

    /// Starts it by this command line.
    pub(crate) fn of(mut command: Command) -> Self {
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

    /// Waits for lines with these words, in whatever order: the driver may tell of a failure before it hands over.
    pub(crate) fn wait_for_each(&self, words: &[&str]) {
        let mut missing = words.to_vec();
        while !missing.is_empty() {
            let Ok(line) = self.told.recv_timeout(PATIENCE) else { panic!("no {missing:?}") };
            missing.retain(|words| !line.contains(words));
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
pub(crate) fn up() -> (Segment, Config) {
    let segment = Segment::new(&["eth0", "eth1"]);
    let config = up_on(HOME_LAN);
    (segment, config)
}

/// A group with the members and the device of the story, up.
pub(crate) fn up_on(text: &str) -> Config {
    let config = Config::new(text);
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    wait_until("the standby is up", || read("/sys/class/net/eth0/bonding_slave/mii_status") == "up");
    config
}

/// A place for hooks that nobody but root may write to, and one in it where everybody may.
fn the_agent_tells_what_happens_and_ends_with_0_by_sigterm() {
    let (segment, config) = up();
    let agent = Agent::start(&config, "");
    segment.cut("eth1");
    agent.wait_for_each(&["home-lan: failover from eth1 to eth0", "home-lan: degraded"]);
    segment.plug("eth1");
    agent.wait_for("home-lan: failback from eth0 to eth1");
    agent.end(Signal::SIGTERM);
    let agent = Agent::start(&config, "home-lan");
    agent.end(Signal::SIGINT);
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
    // Degraded it may be before that, as soon as the link is seen to be gone.
    agent.wait_for("home-lan: failover");
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
    wait_until("the file is written", || std::fs::read_to_string(&file).unwrap_or_default() == metrics(&socket));
    let mut tcp = std::net::TcpStream::connect("127.0.0.1:9119").unwrap();
    std::io::Write::write_all(&mut tcp, b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
    assert!(std::io::read_to_string(tcp).unwrap().ends_with(&metrics(&socket)));
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
