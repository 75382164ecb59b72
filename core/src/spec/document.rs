//! The text as TOML: each syntax error once, and all of the text that can be read in spite of them.
//!
//! The parser can go on after an error, but what it then says is often only about the error before it, and at some
//! errors it stops. So this takes one error at a time: the statement that has it is blanked, byte by byte so that every
//! place stays where it is, and the text is parsed again.

use std::ops::Range;

use toml::de::{DeTable, DeValue, Error};

use crate::problem::{Place, quoted};
use crate::{Problem, Span};

use super::duplicates;

/// The most syntax errors that are told, and the most keys that stand twice; a file with more is not meant to be TOML.
pub(super) const MOST_ERRORS: usize = 20;

/// A file as TOML.
#[derive(Debug)]
pub(super) struct Document {
    /// The text with all syntax errors blanked; `None` where that failed.
    pub(super) readable: Option<String>,
    /// Whether nothing had to be blanked.
    pub(super) complete: bool,
    /// The syntax errors.
    pub(super) problems: Vec<Problem>,
}

/// The tree of a text that has no syntax errors but keys that stand twice.
pub(super) fn tree(readable: &str) -> DeTable<'_> {
    DeTable::parse_recoverable(readable).0.into_inner()
}

impl Document {
    /// Reads a text.
    pub(super) fn read(source: usize, text: &str) -> Self {
        let mut readable = text.to_owned();
        let mut problems = Vec::new();
        loop {
            let (root, errors) = DeTable::parse_recoverable(&readable);
            let (duplicates, errors): (Vec<_>, Vec<_>) = errors.into_iter().partition(is_duplicate);
            // Of the errors of one line, those of the grammar stand before those of single values, and explain them.
            let line = |error: &&Error| error.span().map_or(0, |span| line_around(&readable, span.start).start);
            let first = errors.iter().min_by_key(line);
            let Some(error) = first else {
                problems.extend(duplicates::problems(source, &readable, root.get_ref(), &duplicates));
                let complete = problems.is_empty();
                return Self { readable: Some(readable), complete, problems };
            };
            if problems.len() == MOST_ERRORS {
                return Self { readable: None, complete: false, problems };
            }
            let Some(at) = error.span() else {
                problems.push(syntax_problem(source, error, 0..0, &readable));
                return Self { readable: None, complete: false, problems };
            };
            let unclosed = errors.iter().any(|error| error.message().starts_with("unclosed "));
            let blank = match Statement::around(&readable, root.get_ref(), at.start) {
                Statement::Bracket { open, start } if unclosed => {
                    problems.push(match error.message().starts_with("invalid ") {
                        true => syntax_problem(source, error, at, &readable),
                        false => unclosed_problem(source, &readable, open),
                    });
                    start..next_statement(&readable, open)
                }
                Statement::Bracket { start, .. } => {
                    problems.push(syntax_problem(source, error, at.clone(), &readable));
                    let end = outermost_value(root.get_ref(), at.start).map_or(at.end, |(_, value)| value.end);
                    start..line_around(&readable, end).end
                }
                Statement::Lines(lines) => {
                    problems.push(syntax_problem(source, error, at, &readable));
                    lines
                }
            };
            let masked = masked(&readable, &blank);
            if masked == readable {
                return Self { readable: None, complete: false, problems };
            }
            readable = masked;
        }
    }
}

fn is_duplicate(error: &Error) -> bool {
    // A key of a table that is there already is the same mistake in other words.
    error.message() == "duplicate key" || error.message().starts_with("cannot extend value")
}

/// The statement that has an error.
enum Statement {
    /// All of these bytes.
    Lines(Range<usize>),
    /// An array or an inline table.
    Bracket {
        /// Its opening bracket.
        open: usize,
        /// Where the line of its key begins.
        start: usize,
    },
}

impl Statement {
    fn around(text: &str, root: &DeTable<'_>, at: usize) -> Self {
        let line = line_around(text, at);
        if let Some((key, value)) = outermost_value(root, at) {
            let start = line_around(text, key.start).start;
            return match text.as_bytes().get(value.start) {
                Some(b'[' | b'{') => Self::Bracket { open: value.start, start },
                _ => Self::Lines(start..line_around(text, value.end.max(at)).end),
            };
        }
        if is_header(&text[line.clone()]) {
            // Without its header nobody knows whose keys these are.
            let mut end = line.end;
            while end < text.len() && !is_header(&text[line_around(text, end)]) {
                end = line_around(text, end).end;
            }
            return Self::Lines(line.start..end);
        }
        Self::Lines(line)
    }
}

