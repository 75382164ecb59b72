//! Markdown as roff: what the documents of this repository use of it.
//!
//! A table with two columns is a list of terms. One with more is a list, too, where each other cell stands on a line
//! of its own under the name of its column: a terminal is too narrow for it. Blocks of commands in the reference are
//! left out, as the pages have the examples of `--help`.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use roff::{Inline, Roff, bold, italic, line_break, roman};

use crate::page::Page;
use crate::references::{document_of, page_of};

/// A text, and the document that it is of: its path below `docs`, from which its links lead.
pub(crate) struct Source<'t> {
    pub(crate) document: &'t str,
    pub(crate) text: &'t str,
}

/// Adds a text to a page. Gives back the other pages that it names.
pub(crate) fn write(source: &Source<'_>, page: &mut Page) -> Vec<String> {
    let mut writer = Writer {
        document: source.document,
        own: page.reference(),
        roff: Roff::new(),
        line: vec![],
        fonts: vec![],
        link: None,
        lists: vec![],
        fresh: page.is_fresh(),
        code: None,
        table: None,
        others: vec![],
    };
    for event in Parser::new_ext(source.text, Options::ENABLE_TABLES) {
        writer.take(event);
    }
    page.add(&writer.roff);
    writer.others
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Font {
    Bold,
    Italic,
}

/// A table that is being read.
#[derive(Default)]
struct Table {
    heads: Vec<Vec<Inline>>,
    cells: Vec<Vec<Inline>>,
    /// The options of a command, which the page has from `--help`.
    left_out: bool,
}

struct Writer<'t> {
    document: &'t str,
    /// How others name this page.
    own: String,
    roff: Roff,
    /// What is on the way: a paragraph, a cell, a heading.
    line: Vec<Inline>,
    fonts: Vec<Font>,
    /// The target of the link that is open.
    link: Option<String>,
    /// The number of the next item of each list that is open; none where it has no numbers.
    lists: Vec<Option<u64>>,
    /// Whether a part or an item has just begun, so that its first paragraph needs no distance.
    fresh: bool,
    /// The lines of a block of code; the flag says whether it is shown.
    code: Option<bool>,
    table: Option<Table>,
    others: Vec<String>,
}

impl Writer<'_> {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.code.is_some() => self.code_lines(&text),
            Event::Text(text) => self.text(&text),
            Event::Code(text) => self.line.push(bold(text.into_string())),
            Event::SoftBreak => self.text(" "),
            Event::HardBreak => self.line.push(line_break()),
            // Comments are for those who read the source, or for tests.
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        self.line.push(match self.fonts.last() {
            Some(Font::Bold) => bold(text),
            Some(Font::Italic) => italic(text),
            None => roman(text),
        });
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Strong => self.fonts.push(Font::Bold),
            Tag::Emphasis => self.fonts.push(Font::Italic),
            Tag::Link { dest_url, .. } => self.link = Some(dest_url.into_string()),
            Tag::List(first) => {
                self.flush();
                self.fresh = false;
                if !self.lists.is_empty() {
                    self.control("RS");
                }
                self.lists.push(first);
            }
            Tag::Item => {
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}.", *number - 1)
                    }
                    _ => r"\(bu".to_owned(),
                };
                self.roff.control("IP", [mark.as_str(), "3"]);
                self.fresh = true;
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.into_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                let shown = language != "console" || self.document != "reference/commands.md";
                self.code = Some(shown);
                if shown {
                    if !std::mem::take(&mut self.fresh) {
                        self.control("PP");
                    }
                    ["RS", "nf"].iter().for_each(|name| self.control(name));
                }
            }
            Tag::Table(_) => self.table = Some(Table::default()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            // Nothing is left of one that is a picture.
            TagEnd::Paragraph if self.line.is_empty() => {}
            TagEnd::Paragraph => {
                if !std::mem::take(&mut self.fresh) {
                    self.control("PP");
                }
                self.flush();
            }
            TagEnd::Heading(level) => {
                let title: String = self.line.drain(..).map(plain).collect();
                let is_part = level <= pulldown_cmark::HeadingLevel::H2;
                let (name, title) = if is_part { ("SH", title.to_uppercase()) } else { ("SS", title) };
                self.roff.control(name, [title.as_str()]);
                self.fresh = true;
            }
            TagEnd::Strong | TagEnd::Emphasis => drop(self.fonts.pop()),
            TagEnd::Link => self.end_link(),
            // A picture has no place here; its text says what it would show.
            TagEnd::Image => self.line.clear(),
            TagEnd::List(_) => {
                self.lists.pop();
                if !self.lists.is_empty() {
                    self.control("RE");
                }
            }
            TagEnd::Item => {
                self.flush();
                self.fresh = false;
            }
            TagEnd::CodeBlock if self.code.take() == Some(true) => {
                ["fi", "RE"].iter().for_each(|name| self.control(name));
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.line);
                if let Some(table) = &mut self.table {
                    table.cells.push(cell);
                }
            }
            TagEnd::TableHead => {
                if let Some(table) = &mut self.table {
                    table.heads = std::mem::take(&mut table.cells);
                    table.left_out = table.heads.first() == Some(&vec![roman("Option")]);
                }
            }
            TagEnd::TableRow => self.row(),
            TagEnd::Table => self.table = None,
            _ => {}
        }
    }

    /// Names the page that a link leads to, or its address.
    fn end_link(&mut self) {
        let Some(target) = self.link.take() else { return };
        if target.contains("://") {
            self.line.push(roman(format!(" <{target}>")));
        } else if let Some(page) = page_of(self.document, &target).filter(|page| *page != self.own) {
            self.others.push(page.clone());
            let (name, section) = page.split_once('(').unwrap_or((&page, ""));
            self.line.extend([roman(" ("), bold(name), roman(format!("({section})"))]);
        } else {
            self.others.extend(document_of(self.document, &target));
        }
    }

    fn row(&mut self) {
        let Some(table) = &mut self.table else { return };
        let cells = std::mem::take(&mut table.cells);
        if table.left_out || cells.is_empty() {
            return;
        }
        let heads = &table.heads;
        let mut cells = cells.into_iter().zip(heads);
        let Some((term, _)) = cells.next() else { return };
        let mut body = Vec::new();
        let is_pair = heads.len() == 2;
        for (cell, head) in cells.filter(|(cell, _)| !cell.is_empty()) {
            if !body.is_empty() {
                body.push(line_break());
            }
            if !is_pair {
                body.extend(head.iter().cloned().map(plain).map(italic).chain([roman(": ")]));
            }
            body.extend(cell);
        }
        self.fresh = false;
        self.roff.control("TP", []);
        self.roff.text(if term.is_empty() { vec![roman("(none)")] } else { term });
        self.roff.text(body);
    }

    fn code_lines(&mut self, text: &str) {
        if self.code == Some(true) {
            for line in text.lines() {
                self.roff.text([roman(line)]);
            }
        }
    }

    fn control(&mut self, name: &str) {
        self.roff.control(name, []);
    }

    /// Ends a line of text.
    fn flush(&mut self) {
        if !self.line.is_empty() {
            let line = std::mem::take(&mut self.line);
            self.roff.text(line);
        }
    }
}

/// A text without its font.
fn plain(inline: Inline) -> String {
    match inline {
        Inline::Roman(text) | Inline::Italic(text) | Inline::Bold(text) => text,
        Inline::LineBreak => " ".to_owned(),
    }
}
