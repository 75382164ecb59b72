//! The program under test, run as a person would run it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The file of the story, word for word.
pub(crate) const HOME_LAN: &str = include_str!("../home-lan.toml");

/// A configuration of one test.
pub(crate) struct Config {
    folder: tempfile::TempDir,
}

/// What a run of mpath came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Its exit code.
    pub(crate) code: i32,
    /// Its standard output.
    pub(crate) stdout: String,
    /// Its standard error.
    pub(crate) stderr: String,
}

impl Config {
    /// A folder with one file.
    pub(crate) fn new(text: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("mpath").tempdir_in("/run").unwrap();
        let config = Self { folder };
        config.write(text);
        config
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Replaces the file.
    pub(crate) fn write(&self, text: &str) {
        std::fs::write(self.folder.path().join("home-lan.toml"), text).unwrap();
    }

    /// Runs mpath with words, on this configuration.
    pub(crate) fn mpath(&self, words: &str) -> Outcome {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
        command.arg("--config").arg(self.folder.path()).args(words.split_whitespace());
        run(command)
    }

    /// Runs mpath, which must end with 0.
    pub(crate) fn succeed(&self, words: &str) -> Outcome {
        self.mpath(words).expect(0)
    }

    /// Runs mpath with `--json`, which must end with 0.
    pub(crate) fn json(&self, words: &str) -> Value {
        let outcome = self.succeed(&format!("{words} --json"));
        serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
    }
}

/// Runs a command to its end.
pub(crate) fn run(mut command: Command) -> Outcome {
    let output = command.output().unwrap();
    Outcome {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Outcome {
    /// Demands an exit code.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Demands that the error stream says something.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(self.stderr.contains(words), "not said: {words}\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}
