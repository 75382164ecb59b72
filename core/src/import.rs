//! Groups from the files of another tool.
//!
//! In: [`Files`], by whoever can read them. Out: an [`Import`]: a [`Draft`] for each group, and line by line what has no place in
//! one. A format is one function of the form [`Importer`], in a module of its own in the crate of its platform. None of them
//! checks values: [`Draft::settle`] does, and finds the line again.

use serde::Serialize;

use crate::Draft;

/// The files of a host, or of a directory that stands for one.
pub trait Files {
    /// The text of a file, if it is there and can be read: of one that cannot, whoever has the files tells. Paths have no slash
    /// in front: `etc/network/interfaces`.
    fn read(&self, path: &str) -> Option<String>;
    /// The names in a folder, in the order of their bytes; empty if it is not there.
    fn list(&self, folder: &str) -> Vec<String>;
}

/// A line of a file, or something that it says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Origin {
    /// The file, as it is shown.
    pub file: String,
    /// The line, from 1, where there are lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What stands there, without the space around.
    pub text: String,
}

/// What a format said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Import {
    /// The groups, in the order of the files.
    pub drafts: Vec<Draft>,
    /// What is not in them.
    pub leftovers: Vec<Leftover>,
}

/// Something that an import did not take over as it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Leftover {
    /// Where it stands.
    pub origin: Origin,
    /// What becomes of it.
    pub fate: Fate,
    /// Why, in words.
    pub why: String,
}

/// What becomes of a line that no key says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It is lost unless somebody does something.
    Lost,
    /// Another value stands in its place.
    Changed,
    /// It is no business of a group, and stays with the tool that has it.
    LeftAlone,
}

/// A format: the files of a host, and what they say of groups.
pub type Importer = fn(&dyn Files) -> Import;

impl Origin {
    /// A line of a file.
    pub fn line(file: &str, line: usize, text: &str) -> Self {
        Self { file: file.to_owned(), line: Some(line), text: text.trim().to_owned() }
    }

    /// Something that a file says, where its lines are not known.
    pub fn of_file(file: &str, text: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, text: text.into() }
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, line, text } = self;
        // A colon follows; that of a key of YAML is the same one. An address may end in two.
        let text = text.strip_suffix(':').filter(|key| !key.ends_with(':')).unwrap_or(text);
        f.write_str(file)?;
        line.iter().try_for_each(|line| write!(f, ":{line}"))?;
        // Where a file breaks off there is none.
        if text.is_empty() { Ok(()) } else { write!(f, ": {text}") }
    }
}

impl Import {
    /// Notes a line that no key says.
    pub fn lose(&mut self, origin: Origin, why: impl Into<String>) {
        self.leftovers.push(Leftover { origin, fate: Fate::Lost, why: why.into() });
    }

    /// Notes a line that another value stands for.
    pub fn change(&mut self, origin: Origin, why: impl Into<String>) {
        self.leftovers.push(Leftover { origin, fate: Fate::Changed, why: why.into() });
    }

    /// Notes a line that is no business of a group.
    pub fn leave(&mut self, origin: Origin, why: impl Into<String>) {
        self.leftovers.push(Leftover { origin, fate: Fate::LeftAlone, why: why.into() });
    }

    /// Notes what is neither the device of a group nor a member; it may stand `on` a group's device, as a VLAN or a bridge does.
    pub fn leave_other(&mut self, origin: Origin, on: Option<&str>, tool: &str) {
        let why = match on {
            Some(device) => format!("stands on {device}, and stays with {tool}"),
            None => "no device of a group and no member".to_owned(),
        };
        self.leave(origin, why);
    }

    /// The draft of this name, begun where it is not there.
    pub fn draft(&mut self, name: &str) -> &mut Draft {
        let place = match self.drafts.iter().position(|draft| draft.name() == name) {
            Some(place) => place,
            None => {
                self.drafts.push(Draft::new(name));
                self.drafts.len() - 1
            }
        };
        &mut self.drafts[place]
    }
}

/// Files that are only in memory.
impl Files for std::collections::BTreeMap<String, String> {
    fn read(&self, path: &str) -> Option<String> {
        self.get(path).cloned()
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let name = |path: &str| Some(path.strip_prefix(folder)?.strip_prefix('/')?.split('/').next()?.to_owned());
        let mut names: Vec<_> = self.keys().filter_map(|path| name(path)).collect();
        names.dedup();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_shown_without_the_colon_of_its_key_and_with_those_of_an_address() {
        let shown = |text: &str| Origin::line("file", 7, text).to_string();
        assert_eq!(shown("  dns-resolver:"), "file:7: dns-resolver");
        assert_eq!(shown("address 2001:db8::"), "file:7: address 2001:db8::");
        assert_eq!(shown(":"), "file:7");
        assert_eq!(Origin::of_file("file", "").to_string(), "file");
    }
}
