//! One run of a hook: a process of its own, with little to go by and little time.
//!
//! In: a [`Hook`], who it runs as, and an event as a line of JSON. Out: an [`Ending`].

use std::io::{self, Read as _, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use mpath_core::Hook;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::trust;

/// The whole environment of a hook.
const ENVIRONMENT: [(&str, &str); 2] = [("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), ("LC_ALL", "C")];
/// As much as is kept of what a hook writes, in bytes.
const MOST_OUTPUT: usize = 4096;
/// How long the output of a hook that has ended is waited for: what it has started may hold it open.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// A user's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RunAs {
    pub(crate) user: u32,
    pub(crate) group: u32,
}

/// How a run of a hook ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// It ended with 0.
    Done {
        /// What it wrote to standard output and standard error, up to 4 KiB.
        output: String,
    },
    /// It ended with something else.
    Failed {
        /// How, as in "ended with exit status: 1".
        how: String,
        /// What it wrote.
        output: String,
    },
    /// It took too long, and was killed with all that it had started.
    TimedOut {
        /// What it wrote.
        output: String,
    },
    /// It was not run.
    NotRun {
        /// Why not.
        why: String,
    },
}

impl Ending {
    /// What can become of an event for a hook; `dropped` is that it never came to a run.
    pub(crate) const WORDS: [&'static str; 5] = ["done", "failed", "timed-out", "not-run", "dropped"];

    /// How it ended, in one word.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Done { .. } => "done",
            Self::Failed { .. } => "failed",
            Self::TimedOut { .. } => "timed-out",
            Self::NotRun { .. } => "not-run",
        }
    }
}

/// The process group of a hook that is running, for whoever has to end it.
pub(crate) type Current = Arc<Mutex<Option<Pid>>>;

/// Whether a program is to be trusted: nobody else may have a hand on it. Asked before each run.
pub(crate) fn check(hook: &Hook) -> Result<(), String> {
    let program = Path::new(hook.program());
    let (real, distrust) = trust::walk(program).map_err(|error| format!("cannot look at it: {error}"))?;
    if let Some(distrust) = distrust.first() {
        return Err(format!("it is not to be trusted: {distrust}; to cure it: {}", distrust.cure()));
    }
    match std::fs::symlink_metadata(&real) {
        Ok(found) if found.is_file() => Ok(()),
        Ok(_) => Err("it is no file".to_owned()),
        Err(error) => Err(format!("cannot look at it: {error}")),
    }
}

/// Runs a hook to its end, or until its time is over. `run_as` is `None` where it runs as whoever the agent is.
pub(crate) fn run(hook: &Hook, run_as: Option<RunAs>, line: &str, current: &Current) -> Ending {
    if let Err(why) = check(hook) {
        return Ending::NotRun { why };
    }
    match start(hook, run_as) {
        Ok((child, output)) => watch(hook, child, output, line, current),
        Err(error) => Ending::NotRun { why: error.to_string() },
    }
}

fn start(hook: &Hook, run_as: Option<RunAs>) -> io::Result<(Child, io::PipeReader)> {
    let (output, writer) = io::pipe()?;
    let mut command = Command::new(hook.program());
    command.args(&hook.run[1..]).env_clear().envs(ENVIRONMENT).current_dir("/");
    // A group of its own, so that all that it starts can be killed with it.
    command.stdin(Stdio::piped()).stdout(writer.try_clone()?).stderr(writer).process_group(0);
    if let Some(RunAs { user, group }) = run_as {
        // The standard library takes the other groups away, too, where root asks (`setgroups` in `do_exec`).
        command.gid(group).uid(user);
    }
    Ok((command.spawn()?, output))
}

/// What there is to wait for.
enum Heard {
    Ended,
    Closed,
}

fn watch(hook: &Hook, mut child: Child, mut output: io::PipeReader, line: &str, current: &Current) -> Ending {
    let pid = Pid::from_child(&child);
    let lock = || current.lock().unwrap_or_else(PoisonError::into_inner);
    *lock() = Some(pid);
    let (heard, hears) = channel();
    if let Some(mut stdin) = child.stdin.take() {
        let line = line.to_owned();
        // A hook that reads nothing is its own business. The thread ends with it, as there is nobody left to read.
        thread::spawn(move || drop(stdin.write_all(line.as_bytes())));
    }
    let kept = Arc::new(Mutex::new(Vec::new()));
    let (keep, closed) = (Arc::clone(&kept), heard.clone());
    thread::spawn(move || {
        let mut piece = [0; 1024];
        // Read to the end, so that nobody waits for room in the pipe; kept up to a limit.
        while let Ok(length @ 1..) = output.read(&mut piece) {
            let mut kept = keep.lock().unwrap_or_else(PoisonError::into_inner);
            let room = MOST_OUTPUT.saturating_sub(kept.len()).min(length);
            kept.extend_from_slice(&piece[..room]);
        }
        let _ = closed.send(Heard::Closed);
    });
    mpath_program::when_ended(&child, move || drop(heard.send(Heard::Ended)));
    let end = Instant::now() + Duration::from(hook.timeout);
    let (mut timed_out, mut is_closed) = (false, false);
    loop {
        match hears.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(Heard::Ended) | Err(RecvTimeoutError::Disconnected) => break,
            Ok(Heard::Closed) => is_closed = true,
            Err(RecvTimeoutError::Timeout) => {
                timed_out = true;
                let _ = kill_process_group(pid, Signal::KILL);
                break;
            }
        }
    }
    // From here on there is nobody to be killed any more.
    *lock() = None;
    let status = child.wait();
    // Two things are told at most, so that this ends soon.
    while !is_closed && hears.recv_timeout(LAST_WORDS).is_ok_and(|heard| !matches!(heard, Heard::Closed)) {}
    let output = String::from_utf8_lossy(&kept.lock().unwrap_or_else(PoisonError::into_inner)).trim().to_owned();
    match status {
        _ if timed_out => Ending::TimedOut { output },
        Ok(status) if status.success() => Ending::Done { output },
        Ok(status) => Ending::Failed { how: how(status), output },
        Err(error) => Ending::Failed { how: format!("cannot be waited for: {error}"), output },
    }
}

fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with {code}"),
        (_, Some(signal)) => format!("was killed by signal {signal}"),
        _ => format!("ended with {status}"),
    }
}
