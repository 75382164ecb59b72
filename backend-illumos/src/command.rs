//! Runs the system's programs.
//!
//! In: a program's name and its arguments. Out: what it wrote, or an error that keeps command line, status and both
//! streams. Programs stand in fixed directories, get no shell, no standard input, and an environment of `LC_ALL` alone:
//! the texts of `ipadm` go through gettext.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use mpath_core::BackendError;
use mpath_core::shell::word;

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

/// What a program wrote, however it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
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
        let Ended { status, stdout, stderr } = self.end_of(line, limit)?;
        if status.success() || status.code() == Some(accepted) {
            return Ok(stdout);
        }
        let how = match status.code() {
            Some(code) => format!("exited with {code}"),
            None => format!("was ended: {status}"),
        };
        if is_missing_right(&stderr) {
            return Err(BackendError::NotPermitted { operation: line.to_string(), needs: PROFILE_NEEDED });
        }
        Err(BackendError::Command { command: line.to_string(), how, stdout, stderr })
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
        let io = |source| BackendError::Io { action: "run", object: line.to_string(), source };
        let path = self.find(line.program).ok_or_else(|| io(std::io::ErrorKind::NotFound.into()))?;
        let mut child = Command::new(path)
            .args(&line.arguments)
            .env_clear()
            .env("LC_ALL", "C")
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(io)?;
        let pid = child.id();
        let (stdout, stderr) = (gather(child.stdout.take()), gather(child.stderr.take()));
        match wait(child, limit, stdout, stderr).map_err(io)? {
            Some(ended) => Ok(ended),
            None => {
                kill(pid);
                let how = format!("did not end within {limit:?}");
                Err(BackendError::Command {
                    command: line.to_string(),
                    how,
                    stdout: String::new(),
                    stderr: String::new(),
                })
            }
        }
    }
}

/// Whether it is the caller who may not: the statuses EAUTH and EPERM of libipadm (`libipadm.c`), and `Perror2` of
/// `ifconfig.c`. Only the exit code hangs on it, nothing that is done.
fn is_missing_right(stderr: &str) -> bool {
    let last = stderr.trim_end().rsplit(": ").next().unwrap_or_default();
    matches!(last, "Insufficient user authorizations" | "Permission denied" | "permission denied")
}

/// Reads a stream to its end, beside the program: one that fills a pipe nobody reads would stand still.
fn gather(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    if let Some(mut stream) = stream {
        thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(length @ 1..) = stream.read(&mut chunk) {
                if sender.send(chunk[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
    }
    receiver
}

/// The end of the program and what it had written by then; `None` when the time is up. A daemon that it leaves behind
/// (`ifconfig … ipmp` starts in.mpathd) may keep the streams open, which nobody waits for longer than a moment.
fn wait(
    mut child: Child,
    limit: Duration,
    stdout: mpsc::Receiver<Vec<u8>>,
    stderr: mpsc::Receiver<Vec<u8>>,
) -> std::io::Result<Option<Ended>> {
    let (sender, ended) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait()));
    let status = match ended.recv_timeout(limit) {
        Ok(status) => status?,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Ok(None),
    };
    let text = |stream: mpsc::Receiver<Vec<u8>>| {
        let mut bytes = Vec::new();
        while let Ok(chunk) = stream.recv_timeout(Duration::from_millis(100)) {
            bytes.extend(chunk);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Ok(Some(Ended { status, stdout: text(stdout), stderr: text(stderr) }))
}

/// Ends a child that took too long; the thread that waits for it reaps it, so that the number is still its own.
fn kill(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
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
        assert!(Command::new("/bin/sh").args(["-c", &write, "sh", script]).status().unwrap().success());
        let programs = Programs::new(vec![directory.path().to_owned()]);
        (directory, programs)
    }

    #[test]
    fn an_error_keeps_status_and_both_streams() {
        let (_directory, programs) = with("printf 'ipadm: Could not create x : no' >&2; echo; exit 1");
        let error = programs.ask("ipadm", &["create-ipmp", "x"]).unwrap_err();
        assert_eq!(error.to_string(), "`ipadm create-ipmp x` exited with 1: ipadm: Could not create x : no");
        let BackendError::Command { stdout, .. } = error else { panic!("{error:?}") };
        assert_eq!(stdout, "\n");
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

    #[test]
    fn a_program_that_hangs_is_ended() {
        let (_directory, programs) = with("exec sleep 100");
        let line = CommandLine::new("ipadm", []);
        let error = programs.run(&line, Duration::from_millis(100)).unwrap_err();
        assert!(error.to_string().contains("did not end within"), "{error}");
    }
}
