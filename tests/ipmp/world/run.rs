//! What a run of the program told, and how it ended.

use std::fmt;

/// How one run ended.
pub(crate) struct Run {
    pub(super) line: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: u8,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, stdout, stderr, code } = self;
        write!(f, "$ mpath {line}\n--- stdout\n{stdout}--- stderr\n{stderr}--- exit {code}")
    }
}
