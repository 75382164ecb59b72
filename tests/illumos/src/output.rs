//! What a program leaves behind: two streams, and how it ended.

use std::fmt::Write as _;

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It exited with this status.
    Exit(u8),
    /// It was killed by this signal.
    Signal(i32),
    /// It does not end; whoever waits must have a time limit.
    Hang,
}

/// What a program printed, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// The end.
    pub ending: Ending,
}

impl Default for Output {
    fn default() -> Self {
        Self { stdout: Vec::new(), stderr: Vec::new(), ending: Ending::Exit(0) }
    }
}

impl Output {
    /// Success with this on standard output.
    pub fn of(stdout: impl Into<String>) -> Self {
        Self { stdout: stdout.into().into_bytes(), ..Self::default() }
    }

    /// Exit status 1 with this line on standard error, as all programs but ipadm say it (facts §10.2).
    pub fn failure(line: impl AsRef<str>) -> Self {
        let mut stderr = line.as_ref().to_owned();
        stderr.push('\n');
        Self { stderr: stderr.into_bytes(), ending: Ending::Exit(1), ..Self::default() }
    }

    /// Exit status 1 as ipadm's die() says it: the text without its newline on standard error, the newline on
    /// standard output (facts §0.10, §1.6).
    pub fn ipadm_failure(text: impl AsRef<str>) -> Self {
        let mut stderr = String::new();
        let _ = write!(stderr, "ipadm: {}", text.as_ref());
        Self { stdout: b"\n".to_vec(), stderr: stderr.into_bytes(), ending: Ending::Exit(1) }
    }

    /// Adds a line to standard error; the status stays.
    #[must_use]
    pub fn warned(mut self, line: impl AsRef<str>) -> Self {
        self.stderr.extend_from_slice(line.as_ref().as_bytes());
        self.stderr.push(b'\n');
        self
    }

    /// Whether it exited with 0.
    pub fn success(&self) -> bool {
        self.ending == Ending::Exit(0)
    }

    /// Standard output as text.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}
