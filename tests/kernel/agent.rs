//! `mpath agent`: what happens is told to machines, and members that were lost come back.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::mpath::{Config, HOME_LAN};
use crate::network::{PATIENCE, wait_until};
use crate::watch::up;

crate::cases!(OwnNamespace:
    the_agent_tells_what_happens_and_ends_with_0_by_sigterm,
    a_hook_gets_the_event_and_is_nobody,
    a_hook_that_takes_too_long_is_killed_with_its_children_and_delays_nobody,
    sighup_reads_the_configuration_again_and_a_bad_one_is_not_taken,
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
