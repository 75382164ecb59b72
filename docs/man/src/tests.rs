//! The pages have all that they are to have. Whether they are good roff, `make lint` asks mandoc and groff.

use mpath::ExitCode;

use super::*;

fn page(name: &str) -> String {
    let pages = pages().unwrap();
    let found = pages.iter().find(|page| page.reference() == name);
    // As it reads: without what roff adds.
    found
        .unwrap_or_else(|| panic!("no {name}"))
        .text()
        .replace("\\-", "-")
        .replace("\\fB", "")
        .replace("\\fI", "")
        .replace("\\fR", "")
        .replace("\\*(Aq", "'")
}

#[test]
fn every_command_has_a_page_with_its_options_and_its_examples() {
    let mut all = mpath::command_line();
    all.build();
    for verb in all.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let page = page(&format!("mpath-{}(8)", verb.get_name()));
        for option in verb.get_arguments().filter_map(|argument| argument.get_long()) {
            assert!(page.contains(&format!("--{option}")), "{}: --{option}", verb.get_name());
        }
        let help = verb.get_after_long_help().unwrap().to_string();
        let examples: Vec<_> = help.lines().filter_map(|line| line.strip_prefix("  mpath ")).collect();
        assert!(!examples.is_empty());
        for example in examples {
            assert!(page.contains(&format!("\nmpath {example}\n")), "{example}\n{page}");
        }
        // Its section of the reference is there, too.
        let description = page.split_once(".SH DESCRIPTION\n").unwrap().1.split("\n.SH").next().unwrap();
        assert!(description.len() > 60, "{}: {description}", verb.get_name());
    }
}

#[test]
fn a_synopsis_has_the_values_and_what_can_be_repeated() {
    let synopsis = |name: &str| {
        let page = page(name);
        let text = page.split_once(".SH SYNOPSIS\n").unwrap().1.split("\n.SH").next().unwrap().replace('\n', " ");
        text.trim().to_owned()
    };
    assert_eq!(
        synopsis("mpath-import(8)"),
        "mpath import [--from FORMAT] [--root DIR] [--file FILE]… [OPTION OF EVERY COMMAND]… [GROUP]…"
    );
    assert!(synopsis("mpath-adopt(8)").ends_with(" FORMAT [GROUP]"), "{}", synopsis("mpath-adopt(8)"));
    assert!(synopsis("mpath-init(8)").starts_with("mpath init [--yes] [--name GROUP] [--members NAMES] ["));
    assert!(synopsis("mpath(8)").ends_with(" COMMAND [ARGUMENT]…"), "{}", synopsis("mpath(8)"));
}

#[test]
fn the_page_of_the_program_tells_exit_codes_files_and_environment() {
    let page = page("mpath(8)");
    for code in ExitCode::ALL {
        assert!(page.contains(&format!("{}\n{}", code.number(), code.meaning().replace('`', ""))), "{code:?}");
    }
    for part in ["EXAMPLES", "\"EXIT STATUS\"", "FILES", "ENVIRONMENT", "\"SEE ALSO\""] {
        assert!(page.contains(&format!("\n.SH {part}\n")), "{part}");
    }
    for word in ["/etc/mpath/*.toml", "NO_COLOR", "mpath-ipmp(7)", "mpath-wifi(7)", "mpath.toml(5)"] {
        assert!(page.contains(word), "{word}");
    }
}

#[test]
fn the_page_of_the_file_has_every_key() {
    let page = page("mpath.toml(5)");
    for key in mpath_core::spec::keys::KEYS {
        assert!(page.contains(&format!("\n.TP\n{}\n", key.path)), "{}", key.path);
    }
}

#[test]
fn links_become_the_names_of_pages() {
    let up = page("mpath-up(8)");
    assert!(up.contains("recover (mpath-recover(8))"), "{up}");
    assert!(up.contains("is in\nsafety.") || up.contains("is in safety."), "{up}");
    // What is no page is a document, which packages bring.
    let (text, also) = up.split_once(".SH \"SEE ALSO\"").unwrap();
    assert!(!text.contains(".md"), "{text}");
    assert!(also.contains("\nIn /usr/share/doc/mpath: guide/at-boot.md, reference/safety.md"), "{also}");
    // By the command in whose section the heading is.
    let down = page("mpath-down(8)");
    assert!(!down.contains("(mpath-down(8))"));
}

#[test]
fn text_that_roff_would_take_for_its_own_is_text() {
    let mut page = Page::new("x", "7", "y", "2026-01-01");
    page.heading("DESCRIPTION");
    let text = "a \\ b 'c' -d\n\n```text\n.nf\n'quote\n```\n\n| a | b | c |\n| --- | --- | --- |\n| `.x` | 1 | *2* |\n";
    markdown::write(&markdown::Source { document: "reference/x.md", text }, &mut page);
    let shown = page.text();
    for line in ["a \\\\ b \\*(Aqc\\*(Aq \\-d", "\\&.nf", "\\*(Aqquote", "\\fB.x\\fR", "\\fIb\\fR: 1"] {
        assert!(shown.lines().any(|other| other == line), "{line}:\n{shown}");
    }
}
