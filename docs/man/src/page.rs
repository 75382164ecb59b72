//! One manual page: its head, and roff below it.

use roff::{Roff, bold, roman};

/// An apostrophe that is one, and no quote, in what groff makes of it. The crate begins all that it writes with this.
const PREAMBLE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// A page.
pub(crate) struct Page {
    pub(crate) name: String,
    /// Of the manual: 5 are files, 7 is everything else, 8 is for administrators.
    pub(crate) section: &'static str,
    body: String,
}

impl Page {
    /// A page with its head.
    pub(crate) fn new(name: &str, section: &'static str, purpose: &str, date: &str) -> Self {
        let mut roff = Roff::new();
        let source = concat!("mpath ", env!("CARGO_PKG_VERSION"));
        roff.control("TH", [name, section, date, source, "mpath"]);
        let mut page = Self { name: name.to_owned(), section, body: String::new() };
        roff.control("SH", ["NAME"]);
        roff.text([roman(format!("{name} - {purpose}"))]);
        page.add(&roff);
        page
    }

    /// Begins a part of it.
    pub(crate) fn heading(&mut self, title: &str) {
        self.control("SH", title);
    }

    /// Adds a request with one argument.
    pub(crate) fn control(&mut self, name: &str, argument: &str) {
        let mut roff = Roff::new();
        roff.control(name, [argument].into_iter().filter(|argument| !argument.is_empty()));
        self.add(&roff);
    }

    /// Adds to the part that was begun last.
    pub(crate) fn add(&mut self, roff: &Roff) {
        self.raw(&roff.render());
    }

    /// The same, as it was written by others, each with its own preamble.
    pub(crate) fn raw(&mut self, roff: &str) {
        let lines = roff.lines().filter(|line| !PREAMBLE.lines().any(|other| other == *line));
        lines.for_each(|line| self.body.extend([line, "\n"]));
    }

    /// Ends it with other pages to read, and with documents, which have no section.
    pub(crate) fn see_also(&mut self, others: Vec<String>) {
        let (mut others, mut documents): (Vec<_>, Vec<_>) = others.into_iter().partition(|other| other.ends_with(')'));
        others.sort_by_key(|other| (other.rsplit_once('(').map(|(_, section)| section.to_owned()), other.clone()));
        others.dedup();
        self.heading("SEE ALSO");
        let mut line = Vec::new();
        for (number, other) in others.iter().enumerate() {
            let (name, section) = other.split_once('(').unwrap_or((other, ""));
            line.extend([roman(if number == 0 { "" } else { ", " }), bold(name), roman(format!("({section}"))]);
        }
        let mut roff = Roff::new();
        roff.text(line);
        documents.sort();
        documents.dedup();
        if !documents.is_empty() {
            roff.control("PP", []);
            roff.text([roman(format!("In /usr/share/doc/mpath: {}", documents.join(", ")))]);
        }
        self.add(&roff);
    }

    /// How others name it.
    pub(crate) fn reference(&self) -> String {
        format!("{}({})", self.name, self.section)
    }

    /// Whether a part of it has just begun.
    pub(crate) fn is_fresh(&self) -> bool {
        self.body.lines().last().is_some_and(|line| line.starts_with(".SH"))
    }

    pub(crate) fn file_name(&self) -> String {
        format!("{}.{}", self.name, self.section)
    }

    /// All of it. Lines of a table's or a list's text may be long: man(7) fills them.
    pub(crate) fn text(&self) -> String {
        format!("{PREAMBLE}{}", self.body)
    }
}
