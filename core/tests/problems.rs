//! Each case below `problems/` is a file, or a directory of files, and beside it the problems it must give, word for
//! word. `UPDATE_EXPECTED=1 cargo test` writes what is found; then read the difference.

#![allow(clippy::disallowed_methods, reason = "the tests of core may read their cases")]
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use mpath_core::problem::CODES;
use mpath_core::{Problem, SourceFile, Span, read};

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/problems")
}

fn sorted(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn source(path: &Path) -> SourceFile {
    SourceFile::new(path.file_name().unwrap().to_str().unwrap(), fs::read_to_string(path).unwrap())
}

/// Every case: the file with what is expected, and the sources.
fn cases() -> Vec<(PathBuf, Vec<SourceFile>)> {
    let mut cases = Vec::new();
    for path in sorted(&directory()) {
        if path.is_dir() {
            cases.push((path.with_extension("txt"), sorted(&path).iter().map(|file| source(file)).collect()));
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            cases.push((path.with_extension("txt"), vec![source(&path)]));
        }
    }
    cases
}

fn place(sources: &[SourceFile], span: &Span) -> String {
    let file = &sources[span.source];
    let (line, column) = file.position(span.bytes.start);
    format!("{}:{line}:{column} {:?}", file.path, &file.text[span.bytes.clone()])
}

fn rendered(sources: &[SourceFile], problems: &[Problem]) -> String {
    let mut text = String::new();
    for problem in problems {
        let Problem { code, span, key, message, allowed, hint, also } = problem;
        writeln!(text, "{} [{code}] {key}: {message}", place(sources, span)).unwrap();
        for (what, words) in [("allowed", allowed), ("hint", hint)] {
            if let Some(words) = words {
                writeln!(text, "    {what}: {words}").unwrap();
            }
        }
        for (span, what) in also {
            writeln!(text, "    {what}: {}", place(sources, span)).unwrap();
        }
    }
    text
}

#[test]
fn every_case_gives_the_problems_it_is_known_for() {
    let mut wrong = Vec::new();
    for (expected, sources) in cases() {
        let problems = read(&sources).expect_err(&format!("{} must give problems", expected.display()));
        let found = rendered(&sources, &problems);
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&expected, &found).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != found {
            wrong.push(format!("{}:\n{found}", expected.display()));
        }
    }
    assert!(wrong.is_empty(), "run with UPDATE_EXPECTED=1 and read the difference\n{}", wrong.join("\n"));
}

#[test]
fn every_kind_of_problem_has_a_case() {
    let found: BTreeSet<_> =
        cases().iter().flat_map(|(_, sources)| read(sources).unwrap_err()).map(|problem| problem.code).collect();
    let missing: Vec<_> = CODES.iter().map(|(code, _)| *code).filter(|code| !found.contains(code)).collect();
    assert!(missing.is_empty(), "no case gives {missing:?}");
}

#[test]
fn a_problem_says_it_in_lower_case_on_one_line_without_a_full_stop() {
    for problem in cases().iter().flat_map(|(_, sources)| read(sources).unwrap_err()) {
        let Problem { message, allowed, hint, also, .. } = &problem;
        let words = [Some(message), allowed.as_ref(), hint.as_ref()].into_iter().flatten();
        for text in words.chain(also.iter().map(|(_, what)| what)) {
            assert!(!text.is_empty() && !text.ends_with('.') && !text.contains('\n'), "{problem:?}");
        }
        assert!(!message.starts_with(char::is_uppercase), "{problem:?}");
        assert!(!problem.to_string().contains('\n'), "{problem:?}");
    }
}
