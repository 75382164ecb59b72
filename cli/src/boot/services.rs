//! The manager of services of the running system, as far as mpath speaks to it.

use std::io;
use std::path::Path;
use std::time::Duration;

use mpath_program::Invocation;

/// What runs the commands of a manager of services.
pub trait Services {
    /// Where the system's files lie: `/`, but in a test.
    fn root(&self) -> &Path;

    /// Runs a command to its end.
    fn run(&mut self, words: &[String]) -> io::Result<()>;
}

/// The system that mpath runs on.
#[derive(Debug)]
pub struct SystemServices;

/// Where programs are looked for; never where a PATH from outside points.
const FOLDERS: [&str; 4] = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/// How long a command may take. A manager that has thousands of units reads them all anew at `daemon-reload`.
const LIMIT: Duration = Duration::from_secs(120);

impl Services for SystemServices {
    fn root(&self) -> &Path {
        Path::new("/")
    }

    fn run(&mut self, words: &[String]) -> io::Result<()> {
        let [name, arguments @ ..] = words else { return Err(io::ErrorKind::InvalidInput.into()) };
        let (path, search) = (program(name)?, FOLDERS.join(":"));
        let variables = &[("LC_ALL", "C"), ("PATH", &*search)];
        let invocation = Invocation { path: &path, arguments, variables, line: words.join(" ") };
        let ended = invocation.run(LIMIT).map_err(io::Error::other)?;
        if ended.status.success() {
            return Ok(());
        }
        let told = [ended.stderr.trim(), ended.stdout.trim()].join("\n");
        Err(io::Error::other(format!("`{}` ended with {}: {}", invocation.line, ended.status, told.trim())))
    }
}

/// A program of that name in the fixed folders.
pub(crate) fn program(name: &str) -> io::Result<std::path::PathBuf> {
    let found = FOLDERS.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.is_file());
    found
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("there is no {name} in {}", FOLDERS.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_fails_tells_how_it_ended_and_what_it_said() {
        let run = |line: &[&str]| SystemServices.run(&line.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        run(&["sh", "-c", "exit 0"]).unwrap();
        let error = run(&["sh", "-c", "echo why >&2; exit 3"]).unwrap_err();
        assert_eq!(error.to_string(), "`sh -c echo why >&2; exit 3` ended with exit status: 3: why");
        assert_eq!(run(&["no-such-program"]).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
