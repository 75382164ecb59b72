//! What documents say about the repository is true: targets of make, links, files. Their commands on a host are run by
//! `tests/kernel/documents.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::expected::repository;

#[test]
fn every_target_that_documents_name_is_in_the_makefile() {
    let targets = targets();
    let mut named = BTreeSet::new();
    for path in documents(&repository("")) {
        for code in code(&read(&path)) {
            let Some(words) = code.trim().strip_prefix("make ") else { continue };
            let target = words.split_whitespace().next().unwrap_or_default().to_owned();
            assert!(targets.contains(&target), "{}: there is no `make {target}`", path.display());
            named.insert(target);
        }
    }
    for must in ["demo", "test", "test-kernels"] {
        assert!(named.contains(must), "only {named:?} are named");
    }
}

/// The commands of the README are the two that newcomers type, and what must pass before a change lands runs them.
#[test]
fn what_the_readme_has_one_type_is_run_before_a_change_lands() {
    let readme = read(&repository("README.md"));
    let typed: Vec<_> = blocks(&readme, "sh").iter().flat_map(|block| block.lines()).map(without_comment).collect();
    assert_eq!(typed, ["make demo", "make test"]);
    let before_landing = read(&repository(".ci/run"));
    for command in typed {
        assert!(before_landing.lines().any(|line| line == command), ".ci/run does not run `{command}`");
    }
}

/// `make test` is every test: each of the binaries that do not run by `cargo test` of the other packages is named.
#[test]
fn make_test_runs_every_test_binary() {
    let makefile = read(&repository("Makefile"));
    let recipe = |target: &str| makefile.split_once(&format!("\n{target}:")).unwrap().1.split("\n\n").next().unwrap();
    for longer in ["make test-boot", "make test-ansible"] {
        assert!(read(&repository(".ci/run")).contains(&format!("\n{longer}\n")));
    }
    let package: toml::Table = read(&repository("cli/Cargo.toml")).parse().unwrap();
    let binaries = package["test"].as_array().unwrap();
    assert!(binaries.len() > 2);
    for binary in binaries {
        let name = binary["name"].as_str().unwrap();
        let target = match name {
            // Boots and fleets take longer than all that `make test` has time for.
            "boot" | "ansible" => format!("test-{name}"),
            _ => "test".to_owned(),
        };
        assert!(recipe(&target).contains(&format!("--test {name}")), "`make {target}` does not run {name}");
    }
}

#[test]
fn every_link_leads_somewhere() {
    let mut links = 0;
    for path in documents(&repository("")) {
        let text = read(&path);
        for target in links_in(&text).into_iter().filter(|target| !target.contains("://")) {
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let there = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(there.exists(), "{}: {target} is not there", path.display());
            let found = anchor.is_empty() || anchors(&read(&there)).any(|other| other == anchor);
            assert!(found, "{}: {target} has no such heading", path.display());
            links += 1;
        }
    }
    assert!(links > 20, "only {links} links were found");
}

/// A path in code that begins with a folder of the repository is that of a file in it.
#[test]
fn every_file_that_documents_name_is_there() {
    let folders = ["core/", "cli/", "backend-linux/", "tests/", "docs/", "packaging/", ".ci/"];
    let mut named = 0;
    for path in documents(&repository("")) {
        let code = code(&read(&path));
        let words = code.iter().flat_map(|code| code.split_whitespace());
        let words = words.map(|word| word.trim_end_matches([':', ',', ';', '*']));
        for word in words.filter(|word| folders.iter().any(|folder| word.starts_with(folder))) {
            assert!(repository(word).exists(), "{}: {word} is not there", path.display());
            named += 1;
        }
    }
    assert!(named > 10, "only {named} paths were found");
}

#[test]
fn the_readme_fits_on_a_screen() {
    let lines = read(&repository("README.md")).lines().count();
    assert!(lines <= 50, "{lines} lines");
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every document below a folder.
fn documents(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_symlink() || name.starts_with('.') || name == "target" {
            continue;
        }
        if path.is_dir() {
            found.extend(documents(&path));
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
    found
}

/// The targets of the Makefile that are commands.
fn targets() -> BTreeSet<String> {
    let makefile = read(&repository("Makefile"));
    makefile.lines().filter_map(|line| line.strip_prefix(".PHONY: ")).map(str::to_owned).collect()
}

fn without_comment(command: &str) -> &str {
    command.split(" #").next().unwrap_or_default().trim()
}

/// The blocks of a language.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let fence = format!("```{language}\n");
    text.split(fence.as_str()).skip(1).filter_map(|rest| Some(rest.split_once("```")?.0)).collect()
}

/// Everything that is set as code: lines of blocks, fenced or indented, and spans.
fn code(text: &str) -> Vec<String> {
    let (lines, prose) = split(text);
    let spans = prose.split('`').skip(1).step_by(2).map(|span| span.replace('\n', " "));
    lines.into_iter().chain(spans).collect()
}

/// The targets of links and images.
fn links_in(text: &str) -> Vec<String> {
    let (_, prose) = split(text);
    // What stands in code is no link.
    let prose: String = prose.split('`').step_by(2).collect::<Vec<_>>().join("code");
    let ends = prose.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()));
    ends.collect()
}

/// The lines of blocks, and the rest.
fn split(text: &str) -> (Vec<String>, String) {
    let (mut lines, mut prose) = (Vec::new(), String::new());
    let mut fenced = false;
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced || line.starts_with("    ") {
            lines.push(line.to_owned());
        } else {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    (lines, prose)
}

/// The anchors of headings, as GitHub makes them.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    let (_, prose) = split(text);
    let heading = |line: &str| {
        let title = line.strip_prefix('#')?.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        Some(kept.map(|c| if c == ' ' { '-' } else { c }).collect())
    };
    prose.lines().filter_map(heading).collect::<Vec<String>>().into_iter()
}

#[test]
fn links_code_and_anchors_are_found() {
    let text = "# A b, `c`\nsee [a `x](y)` b](file.md#a-b-c), `make\ntest`\n```sh\nmake it    # so\n```\n    in dent\n";
    assert_eq!(links_in(text), ["file.md#a-b-c"]);
    assert_eq!(code(text), ["make it    # so", "    in dent", "c", "x](y)", "make test"]);
    assert_eq!(anchors(text).collect::<Vec<_>>(), ["a-b-c"]);
    assert_eq!(blocks(text, "sh"), ["make it    # so\n"]);
}
