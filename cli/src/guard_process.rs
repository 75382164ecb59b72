//! Starts `mpath guard`, the process that undoes a change which nobody confirms.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use mpath_core::journal::Token;
use rustix::fs::OFlags;

use crate::boot::services;
use crate::platform;

/// Starts the guard of a change, and returns once it is at work. What it has to say is in `guard.log`.
pub(crate) fn start(token: &Token) -> io::Result<()> {
    let mut log = File::options();
    log.create(true).append(true).mode(0o600).custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    let log = log.open(platform::state_directory().join("guard.log"))?;
    let program = platform::program()?;
    // logind may end all processes of a session with it (KillUserProcesses=), wherever they are in the tree of
    // processes; what is in a unit of its own is no part of the session. Where that cannot be had, as in a container or on a
    // system without systemd, the guard is as long-lived as its session.
    if let Some(scope) = scope(&program, token)
        && begin(scope, log.try_clone()?).is_ok()
    {
        return Ok(());
    }
    let mut guard = Command::new(program);
    guard.args(["guard", &token.0]);
    begin(guard, log)
}

/// The guard in a scope of systemd's (systemd-run(1)), which is gone with it.
fn scope(program: &Path, token: &Token) -> Option<Command> {
    // sd_booted(3)
    if !Path::new("/run/systemd/system").is_dir() {
        return None;
    }
    let mut command = Command::new(services::program("systemd-run").ok()?);
    command.args(["--scope", "--quiet", "--collect", "--description=Guard of a change of mpath's"]);
    command.arg("--").arg(program).args(["guard", &token.0]);
    // It would go by variables to the manager of a user.
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C");
    Some(command)
}

/// Starts a command, and returns once the guard says that it is at work.
fn begin(mut guard: Command, log: File) -> io::Result<()> {
    guard.current_dir("/").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    let mut child = guard.spawn()?;
    let Some(stdout) = child.stdout.take() else { return Err(io::ErrorKind::BrokenPipe.into()) };
    let mut word = String::new();
    BufReader::new(stdout).read_line(&mut word)?;
    // It is not waited for: it outlives this process.
    if word == "ready\n" { Ok(()) } else { Err(io::Error::other("the guard did not begin its work")) }
}
