//! Runs the system's programs.
//!
//! In: a program's name and its arguments. Out: what it wrote, or an error that keeps command line, status and both
//! streams. Programs stand in fixed directories, get no shell, no standard input, and an environment of `LC_ALL` alone:
//! the texts of `ipadm` go through gettext.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mpath_core::BackendError;
use mpath_core::shell::word;
use mpath_program::{Ended, Invocation};

/// Where the programs are; never where a PATH from outside points. `if_mpadm` is in the first alone.
const DIRECTORIES: [&str; 5] = ["/usr/sbin", "/sbin", "/usr/lib/inet", "/lib/inet", "/usr/bin"];

/// How long a program may take. `ipadm` waits for daemons, in the worst case for a resync of in.mpathd (20 s).
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// What the caller may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rights {
    /// Everything: it is root.
    Root,
    /// The network, by pfexec.
    Profile,
    /// Nothing.
    Nothing,
}

/// The profile that has the authorization `solaris.network.interface.config` (ipadm(8)), and runs `ifconfig`, `route` and
/// the like as root (exec_attr(5)); and profiles that have all that it has (prof_attr(5)).
const PROFILES: [&str; 3] = ["Network Management", "System Administrator", "Primary Administrator"];

/// What somebody needs who is not root and has no such profile.
const PROFILE_NEEDED: &str = "the profile Network Management: usermod -P 'Network Management' USER, with the profiles that the user has beside it";

impl Rights {
    /// Those of a caller with the output of `profiles`: one in each line, perhaps with the privileges that it gives behind it
    /// (`print_profs` and `print_profile_privs` of `profiles.c`).
    pub(crate) fn told_by(profiles: &str) -> Self {
        let name = |line: &str| line.split(" privs=").next().unwrap_or(line).trim().to_owned();
        match profiles.lines().any(|line| PROFILES.contains(&name(line).as_str())) {
            true => Self::Profile,
            false => Self::Nothing,
        }
    }
}

/// The programs of a system.
#[derive(Clone)]
pub(crate) struct Programs {
    directories: Vec<PathBuf>,
    /// Instead of programs, for tests.
    #[cfg(feature = "simulator")]
    within: Option<Within>,
}

/// Runs a program without a process: its name and arguments, and how it ended.
#[cfg(feature = "simulator")]
pub type Within = std::rc::Rc<dyn Fn(&str, &[String]) -> std::process::Output>;

/// A program and its arguments, as they are run and shown.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct CommandLine {
    /// The program's name, without its directory.
    pub program: &'static str,
    /// Its arguments.
    pub arguments: Vec<String>,
}

impl CommandLine {
    /// A command line from words; a word with spaces is one argument.
    pub(crate) fn new<'w>(program: &'static str, words: impl IntoIterator<Item = &'w str>) -> Self {
        Self { program, arguments: words.into_iter().map(str::to_owned).collect() }
    }
}

impl std::fmt::Display for CommandLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.program)?;
        self.arguments.iter().try_for_each(|argument| write!(f, " {}", word(argument)))
    }
}

impl std::fmt::Debug for Programs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Programs").field(&self.directories).finish()
    }
}

impl Default for Programs {
    fn default() -> Self {
        Self::new(DIRECTORIES.map(PathBuf::from).into())
    }
}

impl Programs {
    /// All programs in one directory, for tests.
    #[cfg(feature = "simulator")]
    pub(crate) fn at(directory: &Path) -> Self {
        Self::new(vec![directory.to_owned()])
    }

    /// No programs at all but one function, for tests that run thousands of them.
    #[cfg(feature = "simulator")]
    pub(crate) fn within(run: Within) -> Self {
        Self { within: Some(run), ..Self::new(vec![]) }
    }

    fn new(directories: Vec<PathBuf>) -> Self {
        Self {
            directories,
            #[cfg(feature = "simulator")]
            within: None,
        }
    }

    fn find(&self, name: &str) -> Option<PathBuf> {
        self.directories.iter().map(|directory| directory.join(name)).find(|path| Path::is_file(path))
    }

    /// Whether the system has a program.
    pub(crate) fn has(&self, name: &str) -> bool {
        #[cfg(feature = "simulator")]
        if let Some(within) = &self.within {
            return within(name, &["help".to_owned()]).status.code() != Some(127);
        }
        self.find(name).is_some()
    }

    /// What a program prints that must succeed.
    pub(crate) fn ask(&self, program: &'static str, words: &[&str]) -> Result<String, BackendError> {
        self.run(&CommandLine::new(program, words.iter().copied()), LIMIT)
    }

    /// What a program prints that must succeed.
    pub(crate) fn run(&self, line: &CommandLine, limit: Duration) -> Result<String, BackendError> {
        self.run_or(line, limit, 0)
    }

