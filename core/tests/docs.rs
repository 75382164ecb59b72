//! The reference of the file is true: its examples are read, and it names every key.

#![allow(clippy::disallowed_methods, reason = "the tests of core may read the documents")]
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

use std::collections::BTreeSet;
use std::path::Path;

use mpath_core::identity::Os;
use mpath_core::mode::ModeName;
use mpath_core::spec::keys::KEYS;
use mpath_core::{Identity, SourceFile, read_for};

fn reference() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/mpath-toml.md");
    std::fs::read_to_string(path).unwrap()
}

/// Key and modes of each row of the tables of keys.
fn rows(reference: &str) -> Vec<(&str, &str)> {
    let mut rows = Vec::new();
    let mut in_keys = false;
    for line in reference.lines() {
        if line.starts_with("| key |") {
            in_keys = true;
        } else if !line.starts_with('|') {
            in_keys = false;
        } else if in_keys && line.starts_with("| `") {
            let cells: Vec<_> = line.split(" | ").collect();
            assert_eq!(cells.len(), 5, "{line}");
            rows.push((cells[0].trim_matches(['|', ' ', '`']), cells[3].trim()));
        }
    }
    rows
}

#[test]
fn every_example_of_the_reference_is_a_good_file() {
    let reference = reference();
    let mut examples = 0;
    for block in reference.split("```toml\n").skip(1) {
        let (text, _) = block.split_once("```").unwrap();
        let groups = read_for(&[SourceFile::new("mpath-toml.md", text)], &Identity::named("web7", Os::Linux));
        assert!(groups.as_ref().is_ok_and(|read| !read.groups.is_empty()), "{text}\n{groups:?}");
        examples += 1;
    }
    assert!(examples >= 7, "only {examples} examples were found");
}

#[test]
fn the_reference_has_a_row_for_every_key_and_for_no_other() {
    let reference = reference();
    let rows = rows(&reference);
    let documented: BTreeSet<_> = rows.iter().map(|(key, _)| *key).collect();
    let known: BTreeSet<_> = KEYS.iter().map(|key| key.path).collect();
    assert_eq!(documented, known);
    assert_eq!(rows.len(), known.len(), "a key has two rows");
}

#[test]
fn the_reference_names_the_modes_that_take_a_key() {
    let reference = reference();
    for (key, modes) in rows(&reference) {
        let known = KEYS.iter().find(|known| known.path == key).unwrap().modes;
        if !known.is_empty() {
            let words: Vec<_> = modes.split(", ").collect();
            let expected: Vec<_> = known.iter().map(|mode| mode.word()).collect();
            assert_eq!(words, expected, "{key}");
        }
    }
    for mode in ModeName::ALL {
        assert!(reference.contains(&format!("| `{mode}` | {} |", mode.number())), "{mode}");
    }
}
