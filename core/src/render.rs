//! Groups as files of a system's own network configuration, for hosts on which mpath does not run.
//!
//! In: [`Group`]s and the name of the file that they come from. Out: a [`Rendering`], or every reason why the format
//! cannot say the same. A format is one function of this form, in a module of its own in the crate of its platform.

use serde::Serialize;

use crate::note::Note;
use crate::refusal::Refusal;
use crate::{Group, GroupName};

/// Groups as files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rendering {
    /// The files, in the order in which one reads them.
    pub files: Vec<RenderedFile>,
    /// What is to be known of each group.
    pub notes: Vec<(GroupName, Note)>,
    /// Whether nobody but root may read the files: there are tools that take no others.
    pub private: bool,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RenderedFile {
    /// Where it belongs, without the first slash.
    pub path: String,
    /// All of its text.
    pub text: String,
}

/// A format: groups, and the file that they come from, for comments.
pub type Renderer = fn(&[&Group], &str) -> Result<Rendering, Vec<(GroupName, Refusal)>>;
