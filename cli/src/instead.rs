//! A file of the configuration that is not written yet.

use std::path::PathBuf;

/// A file as it would be: its text, or none where there would be no such file.
#[derive(Debug, Clone)]
pub(crate) struct Instead {
    pub(crate) file: PathBuf,
    pub(crate) text: Option<String>,
}
