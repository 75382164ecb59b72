//! The files that mpath keeps for itself, receipts and journals: read and written as a whole, and what can go wrong.

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::folder::{Content, Folder};
use crate::platform::{self, Moment};
use crate::trust::{self, Distrust, NoDirectory};

/// How the name of a file begins that is being written.
const NEW: &str = ".new-";

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Receipt,
    Journal,
    Adoption,
}

/// Why such a file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// The system says no.
    #[error("cannot {action} the {kind} {}", .path.display())]
    Io {
        kind: Kind,
        action: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// Others have a hand on it.
    #[error("the {kind} {} is not to be trusted: {distrust}", .path.display())]
    Distrusted { kind: Kind, path: PathBuf, distrust: Distrust },
    /// What is in it is something else.
    #[error("{}the {kind} {} makes no sense", .line.map(|line| format!("line {line} of ")).unwrap_or_default(), .path.display())]
    Corrupt {
        kind: Kind,
        path: PathBuf,
        line: Option<usize>,
        #[source]
        source: serde_json::Error,
    },
    /// It is of another mpath, or of something else of this one.
    #[error("the {kind} {} is of {found}, not of {wanted}", .path.display())]
    Other { kind: Kind, path: PathBuf, found: String, wanted: String },
    /// The time cannot be told.
    #[error("cannot read {object}")]
    Moment {
        object: &'static str,
        #[source]
        source: io::Error,
    },
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Receipt => "receipt",
            Self::Journal => "journal",
            Self::Adoption => "record of an adoption",
        })
    }
}

impl Kind {
    /// What an error of the system means that came of an action.
    pub(crate) fn io(self, action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RecordError {
        let path = path.to_owned();
        move |source| RecordError::Io { kind: self, action, path, source }
    }

    /// A file and what is in it, if there is one.
    pub(crate) fn read(self, path: &Path) -> Result<Option<(File, Vec<u8>)>, RecordError> {
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(self.io("read", path)(io::ErrorKind::InvalidFilename.into()));
        };
        self.read_in(&Folder::open(directory), name)
    }

    /// The same of one file of many in a directory.
    pub(crate) fn read_in(self, folder: &Folder, name: &OsStr) -> Result<Option<(File, Vec<u8>)>, RecordError> {
        let read = folder.read(name).map_err(|error| self.io("read", &folder.file(name))(error))?;
        let Some(Content { file, bytes, distrust }) = read else { return Ok(None) };
        match distrust {
            None => Ok(Some((file, bytes))),
            Some(distrust) => Err(RecordError::Distrusted { kind: self, path: folder.file(name), distrust }),
        }
    }

    /// Writes a file as a whole or not at all, even if the power goes.
    pub(crate) fn write(self, path: &Path, bytes: &[u8]) -> Result<File, RecordError> {
        write_whole(path, bytes).map_err(self.io("write", path))
    }

    /// Removes a file, if there is one.
    pub(crate) fn remove(self, path: &Path) -> Result<(), RecordError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(self.io("remove", path)),
        }
    }
}

impl RecordError {
    /// The file.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Io { path, .. }
            | Self::Distrusted { path, .. }
            | Self::Corrupt { path, .. }
            | Self::Other { path, .. } => Some(path),
            Self::Moment { .. } => None,
        }
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Corrupt { kind, path, .. } | Self::Other { kind, path, .. } => Some(match kind {
                Kind::Receipt => format!(
                    "go on without it: rm {}; `mpath down` then takes the group apart, but cannot tell how its interfaces were before",
                    path.display()
                ),
                Kind::Journal => format!(
                    "`mpath plan` shows how the host differs from the file; go on without the journal: rm {}",
                    path.display()
                ),
                Kind::Adoption => {
                    format!("put back the files of the other tool by hand, and go on without it: rm {}", path.display())
                }
            }),
            Self::Distrusted { distrust, .. } => Some(distrust.cure()),
            Self::Io { .. } if self.is_permission() => Some("run it as root".to_owned()),
            Self::Io { .. } | Self::Moment { .. } => None,
        }
    }

    /// Whether it is the caller who may not do that.
    pub(crate) fn is_permission(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied)
    }
}

/// Now, on the clock that records go by.
pub(crate) fn now() -> Result<Moment, RecordError> {
    platform::moment().map_err(|(object, source)| RecordError::Moment { object, source })
}

/// Removes what a process that is no more was writing. To be called with the lock: then nobody else writes.
pub(crate) fn sweep(directory: &Path) {
    let is_new = |entry: &fs::DirEntry| entry.file_name().to_str().is_some_and(|name| name.starts_with(NEW));
    for entry in fs::read_dir(directory).into_iter().flatten().flatten().filter(is_new) {
        // What cannot be removed is in nobody's way.
        let _ = fs::remove_file(entry.path());
    }
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let directory = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    trust::make_directory(directory).map_err(|error| match error {
        NoDirectory::Io(error) => error,
        NoDirectory::Distrusted(distrust) => io::Error::other(format!("{distrust}; to cure it: {}", distrust.cure())),
    })?;
    // Made with O_EXCL and mode 0600; a rename never follows a link.
    let mut file = tempfile::Builder::new().prefix(NEW).tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    let file = file.persist(path)?;
    File::open(directory)?.sync_all()?;
    Ok(file)
}
