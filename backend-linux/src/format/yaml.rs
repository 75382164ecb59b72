//! YAML with lines: what a file says, and where each key and value of it stands.
//!
//! In: a text. Out: a tree that keeps the order and every key, also one that stands there twice. The parser is saphyr's; its own
//! trees keep one value of a key, and know no lines.

use std::collections::BTreeMap;

use mpath_core::import::Origin;
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// The line on which it begins.
    pub(crate) origin: Origin,
    pub(crate) content: Content,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// A text, a number or a word, and whether it stands there in quotes.
    Scalar {
        text: String,
        quoted: bool,
    },
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

/// The values that a file may have, and the deepest that they may be: more is nobody's configuration.
const MOST: usize = 100_000;
const DEEPEST: usize = 64;

/// Why a text is no YAML, and where.
pub(crate) type NoYaml = (Origin, String);

/// The first document of a file; `None` is an empty one.
pub(crate) fn read(file: &str, text: &str) -> Result<Option<Node>, NoYaml> {
    let lines = text.lines().collect();
    let mut reader = Reader { parser: Parser::new_from_str(text), file, lines, anchors: BTreeMap::new(), read: 0 };
    loop {
        match reader.next()? {
            (_, Event::StreamEnd) => return Ok(None),
            (_, Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing) => {}
            (line, event) => return reader.node(line, event, 0).map(Some),
        }
    }
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    file: &'t str,
    lines: Vec<&'t str>,
    anchors: BTreeMap<usize, Node>,
    read: usize,
}

impl<'t> Reader<'t> {
    fn origin(&self, line: usize) -> Origin {
        Origin::line(self.file, line, self.lines.get(line.wrapping_sub(1)).unwrap_or(&""))
    }

