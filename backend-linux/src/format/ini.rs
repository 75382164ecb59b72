//! Files of sections with keys, line by line: GLib's key files and the units of systemd.
//!
//! In: a text. Out: each key with the section that it stands in and with its line. What a section or a key means is the
//! business of each format.

use ini_roundtrip::{Item, Parser};
use mpath_core::import::Origin;

/// How a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// GLib's key files: a section that comes again goes on, and a key that comes again replaces the first.
    KeyFile,
    /// systemd.syntax(7): a section that comes again is another one, and a backslash at the end goes on on the next line.
    Systemd,
}

/// A section of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// What stands between its brackets.
    pub(crate) name: String,
    /// Where it begins.
    pub(crate) origin: Origin,
    /// Its keys, in the order of the file.
    pub(crate) keys: Vec<Key>,
}

/// A key of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// What stands before the equals sign.
    pub(crate) name: String,
    /// What stands behind it.
    pub(crate) value: String,
    /// Its line.
    pub(crate) origin: Origin,
}

/// A text in its sections, and the lines that are neither a section nor a key nor a comment.
pub(crate) fn read(file: &str, text: &str, dialect: Dialect) -> (Vec<Section>, Vec<Origin>) {
    let (mut sections, mut strange) = (Vec::<Section>::new(), Vec::new());
    // Whether a key stands below the header that comes first.
    let mut current = None;
    for (number, line) in logical_lines(text, dialect) {
        let origin = |shown: &str| Origin::line(file, number, shown);
        for item in Parser::new(&line) {
            match item {
                Item::Section { name, raw } => {
                    let again = sections.iter().position(|section| section.name == name);
                    current = match again.filter(|_| dialect == Dialect::KeyFile) {
                        Some(place) => Some(place),
                        None => {
                            sections.push(Section { name: name.to_owned(), origin: origin(raw), keys: vec![] });
                            Some(sections.len() - 1)
                        }
                    };
                }
                Item::Property { key, val: Some(value), raw } => match current {
                    Some(place) => {
                        let keys = &mut sections[place].keys;
                        if dialect == Dialect::KeyFile {
                            keys.retain(|known| known.name != key);
                        }
                        keys.push(Key { name: key.to_owned(), value: value.to_owned(), origin: origin(raw) });
                    }
                    None => strange.push(origin(raw)),
                },
                Item::Property { val: None, raw, .. } | Item::Error(raw) => strange.push(origin(raw)),
                Item::Comment { .. } | Item::Blank { .. } | Item::SectionEnd => {}
            }
        }
    }
    (sections, strange)
}

/// The lines with their numbers from 1, without the space around; those that go on are joined.
fn logical_lines(text: &str, dialect: Dialect) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut begun: Option<(usize, String)> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        // Comments between the parts of a line are no end of it (systemd.syntax(7)).
        if begun.is_some() && line.starts_with(['#', ';']) {
            continue;
        }
        let (number, joined) = match begun.take() {
            Some((first, start)) => (first, format!("{start} {line}")),
            None => (number + 1, line.to_owned()),
        };
        match joined.strip_suffix('\\') {
            Some(start) if dialect == Dialect::Systemd && !joined.starts_with(['#', ';']) => {
                begun = Some((number, start.trim_end().to_owned()));
            }
            _ => lines.push((number, joined)),
        }
    }
    lines.extend(begun);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# a comment\nlost=1\n[one]\nkey = a=b \n; another\n [two]\n\nkey=\\\n  x \\\n# between\n  y\nnonsense\n[one]\nkey=c\n";

    fn flat(sections: &[Section]) -> Vec<String> {
        let keys = sections.iter().flat_map(|section| section.keys.iter().map(move |key| (section, key)));
        keys.map(|(section, Key { name, value, origin })| {
            format!("{}: {} {name}={value}", origin.line.unwrap(), section.name)
        })
        .collect()
    }

    #[test]
    fn a_key_file_goes_on_in_a_section_that_comes_again() {
        let (sections, strange) = read("f", TEXT, Dialect::KeyFile);
        assert_eq!(flat(&sections), ["14: one key=c", "8: two key=\\"]);
        let strange: Vec<_> = strange.iter().map(ToString::to_string).collect();
        assert_eq!(strange, ["f:2: lost=1", "f:9: x \\", "f:11: y", "f:12: nonsense"]);
    }

    #[test]
    fn a_unit_joins_lines_and_keeps_sections_apart() {
        let (sections, strange) = read("f", TEXT, Dialect::Systemd);
        assert_eq!(
            flat(&sections),
            ["4: one key=a=b", "8: two key= x y", "14: one key=c"].map(|line| line.replace("= x", "=x"))
        );
        assert_eq!(strange.len(), 2);
        assert_eq!(sections[1].origin.to_string(), "f:6: [two]");
    }
}