    /// What a program prints that must succeed, or end with that status.
    fn run_or(&self, line: &CommandLine, limit: Duration, accepted: i32) -> Result<String, BackendError> {
        let ended = self.end_of(line, limit)?;
        if ended.status.success() || ended.status.code() == Some(accepted) {
            return Ok(ended.stdout);
        }
        if is_missing_right(&ended.stderr) {
            return Err(BackendError::NotPermitted { operation: line.to_string(), needs: PROFILE_NEEDED });
        }
        Err(ended.failure(line.to_string()))
    }

    /// Runs a program that changes something, with the rights that the caller has.
    pub(crate) fn change(&self, line: &CommandLine, rights: Rights) -> Result<String, BackendError> {
        self.change_or(line, rights, 0)
    }

    /// The same of one that may end with that status, too.
    pub(crate) fn change_or(&self, line: &CommandLine, rights: Rights, accepted: i32) -> Result<String, BackendError> {
        match rights {
            Rights::Root => self.run_or(line, LIMIT, accepted),
            Rights::Profile => self.run_or(&self.by_profile(line), LIMIT, accepted),
            Rights::Nothing => Err(BackendError::NotPermitted { operation: line.to_string(), needs: PROFILE_NEEDED }),
        }
    }

    /// The same command by way of pfexec(1), which looks for the profile by the path of the program.
    fn by_profile(&self, line: &CommandLine) -> CommandLine {
        let path = self.find(line.program).map(|path| path.display().to_string());
        let program = path.unwrap_or_else(|| line.program.to_owned());
        CommandLine { program: "pfexec", arguments: std::iter::once(program).chain(line.arguments.clone()).collect() }
    }

    /// How a program ends, and what it wrote.
    pub(crate) fn end_of(&self, line: &CommandLine, limit: Duration) -> Result<Ended, BackendError> {
        #[cfg(feature = "simulator")]
        if let Some(within) = &self.within {
            let std::process::Output { status, stdout, stderr } = within(line.program, &line.arguments);
            let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
            return Ok(Ended { status, stdout: text(stdout), stderr: text(stderr) });
        }
        let Some(path) = self.find(line.program) else {
            let source = std::io::ErrorKind::NotFound.into();
            return Err(BackendError::Io { action: "run", object: line.to_string(), source });
        };
        let variables = &[("LC_ALL", "C")];
        Invocation { path: &path, arguments: &line.arguments, variables, line: line.to_string() }.run(limit)
    }
}

/// Whether it is the caller who may not: the statuses EAUTH and EPERM of libipadm (`libipadm.c`), and `Perror2` of
/// `ifconfig.c`. Only the exit code hangs on it, nothing that is done.
fn is_missing_right(stderr: &str) -> bool {
    let last = stderr.trim_end().rsplit(": ").next().unwrap_or_default();
    matches!(last, "Insufficient user authorizations" | "Permission denied" | "permission denied")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(script: &str) -> (tempfile::TempDir, Programs) {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("ipadm");
        // By another process: a file that this one has open to write, a child of another test might have, too, for a moment,
        // and what somebody may write to is not run (execve(2), ETXTBSY).
        let write = format!("printf '%s\\n' '#!/bin/sh' \"$1\" > {0} && chmod 755 {0}", path.display());
        assert!(std::process::Command::new("/bin/sh").args(["-c", &write, "sh", script]).status().unwrap().success());
        let programs = Programs::new(vec![directory.path().to_owned()]);
        (directory, programs)
    }

    #[test]
    fn an_error_tells_the_command_and_why() {
        let (_directory, programs) = with("printf 'ipadm: Could not create x : no' >&2; echo; exit 1");
        let error = programs.ask("ipadm", &["create-ipmp", "x"]).unwrap_err();
        assert_eq!(error.to_string(), "`ipadm create-ipmp x` exited with 1: ipadm: Could not create x : no");
    }

    #[test]
    fn a_missing_authorization_names_the_profile() {
        let (_directory, programs) =
            with("printf 'ipadm: Could not create x : Insufficient user authorizations' >&2; echo; exit 1");
        let error = programs.ask("ipadm", &["create-ipmp", "x"]).unwrap_err();
        assert!(error.hint().unwrap().contains("Network Management"), "{error:?}");
    }

    #[test]
    fn the_profiles_of_a_caller_tell_what_it_may() {
        assert_eq!(Rights::told_by("Network Management\nBasic Solaris User\nAll\n"), Rights::Profile);
        assert_eq!(Rights::told_by("          System Administrator\n          All\n"), Rights::Profile);
        let with_privileges = "Network Management privs=sys_net_config,net_rawaccess\nAll\n";
        assert_eq!(Rights::told_by(with_privileges), Rights::Profile);
        assert_eq!(Rights::told_by("Network Security\nBasic Solaris User\n"), Rights::Nothing);
    }

    #[test]
    fn programs_see_no_variable_but_the_locale() {
        let (_directory, programs) = with("/usr/bin/env | /bin/grep -vE '^(PWD|SHLVL|_)='");
        assert_eq!(programs.ask("ipadm", &[]).unwrap(), "LC_ALL=C\n");
    }
}
