//! The scripts of `mpath completions` in real shells: keys are pressed on a terminal, and the shell runs the line that
//! comes of them.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::expected::repository;
use crate::world::{HOME_LAN, OFFICE};

/// What is typed, with `|` where the cursor is as Tab is pressed, and the line that it must become. `DIR` is where the files are.
const TYPED: [(&str, &str); 11] = [
    ("mpath sta|", "status"),
    ("mpath up -c DIR/etc ho|", "up -c DIR/etc home-lan"),
    ("mpath switch --config DIR/etc office --to |", "switch --config DIR/etc office --to eth7"),
    ("mpath switch -c DIR/etc office --to=e|", "switch -c DIR/etc office --to=eth7"),
    ("mpath check -c DIR/etc/hom|", "check -c DIR/etc/home-lan.toml"),
    ("mpath up -c DIR/nowhere ho|", "up -c DIR/nowhere ho"),
    ("mpath up -c 'DIR/my files' ho|", "up -c DIR/my files home-lan"),
    ("mpath down -c DIR/my\\ files ho|", "down -c DIR/my files home-lan"),
    ("mpath sta| -c DIR/etc", "status -c DIR/etc"),
    ("mpath plan -c DIR/etc ho| --json", "plan -c DIR/etc home-lan --json"),
    ("mpath switch -c DIR/etc office --to | --json", "switch -c DIR/etc office --to eth7 --json"),
];

/// The same where what stands behind the cursor decides. Fish tells nobody of that.
const BEHIND: [(&str, &str); 3] = [
    ("mpath plan ho| -c 'DIR/my files'", "plan home-lan -c DIR/my files"),
    ("mpath switch --to=e| office -c DIR/etc", "switch --to=eth7 office -c DIR/etc"),
    ("mpath up | -c DIR/etc office", "up home-lan -c DIR/etc office"),
];

/// The keys that are pressed for it, and Enter.
fn keys(typed: &str) -> String {
    let (before, after) = typed.split_once('|').unwrap();
    // Ctrl-B is the cursor a character to the left.
    format!("{before}{after}{}\t\n", "\x02".repeat(after.chars().count()))
}

#[test]
fn bash_completes() {
    holds("bash", "bash --noprofile --rcfile DIR/rc -i", "source DIR/script\nmpath() { echo \"<mpath $*>\"; }\n");
}

#[test]
fn zsh_completes() {
    let rc = "autoload -Uz compinit && compinit -u -D\nsource DIR/script\nmpath() { echo \"<mpath $*>\"; }\n\
        unsetopt zle_bracketed_paste prompt_cr prompt_sp\nPS1='% '\n";
    holds("zsh", "env ZDOTDIR=DIR zsh -i", rc);
}

/// As a package puts it: found by its name among the functions.
#[test]
fn zsh_finds_it_among_its_functions() {
    let rc = "fpath=(DIR/functions $fpath)\nautoload -Uz compinit && compinit -u -D\nmpath() { echo \"<mpath $*>\"; }\n\
        PS1='% '\n";
    holds("zsh", "env ZDOTDIR=DIR zsh -i", rc);
}

#[test]
fn fish_completes() {
    let rc = "source DIR/script\nfunction mpath\n    echo \"<mpath $argv>\"\nend\n";
    holds("fish", "fish --private --no-config --init-command 'source DIR/rc'", rc);
}

/// Types all of it into a shell and compares what it runs.
#[track_caller]
fn holds(shell: &str, command: &str, rc: &str) {
    if !is_there(shell) || !is_there("script") {
        let told = format!("SKIPPED: {shell} or script(1) is not installed; tests/lab/packages installs both\n");
        assert!(std::env::var_os("MPATH_TEST_SHELLS").is_none(), "{told}");
        // Past what the harness keeps to itself.
        std::io::stderr().write_all(told.as_bytes()).unwrap();
        return;
    }
    let directory = tempfile::TempDir::new().unwrap();
    // A name without anything that a shell would put in quotes.
    let root = directory.path().display().to_string();
    let put = |path: &str, text: &str| fs::write(directory.path().join(path), text.replace("DIR", &root)).unwrap();
    fs::create_dir(directory.path().join("etc")).unwrap();
    fs::create_dir(directory.path().join("functions")).unwrap();
    fs::create_dir(directory.path().join("my files")).unwrap();
    put("my files/home-lan.toml", HOME_LAN);
    put("etc/home-lan.toml", HOME_LAN);
    put("etc/office.toml", &OFFICE.replace("eth2", "eth7"));
    put("rc", rc);
    put(".zshrc", rc);
    let script = Command::new(env!("CARGO_BIN_EXE_mpath")).args(["completions", shell]).output().unwrap();
    assert!(script.status.success());
    fs::write(directory.path().join("script"), &script.stdout).unwrap();
    fs::write(directory.path().join("functions/_mpath"), &script.stdout).unwrap();
    let behind = BEHIND.iter().filter(|_| shell != "fish");
    let all: Vec<_> = TYPED.iter().chain(behind).collect();
    let typed: String =
        all.iter().map(|(typed, _)| keys(&typed.replace("DIR", &root))).chain(["exit\n".into()]).collect();
    let shown = on_a_terminal(&command.replace("DIR", &root), &typed, directory.path());
    for (typed, line) in all {
        let line = format!("<mpath {}>", line.replace("DIR", &root));
        // The line as it was typed has no `<`.
        assert!(shown.contains(&line), "{shell}: {typed:?} did not become {line}:\n{shown}");
    }
    for noise in ["error", "warning", "not found", "Invalid"] {
        assert!(!shown.contains(noise), "{shell}: {noise}:\n{shown}");
    }
}

/// Runs a shell on a terminal of its own, with these keys pressed.
fn on_a_terminal(command: &str, typed: &str, home: &Path) -> String {
    let programs = repository(env!("CARGO_BIN_EXE_mpath")).parent().unwrap().display().to_string();
    let mut script = Command::new("script");
    script.args(["-qec", command, "/dev/null"]).current_dir("/").env_clear();
    // A terminal that nobody asks what it can do.
    script.env("PATH", format!("{programs}:/usr/bin:/bin")).env("TERM", "dumb").env("HOME", home);
    script.env("SHELL", "/bin/sh");
    let mut shell = script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    shell.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let output = shell.wait_with_output().unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

fn is_there(program: &str) -> bool {
    ["/usr/bin", "/bin"].iter().any(|folder| Path::new(folder).join(program).exists())
}
