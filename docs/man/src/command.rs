//! The pages of the commands: what `--help` has, and the text of the reference.

use clap::builder::PossibleValue;
use clap::{Arg, Command};
use clap_mangen::Man;
use mpath::ExitCode;
use roff::{Roff, bold, roman};

use crate::markdown::{self, Source};
use crate::page::Page;
use crate::references::COMMANDS;

const EXIT_CODES: &str = include_str!("../../reference/exit-codes.md");
const FILES: &str = include_str!("../../reference/files.md");

/// mpath(8), and one page for each command.
pub(crate) fn pages(date: &str) -> Vec<Page> {
    let mut all = mpath::command_line();
    all.build();
    let verbs: Vec<_> = all.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned().collect();
    let mut pages = vec![program(&all, &verbs, date)];
    pages.extend(verbs.iter().map(|verb| of_verb(verb, &all, date)));
    pages
}

fn program(all: &Command, verbs: &[Command], date: &str) -> Page {
    let mut page = Page::new("mpath", "8", &about(all), date);
    page.raw(&synopsis(all));
    page.heading("DESCRIPTION");
    let mut others = Vec::new();
    for text in [intro(COMMANDS), section(COMMANDS, "Which groups").unwrap_or_default()] {
        others.extend(markdown::write(&Source { document: "reference/commands.md", text }, &mut page));
    }
    page.heading("COMMANDS");
    let mut list = Roff::new();
    for verb in verbs {
        list.control("TP", []);
        list.text([bold(format!("mpath-{}", verb.get_name())), roman("(8)")]);
        list.text([roman(about(verb))]);
    }
    page.add(&list);
    page.raw(&options(all.clone()));
    examples(all, &mut page);
    page.heading("EXIT STATUS");
    page.add(&codes());
    others.extend(markdown::write(
        &Source { document: "reference/exit-codes.md", text: below_table(EXIT_CODES) },
        &mut page,
    ));
    for (heading, title) in [("FILES", "Files"), ("ENVIRONMENT", "Environment")] {
        page.heading(heading);
        let text = section(FILES, title).unwrap_or_default();
        others.extend(markdown::write(&Source { document: "reference/files.md", text }, &mut page));
    }
    others.extend(verbs.iter().map(|verb| format!("mpath-{}(8)", verb.get_name())));
    others.extend(["mpath.toml(5)", "mpath-ipmp(7)", "mpath-wifi(7)"].map(str::to_owned));
    others.retain(|other| other != "mpath(8)");
    page.see_also(others);
    page
}

fn of_verb(verb: &Command, all: &Command, date: &str) -> Page {
    let name = format!("mpath-{}", verb.get_name());
    let mut page = Page::new(&name, "8", &about(verb), date);
    page.raw(&synopsis(verb));
    page.heading("DESCRIPTION");
    let text = section(COMMANDS, &format!("mpath {}", verb.get_name())).unwrap_or_default();
    let mut others = markdown::write(&Source { document: "reference/commands.md", text }, &mut page);
    let is_common = |argument: &Arg| all.get_arguments().any(|other| other.get_id() == argument.get_id());
    let heading = |argument: Arg| {
        let common = is_common(&argument);
        if common { argument.help_heading("Options of every command") } else { argument }
    };
    page.raw(&options(verb.clone().mut_args(heading)));
    examples(verb, &mut page);
    page.heading("EXIT STATUS");
    page.add(&codes());
    others.extend(["mpath(8)", "mpath.toml(5)"].map(str::to_owned));
    others.retain(|other| *other != format!("{name}(8)"));
    page.see_also(others);
    page
}

fn about(command: &Command) -> String {
    without_marks(&command.get_about().map(ToString::to_string).unwrap_or_default())
}

/// Help texts have commands in back quotes, which roff takes for opening quotes.
fn without_marks(text: &str) -> String {
    text.replace('`', "")
}

fn synopsis(command: &Command) -> String {
    written(|bytes| Man::new(command.clone()).render_synopsis_section(bytes))
}

fn options(command: Command) -> String {
    let with_values = |argument: Arg| {
        let mut help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let values = argument.get_possible_values();
        if !values.is_empty() && !argument.is_hide_possible_values_set() {
            let value = |value: &PossibleValue| match value.get_help() {
                Some(what) => format!("{} ({what})", value.get_name()),
                None => value.get_name().to_owned(),
            };
            let values: Vec<_> = values.iter().map(value).collect();
            help = format!("{help}. One of: {}", values.join(", "));
        }
        argument.help(without_marks(&help)).hide_possible_values(true)
    };
    written(|bytes| Man::new(command.mut_args(with_values)).render_options_section(bytes))
}

fn written(render: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    // A vector takes all that is written.
    let _ = render(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The examples of `--help`: a command, and below it what it is for.
fn examples(command: &Command, page: &mut Page) {
    page.heading("EXAMPLES");
    let text = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let mut list = Roff::new();
    for line in text.lines().skip(1) {
        if line.starts_with("   ") {
            list.text([roman(without_marks(line.trim()))]);
        } else {
            list.control("TP", []);
            list.text([bold(line.trim())]);
        }
    }
    page.add(&list);
}

fn codes() -> Roff {
    let mut list = Roff::new();
    for code in ExitCode::ALL {
        list.control("TP", ["4"]);
        list.text([bold(code.number().to_string())]);
        list.text([roman(without_marks(code.meaning()))]);
    }
    list
}

/// What stands below a heading of the second level.
fn section<'t>(text: &'t str, title: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("\n## {title}\n"))?;
    Some(rest.split_once("\n## ").map_or(rest, |(section, _)| section))
}

/// What stands before the first heading of the second level, without the title.
fn intro(text: &str) -> &str {
    let text = text.split_once("\n## ").map_or(text, |(intro, _)| intro);
    text.split_once('\n').map_or("", |(_, rest)| rest)
}

/// What stands below the first table.
fn below_table(text: &str) -> &str {
    let end = text.find("\n| ").and_then(|table| Some(table + text[table..].find("\n\n")?));
    end.map_or(text, |end| &text[end..])
}
