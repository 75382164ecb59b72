//! simctl, from a shell's point of view.

use std::process::{Command, Output};

use pretty_assertions::assert_eq;

#[test]
fn a_host_is_made_and_steered_from_a_shell() {
    let directory = tempfile::tempdir().unwrap();
    let simctl =
        |words: &[&str]| Command::new(env!("CARGO_BIN_EXE_simctl")).arg(directory.path()).args(words).output().unwrap();
    let text = |output: Output| String::from_utf8(output.stdout).unwrap();
    let place = text(simctl(&["create", "illumos-new", "net0", "wlan0=wifi"]));
    let program = |name: &str, words: &[&str]| {
        Command::new(std::path::Path::new(place.trim_end()).join(name)).args(words).env_clear().output().unwrap()
    };
    assert!(program("ipadm", &["create-if", "net0"]).status.success());
    assert!(program("ipadm", &["create-ipmp", "-i", "net0", "ipmp0"]).status.success());
    assert!(simctl(&["cut", "net0"]).status.success());
    assert_eq!(text(program("ipmpstat", &["-Pg", "-o", "state,interfaces"])), "failed:[net0]\n");
    assert_eq!(text(simctl(&["mutations"])), "ipadm create-if net0\nipadm create-ipmp -i net0 ipmp0\n");
    assert!(simctl(&["reboot"]).status.success() && simctl(&["plug", "net0"]).status.success());
    assert_eq!(text(program("ipmpstat", &["-Pg", "-o", "state,interfaces"])), "ok:net0\n");
    assert!(text(simctl(&["dump"])).contains("\"dialect\": \"illumos-new\""));
    assert!(!simctl(&["create", "beos"]).status.success() && !simctl(&["fly"]).status.success());
}
