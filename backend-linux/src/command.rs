//! Runs a native program.
//!
//! In: a program's name and its arguments. Out: what it wrote, or an error that keeps all of it. A program is looked
//! for in a fixed list of folders, gets no shell, no standard input and an environment of two variables.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use mpath_core::BackendError;
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

/// How a program ended, and what it wrote.
#[derive(Debug)]
struct Ended {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

impl Program {
    /// The first program of that name in the fixed folders.
    pub(crate) fn find(name: &str) -> Option<Self> {
        let runs = |path: &PathBuf| path.is_file() && access(path, Access::EXEC_OK).is_ok();
        FOLDERS.iter().map(|folder| Path::new(folder).join(name)).find(runs).map(Self)
    }

    /// Runs it to its end. A client that goes to the background by itself has ended when its first process has.
    pub(crate) fn run(&self, arguments: &[String], limit: Duration) -> Result<Output, BackendError> {
        let line = self.line(arguments);
        let io = |source| BackendError::Io { action: "run", object: line.clone(), source };
        let mut child = self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(io)?;
        let pid = child.id();
        let (stdout, stderr) = (gather(child.stdout.take()), gather(child.stderr.take()));
        let failed = |how: String, stdout: String, stderr: String| {
            Err(BackendError::Command { command: line.clone(), how, stdout, stderr })
        };
        match wait(child, limit, stdout, stderr).map_err(io)? {
            Some(Ended { status, stdout, .. }) if status.success() => Ok(stdout),
            Some(Ended { status, stdout, stderr }) => {
                let how = match status.code() {
                    Some(code) => format!("exited with {code}"),
                    None => format!("was ended: {status}"),
                };
                failed(how, stdout, stderr)
            }
            None => {
                kill(pid);
                failed(format!("did not end within {limit:?}"), String::new(), String::new())
            }
        }
    }

    /// Runs it to its end or for so long, and takes what it has written by then; `None` where it could not be run.
    pub(crate) fn capture(&self, arguments: &[String], time: Duration) -> Option<Vec<u8>> {
        let mut child = self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let (pid, stdout) = (child.id(), gather(child.stdout.take()));
        let (sender, ended) = mpsc::channel();
        thread::spawn(move || sender.send(child.wait()));
        if ended.recv_timeout(time).is_err() {
            kill(pid);
            let _ = ended.recv_timeout(Duration::from_secs(1));
        }
        let mut bytes = Vec::new();
        while let Ok(chunk) = stdout.recv_timeout(Duration::from_millis(100)) {
            bytes.extend(chunk);
        }
        Some(bytes)
    }

    fn command(&self, arguments: &[String]) -> Command {
        let mut command = Command::new(&self.0);
        command
            .args(arguments)
            .env_clear()
            .envs([("LC_ALL", "C"), ("PATH", PATH)])
            .current_dir("/")
            .stdin(Stdio::null());
        command
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
/// may keep the streams open, which nobody waits for longer than a moment.
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
mod tests;
