//! GLib's key files: sections with keys, line by line.
//!
//! In: a text. Out: each key with the section that it stands in and with its line. A section that comes again goes on, and a key
//! that comes again replaces the first, as GLib takes it. What a section or a key means is the business of each format.

use ini_roundtrip::{Item, Parser};
use mpath_core::import::Origin;

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
pub(crate) fn read(file: &str, text: &str) -> (Vec<Section>, Vec<Origin>) {
    let (mut sections, mut strange) = (Vec::<Section>::new(), Vec::new());
    // Where the keys of the next lines belong; nowhere before the first section.
    let mut current = None;
    let text: String = text.lines().flat_map(|line| [line.trim(), "\n"]).collect();
    let mut lines = Parser::new(&text);
    loop {
        let number = usize::try_from(lines.line()).unwrap_or(usize::MAX) + 1;
        let origin = |shown: &str| Origin::line(file, number, shown);
        match lines.next() {
            None => return (sections, strange),
            Some(Item::Section { name, raw }) => {
                let place = sections.iter().position(|section| section.name == name);
                if place.is_none() {
                    sections.push(Section { name: name.to_owned(), origin: origin(raw), keys: vec![] });
                }
                current = Some(place.unwrap_or(sections.len() - 1));
            }
            Some(Item::Property { key, val: Some(value), raw }) if current.is_some() => {
                let place = current.unwrap_or_default();
                let keys = &mut sections[place].keys;
                keys.retain(|known| known.name != key);
                keys.push(Key { name: key.to_owned(), value: value.to_owned(), origin: origin(raw) });
            }
            Some(Item::Property { raw, .. } | Item::Error(raw)) => strange.push(origin(raw)),
            Some(Item::Comment { .. } | Item::Blank { .. } | Item::SectionEnd) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_section_and_its_line_and_the_last_counts() {
        let text = "# a comment\nlost=1\n[one]\nkey = a=b \r\n; another\n [two]\n\nother=\n[bad\nnonsense\n[one]\nkey=c\nlast=é";
        let (sections, strange) = read("f", text);
        let keys = sections.iter().flat_map(|section| section.keys.iter().map(move |key| (section, key)));
        let told: Vec<_> =
            keys.map(|(section, key)| format!("{} {} | {}", section.name, key.value, key.origin)).collect();
        assert_eq!(told, ["one c | f:12: key=c", "one é | f:13: last=é", "two  | f:8: other="]);
        let strange: Vec<_> = strange.iter().map(ToString::to_string).collect();
        assert_eq!(strange, ["f:2: lost=1", "f:9: [bad", "f:10: nonsense"]);
        assert_eq!(sections[1].origin.to_string(), "f:6: [two]");
    }
}
