//! The examples of `--help` do what they say: each is run here, and those that change a host also by
//! `tests/kernel/documents.rs`, as an example of the reference.

use std::ffi::OsString;
use std::fs;
use std::process::Command;

use crate::enable::systemd;
use crate::expected::repository;
use crate::world::World;

/// Examples that are only parsed here, and why.
const ONLY_PARSED: [(&str, &str); 3] = [
    ("mpath init", "it asks a person; tests/cli/init.rs answers"),
    (
        "mpath drill home-lan --how carrier --cut 'switch-port {member} off' --plug 'switch-port {member} on'",
        "it runs a program of the reader's; tests/kernel/drill.rs has one that pulls cables",
    ),
    (
        "mpath agent --metrics unix:/run/mpath/metrics.sock",
        "it makes a file outside of this world; tests/kernel/agent.rs asks for metrics",
    ),
];

/// What has no end of its own is given one.
const ENDLESS: [&str; 2] = ["watch", "agent"];

#[test]
fn every_command_has_examples_and_their_command_lines_work() {
    for verb in verbs() {
        let examples = examples(&help(&[&verb]));
        assert!(!examples.is_empty(), "mpath {verb} --help has no examples");
        for example in examples {
            assert!(example.starts_with(&format!("mpath {verb}")), "{verb}: {example}");
            runs(&example);
        }
    }
    let first = examples(&help(&[]));
    assert!(first.len() > 2, "{first:?}");
    first.iter().for_each(|example| runs(example));
}

/// So the lab runs it, on a host with a bonding driver.
#[test]
fn every_example_is_one_of_the_reference() {
    let text = fs::read_to_string(repository("docs/reference/commands.md")).unwrap();
    let commands = text.lines().filter_map(|line| line.strip_prefix("# ").or(line.strip_prefix("$ ")));
    let commands: Vec<_> = commands.map(|line| line.split(" #").next().unwrap_or(line).trim_end()).collect();
    for verb in verbs() {
        for example in examples(&help(&[&verb])).iter().filter(|example| !is_only_parsed(example)) {
            let is_endless = ENDLESS.contains(&verb.as_str());
            let same = |line: &&str| {
                line.strip_prefix(example.as_str())
                    .is_some_and(|rest| rest.is_empty() || is_endless && rest.starts_with(" --for "))
            };
            assert!(commands.iter().any(same), "docs/reference/commands.md does not have {example}");
        }
    }
}

/// An entry of the list that no help text has is one too many.
#[test]
fn nothing_else_is_only_parsed() {
    let all: Vec<_> = verbs().iter().flat_map(|verb| examples(&help(&[verb]))).collect();
    for (example, _) in ONLY_PARSED {
        assert!(all.iter().any(|other| other == example), "no help text has {example}");
    }
}

fn is_only_parsed(example: &str) -> bool {
    ONLY_PARSED.iter().any(|(only, _)| *only == example)
}

/// Runs an example where its group is up, or is to be.
#[track_caller]
fn runs(example: &str) {
    let verb = example.split_whitespace().nth(1).unwrap();
    if is_only_parsed(example) {
        // The words are taken, and then there is no configuration.
        let world = World::new();
        let mut arguments = words(example);
        arguments.extend(["--config".into(), world.path("nowhere").into()]);
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let code = world.run_words(arguments, &mut stdout, &mut stderr);
        let told = String::from_utf8_lossy(&stderr);
        assert!(matches!(code, 2 | 3) && !told.contains("try '--help'"), "{example}: {told}");
        return;
    }
    let world = match verb {
        "up" | "plan" => World::new(),
        "enable" | "disable" => systemd(),
        "adopt" | "release" => crate::adopt::foreign(),
        _ => World::up(),
    };
    if example.contains("/etc/mpath/facts") {
        world.capture();
    }
    if verb == "release" {
        assert_eq!(world.run("adopt kernel --yes -q").code, 0);
    }
    if matches!(verb, "confirm" | "revert") {
        assert_eq!(world.run("down -q").code, 0);
        assert_eq!(world.run("up -q --confirm 60s").code, 0);
    }
    let mut line = example.strip_prefix("mpath ").unwrap().replace("/etc/mpath", "DIR/etc");
    if matches!(verb, "enable" | "disable") {
        line.push_str(" --config DIR/tree/etc/mpath");
    }
    if ENDLESS.contains(&verb) {
        line.push_str(" --for 0");
    }
    let run = world.run(&line);
    let expected = if line.contains("plan home-lan --check") { 4 } else { 0 };
    assert_eq!(run.code, expected, "{run}");
    assert!(!run.stderr.contains("error"), "{run}");
}

/// The words of a command line, some of them in single quotes.
fn words(line: &str) -> Vec<OsString> {
    let pieces = line.split('\'').enumerate();
    let words = pieces.flat_map(|(number, piece)| match number % 2 {
        0 => piece.split_whitespace().map(str::to_owned).collect(),
        _ => vec![piece.to_owned()],
    });
    words.map(OsString::from).collect()
}

fn help(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_mpath")).args(words).arg("--help").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{words:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Every command that `mpath --help` shows.
pub(crate) fn verbs() -> Vec<String> {
    let help = help(&[]);
    let commands = help.split_once("\nCommands:\n").unwrap().1.split_once("\n\n").unwrap().0;
    let verbs = commands.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned);
    let verbs: Vec<_> = verbs.collect();
    assert!(verbs.len() > 15, "{verbs:?}");
    verbs
}

/// The examples of a help text: lines that begin with two spaces and the program's name, each with its purpose below.
fn examples(help: &str) -> Vec<String> {
    let Some((_, text)) = help.split_once("\nExamples:\n") else { return vec![] };
    let lines: Vec<_> = text.lines().take_while(|line| !line.is_empty()).collect();
    let pairs = lines.chunks(2).map(|pair| {
        let purpose = pair.get(1).and_then(|purpose| purpose.strip_prefix("      "));
        assert!(purpose.is_some_and(|purpose| !purpose.starts_with(' ')), "{pair:?}");
        pair[0].strip_prefix("  ").filter(|line| line.starts_with("mpath ")).unwrap_or_else(|| panic!("{pair:?}"))
    });
    pairs.map(str::to_owned).collect()
}
