//! The real program: what is wired in `main`, and what needs no host.

use std::fs;
use std::process::Command;

use crate::expected::expect;
use crate::world::{HOME_LAN, OFFICE, block};

/// Runs the program in a directory of its own, and shows how it ended.
fn run(lines: &[&str]) -> String {
    let directory = tempfile::TempDir::new().unwrap();
    fs::create_dir(directory.path().join("etc")).unwrap();
    fs::write(directory.path().join("etc/home-lan.toml"), HOME_LAN).unwrap();
    fs::write(directory.path().join("etc/office.toml"), OFFICE).unwrap();
    fs::write(directory.path().join("wrong.toml"), HOME_LAN.replace("\"100ms\"", "100")).unwrap();
    let mut shown = String::new();
    for (number, line) in lines.iter().enumerate() {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
        command.args(line.split_whitespace()).current_dir(directory.path()).env_clear();
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let gap = if number == 0 { "" } else { "\n" };
        shown += gap;
        let code = output.status.code().unwrap();
        block(&mut shown, &format!("mpath {line}"), &text(output.stdout), &text(output.stderr), code).unwrap();
    }
    shown
}

#[test]
fn help_and_version_are_data() {
    expect("help", &run(&["--help", "--version", "up --help", "down -h", "plan -h", "status -h", "check -h"]));
}

#[test]
fn wrong_usage() {
    let lines = ["", "stauts", "up --now", "up a --all", "status -v -q", "check --color purple", "plan --json --chekc"];
    expect("usage", &run(&lines));
}

#[test]
fn files_without_a_host() {
    let lines =
        ["check -c etc", "check -c wrong.toml", "up -c wrong.toml", "check -c nowhere", "check -c etc office x"];
    expect("binary_files", &run(&lines));
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
    let output = command.arg("--help").stdout(writer).output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]));
}
