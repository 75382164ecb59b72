//! The receipts of the groups that are up: where they lie, how they are written, and when they no longer count.
//!
//! In and out: [`Receipt`]s. Each file is an [`Envelope`] around one: a receipt of another boot or another network
//! namespace speaks of other interfaces under the same names.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use mpath_core::snapshot::HostWide;
use mpath_core::{GroupName, Receipt, Snapshot};
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use crate::lock::make_directory;
use crate::platform;

/// The directory of the receipts.
#[derive(Debug, Clone)]
pub(crate) struct ReceiptStore {
    directory: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
struct Envelope {
    boot: String,
    namespace: u64,
    /// Seconds since the boot.
    taken: u64,
    receipt: Receipt,
}

/// What is remembered of a group.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// The receipt, as old as it is now.
    pub(crate) receipt: Option<Receipt>,
    /// Why a receipt that is there does not count.
    pub(crate) ignored: Option<String>,
}

/// Why a receipt cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiptError {
    /// The system says no.
    #[error("cannot {action} the receipt {}", .path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// What is in the file is no receipt.
    #[error("the receipt {} makes no sense", .path.display())]
    Corrupt {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    /// What is in the file is a receipt for something else.
    #[error("the receipt {} is of {found}, not of {wanted}", .path.display())]
    Other { path: PathBuf, found: String, wanted: String },
    /// The time of a receipt cannot be told.
    #[error("cannot read {object}")]
    Moment {
        object: &'static str,
        #[source]
        source: io::Error,
    },
}

impl ReceiptError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Corrupt { path, .. } | Self::Other { path, .. } => Some(format!(
                "go on without it: rm {}; `mpath down` then takes the group apart, but cannot tell how its interfaces were before",
                path.display()
            )),
            Self::Io { .. } if self.is_permission() => Some("run it as root".to_owned()),
            Self::Io { .. } | Self::Moment { .. } => None,
        }
    }

    /// Whether it is the caller who may not do that.
    pub(crate) fn is_permission(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied)
    }
}

impl ReceiptStore {
    /// The receipts in a state directory.
    pub(crate) fn new(state_directory: &Path) -> Self {
        Self { directory: state_directory.join("receipts") }
    }

    fn path(&self, group: &GroupName) -> PathBuf {
        self.directory.join(format!("{group}.json"))
    }

    /// What is remembered of a group.
    pub(crate) fn recall(&self, group: &GroupName) -> Result<Memory, ReceiptError> {
        let path = self.path(group);
        let Some((_, bytes)) =
            read_file(&path).map_err(|source| ReceiptError::Io { action: "read", path: path.clone(), source })?
        else {
            return Ok(Memory::default());
        };
        let envelope: Envelope = match serde_json::from_slice(&bytes) {
            Ok(envelope) => envelope,
            Err(source) => return Err(ReceiptError::Corrupt { path, source }),
        };
        let receipt = envelope.receipt;
        if receipt.schema != Receipt::SCHEMA {
            return Err(ReceiptError::Other { path, found: receipt.schema, wanted: Receipt::SCHEMA.to_owned() });
        }
        if receipt.group != *group {
            let found = format!("the group {}", receipt.group);
            return Err(ReceiptError::Other { path, found, wanted: group.to_string() });
        }
        let now = platform::moment().map_err(|(object, source)| ReceiptError::Moment { object, source })?;
        let other = if envelope.boot != now.boot {
            Some("before the last boot")
        } else if envelope.namespace != now.namespace {
            Some("in another network namespace")
        } else {
            None
        };
        if let Some(other) = other {
            let ignored = format!("the receipt {} was taken {other} and does not count", path.display());
            return Ok(Memory { receipt: None, ignored: Some(ignored) });
        }
        let age = u32::try_from(now.seconds.saturating_sub(envelope.taken)).unwrap_or(u32::MAX);
        Ok(Memory { receipt: Some(receipt.aged(age)), ignored: None })
    }

    /// The groups of which there is a receipt.
    pub(crate) fn groups(&self) -> Vec<GroupName> {
        let Ok(entries) = fs::read_dir(&self.directory) else { return vec![] };
        let name = |entry: fs::DirEntry| GroupName::new(entry.file_name().to_str()?.strip_suffix(".json")?).ok();
        let mut groups: Vec<_> = entries.flatten().filter_map(name).collect();
        groups.sort();
        groups
    }

    /// What held for the whole host before the first of the groups that are up, where another one is up: that one may go
    /// down first, and then nobody else knows.
    pub(crate) fn host_wide_before(&self, new: &GroupName, host: &Snapshot) -> Option<HostWide> {
        let others = self.groups().into_iter().filter(|group| group != new);
        let receipts = others.filter_map(|group| self.recall(&group).ok()?.receipt);
        receipts.filter(|receipt| host.group(&receipt.device).is_some()).find_map(|receipt| receipt.before.host_wide)
    }

    /// Keeps a receipt.
    pub(crate) fn keep(&self, receipt: &Receipt) -> Result<(), ReceiptError> {
        let now = platform::moment().map_err(|(object, source)| ReceiptError::Moment { object, source })?;
        let envelope =
            Envelope { boot: now.boot, namespace: now.namespace, taken: now.seconds, receipt: receipt.clone() };
        let path = self.path(&receipt.group);
        let bytes = serde_json::to_vec_pretty(&envelope).map_err(io::Error::from);
        let written = bytes.and_then(|bytes| write_whole(&self.directory, &path, &bytes));
        written.map(drop).map_err(|source| ReceiptError::Io { action: "write", path, source })
    }

    /// Forgets a group that is down.
    pub(crate) fn forget(&self, group: &GroupName) -> Result<(), ReceiptError> {
        let path = self.path(group);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(ReceiptError::Io { action: "remove", path, source }),
            Ok(()) => Ok(()),
        }
    }
}

/// Writes a file as a whole or not at all, even if the power goes.
pub(crate) fn write_whole(directory: &Path, path: &Path, bytes: &[u8]) -> io::Result<File> {
    make_directory(directory)?;
    // Made with O_EXCL and mode 0600; a rename never follows a link.
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    let file = file.persist(path)?;
    File::open(directory)?.sync_all()?;
    Ok(file)
}

pub(crate) fn read_file(path: &Path) -> io::Result<Option<(File, Vec<u8>)>> {
    const LONGEST: u64 = 64 * 1024 * 1024;
    let opened = File::options().read(true).custom_flags(OFlags::NOFOLLOW.bits().cast_signed()).open(path);
    let file = match opened {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut bytes = Vec::new();
    (&file).take(LONGEST).read_to_end(&mut bytes)?;
    Ok(Some((file, bytes)))
}
