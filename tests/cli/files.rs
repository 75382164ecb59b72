//! The configuration: found, read, and wrong in every way.

use std::fs;

use crate::expected::expect;
use crate::world::{HOME_LAN, OFFICE, World};

#[test]
fn every_problem_is_told_at_once_with_its_line() {
    let world = World::new();
    world.file(
        "home-lan.toml",
        HOME_LAN.replace("\"eth1\"\n", "\"eth9\"\nmimon = 3\n").replace("up-delay = \"200ms\"", "up-delay = \"250ms\""),
    );
    world.file("office.toml", "[group.office]\nmembers = [\"eth1\"]\naddresses = [\"10.0.0.1\"]\n");
    let text = world.script(&["check", "up home-lan -q"]);
    assert_eq!(world.faults.looks.get(), 0, "nothing is touched, nor looked at");
    expect("problems", &text);
}

#[test]
fn a_syntax_error_has_its_place() {
    let world = World::new();
    world.file("home-lan.toml", "[group.home-lan]\nmembers = [\"eth0\"\naddresses = 3");
    expect("problems_syntax", &world.script(&["check"]));
}

#[test]
fn problems_are_coloured_on_a_terminal_only() {
    let mut world = World::new();
    world.file("home-lan.toml", "[group.home-lan]\n");
    assert!(!world.run("check").stderr.contains('\x1b'));
    world.terminal = true;
    assert!(world.run("check").stderr.contains('\x1b'));
}

#[test]
fn a_file_cannot_write_to_the_terminal() {
    let world = World::new();
    // In a comment beside the problem, in a key, in a value: ESC, C1 CSI and a right-to-left override.
    let text = "[group.home-lan]\n\"a\\u001b[2J\" = 3 # \u{9b}2J\u{202e}\nmembers = [\"\\u009b31m\", \"\\u202ex\"]\n";
    world.file("home-lan.toml", text);
    for line in ["check", "check --json", "up \u{1b}[31m\u{9b}"] {
        let run = world.run(line);
        let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!run.stdout.contains(acts) && !run.stderr.contains(acts), "{run}");
        assert_eq!(run.code, 3);
    }
}

#[test]
fn a_missing_configuration_says_what_to_do() {
    let world = World::new();
    fs::remove_file(world.path("etc/home-lan.toml")).unwrap();
    let empty = world.script(&["status", "check --config DIR/nowhere.toml", "up --json --config DIR/nowhere"]);
    world.file("notes.txt", "not mine");
    world.file(".home-lan.toml", "an editor's copy, and wrong");
    world.file("home-lan.toml", "# nothing yet\n");
    expect("no_configuration", &format!("{empty}\n{}", world.run("check")));
}

#[test]
fn what_is_no_text_is_named() {
    let world = World::new();
    world.file("a.toml", b"[group.a]\n# caf\xe9\n");
    world.file("b.toml", b"[group.b]\n\0");
    world.file("c.toml", vec![b'#'; 1024 * 1024 + 1]);
    std::os::unix::fs::symlink(world.path("nowhere"), world.path("etc/d.toml")).unwrap();
    let longest = vec![b'\n'; 1024 * 1024];
    fs::write(world.path("longest.toml"), longest).unwrap();
    let text = world.script(&["check", "check --json", "check --config DIR/longest.toml"]);
    expect("no_text", &text);
}

#[test]
fn check_counts_what_is_right() {
    let world = World::new();
    world.file("office.toml", OFFICE);
    expect("check", &world.script(&["check", "check office -q", "check --config DIR/etc/office.toml"]));
    assert_eq!(world.faults.looks.get(), 0, "the host was not looked at");
}

#[test]
fn two_groups_with_one_device_by_default_are_found_before_the_host_is() {
    let world = World::new();
    let group = |name: &str, device: &str, member: &str| {
        format!("[group.{name}]\n{device}\nmembers = [\"{member}\"]\naddresses = [\"10.0.0.{}/8\"]\n", member.len())
    };
    world.file("home-lan.toml", &(group("bond0", "", "eth0") + &group("office", "device = \"bond0\"", "enp3s0")));
    expect("same_device", &world.script(&["check"]));
}

#[test]
fn a_name_that_no_device_can_have_is_not_supported() {
    let world = World::new();
    world.file(
        "home-lan.toml",
        "[group.a-very-long-name-of-a-group]\nmembers = [\"eth0\"]\naddresses = [\"10.0.0.1/8\"]\n",
    );
    expect("device_name", &world.script(&["check", "up", "status"]));
}
