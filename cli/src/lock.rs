//! One mpath at a time changes the host.
//!
//! An flock(2), on Solaris a lock by fcntl(2): either is gone with its holder however that ends. The file stays:
//! removing it would let a third one lock a new file while the second waits at the old one.
//!
//! Whoever waits is woken when the holder closes the file ([`Closing`]): that comes also of a holder that is killed,
//! or is in another PID namespace and has no number here, and needs neither a thread nor a signal to end the wait in
//! time, as a lock that is waited for inside the kernel would.

use std::fmt;
use std::fs::{File, TryLockError};
use std::io::{self, Seek as _, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

use crate::journals::Owner;
use crate::platform::Closing;
use crate::trust::{self, Distrust, NoDirectory};

/// No command line of mpath is longer, unless somebody wants to fill a terminal.
const LONGEST_COMMAND: usize = 500;
/// How long a sleep may be in which a lock is not tried: on file systems that tell of no closing.
const NAP: Duration = Duration::from_secs(1);
/// How long somebody is waited for at least who does not say who it is: it has just come, is just going, or only looks
/// whether the lock is held ([`Lock::is_held`]), and is no reason to turn a `mpath confirm` away.
const BLINK: Duration = Duration::from_millis(200);

/// The right to change the host, until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

/// Who has it: what it says of itself, which is not to be relied on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Holder {
    pid: Option<u32>,
    command: String,
}

/// Why there is no such right.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    /// Somebody else has it.
    #[error("another mpath is at work{}", if .holder.pid.is_some() { format!(": {holder}") } else { String::new() })]
    Held {
        /// Who it is.
        holder: Holder,
    },
    /// Others have a hand on the directory.
    #[error("the state directory {} is not to be trusted: {distrust}", .path.display())]
    Distrusted { path: PathBuf, distrust: Distrust },
    /// The lock cannot be made.
    #[error("cannot {action} {}", .path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            Some(pid) => write!(f, "{} (pid {pid})", self.command),
            None => write!(f, "another mpath"),
        }
    }
}

impl Holder {
    /// Whoever wrote the file; nobody where it is empty, which it is for a moment.
    fn of(file: &File) -> Self {
        let mut bytes = [0; 4 * LONGEST_COMMAND];
        // Who it is helps, and is not worth another error.
        let length = file.read_at(&mut bytes, 0).unwrap_or(0);
        let text = String::from_utf8_lossy(&bytes[..length]);
        let (pid, command) = text.split_once('\n').unwrap_or_default();
        let command = command.trim_end_matches('\n').chars().take(LONGEST_COMMAND).collect();
        Self { pid: pid.parse().ok(), command }
    }
}

impl Lock {
    /// Whether somebody has it now, as far as the caller may know.
    pub(crate) fn is_held(state_directory: &Path) -> bool {
        let Ok((file, _)) = trust::open_regular(&state_directory.join("lock")) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    /// Takes it as soon as nobody else has it, for one whose work cannot be left.
    pub(crate) fn wait(state_directory: &Path) -> Result<Self, LockError> {
        let (file, path) = Self::open(state_directory)?;
        file.lock().map_err(|source| LockError::Io { action: "lock", path: path.clone(), source })?;
        Self::sign(file, path)
    }

    /// Takes it; waits so long for whoever has it, and tells whom it waits for.
    pub(crate) fn take(
        state_directory: &Path,
        wait: Duration,
        tell: &mut dyn FnMut(&Holder),
    ) -> Result<Self, LockError> {
        let (file, path) = Self::open(state_directory)?;
        let begin = Instant::now();
        let (mut closing, mut told) = (None, None);
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(source)) => return Err(LockError::Io { action: "lock", path, source }),
            }
            let holder = Holder::of(&file);
            let least = if holder.pid.is_none() { BLINK } else { Duration::ZERO };
            let left = wait.max(least).saturating_sub(begin.elapsed());
            if left.is_zero() {
                return Err(LockError::Held { holder });
            }
            // It may have been closed before there was anybody to hear it: only then the lock is tried once more.
            let Some(closing) = &closing else {
                closing = Some(Closing::of(&path));
                continue;
            };
            let known = holder.pid.is_some() || begin.elapsed() >= BLINK;
            if known && told.as_ref() != Some(&holder) {
                tell(&holder);
                told = Some(holder);
            }
            closing.wait(left.min(if known { NAP } else { BLINK }));
        }
        Self::sign(file, path)
    }

    fn open(state_directory: &Path) -> Result<(File, PathBuf), LockError> {
        trust::make_directory(state_directory).map_err(|error| LockError::of(error, state_directory))?;
        let path = state_directory.join("lock");
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
        match options.open(&path) {
            Ok(file) => Ok((file, path)),
            Err(source) => Err(LockError::Io { action: "open", path, source }),
        }
    }

    /// Writes into it who has it.
    fn sign(mut file: File, path: PathBuf) -> Result<Self, LockError> {
        let Owner { process, command } = Owner::of_this_process();
        let command: String = command.chars().take(LONGEST_COMMAND).collect();
        let holder = format!("{process}\n{command}\n");
        let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(holder.as_bytes()));
        match written {
            Ok(()) => Ok(Self { file }),
            Err(source) => Err(LockError::Io { action: "write", path, source }),
        }
    }
}

impl LockError {
    fn of(error: NoDirectory, path: &Path) -> Self {
        let path = path.to_owned();
        match error {
            NoDirectory::Io(source) => Self::Io { action: "make the directory", path, source },
            NoDirectory::Distrusted(distrust) => Self::Distrusted { path, distrust },
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A name that is out of date would only mislead.
        let _ = self.file.set_len(0);
        // Said aloud, and not left to the closing of the file: a child that another thread has just forked holds it
        // open until it runs its own program.
        let _ = self.file.unlock();
    }
}
