//! Plans as text: what would be done for a group on a host, and which native commands that is.
//!
//! Each folder beside this file is a case: `group.toml` (what is wanted), `current.toml` (the host, a snapshot),
//! `plan.txt` (steps and notes, or refusals), `linux.txt` (the same steps as commands). `UPDATE_EXPECTED=1` writes the
//! last two anew; read the difference before you commit it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use mpath_core::fake::FakeHost;
use mpath_core::plan::{self, NoPlan, Prepared};
use mpath_core::resolve::Question;
use mpath_core::source::SourceFile;
use mpath_core::{Backend as _, Group, Snapshot};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/plans");
    let mut cases: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|p| p.is_dir()).collect();
    cases.sort();
    cases
}

fn group(case: &Path) -> Group {
    let path = case.join("group.toml");
    let source = SourceFile { path: path.display().to_string(), text: fs::read_to_string(&path).unwrap() };
    let groups = mpath_core::validate::read(&[source]).unwrap_or_else(|problems| panic!("{path:?}: {problems:#?}"));
    assert_eq!(groups.len(), 1, "{path:?}");
    groups.into_iter().next().unwrap()
}

fn current(case: &Path) -> Snapshot {
    let path = case.join("current.toml");
    toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

fn plan(group: &Group, host: &Snapshot) -> Result<Prepared, NoPlan> {
    let capabilities = mpath_backend_linux::capabilities();
    plan::up(Question { desired: group, current: host, receipt: None, capabilities: &capabilities, adopt: false })
}

/// The plan as `plan.txt` and `linux.txt` have it.
fn texts(result: &Result<Prepared, NoPlan>) -> (String, String) {
    let (mut text, mut linux) = (String::new(), String::new());
    match result {
        Err(NoPlan::Refused(refusals)) => {
            for refusal in refusals {
                writeln!(text, "refused: {refusal}\n  hint: {}", refusal.hint()).unwrap();
            }
        }
        Err(NoPlan::Defect(nonsense)) => panic!("{nonsense}"),
        Ok(Prepared { plan, .. }) => {
            for note in &plan.notes {
                writeln!(text, "{}: {note}", if note.is_warning() { "warning" } else { "note" }).unwrap();
            }
            for step in &plan.steps {
                writeln!(text, "{step}").unwrap();
                writeln!(linux, "# {step}").unwrap();
                for command in mpath_backend_linux::explain(step) {
                    writeln!(linux, "{command}").unwrap();
                }
            }
            if plan.is_empty() {
                writeln!(text, "nothing to do").unwrap();
            }
        }
    }
    (text, linux)
}

#[test]
fn each_case_has_the_plan_that_its_folder_says() {
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let (text, linux) = texts(&plan(&group(&case), &current(&case)));
        for (file, found) in [("plan.txt", text), ("linux.txt", linux)] {
            let path = case.join(file);
            if update {
                fs::write(&path, found).unwrap();
            } else if fs::read_to_string(&path).unwrap_or_default() != found {
                wrong.push(format!("{}:\n{found}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_plan_ends_in_a_host_that_needs_nothing_more() {
    for case in cases() {
        let desired = group(&case);
        let Ok(Prepared { plan: planned, .. }) = plan(&desired, &current(&case)) else { continue };
        let mut host = FakeHost::new(current(&case));
        host.capabilities = mpath_backend_linux::capabilities();
        for step in &planned.steps {
            host.execute(step).unwrap_or_else(|error| panic!("{case:?}: {step}: {error}"));
        }
        let again = plan(&desired, &host.observe().unwrap()).unwrap().plan;
        assert!(again.is_empty(), "{case:?}: {:#?}", again.steps);
    }
}

/// The paths of all keys in a table, as `mpath_core::spec::keys` writes them.
fn paths(table: &toml::Table, prefix: &str, found: &mut BTreeSet<String>) {
    for (key, value) in table {
        let path = format!("{prefix}{key}");
        match value {
            toml::Value::Table(inner) => paths(inner, &format!("{path}."), found),
            toml::Value::Array(list) => {
                for inner in list.iter().filter_map(toml::Value::as_table) {
                    paths(inner, &format!("{path}[]."), found);
                }
            }
            _ => {}
        }
        found.insert(path);
    }
}

#[test]
fn the_cases_cover_every_key_of_the_file() {
    let mut found = BTreeSet::new();
    for case in cases() {
        let file: toml::Table = fs::read_to_string(case.join("group.toml")).unwrap().parse().unwrap();
        for group in file["group"].as_table().unwrap().values() {
            paths(group.as_table().unwrap(), "", &mut found);
        }
    }
    let keys: BTreeSet<_> = mpath_core::spec::keys::KEYS.iter().map(|key| key.path.to_owned()).collect();
    let missing: Vec<_> = keys.difference(&found).collect();
    assert!(missing.is_empty(), "no case has {missing:?}");
    let unknown: Vec<_> = found.difference(&keys).collect();
    assert!(unknown.is_empty(), "keys that are in no list: {unknown:?}");
}
