//! What a run of the program told, and how it ended.

use std::fmt;

/// How one run ended.
pub(crate) struct Run {
    pub(crate) line: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: u8,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        block(f, &format!("mpath {}", self.line), &self.stdout, &self.stderr, self.code.into())
    }
}

/// One run as a block of text.
pub(crate) fn block(f: &mut impl fmt::Write, line: &str, stdout: &str, stderr: &str, code: i32) -> fmt::Result {
    writeln!(f, "$ {line}")?;
    for (stream, text) in [("stdout", stdout), ("stderr", stderr)] {
        if !text.is_empty() {
            writeln!(f, "--- {stream}\n{}", text.trim_end_matches('\n'))?;
        }
    }
    writeln!(f, "--- exit {code}")
}
