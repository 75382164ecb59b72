//! A file laid out as the documentation does it: `=` aligned in blocks, comments in them or not, one blank line at most,
//! two spaces in lists over several lines. Comments, the order of everything and the breaks within lists stay as their author
//! has them.
//!
//! It works on the words of the text (the lexer of `toml_parser`, which knows TOML 1.1 as the parser of the file does)
//! and only ever changes what stands between them.

use std::mem;

use toml::de::{DeTable, DeValue};
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

/// Why a text is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoLayout {
    /// It is not TOML.
    #[error("it is not TOML")]
    NoToml,
    /// It would say something else, which is a mistake of mpath.
    #[error("it would not say the same any more")]
    Changed,
}

/// A word of the text: its kind, and how it is written.
type Word<'t> = (TokenKind, &'t str);

/// A line of the text, or several where a value takes them.
enum Line<'t> {
    Blank,
    /// A comment by itself.
    Comment(&'t str),
    Header {
        title: String,
        comment: Option<&'t str>,
    },
    Entry {
        key: String,
        value: String,
        comment: Option<&'t str>,
    },
}

/// Lays a text out.
///
/// # Errors
///
/// A text that is not TOML, or whose meaning would be another afterwards.
pub fn lay_out(text: &str) -> Result<String, NoLayout> {
    let before = DeTable::parse(text).map_err(|_| NoLayout::NoToml)?;
    let laid_out = written(&aligned(lines(text)));
    let same = DeTable::parse(&laid_out).is_ok_and(|after| are_same(after.get_ref(), before.get_ref()));
    if same && said(text) == said(&laid_out) { Ok(laid_out) } else { Err(NoLayout::Changed) }
}

/// Whether two trees say the same, wherever it stands.
fn are_same(one: &DeTable<'_>, other: &DeTable<'_>) -> bool {
    let same_key = |(key, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
        other.get(key).is_some_and(|other| is_same(value.get_ref(), other.get_ref()))
    };
    one.len() == other.len() && one.iter().all(same_key)
}

fn is_same(one: &DeValue<'_>, other: &DeValue<'_>) -> bool {
    match (one, other) {
        (DeValue::Table(one), DeValue::Table(other)) => are_same(one, other),
        (DeValue::Array(one), DeValue::Array(other)) => {
            one.len() == other.len()
                && one.iter().zip(other.iter()).all(|(one, other)| is_same(one.get_ref(), other.get_ref()))
        }
        // Of what has no parts, this shows all: numbers with their base, texts, dates.
        _ => format!("{one:?}") == format!("{other:?}"),
    }
}

fn words(text: &str) -> Vec<Word<'_>> {
    let source = Source::new(text);
    let word = |token: toml_parser::lexer::Token| {
        let span = token.span();
        (token.kind(), text.get(span.start()..span.end()).unwrap_or_default())
    };
    source.lex().map(word).filter(|(kind, _)| *kind != TokenKind::Eof).collect()
}

/// All that a text says, comments too.
fn said(text: &str) -> Vec<Word<'_>> {
    let is_said = |(kind, _): &Word<'_>| !matches!(kind, TokenKind::Whitespace | TokenKind::Newline);
    words(text).into_iter().filter(is_said).map(|(kind, word)| (kind, word.trim_end())).collect()
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let words = words(text);
    let mut rest = words.as_slice();
    let mut lines = Vec::new();
    while let Some(((kind, word), behind)) = rest.split_first() {
        match kind {
            TokenKind::Whitespace => rest = behind,
            TokenKind::Newline => {
                lines.push(Line::Blank);
                rest = behind;
            }
            TokenKind::Comment => {
                lines.push(Line::Comment(word.trim_end()));
                rest = behind_newline(behind);
            }
            TokenKind::LeftSquareBracket => {
                let (title, behind) = until(rest, |kind| matches!(kind, TokenKind::Comment | TokenKind::Newline));
                let comment = comment(behind);
                lines.push(Line::Header { title: joined(title), comment });
                rest = behind_newline(behind);
            }
            _ => {
                let (key, behind) = until(rest, |kind| kind == TokenKind::Equals);
                let mut depth = 0_u32;
                let (value, behind) = until(behind.get(1..).unwrap_or_default(), |kind| {
                    match kind {
                        TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => depth += 1,
                        TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    depth == 0 && matches!(kind, TokenKind::Comment | TokenKind::Newline)
                });
                lines.push(Line::Entry { key: joined(key), value: value_of(value), comment: comment(behind) });
                rest = behind_newline(behind);
            }
        }
    }
    lines
}

