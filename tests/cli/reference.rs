//! The reference is true.

use std::fs;
use std::process::Command;

use mpath::ExitCode;

use crate::examples::verbs;
use crate::expected::repository;
use crate::world::World;

#[test]
fn exit_codes_are_those_of_the_reference() {
    let text = fs::read_to_string(repository("docs/reference/exit-codes.md")).unwrap();
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let number: u8 = cells.next()?.parse().ok()?;
        Some((number, cells.next()?.trim_end_matches(" |").to_owned()))
    });
    let codes = ExitCode::ALL.map(|code| (code.number(), code.meaning().to_owned()));
    assert_eq!(rows.collect::<Vec<_>>(), codes);
}

/// Every option of the help is in the reference of its command, and the other way round.
#[test]
fn options_are_those_of_the_reference() {
    let text = fs::read_to_string(repository("docs/reference/commands.md")).unwrap();
    let common = section(&text, "## For every command");
    for command in verbs() {
        let output = Command::new(env!("CARGO_BIN_EXE_mpath")).args([&command, "-h"]).output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        let mut helped: Vec<_> = options(&help).filter(|option| option != "--help").collect();
        let own = section(&text, &format!("## mpath {command}"));
        let mut told: Vec<_> = rows(own).chain(rows(common)).collect();
        helped.sort();
        told.sort();
        assert_eq!(told, helped, "mpath {command}");
    }
}

fn section<'t>(text: &'t str, heading: &str) -> &'t str {
    let (_, rest) = text.split_once(&format!("{heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    rest.split_once("\n## ").map_or(rest, |(section, _)| section)
}

/// The long options of a help text: each stands at the beginning of its line, perhaps after a short one.
fn options(help: &str) -> impl Iterator<Item = String> {
    help.lines().filter_map(|line| {
        let word = line
            .split_whitespace()
            .take(2)
            .map(|word| word.trim_end_matches(','))
            .find(|word| word.starts_with("--"))?;
        Some(word.trim_end_matches("...").to_owned())
    })
}

/// The options in the first column of a table: `` | `--check` | … ``.
fn rows(section: &str) -> impl Iterator<Item = String> {
    section.lines().filter_map(|line| {
        let cell = line.strip_prefix("| ")?.split(" | ").next()?;
        let mut words = cell.split_whitespace().map(|word| word.trim_matches(['`', ',']));
        Some(words.find(|word| word.starts_with("--") && !word.starts_with("---"))?.to_owned())
    })
}

/// Every example of the reference is a command line that works; the kernel tests hold it to its exit code.
#[test]
fn examples_of_the_reference_run() {
    let text = fs::read_to_string(repository("docs/reference/commands.md")).unwrap();
    let command = |line: &'_ str| Some(line.strip_prefix("# mpath ").or(line.strip_prefix("$ mpath "))?.to_owned());
    let examples: Vec<_> = text.lines().filter_map(command).collect();
    assert!(examples.len() > 10);
    let world = World::new();
    world.capture();
    for example in examples {
        // What is written to a file is in the world already, and what the shell does is the lab's to run.
        let line = example.split(['#', '>']).next().unwrap().trim().replace("/etc/mpath", "DIR/etc");
        if example.contains("# ends with 3") {
            assert_eq!(world.run(&line).code, 3, "{example}");
            continue;
        }
        let run = world.run(&line);
        assert!(matches!(run.code, 0 | 4 | 6 | 7 | 9 | 10), "{line}: {run}");
        let no_manager = run.code == 9 && (line.starts_with("enable") || line.starts_with("disable"));
        let fails = no_manager || run.code == 10 || (run.code == 7 && line.starts_with("wait-online"));
        assert_eq!(run.stderr.contains("error"), fails, "{run}");
    }
}

/// Each row of the table of formats has its tests, and each of these is there.
#[test]
fn every_format_names_the_tests_that_prove_it() {
    let text = fs::read_to_string(repository("docs/reference/formats.md")).unwrap();
    let tests = tests_of_the_repository();
    let mut tables = text.split("\n| format | ").skip(1).map(|table| {
        let rows = table.lines().skip(2).take_while(|line| line.starts_with("| `"));
        rows.map(|row| row.trim_matches(['|', ' ']).split('|').map(str::trim).collect::<Vec<_>>()).collect::<Vec<_>>()
    });
    let (formats, proofs) = (tables.next().unwrap(), tables.next().unwrap());
    let names = |rows: &[Vec<&str>]| rows.iter().map(|row| row[0].trim_matches('`').to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&formats), names(&proofs));
    let mut named = names(&formats);
    named.sort();
    assert_eq!(named, known_formats());
    for (format, proof) in formats.iter().zip(&proofs) {
        let has_consumer = !format[4].starts_with("none");
        assert_eq!(proof.get(2).is_some_and(|cell| !cell.is_empty()), has_consumer, "{}", proof[0]);
        for test in proof[1..].iter().flat_map(|cell| cell.split(", ")).filter(|test| !test.is_empty()) {
            let test = test.trim_matches('`');
            assert!(tests.contains(&format!("fn {test}(")), "{}: there is no test {test}", proof[0]);
        }
    }
}

/// Those that can be read or written, as the program tells them.
fn known_formats() -> Vec<String> {
    let mut known: Vec<_> = ["import --from nothing", "render --to nothing"].map(possible).concat();
    known.sort();
    known.dedup();
    known
}

fn possible(line: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_mpath")).args(line.split(' ')).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    let list = told.split_once("[possible values: ").and_then(|(_, rest)| rest.split_once(']'));
    list.unwrap_or_else(|| panic!("{told}")).0.split(", ").map(str::to_owned).collect()
}

/// The text of all that may have tests.
fn tests_of_the_repository() -> String {
    let folders =
        ["backend-linux/src", "backend-illumos/src", "tests/kernel", "tests/ipmp", "tests/cli", "tests/nmstate"];
    let mut open: Vec<_> = folders.map(repository).into();
    let mut text = String::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                open.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                text += &fs::read_to_string(entry).unwrap();
            }
        }
    }
    text
}
