//! `up --confirm`: whoever is gone, the host is as it was before when the time is up.

use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::mortal::{Death, dies, journals};
use crate::mpath::{Config, HOME_LAN};
use crate::network::{Segment, picture, state_directory, wait_for_picture, wait_until};

crate::cases!(OwnNamespace:
    a_change_that_nobody_confirms_is_reverted,
    a_change_that_is_confirmed_stays,
    a_change_whose_process_was_killed_is_reverted_at_once,
    a_change_whose_terminal_died_is_reverted_in_time,
    at_the_terminal_enter_keeps_a_change_and_ctrl_c_reverts_it,
    a_change_is_reverted_although_its_guard_was_killed,
);

const BOTH: &[&str] = &["eth0", "eth1"];

fn is_up() -> bool {
    Path::new("/sys/class/net/bond0").exists()
}

fn guards_are_gone() {
    wait_until("the guard has ended", || {
        let entries = std::fs::read_dir(state_directory()).unwrap();
        !entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("guard-"))
    });
    assert!(journals(&state_directory()).is_empty());
}

fn a_change_that_nobody_confirms_is_reverted() {
    let _segment = Segment::new(BOTH);
    let before = picture(BOTH);
    let config = Config::new(HOME_LAN);
    let start = Instant::now();
    let document = config.json("up --confirm 2s");
    assert_eq!(document["pending"]["seconds"], 2, "{document}");
    assert!(is_up());
    wait_for_picture(&before, BOTH);
    assert!(!is_up() && start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
    guards_are_gone();
}

fn a_change_that_is_confirmed_stays() {
    let _segment = Segment::new(BOTH);
    let config = Config::new(HOME_LAN);
    let document = config.json("up --confirm 600s");
    let token = document["pending"]["token"].as_str().unwrap();
    config.succeed(&format!("confirm {token}"));
    // It does not wait for its time: nothing is left to be done.
    guards_are_gone();
    config.mpath("plan --check").expect(0);
    config.succeed("down");
}

fn a_change_whose_process_was_killed_is_reverted_at_once() {
    let _segment = Segment::new(BOTH);
    let before = picture(BOTH);
    let config = Config::new(HOME_LAN);
    for step in [0, 3, 6] {
        assert!(dies(&config, "up --confirm 600s", Death { step, late: true }));
        // Nobody calls mpath again: the guard alone does it.
        wait_until("the guard has done its work", || journals(&state_directory()).is_empty());
        wait_for_picture(&before, BOTH);
        assert!(!is_up());
        guards_are_gone();
    }
}

/// mpath at a terminal of its own (script(1)), and the keyboard of it.
fn at_a_terminal(config: &Config, words: &str) -> Child {
    // In place of the shell, whichever it is: one that stays would die of Ctrl-C itself, and its status would be told.
    let line = format!("exec {} --config {} {words}", env!("CARGO_BIN_EXE_mpath"), config.folder().display());
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn waits_for_an_answer() {
    wait_until("the change waits", || {
        let journals = journals(&state_directory());
        journals.iter().any(|path| std::fs::read_to_string(path).unwrap_or_default().contains("applied"))
    });
}

/// What comes to a screen, until these words have come.
fn shows(screen: &mut impl Read, words: &str) -> String {
    let (mut shown, mut piece) = (Vec::new(), [0; 256]);
    while !String::from_utf8_lossy(&shown).contains(words) {
        let length = screen.read(&mut piece).unwrap();
        assert!(length > 0, "it ended without \"{words}\": {}", String::from_utf8_lossy(&shown));
        shown.extend_from_slice(&piece[..length]);
    }
    String::from_utf8(shown).unwrap()
}

fn a_change_whose_terminal_died_is_reverted_in_time() {
    let _segment = Segment::new(BOTH);
    let before = picture(BOTH);
    let config = Config::new(HOME_LAN);
    let mut terminal = at_a_terminal(&config, "up --confirm 3s");
    waits_for_an_answer();
    terminal.kill().unwrap();
    terminal.wait().unwrap();
    assert!(is_up(), "it is not the end of the terminal that reverts");
    wait_for_picture(&before, BOTH);
    guards_are_gone();
}

fn at_the_terminal_enter_keeps_a_change_and_ctrl_c_reverts_it() {
    let _segment = Segment::new(BOTH);
    let before = picture(BOTH);
    let config = Config::new(HOME_LAN);
    for (key, stays) in [("\n", true), ("\x03", false)] {
        let mut terminal = at_a_terminal(&config, "up --confirm 600s");
        let mut screen = terminal.stdout.take().unwrap();
        let shown = shows(&mut screen, "Enter keeps the change, Ctrl-C undoes it");
        // It stays open: its end would be that of the terminal.
        let mut keyboard = terminal.stdin.take().unwrap();
        keyboard.write_all(key.as_bytes()).unwrap();
        let status = terminal.wait().unwrap();
        drop(keyboard);
        assert_eq!(status.code(), Some(i32::from(!stays)), "{shown}");
        assert_eq!(is_up(), stays, "{shown}");
        guards_are_gone();
        config.succeed("down");
        wait_for_picture(&before, BOTH);
    }
}

fn a_change_is_reverted_although_its_guard_was_killed() {
    let _segment = Segment::new(BOTH);
    let before = picture(BOTH);
    let config = Config::new(HOME_LAN);
    config.succeed("up --confirm 1s");
    let is_guard = |process: &i32| {
        std::fs::read(format!("/proc/{process}/cmdline"))
            .is_ok_and(|line| line.split(|b| *b == 0).any(|w| w == b"guard"))
    };
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let guards: Vec<i32> = processes.filter(is_guard).collect();
    assert_eq!(guards.len(), 1, "{guards:?}");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(guards[0]), nix::sys::signal::SIGKILL).unwrap();
    wait_until("the time is up", || config.mpath("pending").stdout.contains("no change waits"));
    assert!(is_up(), "nobody was there to revert it");
    config.succeed("recover").says("was not confirmed in time");
    wait_for_picture(&before, BOTH);
}
