//! The schema and mpath agree about files: what mpath takes the schema takes, and what is wrong with a single key it
//! refuses at that key.

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use mpath_core::mode::ModeName;
use mpath_core::spec::form::Form;
use mpath_core::spec::keys::KEYS;
use mpath_core::{SourceFile, read};
use serde_json::Value;

use crate::expected::repository;
use crate::world::World;

/// The kinds of problems that can be told from a key and its value, or from the mode.
const KNOWABLE: [&str; 10] = [
    "unknown-key",
    "wrong-type",
    "missing-unit",
    "missing-key",
    "bad-name",
    "bad-value",
    "empty-list",
    "no-address",
    "not-in-mode",
    "address-without-prefix",
];

fn validator() -> Validator {
    let run = World::new().run("schema");
    assert_eq!(run.code, 0, "{run}");
    let schema: Value = serde_json::from_str(&run.stdout).unwrap();
    jsonschema::draft7::meta::validate(&schema).unwrap();
    jsonschema::draft7::new(&schema).unwrap()
}

/// What the schema has against a text: the place, as a JSON pointer, and why. `None` where it is no TOML.
fn complaints(validator: &Validator, text: &str) -> Option<Vec<(String, String)>> {
    let value: Value = toml::from_str(text).ok()?;
    let complaint = |error: jsonschema::ValidationError<'_>| (error.instance_path().to_string(), error.to_string());
    Some(validator.iter_errors(&value).map(complaint).collect())
}

/// Every file and every example of the repository that is a configuration, with its place.
fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for folder in ["docs", "tests", "core/tests", "README.md"] {
        below(&repository(folder), &mut files);
    }
    files
}

fn below(path: &Path, found: &mut Vec<(String, String)>) {
    let shown = path.display().to_string();
    if path.is_dir() {
        let mut entries: Vec<PathBuf> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        entries.iter().for_each(|entry| below(entry, found));
    } else if path.extension().is_some_and(|extension| extension == "toml") && !shown.ends_with("Cargo.toml") {
        found.extend(fs::read_to_string(path).ok().map(|text| (shown, text)));
    } else if path.extension().is_some_and(|extension| extension == "md") {
        let text = fs::read_to_string(path).unwrap();
        let blocks = text.split("```toml\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0));
        found.extend(blocks.map(|block| (shown.clone(), block.to_owned())));
    }
}

#[test]
fn every_file_that_mpath_takes_is_good_by_the_schema() {
    let validator = validator();
    let mut good = 0;
    for (place, text) in files() {
        if read(&[SourceFile::new(&place, &text)]).is_ok() {
            let complaints = complaints(&validator, &text).unwrap_or_else(|| panic!("{place}: no TOML\n{text}"));
            assert!(complaints.is_empty(), "{place}: {complaints:#?}\n{text}");
            good += 1;
        }
    }
    assert!(good > 60, "only {good} good files were found");
}

#[test]
fn what_is_wrong_with_a_single_key_the_schema_refuses_there() {
    let validator = validator();
    let (mut refused, mut missed) = (0, Vec::new());
    for (place, text) in files() {
        let Err(problems) = read(&[SourceFile::new(&place, &text)]) else { continue };
        let Some(complaints) = complaints(&validator, &text) else { continue };
        for problem in problems.iter().filter(|problem| KNOWABLE.contains(&problem.code)) {
            // What a fact has become of, only the host knows.
            if problem.key.is_empty() || problem.message.contains("${") {
                continue;
            }
            let key = pointer(&problem.key);
            // A table that lacks something, or has what it should not have, is wrong as a whole.
            let is_there = |(at, _): &(String, String)| {
                at.is_empty() && !key[1..].contains('/')
                    || !at.is_empty() && (key.starts_with(at) || at.starts_with(&key))
            };
            if !complaints.iter().any(is_there) {
                missed.push(format!("{place}: {key}: {problem} [{}]", problem.code));
            }
            refused += 1;
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert!(refused > 80, "only {refused} problems were found");
}

/// A key as a JSON pointer: `group."a.b".members[1].prio` is `/group/a.b/members/1/prio`.
fn pointer(key: &str) -> String {
    let mut pointer = String::new();
    let mut quoted = false;
    for character in format!(".{key}").chars() {
        match character {
            '"' => quoted = !quoted,
            '.' | '[' if !quoted => pointer.push('/'),
            ']' if !quoted => {}
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            _ => pointer.push(character),
        }
    }
    pointer
}

/// Each number's bounds, as the parser has them.
#[test]
fn the_schema_and_the_parser_have_the_same_bounds() {
    let validator = validator();
    let mut numbers = 0;
    for key in KEYS {
        let Form::Number(range) = &key.form else { continue };
        let mode = mode_of(key.path);
        for number in [range.start() - 1, *range.start(), *range.end(), range.end() + 1] {
            let text = file_with(key.path, mode, &number.to_string());
            let problems = read(&[SourceFile::new("x", &text)]).err().unwrap_or_default();
            let by_parser = problems.iter().any(|problem| problem.code == "out-of-range");
            let by_schema = !complaints(&validator, &text).unwrap().is_empty();
            assert_eq!(by_parser, !range.contains(&number), "{text}");
            assert_eq!(by_schema, by_parser, "{text}");
            numbers += 1;
        }
    }
    assert!(numbers > 30);
}

/// Every word that a key takes, each mode by all of its names.
#[test]
fn the_schema_and_the_parser_have_the_same_words() {
    let validator = validator();
    let agree = |text: &str, expected: bool| {
        let problems = read(&[SourceFile::new("x", text)]).err().unwrap_or_default();
        assert_eq!(problems.iter().all(|problem| problem.code != "bad-value"), expected, "{text}\n{problems:?}");
        assert_eq!(complaints(&validator, text).unwrap().is_empty(), expected, "{text}");
    };
    for key in KEYS {
        let Form::Words(words) = &key.form else { continue };
        let mode = mode_of(key.path);
        for word in words().into_iter().chain(["nonsense"]) {
            agree(&file_with(key.path, mode, &format!("{word:?}")), word != "nonsense");
        }
    }
    let names = ModeName::ALL.iter().map(|mode| mode.word()).chain(ModeName::ALIASES.iter().map(|(alias, _)| *alias));
    for name in names {
        for word in [name.to_owned(), name.to_ascii_uppercase()] {
            agree(&file_with("mode", &word, ""), true);
        }
    }
    agree(&file_with("mode", "nonsense", ""), false);
}

/// A mode that has a key.
fn mode_of(path: &str) -> &'static str {
    let above = KEYS.iter().filter(|key| path.starts_with(key.path));
    above.filter_map(|key| key.modes.first()).next().map_or("active-backup", |mode| mode.word())
}

/// A file of one group with a key of this path.
fn file_with(path: &str, mode: &str, value: &str) -> String {
    let value = match path.rsplit_once("[].") {
        Some(("members", name)) => format!("members = [{{ name = \"eth0\", {name} = {value} }}]\n"),
        Some(("routes", name)) => {
            format!("members = [\"eth0\"]\nroutes = [{{ to = \"10.0.0.0/8\", {name} = {value} }}]\n")
        }
        _ if path == "mode" => "members = [\"eth0\"]\n".to_owned(),
        _ => format!("members = [\"eth0\"]\n{path} = {value}\n"),
    };
    format!("[group.a]\nmode = \"{mode}\"\naddresses = [\"192.168.1.2/24\"]\ngateway = \"192.168.1.1\"\n{value}")
}