/// The words up to one of a kind, and that with the rest.
fn until<'w, 't>(words: &'w [Word<'t>], mut ends: impl FnMut(TokenKind) -> bool) -> (&'w [Word<'t>], &'w [Word<'t>]) {
    words.split_at(words.iter().position(|(kind, _)| ends(*kind)).unwrap_or(words.len()))
}

fn behind_newline<'w, 't>(words: &'w [Word<'t>]) -> &'w [Word<'t>] {
    let (_, rest) = until(words, |kind| kind == TokenKind::Newline);
    rest.get(1..).unwrap_or_default()
}

fn comment<'t>(words: &[Word<'t>]) -> Option<&'t str> {
    words.first().filter(|(kind, _)| *kind == TokenKind::Comment).map(|(_, word)| word.trim_end())
}

/// A key, or the title of a table: without blanks around its dots.
fn joined(words: &[Word<'_>]) -> String {
    words.iter().filter(|(kind, _)| *kind != TokenKind::Whitespace).map(|(_, word)| *word).collect()
}

/// A value, with one blank between its parts, and its lines put in by two blanks for each bracket that is open.
fn value_of(words: &[Word<'_>]) -> String {
    let mut text = String::new();
    let mut depth = 0_usize;
    let mut blanks = 0;
    // What stood before, blanks included, and what is to stand between it and the next word.
    let (mut last, mut gap) = (TokenKind::Newline, "");
    let mut begins_line = false;
    for &(kind, word) in words {
        match kind {
            TokenKind::Whitespace => {
                // Within a date and time, the only value that has one.
                if last == TokenKind::Atom {
                    gap = " ";
                }
                continue;
            }
            TokenKind::Newline => {
                blanks = if begins_line { (blanks + 1).min(1) } else { 0 };
                (begins_line, gap) = (true, "");
                continue;
            }
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => depth = depth.saturating_sub(1),
            _ => {}
        }
        let before = match kind {
            TokenKind::Comma | TokenKind::RightSquareBracket | TokenKind::Dot => "",
            TokenKind::Comment => "  ",
            TokenKind::RightCurlyBracket if last == TokenKind::LeftCurlyBracket => "",
            TokenKind::Equals | TokenKind::RightCurlyBracket => " ",
            _ => gap,
        };
        if mem::take(&mut begins_line) {
            let is_closing = matches!(kind, TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket);
            let is_behind_opening = text.ends_with(['[', '{']);
            text.push_str(if blanks > 0 && !is_closing && !is_behind_opening { "\n\n" } else { "\n" });
            text.extend(std::iter::repeat_n("  ", depth));
            blanks = 0;
        } else if !text.is_empty() {
            text.push_str(before);
        }
        text.push_str(word.trim_end_matches('\r'));
        gap = match kind {
            TokenKind::LeftCurlyBracket | TokenKind::Comma | TokenKind::Equals => " ",
            _ => "",
        };
        if matches!(kind, TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket) {
            depth += 1;
        }
        last = kind;
    }
    text
}

/// Keys of one width in each block: entries that follow each other, comments between them or not, up to one whose value
/// takes several lines.
fn aligned(mut lines: Vec<Line<'_>>) -> Vec<Line<'_>> {
    let mut start = 0;
    while start < lines.len() {
        let mut end = start;
        while let Some(line @ (Line::Entry { .. } | Line::Comment(_))) = lines.get(end) {
            end += 1;
            if matches!(line, Line::Entry { value, .. } if value.contains('\n')) {
                break;
            }
        }
        let block = &mut lines[start..end];
        let width = |line: &Line<'_>| if let Line::Entry { key, .. } = line { key.chars().count() } else { 0 };
        let widest = block.iter().map(width).max().unwrap_or(0);
        for line in block {
            let missing = widest - width(line);
            if let Line::Entry { key, .. } = line {
                key.extend(std::iter::repeat_n(' ', missing));
            }
        }
        start = end.max(start + 1);
    }
    lines
}

fn written(lines: &[Line<'_>]) -> String {
    let mut text = String::new();
    // Nothing but one blank line at most stands between two lines, and none at the ends.
    let mut blank = false;
    let mut behind_entry = false;
    for line in lines {
        let (content, comment) = match line {
            Line::Blank => {
                blank = !text.is_empty();
                continue;
            }
            Line::Comment(comment) => ((*comment).to_owned(), &None),
            Line::Header { title, comment } => {
                // A table begins behind a blank line; the comment above it is its own.
                blank = blank || behind_entry;
                (title.clone(), comment)
            }
            Line::Entry { key, value, comment } => (format!("{key} = {value}"), comment),
        };
        if mem::take(&mut blank) {
            text.push('\n');
        }
        text.push_str(&content);
        if let Some(comment) = comment {
            text.extend(["  ", comment]);
        }
        text.push('\n');
        behind_entry = matches!(line, Line::Entry { .. });
    }
    text
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_file_is_laid_out_as_in_the_documents() {
        let text = "\n\n# home\r\n[ group . home-lan ]   # at home\ndevice=\"bond0\"\n\n\n\nmembers  =[ \"eth1\",\"eth0\" ]#two\n\
            primary= \"eth1\"\n# why\nmtu = 0x5dc\ndetection = {link={interval=\"100ms\"}}\nempty = {}\nnone = [ ]\n[group.b]\n\
            members = [\n    # the first\n    { name=\"a\" , prio = 1, },# last\n\n\n\n \"b\"\n  ]\ndhcp=true\naccept-ra = false\n\n";
        let expected = "# home\n[group.home-lan]  # at home\ndevice = \"bond0\"\n\nmembers   = [\"eth1\", \"eth0\"]  # two\n\
            primary   = \"eth1\"\n# why\nmtu       = 0x5dc\ndetection = { link = { interval = \"100ms\" } }\nempty     = {}\n\
            none      = []\n\n[group.b]\n\
            members = [\n  # the first\n  { name = \"a\", prio = 1, },  # last\n\n  \"b\"\n]\ndhcp      = true\naccept-ra = false\n";
        assert_eq!(lay_out(text).unwrap(), expected.replace("# two", "#two"));
        assert_eq!(lay_out(expected).unwrap(), expected);
    }

    #[test]
    fn what_stands_in_texts_stays() {
        let text =
            "a = \"\"\"\n  x = [1,2]   \n\n\n# no\n\"\"\"\nb = 1979-05-27 07:32:00Z\nc.\"d . e\" = 'f  =g'\ng = 1.5\n";
        let expected = "a = \"\"\"\n  x = [1,2]   \n\n\n# no\n\"\"\"\nb         = 1979-05-27 07:32:00Z\nc.\"d . e\" = 'f  =g'\ng         = 1.5\n";
        assert_eq!(lay_out(text).unwrap(), expected);
    }

    #[test]
    fn what_is_no_toml_is_left_alone() {
        for text in ["[group", "a = ", "a = 1\na = 2\n", "a = [1\n"] {
            assert_eq!(lay_out(text), Err(NoLayout::NoToml), "{text}");
        }
        assert_eq!(lay_out("").unwrap(), "");
    }

    proptest! {
        /// Blanks, breaks and comments thrown into good lines.
        #[test]
        fn whatever_the_layout_it_says_the_same_and_is_laid_out_once(
            pieces in proptest::collection::vec(
                prop_oneof![
                    Just("\n"), Just("  "), Just("# c\n"), Just("\r\n"), Just("\t"),
                    Just("\n[t]\n"), Just("\n[[l]]\n"), Just("\"k\" = "), Just("a.b = "), Just("1, "), Just("[ "), Just("]"),
                    Just("{ "), Just("}"), Just("x = 1,"), Just("x = 1"), Just("'s'"), Just("\"\"\"\n m \n\"\"\""), Just(","),
                ],
                0..24,
            )
        ) {
            let text: String = pieces.concat();
            match lay_out(&text) {
                Ok(laid_out) => prop_assert_eq!(lay_out(&laid_out), Ok(laid_out.clone()), "{}", text),
                Err(error) => prop_assert_eq!(error, NoLayout::NoToml, "{}", text),
            }
        }
    }
}