    fn next(&mut self) -> Result<(usize, Event<'t>), NoYaml> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((span.start.line(), event)),
            Some(Err(error)) => Err((self.origin(error.marker().line()), error.info().to_owned())),
            None => Ok((1, Event::StreamEnd)),
        }
    }

    fn node(&mut self, line: usize, event: Event<'t>, depth: usize) -> Result<Node, NoYaml> {
        self.read += 1;
        if depth > DEEPEST || self.read > MOST {
            return Err((self.origin(line), "this is deeper or longer than any configuration".to_owned()));
        }
        let (anchor, content) = match event {
            Event::Scalar(text, style, anchor, _) => {
                (anchor, Content::Scalar { text: text.into_owned(), quoted: style != ScalarStyle::Plain })
            }
            Event::SequenceStart(anchor, _) => {
                let mut values = Vec::new();
                loop {
                    match self.next()? {
                        (_, Event::SequenceEnd) => break (anchor, Content::List(values)),
                        (line, event) => values.push(self.node(line, event, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(anchor, _) => {
                let mut entries = Vec::new();
                loop {
                    let (line, event) = self.next()?;
                    if event == Event::MappingEnd {
                        break (anchor, Content::Map(entries));
                    }
                    let key = self.node(line, event, depth + 1)?;
                    let (line, event) = self.next()?;
                    entries.push((key, self.node(line, event, depth + 1)?));
                }
            }
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                let node = known.ok_or_else(|| (self.origin(line), "an alias of nothing".to_owned()))?;
                // Aliases of aliases would grow without an end.
                self.read = self.read.saturating_add(node.size());
                return Ok(node);
            }
            _ => return Err((self.origin(line), "here is no value".to_owned())),
        };
        let node = Node { origin: self.origin(line), content };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }
}

impl Node {
    fn size(&self) -> usize {
        match &self.content {
            Content::Scalar { .. } => 1,
            Content::List(values) => values.iter().map(Self::size).sum::<usize>() + 1,
            Content::Map(entries) => entries.iter().map(|(key, value)| key.size() + value.size()).sum::<usize>() + 1,
        }
    }

    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The entries of a map; none of anything else.
    pub(crate) fn entries(&self) -> &[(Self, Self)] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The values of a list; none of anything else.
    pub(crate) fn values(&self) -> &[Self] {
        match &self.content {
            Content::List(values) => values,
            _ => &[],
        }
    }

    /// The value of a key; the last, if it stands there several times.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().rev().find(|(known, _)| known.text() == Some(key)).map(|(_, value)| value)
    }

    /// Whether it says nothing: `null`, `~`, or nothing at all.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, quoted: false } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// Adds what another file says, as netplan and others do: maps are joined key by key, lists are appended, and anything else is
    /// replaced. A key that stands twice in a file is taken the same way.
    pub(crate) fn merge(&mut self, other: Self) {
        match (&mut self.content, other.content) {
            (Content::Map(entries), Content::Map(others)) => {
                for (key, value) in others {
                    match entries.iter_mut().find(|(known, _)| known.text().is_some() && known.text() == key.text()) {
                        Some((_, known)) => known.merge(value),
                        None => entries.push((key, value.joined())),
                    }
                }
            }
            (Content::List(values), Content::List(others)) => values.extend(others),
            (content, other_content) => {
                *content = other_content;
                self.origin = other.origin;
            }
        }
    }

    /// The same with each key once.
    pub(crate) fn joined(self) -> Self {
        if let Content::Map(_) = self.content {
            let mut joined = Self { origin: self.origin.clone(), content: Content::Map(vec![]) };
            joined.merge(self);
            return joined;
        }
        self
    }

    /// Yes or no, in the words of YAML 1.1.
    pub(crate) fn flag(&self) -> Option<bool> {
        match self.text()?.to_ascii_lowercase().as_str() {
            "true" | "on" | "yes" | "y" => Some(true),
            "false" | "off" | "no" | "n" => Some(false),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(node: &Node) -> usize {
        node.origin.line.unwrap()
    }

    #[test]
    fn values_of_every_style_have_their_lines() {
        let text = "# a\na: {b: [1, 'two']}\nc:\n  - d: yes\n  - &x e\n  - *x\nf:\na: again\n";
        let node = read("f", text).unwrap().unwrap();
        assert_eq!(node.get("a").unwrap().text(), Some("again"));
        assert_eq!(node.entries()[0].1.get("b").unwrap().values()[1].text(), Some("two"));
        let list = node.get("c").unwrap().values();
        assert_eq!((line(&list[0]), list[0].get("d").unwrap().flag()), (4, Some(true)));
        assert_eq!((list[2].origin.text.as_str(), list[2].text()), ("- &x e", Some("e")));
        assert!(node.get("f").unwrap().is_null() && !list[2].is_null());
        let keys: Vec<_> = node.entries().iter().map(|(key, _)| line(key)).collect();
        assert_eq!(keys, [2, 3, 7, 8]);
    }

    #[test]
    fn what_another_file_says_is_joined_by_key() {
        let mut node = read("a", "a: {b: 1, c: [1], d: x}\na: {e: 1}\n").unwrap().unwrap().joined();
        node.merge(read("b", "a: {b: 2, c: [2], d: [y]}\nf: {g: 1}\nf: {g: 2, h: 3}\n").unwrap().unwrap());
        let a = node.get("a").unwrap();
        assert_eq!((a.get("b").unwrap().text(), a.get("b").unwrap().origin.file.as_str()), (Some("2"), "b"));
        assert_eq!((a.get("c").unwrap().values().len(), a.get("d").unwrap().values().len()), (2, 1));
        assert_eq!(node.get("f").unwrap().entries().len(), 2);
    }

    #[test]
    fn what_is_no_yaml_is_told_with_its_line() {
        assert_eq!(read("f", "a: 1\nb: [\n").unwrap_err().0.line, Some(3));
        assert_eq!(read("f", "a: 1\nb: c: d\n").unwrap_err().0, Origin::line("f", 2, "b: c: d"));
        assert_eq!(read("f", "").unwrap(), None);
        assert_eq!(read("f", "# nothing\n").unwrap(), None);
    }

    #[test]
    fn what_would_have_no_end_is_not_read() {
        let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for (before, name) in ["a", "b", "c", "d", "e", "f"].into_iter().zip(["b", "c", "d", "e", "f", "g"]) {
            bomb += &format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 10].join(", "));
        }
        assert!(read("f", &bomb).is_err());
        assert!(read("f", &"[".repeat(10_000)).is_err());
    }
}
