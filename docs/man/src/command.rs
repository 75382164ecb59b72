//! The pages of the commands: what `--help` has, and the text of the reference.

use clap::builder::PossibleValue;
use clap::{Arg, ArgAction, Command};
use clap_mangen::Man;
use mpath::ExitCode;
use roff::{Inline, Roff, bold, italic, roman};

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
    synopsis(all, |_| false, &mut page);
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
    let is_common = |argument: &Arg| all.get_arguments().any(|other| other.get_id() == argument.get_id());
    synopsis(verb, is_common, &mut page);
    page.heading("DESCRIPTION");
    let text = section(COMMANDS, &format!("mpath {}", verb.get_name())).unwrap_or_default();
    let mut others = markdown::write(&Source { document: "reference/commands.md", text }, &mut page);
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

/// What can be written, as manuals have it: each option with its value, and those of every command as one word.
fn synopsis(command: &Command, is_common: impl Fn(&Arg) -> bool, page: &mut Page) {
    page.heading("SYNOPSIS");
    let mut line = vec![bold(command.get_bin_name().unwrap_or_else(|| command.get_name()))];
    let (positionals, options): (Vec<_>, Vec<_>) = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set())
        .partition(|argument| argument.is_positional());
    for option in options.iter().filter(|option| !is_common(option)) {
        let mut words = vec![bold(format!("--{}", option.get_long().unwrap_or_default()))];
        words.extend(value_of(option).into_iter().flat_map(|value| [roman(" "), italic(value)]));
        line.extend(bracketed(option, words));
    }
    if options.iter().any(|option| is_common(option)) {
        line.extend([roman(" ["), italic("OPTION OF EVERY COMMAND"), roman("]…")]);
    }
    for positional in positionals {
        line.extend(bracketed(positional, value_of(positional).into_iter().map(italic).collect()));
    }
    if command.has_subcommands() {
        line.extend([roman(" "), italic("COMMAND"), roman(" ["), italic("ARGUMENT"), roman("]…")]);
    }
    let mut roff = Roff::new();
    roff.text(line);
    page.add(&roff);
}

/// In brackets what can be left out, and with dots behind it what can be repeated.
fn bracketed(argument: &Arg, words: Vec<Inline>) -> Vec<Inline> {
    let (open, close) = if argument.is_required_set() { (" ", "") } else { (" [", "]") };
    let takes_several = argument.get_num_args().is_some_and(|number| number.max_values() > 1);
    let is_repeated = matches!(argument.get_action(), ArgAction::Append | ArgAction::Count);
    let several = takes_several || is_repeated && argument.get_value_delimiter().is_none();
    let end = format!("{close}{}", if several { "…" } else { "" });
    [roman(open)].into_iter().chain(words).chain([roman(end)]).collect()
}

/// How the help calls the value of an argument, if it takes one.
fn value_of(argument: &Arg) -> Option<String> {
    let takes = argument.is_positional() || argument.get_action().takes_values();
    let name = argument.get_value_names().and_then(<[_]>::first).map(ToString::to_string);
    name.or_else(|| Some(argument.get_id().as_str().to_uppercase())).filter(|_| takes)
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
