//! A group that was another tool's: what tells that tool to leave its interfaces alone, and how all of it goes back.
//!
//! In: what a backend knows of other tools. Out: values that are shown, done, and remembered, so that a release takes away
//! exactly what an adoption wrote.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::finding::Cure;
use crate::journal::Token;
use crate::{GroupName, InterfaceName};

/// What makes a tool leave interfaces alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaveAlone {
    /// The tool.
    pub tool: String,
    /// Its files, as they are and as they shall be.
    pub files: Vec<FileChange>,
    /// Commands that let a tool that runs know of its files; none where it reads them when it is called.
    pub reload: Vec<String>,
    /// What can only be done by hand, before anything else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_hand: Vec<Cure>,
}

/// A file of somebody's, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChange {
    /// The file.
    pub path: PathBuf,
    /// Its text before; `None` where there was none.
    pub before: Option<String>,
    /// Its text after.
    pub after: String,
}

/// What is remembered of an adoption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adoption {
    /// The name and the version of the form.
    pub schema: String,
    /// The group.
    pub group: GroupName,
    /// Its device.
    pub device: InterfaceName,
    /// Where it was described.
    pub format: String,
    /// mpath's own file.
    pub own: FileChange,
    /// What tells the other tools to leave its interfaces alone.
    pub leaves: Vec<LeaveAlone>,
    /// The change that must be confirmed, or all of this goes back with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<Token>,
}

impl Adoption {
    /// The form of [`Adoption`].
    pub const SCHEMA: &'static str = "mpath.adoption/1";

    /// Every file that it changes, in the order in which they are written.
    pub fn files(&self) -> impl DoubleEndedIterator<Item = &FileChange> {
        std::iter::once(&self.own).chain(self.leaves.iter().flat_map(|leave| &leave.files))
    }

    /// What lets the other tools know of their files, each once.
    pub fn reloads(&self) -> Vec<&str> {
        let mut reloads: Vec<&str> = Vec::new();
        for command in self.leaves.iter().flat_map(|leave| &leave.reload) {
            if !reloads.contains(&command.as_str()) {
                reloads.push(command);
            }
        }
        reloads
    }
}

impl FileChange {
    /// A file that is not there yet.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self { path: path.into(), before: None, after: text.into() }
    }

    /// What becomes other, line by line: `-` goes, `+` comes.
    pub fn lines(&self) -> Vec<String> {
        let before: Vec<_> = self.before.as_deref().unwrap_or_default().lines().collect();
        let after: Vec<_> = self.after.lines().collect();
        let head = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
        let rest = before.len().min(after.len()) - head;
        let tail = before.iter().rev().zip(after.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
        let gone = before[head..before.len() - tail].iter().map(|line| format!("-{line}"));
        gone.chain(after[head..after.len() - tail].iter().map(|line| format!("+{line}"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_becomes_other_is_shown() {
        let change = |before: Option<&str>, after: &str| {
            FileChange { before: before.map(str::to_owned), ..FileChange::new("/x", after) }.lines()
        };
        assert_eq!(change(None, "a\nb\n"), ["+a", "+b"]);
        assert_eq!(change(Some("a\nb\nc\n"), "a\n# b\nc\n"), ["-b", "+# b"]);
        assert_eq!(change(Some("a\na\n"), "a\n"), ["-a"]);
        assert_eq!(change(Some("a\n"), "a\n"), [] as [String; 0]);
    }
}
