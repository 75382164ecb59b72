//! Runs a program of the system, in the same way on every one.
//!
//! In: a program's path, its arguments and its variables. Out: how it ended and what it wrote, or an error that keeps all of it.
//! It gets no shell, no standard input and no variable that is not named. Where programs stand and what their ends mean is the
//! business of whoever knows the system.

#![warn(clippy::missing_errors_doc)]

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use mpath_core::BackendError;
use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// How long a stream may stay silent when its program has ended, before nobody waits for more.
const SILENCE: Duration = Duration::from_millis(100);
/// How long a program that was killed may take to go. The kernel lets one that waits for a device finish that first.
const LAST_BREATH: Duration = Duration::from_secs(1);

/// A program and what it is given.
#[derive(Debug, Clone)]
pub struct Invocation<'i> {
    /// Where it stands.
    pub path: &'i Path,
    /// Its arguments.
    pub arguments: &'i [String],
    /// Every variable that it sees.
    pub variables: &'i [(&'i str, &'i str)],
    /// The command line, as an error shows it.
    pub line: String,
}

/// How a program ended, and what it wrote.
#[derive(Debug)]
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to its standard output.
    pub stdout: String,
    /// What it wrote to its standard error.
    pub stderr: String,
}

impl Ended {
    /// The error that such an end is.
    pub fn failure(self, command: String) -> BackendError {
        let Self { status, stdout, stderr } = self;
        let how = match status.code() {
            Some(code) => format!("exited with {code}"),
            None => format!("was ended: {status}"),
        };
        BackendError::Command { command, how, stdout, stderr }
    }
}

impl Invocation<'_> {
    /// Runs it to its end. A daemon that it leaves behind, as a DHCP client does, and `ifconfig … ipmp` of illumos, may keep the
    /// streams open, which nobody waits for longer than a moment.
    ///
    /// # Errors
    ///
    /// It cannot be run, or takes longer than the limit and is killed. However it ends by itself is none.
    pub fn run(&self, limit: Duration) -> Result<Ended, BackendError> {
        match finish(&mut self.command(), limit) {
            Ok(Some(ended)) => Ok(ended),
            Ok(None) => Err(BackendError::Command {
                command: self.line.clone(),
                how: format!("did not end within {limit:?}"),
                stdout: String::new(),
                stderr: String::new(),
            }),
            Err(source) => Err(BackendError::Io { action: "run", object: self.line.clone(), source }),
        }
    }

    /// Runs it to its end or for so long, and takes what it has written to its standard output by then.
    ///
    /// # Errors
    ///
    /// It cannot be run.
    pub fn capture(&self, time: Duration) -> io::Result<Vec<u8>> {
        let mut child = self.command().stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let stdout = gather(child.stdout.take());
        end(child, time)?;
        Ok(bytes(&stdout))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.path);
        command.args(self.arguments).env_clear().envs(self.variables.iter().copied());
        // Whatever it leaves behind keeps no other folder busy.
        command.current_dir("/").stdin(Stdio::null());
        command
    }
}

/// Runs a command to its end; `None` where it takes longer than the limit, and is killed.
///
/// # Errors
///
/// It cannot be run. However it ends by itself is none.
pub fn finish(command: &mut Command, limit: Duration) -> io::Result<Option<Ended>> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (stdout, stderr) = (gather(child.stdout.take()), gather(child.stderr.take()));
    let status = end(child, limit)?;
    Ok(status.map(|status| Ended { status, stdout: text(&stdout), stderr: text(&stderr) }))
}

/// Tells, by a thread of its own, when a child has ended. It is not reaped by that: until whoever asked does so, its number is
/// nobody else's, and no signal hits a stranger.
pub fn when_ended(child: &Child, tell: impl FnOnce() + Send + 'static) {
    let number = Pid::from_child(child);
    thread::spawn(move || {
        let end = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while waitid(WaitId::Pid(number), end).is_err_and(|error| error == Errno::INTR) {}
        tell();
    });
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

fn bytes(stream: &mpsc::Receiver<Vec<u8>>) -> Vec<u8> {
    std::iter::from_fn(|| stream.recv_timeout(SILENCE).ok()).flatten().collect()
}

fn text(stream: &mpsc::Receiver<Vec<u8>>) -> String {
    String::from_utf8_lossy(&bytes(stream)).into_owned()
}

/// How a child ends; `None` where it takes too long, and is killed.
fn end(mut child: Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let (sender, ended) = mpsc::channel();
    when_ended(&child, move || {
        let _ = sender.send(());
    });
    if ended.recv_timeout(limit).is_ok() {
        return child.wait().map(Some);
    }
    // One that runs with the rights of another may not be killed, and is told all the same.
    let _ = child.kill();
    if ended.recv_timeout(LAST_BREATH).is_ok() {
        child.wait()?;
    } else {
        // So that it is reaped, whenever that may be.
        thread::spawn(move || child.wait());
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
