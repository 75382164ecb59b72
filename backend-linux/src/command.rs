//! Runs a native program.
//!
//! In: a program's name and its arguments. Out: what it wrote, or an error that keeps all of it. A program is looked
//! for in a fixed list of folders, gets no shell, no standard input and an environment of two variables.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mpath_core::BackendError;
use mpath_program::Invocation;
use rustix::fs::{Access, access};

/// Where programs are looked for, in this order; never where a PATH from outside points.
const FOLDERS: [&str; 4] = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/// What programs find in PATH, such as the scripts of DHCP clients.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program that is installed.
#[derive(Debug, Clone)]
pub(crate) struct Program(PathBuf);

/// What a program that succeeded wrote to its standard output.
pub(crate) type Output = String;

impl Program {
    /// The first program of that name in the fixed folders.
    pub(crate) fn find(name: &str) -> Option<Self> {
        let runs = |path: &PathBuf| path.is_file() && access(path, Access::EXEC_OK).is_ok();
        FOLDERS.iter().map(|folder| Path::new(folder).join(name)).find(runs).map(Self)
    }

    /// Runs it to its end. A client that goes to the background by itself has ended when its first process has.
    pub(crate) fn run(&self, arguments: &[String], limit: Duration) -> Result<Output, BackendError> {
        let ended = self.with(arguments).run(limit)?;
        if ended.status.success() { Ok(ended.stdout) } else { Err(ended.failure(self.line(arguments))) }
    }

    /// Runs it to its end or for so long, and takes what it has written by then; `None` where it could not be run.
    pub(crate) fn capture(&self, arguments: &[String], time: Duration) -> Option<Vec<u8>> {
        self.with(arguments).capture(time).ok()
    }

    fn with<'i>(&'i self, arguments: &'i [String]) -> Invocation<'i> {
        let variables = &[("LC_ALL", "C"), ("PATH", PATH)];
        Invocation { path: &self.0, arguments, variables, line: self.line(arguments) }
    }

    /// The command line, as an error shows it.
    fn line(&self, arguments: &[String]) -> String {
        let mut line = self.0.display().to_string();
        for argument in arguments {
            line.push(' ');
            line.push_str(argument);
        }
        line
    }
}

#[cfg(test)]
mod tests;
