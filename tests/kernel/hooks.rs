//! The hooks of `mpath agent`: who runs them, with what, for how long, and whom they keep waiting.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use nix::sys::signal::{Signal, kill};
use serde_json::Value;

use crate::agent::{Agent, up};
use crate::mpath::HOME_LAN;
use crate::network::{ip, wait_until};

crate::cases!(OwnNamespace:
    a_hook_gets_the_event_and_is_somebody_who_owns_nothing,
    a_hook_that_takes_too_long_is_killed_with_its_children_and_delays_nobody,
    events_beyond_the_queue_of_a_hook_are_dropped_and_a_hook_that_others_can_change_is_not_run,
    sighup_reads_the_configuration_again_and_a_bad_one_is_not_taken,
);

pub(crate) struct Place(pub(crate) tempfile::TempDir);

impl Place {
    pub(crate) fn new() -> Self {
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

/// A hook, as in a file.
pub(crate) fn hook(on: &str, run: &str, more: &str) -> String {
    format!("\n[[hook]]\non = [{on}]\nrun = [{run}]\n{more}\n")
}

fn a_hook_gets_the_event_and_is_somebody_who_owns_nothing() {
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
    // Where mpath's package is installed it is the package's user, which tests/boot/installed.rs waits for.
    let user = |name: &&str| nix::unistd::User::from_name(name).unwrap();
    let somebody = mpath_core::Hook::DEFAULT_USERS.iter().find_map(user).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], somebody.uid.to_string(), "{text}");
    assert_eq!(lines[1], somebody.gid.to_string(), "its own group and no other: {text}");
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
