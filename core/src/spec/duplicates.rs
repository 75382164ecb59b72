//! Keys and tables that stand twice in a file, each with the place of the first, which the parser does not tell.

use std::ops::Range;

use toml::de::{DeTable, DeValue, Error};

use super::document::MOST_ERRORS;
use crate::problem::{Place, quoted};
use crate::{Problem, Span};

/// A table of the tree.
struct Table<'a, 'i> {
    path: Vec<String>,
    span: Range<usize>,
    entries: &'a DeTable<'i>,
}

/// The problems for the parser's errors about what stands twice.
pub(super) fn problems(source: usize, text: &str, root: &DeTable<'_>, errors: &[Error]) -> Vec<Problem> {
    let mut spans: Vec<_> = errors.iter().filter_map(Error::span).collect();
    spans.sort_by_key(|span| (span.start, span.end));
    spans.dedup();
    let mut tables = Vec::new();
    gather(root, &mut Vec::new(), &mut tables);
    let with_header = |table: &&Table<'_, '_>| text[table.span.start..].starts_with('[');
    let mut problems = Vec::new();
    let mut told_until = 0;
    for span in spans.into_iter().filter(|span| text.get(span.clone()).is_some()) {
        if span.start < told_until {
            continue;
        }
        if problems.len() == MOST_ERRORS {
            break;
        }
        let header = tables.iter().filter(with_header).find(|table| table.span.contains(&span.start));
        let (what, first) = match header {
            Some(second) => {
                // The keys of a second table are not each a mistake of their own.
                let starts = tables.iter().filter(with_header).map(|table| table.span.start);
                told_until = starts.filter(|start| *start > second.span.start).min().unwrap_or(text.len());
                ("table", first_table(&text[..second.span.start], &second.path))
            }
            None => ("key", first_key(text, &tables, &span)),
        };
        let name = quoted(text[span.clone()].trim_matches(['"', '\'']));
        let place = Place { span: Span { source, bytes: span }, key: String::new() };
        let mut problem = Problem::new("duplicate-key", &place, format!("the {what} {name} is already there"));
        if let Some(bytes) = first {
            problem = problem.also(&Span { source, bytes }, "first defined here");
        }
        problems.push(problem.hint("keep one of them"));
    }
    problems
}

fn gather<'a, 'i>(entries: &'a DeTable<'i>, path: &mut Vec<String>, tables: &mut Vec<Table<'a, 'i>>) {
    for (key, value) in entries {
        let inner: Vec<_> = match value.get_ref() {
            DeValue::Table(table) => vec![(value.span(), table)],
            DeValue::Array(array) => {
                array.iter().filter_map(|item| Some((item.span(), item.get_ref().as_table()?))).collect()
            }
            _ => continue,
        };
        path.push(key.get_ref().to_string());
        for (span, entries) in inner {
            tables.push(Table { path: path.clone(), span, entries });
            gather(entries, path, tables);
        }
        path.pop();
    }
}

/// The key of the table of a path in the text before its second header.
fn first_table(before: &str, path: &[String]) -> Option<Range<usize>> {
    let (root, _) = DeTable::parse_recoverable(before);
    let (last, parents) = path.split_last()?;
    let mut table = root.get_ref();
    for name in parents {
        table = table.get(name.as_str())?.get_ref().as_table()?;
    }
    table.get_key_value(last.as_str()).map(|(key, _)| key.span())
}

/// The key of the same name in the table that a second key stands in: the innermost inline table around it, else the
/// one whose header is the last before it.
fn first_key(text: &str, tables: &[Table<'_, '_>], second: &Range<usize>) -> Option<Range<usize>> {
    let name = &text[second.clone()];
    let named = |entries: &DeTable<'_>| {
        let spans = entries.iter().map(|(key, _)| key.span());
        spans.filter(|span| span.start < second.start).find(|span| text.get(span.clone()) == Some(name))
    };
    let inline = tables.iter().filter(|table| text[table.span.start..].starts_with('{'));
    let around = inline.filter(|table| table.span.contains(&second.start)).max_by_key(|table| table.span.start);
    if let Some(around) = around {
        return named(around.entries);
    }
    let line_start = text[..second.start].rfind('\n').map_or(0, |newline| newline + 1);
    let (root, _) = DeTable::parse_recoverable(&text[..line_start]);
    let mut above = Vec::new();
    gather(root.get_ref(), &mut Vec::new(), &mut above);
    let headed = above.iter().filter(|table| text[table.span.start..].starts_with('['));
    named(headed.max_by_key(|table| table.span.start).map_or(root.get_ref(), |table| table.entries))
}
