//! A file with its drop-ins, and whom it matches.

use std::collections::BTreeMap;

use mpath_core::import::{Files, Import};

use super::FOLDERS;
use crate::format::unit_file::{self, Entry, Section};

/// A file with its drop-ins.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    /// Its place, without the first slash.
    pub(super) file: String,
    pub(super) sections: Vec<Section>,
}

/// Whether a file matches an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Matches {
    Yes,
    No,
    /// The host knows: by driver, by path, by the addresses of the interfaces.
    HostKnows,
}

/// The files with this ending, in the order in which they are looked at; what cannot be read in them is told.
pub(super) fn units(files: &dyn Files, ending: &str, import: &mut Import) -> Vec<Unit> {
    let mut units = Vec::new();
    for (name, file) in named(files, |folder| folder.to_owned(), ending) {
        // An empty file, as /dev/null is one, masks those of its name.
        let Some(text) = files.read(&file).filter(|text| !text.is_empty()) else { continue };
        let mut unit = Unit { file: file.clone(), sections: vec![] };
        unit.add(&file, &text, import);
        for drop_in in named(files, |folder| format!("{folder}/{name}.d"), ".conf").into_values() {
            if let Some(text) = files.read(&drop_in) {
                unit.add(&drop_in, &text, import);
            }
        }
        units.push(unit);
    }
    units
}

/// The strongest file of each name.
fn named(files: &dyn Files, place: impl Fn(&str) -> String, ending: &str) -> BTreeMap<String, String> {
    let mut named = BTreeMap::new();
    for folder in FOLDERS.map(place) {
        for name in files.list(&folder).into_iter().filter(|name| name.ends_with(ending)) {
            named.entry(name.clone()).or_insert(format!("{folder}/{name}"));
        }
    }
    named
}

impl Unit {
    fn add(&mut self, file: &str, text: &str, import: &mut Import) {
        let (sections, strays) = unit_file::read(file, text);
        self.sections.extend(sections);
        strays.into_iter().for_each(|stray| import.lose(stray, "no assignment in a section (systemd.syntax(7))"));
    }

    /// Every assignment in sections of this name.
    pub(super) fn section(&self, name: &str) -> impl Iterator<Item = &Entry> {
        self.sections.iter().filter(move |section| section.name == name).flat_map(|section| &section.entries)
    }

    /// The assignment that counts; an empty one takes earlier ones back.
    pub(super) fn last(&self, section: &str, key: &str) -> Option<&Entry> {
        self.section(section).filter(|entry| entry.key == key).last().filter(|entry| !entry.value.is_empty())
    }

    /// The assignments of a list, without those that an empty one takes back.
    pub(super) fn all(&self, section: &str, key: &str) -> Vec<&Entry> {
        let entries: Vec<_> = self.section(section).filter(|entry| entry.key == key).collect();
        let begin = entries.iter().rposition(|entry| entry.value.is_empty()).map_or(0, |place| place + 1);
        entries[begin..].to_vec()
    }

    /// The words of a list, each with where it stands.
    pub(super) fn words(&self, section: &str, key: &str) -> Vec<(&str, &Entry)> {
        let all = self.all(section, key).into_iter();
        all.flat_map(|entry| entry.value.split_whitespace().map(move |word| (word, entry))).collect()
    }

    /// Whether it asks for an interface by the address that it has.
    pub(super) fn is_for_an_address(&self) -> bool {
        ["MACAddress", "PermanentMACAddress"].iter().any(|key| !self.words("Match", key).is_empty())
    }

    /// Whether an interface of this name is matched, as far as names tell.
    pub(super) fn matches(&self, name: &str) -> Matches {
        let patterns = self.words("Match", "Name");
        let not = patterns.iter().any(|(word, _)| word.strip_prefix('!').is_some_and(|word| is_match(word, name)));
        let mut wanted = patterns.iter().filter(|(word, _)| !word.starts_with('!')).peekable();
        if not || (wanted.peek().is_some() && !wanted.any(|(word, _)| is_match(word, name))) {
            return Matches::No;
        }
        let other = self.section("Match").any(|entry| entry.key != "Name" && !entry.value.is_empty());
        if other || patterns.is_empty() { Matches::HostKnows } else { Matches::Yes }
    }
}

/// A name that is no pattern.
pub(super) fn is_plain(word: &str) -> bool {
    !word.contains(['*', '?', '[', '!', '\\'])
}

/// Whether a pattern of a shell fits a name (glob(7)); one that is none fits nothing.
fn is_match(pattern: &str, name: &str) -> bool {
    glob::Pattern::new(pattern).is_ok_and(|pattern| pattern.matches(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_names_as_in_a_shell() {
        for (pattern, name, fits) in [
            ("eth0", "eth0", true),
            ("eth*", "wlan0", false),
            ("e?h[0-3]", "eth2", true),
            ("eth[!0-3]", "eth2", false),
            ("en*s0", "enp3s0", true),
            ("[", "[", false),
        ] {
            assert_eq!(is_match(pattern, name), fits, "{pattern} {name}");
        }
    }
}
