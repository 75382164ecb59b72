//! One mpath at a time changes the host.
//!
//! An flock(2), on Solaris a lock by fcntl(2): either is gone with its holder however that ends. The file stays:
//! removing it would let a third one lock a new file while the second waits at the old one.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::journals::Owner;

/// The right to change the host, until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

/// Why there is no such right.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    /// Somebody else has it.
    #[error("another mpath is at work{}", if .holder.is_empty() { String::new() } else { format!(": {holder}") })]
    Held {
        /// Its process and what it was called with.
        holder: String,
    },
    /// The lock cannot be made.
    #[error("cannot {action} {}", .path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl Lock {
    /// Whether somebody has it now, as far as the caller may know.
    pub(crate) fn is_held(state_directory: &Path) -> bool {
        let Ok(file) = File::open(state_directory.join("lock")) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    /// Takes it as soon as nobody else has it.
    pub(crate) fn wait(state_directory: &Path) -> Result<Self, LockError> {
        let (file, path) = Self::open(state_directory)?;
        file.lock().map_err(|source| LockError::Io { action: "lock", path: path.clone(), source })?;
        Self::sign(file, path)
    }

    /// Takes it, or says who has it. Does not wait.
    pub(crate) fn take(state_directory: &Path) -> Result<Self, LockError> {
        let (mut file, path) = Self::open(state_directory)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who it is helps, and is not worth another error.
                let _ = (&mut file).take(1000).read_to_string(&mut holder);
                return Err(LockError::Held { holder: holder.trim().to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(LockError::Io { action: "lock", path, source }),
        }
        Self::sign(file, path)
    }

    fn open(state_directory: &Path) -> Result<(File, PathBuf), LockError> {
        make_directory(state_directory).map_err(|source| LockError::Io {
            action: "make the directory",
            path: state_directory.to_owned(),
            source,
        })?;
        let path = state_directory.join("lock");
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
        match options.open(&path) {
            Ok(file) => Ok((file, path)),
            Err(source) => Err(LockError::Io { action: "open", path, source }),
        }
    }

    /// Writes into it who has it.
    fn sign(mut file: File, path: PathBuf) -> Result<Self, LockError> {
        let Owner { process, command } = Owner::of_this_process();
        let holder = format!("process {process}, `{command}`\n");
        let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(holder.as_bytes()));
        match written {
            Ok(()) => Ok(Self { file }),
            Err(source) => Err(LockError::Io { action: "write", path, source }),
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

/// Makes a directory that only its owner may enter, and what it lies in.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    if std::fs::symlink_metadata(path)?.is_dir() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::NotADirectory, "it is a link, not a directory"))
}
