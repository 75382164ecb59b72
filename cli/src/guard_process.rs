//! Starts `mpath guard`, the process that undoes a change which nobody confirms.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Command, Stdio};

use mpath_core::journal::Token;
use rustix::fs::OFlags;

use crate::platform;

/// Starts the guard of a change, and returns once it is at work. What it has to say is in `guard.log`.
pub(crate) fn start(token: &Token) -> io::Result<()> {
    let mut log = File::options();
    log.create(true).append(true).mode(0o600).custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    let log = log.open(platform::state_directory().join("guard.log"))?;
    let mut guard = Command::new(platform::program()?);
    guard.args(["guard", &token.0]).current_dir("/");
    guard.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    let mut child = guard.spawn()?;
    let Some(stdout) = child.stdout.take() else { return Err(io::ErrorKind::BrokenPipe.into()) };
    let mut word = String::new();
    BufReader::new(stdout).read_line(&mut word)?;
    // It is not waited for: it outlives this process.
    if word == "ready\n" { Ok(()) } else { Err(io::Error::other("the guard did not begin its work")) }
}
