//! One mpath at a time changes the host.
//!
//! An flock(2), on Solaris a lock by fcntl(2): either is gone with its holder however that ends. The file stays:
//! removing it would let a third one lock a new file while the second waits at the old one.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

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
    /// Takes it, or says who has it. Does not wait.
    pub(crate) fn take(state_directory: &Path) -> Result<Self, LockError> {
        make_directory(state_directory).map_err(|source| LockError::Io {
            action: "make the directory",
            path: state_directory.to_owned(),
            source,
        })?;
        let path = state_directory.join("lock");
        let fails = |action, source| LockError::Io { action, path: path.clone(), source };
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
        let mut file = options.open(&path).map_err(|error| fails("open", error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who it is helps, and is not worth another error.
                let _ = (&mut file).take(1000).read_to_string(&mut holder);
                return Err(LockError::Held { holder: holder.trim().to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(fails("lock", error)),
        }
        let command: Vec<_> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
        let holder = format!("process {}, `{}`\n", std::process::id(), command.join(" "));
        let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(holder.as_bytes()));
        written.map_err(|error| fails("write", error))?;
        Ok(Self { file })
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

/// Makes a directory that only its owner may enter, and what it lies in, which others may.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    // What it lies in may have more in it that others read, such as the marks of groups.
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    if std::fs::symlink_metadata(path)?.is_dir() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::NotADirectory, "it is a link, not a directory"))
}