fn is_header(line: &str) -> bool {
    line.trim_start().strip_prefix('[').is_some_and(|rest| rest.starts_with(|c: char| c.is_alphabetic() || c == '['))
}

/// The line with a byte, with its newline.
fn line_around(text: &str, at: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let at = at.min(bytes.len());
    let start = bytes[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    let end = bytes[at..].iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |length| at + length + 1);
    start..end
}

/// The first line that cannot be meant for the bracket that opens at `open`: a table's header, and after `[` also `key =`.
fn next_statement(text: &str, open: usize) -> usize {
    let in_array = text[open..].starts_with('[');
    let is_key = |key: &str| key.chars().all(|c| c.is_ascii_alphanumeric() || "_-. ".contains(c)) && !key.is_empty();
    let mut at = line_around(text, open).end;
    while at < text.len() {
        let line = line_around(text, at);
        let words = text[line.clone()].trim();
        if is_header(words) || in_array && words.split_once('=').is_some_and(|(key, _)| is_key(key)) {
            return line.start;
        }
        at = line.end;
    }
    text.len()
}

/// The value of a statement `key = value` that a byte lies in, with the place of its key.
fn outermost_value(table: &DeTable<'_>, at: usize) -> Option<(Range<usize>, Range<usize>)> {
    table.iter().find_map(|(key, value)| {
        let span = value.span();
        if key.span().start < span.start && key.span().end <= span.start {
            return (span.start..=span.end).contains(&at).then(|| (key.span(), span));
        }
        match value.get_ref() {
            DeValue::Table(inner) => outermost_value(inner, at),
            DeValue::Array(array) => {
                array.iter().filter_map(|item| item.get_ref().as_table()).find_map(|inner| outermost_value(inner, at))
            }
            _ => None,
        }
    })
}

fn masked(text: &str, blank: &Range<usize>) -> String {
    let blanked = |(at, byte): (usize, u8)| if blank.contains(&at) && byte != b'\n' { b' ' } else { byte };
    String::from_utf8(text.bytes().enumerate().map(blanked).collect()).unwrap_or_default()
}

fn unclosed_problem(source: usize, text: &str, open: usize) -> Problem {
    let (what, bracket) = if text[open..].starts_with('[') { ("array", ']') } else { ("inline table", '}') };
    let place = Place { span: Span { source, bytes: open..open + 1 }, key: String::new() };
    Problem::new("syntax", &place, format!("this {what} is not closed")).hint(format!("close it with `{bracket}`"))
}

fn syntax_problem(source: usize, error: &Error, bytes: Range<usize>, text: &str) -> Problem {
    let found = text.get(bytes.clone()).unwrap_or_default();
    let place = Place { span: Span { source, bytes }, key: String::new() };
    let (message, allowed) = match error.message().split_once(", expected ") {
        Some((message, expected)) => (message, Some(expected)),
        None => (error.message(), None),
    };
    match (message, found) {
        ("string values must be quoted", "") => {
            Problem::new("syntax", &place, "the value is missing").hint("write a value after `=`")
        }
        ("string values must be quoted", _) => {
            let problem = Problem::new("syntax", &place, "a text stands without quotes");
            if found.chars().all(|c| c.is_ascii_graphic() && c != '"' && c != '\\') {
                problem.hint(format!("write {}", quoted(found)))
            } else {
                problem
            }
        }
        _ if message.ends_with(" string") && matches!(allowed, Some("`\"`" | "`'`")) => {
            let quote = allowed.unwrap_or_default();
            Problem::new("syntax", &place, "a text is not closed").hint(format!("close it with {quote}"))
        }
        ("recursion limit" | "cannot recurse further; max recursion depth met", _) => {
            Problem::new("syntax", &place, "lists and tables are nested too deeply").allowed("at most 80 levels")
        }
        _ => {
            let shown = |text: &str| text.chars().flat_map(shown_character).collect::<String>();
            let mut problem = Problem::new("syntax", &place, shown(message));
            problem.allowed = allowed.map(shown);
            problem
        }
    }
}

/// The parser's messages may quote the text, control characters and all.
fn shown_character(c: char) -> Vec<char> {
    if c.is_control() { c.escape_default().collect() } else { vec![c] }
}
