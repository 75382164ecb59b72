//! The receipts of the groups that are up: where they lie, how they are written, and when they no longer count.
//!
//! In and out: [`Receipt`]s. Each file is an [`Envelope`] around one: a receipt of another boot or another network
//! namespace speaks of other interfaces under the same names. The receipt of a group that comes back after a boot has a
//! copy that does, too. Where only the copy is left there was a boot, and what that took is forgotten.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use mpath_core::snapshot::HostWide;
use mpath_core::{GroupName, Receipt, Snapshot};
use serde::{Deserialize, Serialize};

use crate::platform;
use crate::trust::{self, Distrust, NoDirectory};

/// The directory of the receipts.
#[derive(Debug, Clone)]
pub(crate) struct ReceiptStore {
    directory: PathBuf,
    /// Where the copies are that stay.
    lasting: PathBuf,
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
    /// Others have a hand on it.
    #[error("the receipt {} is not to be trusted: {distrust}", .path.display())]
    Distrusted { path: PathBuf, distrust: Distrust },
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

impl ReceiptStore {
    /// The receipts in a state directory, and in one that stays.
    pub(crate) fn new(state_directory: &Path, lasting_directory: &Path) -> Self {
        Self { directory: state_directory.join("receipts"), lasting: lasting_directory.join("receipts") }
    }

    fn path(&self, group: &GroupName) -> PathBuf {
        file_in(&self.directory, group)
    }

    /// What is remembered of a group.
    pub(crate) fn recall(&self, group: &GroupName) -> Result<Memory, ReceiptError> {
        let path = self.path(group);
        let copy = file_in(&self.lasting, group);
        let read = |path: &Path| {
            read_file(path).map_err(|unread| match unread {
                Unread::Io(source) => ReceiptError::Io { action: "read", path: path.to_owned(), source },
                Unread::Distrusted(distrust) => ReceiptError::Distrusted { path: path.to_owned(), distrust },
            })
        };
        let lasting = read(&copy)?;
        let Some((_, bytes)) = read(&path)? else {
            let receipt = lasting.map(|(_, bytes)| open(&bytes, copy, group)).transpose()?;
            return Ok(Memory { receipt: receipt.map(|envelope| envelope.receipt.after_boot()), ignored: None });
        };
        let envelope = open(&bytes, path.clone(), group)?;
        let receipt = envelope.receipt;
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
        let name = |entry: fs::DirEntry| GroupName::new(entry.file_name().to_str()?.strip_suffix(".json")?).ok();
        let entries = [&self.directory, &self.lasting].into_iter().flat_map(fs::read_dir).flatten();
        let groups: BTreeSet<_> = entries.flatten().filter_map(name).collect();
        groups.into_iter().collect()
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
        let lasting = receipt.persistent.then_some(&self.lasting);
        lasting.into_iter().chain([&self.directory]).try_for_each(|directory| keep_in(directory, receipt))
    }

    /// Keeps the copy that stays before a change begins that a boot does not undo: if the power goes, the journal of it
    /// goes too, and the copy is all that tells how the interfaces were.
    pub(crate) fn foresee(&self, receipt: &Receipt, earlier: Option<&Receipt>) -> Result<(), ReceiptError> {
        if let Some(earlier) = earlier.filter(|earlier| !self.path(&earlier.group).exists()) {
            keep_in(&self.directory, earlier)?;
        }
        keep_in(&self.lasting, &receipt.covering(earlier))
    }

    /// Takes back what was foreseen: the copy is again that of the receipt in memory, or of an earlier one where a boot
    /// has taken that.
    pub(crate) fn take_back(&self, group: &GroupName, earlier: Option<&Receipt>) -> Result<(), ReceiptError> {
        let receipt = if self.path(group).exists() { self.recall(group)?.receipt } else { earlier.cloned() };
        match receipt.filter(|receipt| receipt.persistent) {
            Some(receipt) => keep_in(&self.lasting, &receipt),
            None => remove(file_in(&self.lasting, group)),
        }
    }

    /// Forgets a group that is down.
    pub(crate) fn forget(&self, group: &GroupName) -> Result<(), ReceiptError> {
        remove(self.path(group))?;
        remove(file_in(&self.lasting, group))
    }
}

fn file_in(directory: &Path, group: &GroupName) -> PathBuf {
    directory.join(format!("{group}.json"))
}

/// What is in a file, if it is the receipt of that group.
fn open(bytes: &[u8], path: PathBuf, group: &GroupName) -> Result<Envelope, ReceiptError> {
    let envelope: Envelope = match parse_envelope(bytes) {
        Ok(envelope) => envelope,
        Err(source) => return Err(ReceiptError::Corrupt { path, source }),
    };
    let receipt = &envelope.receipt;
    if receipt.schema != Receipt::SCHEMA {
        return Err(ReceiptError::Other { path, found: receipt.schema.clone(), wanted: Receipt::SCHEMA.to_owned() });
    }
    if receipt.group != *group {
        let found = format!("the group {}", receipt.group);
        return Err(ReceiptError::Other { path, found, wanted: group.to_string() });
    }
    Ok(envelope)
}

fn keep_in(directory: &Path, receipt: &Receipt) -> Result<(), ReceiptError> {
    let now = platform::moment().map_err(|(object, source)| ReceiptError::Moment { object, source })?;
    let envelope = Envelope { boot: now.boot, namespace: now.namespace, taken: now.seconds, receipt: receipt.clone() };
    let path = file_in(directory, &receipt.group);
    let bytes = serde_json::to_vec_pretty(&envelope).map_err(io::Error::from);
    let written = bytes.and_then(|bytes| write_whole(directory, &path, &bytes));
    written.map(drop).map_err(|source| ReceiptError::Io { action: "write", path, source })
}

fn remove(path: PathBuf) -> Result<(), ReceiptError> {
    match fs::remove_file(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(ReceiptError::Io { action: "remove", path, source }),
        Ok(()) => Ok(()),
    }
}

fn parse_envelope(bytes: &[u8]) -> serde_json::Result<Envelope> {
    serde_json::from_slice(bytes)
}

/// The receipt in the bytes of a file.
#[cfg(feature = "fuzzing")]
pub(crate) fn parse(bytes: &[u8]) -> serde_json::Result<Receipt> {
    parse_envelope(bytes).map(|envelope| envelope.receipt)
}

/// How the name of a file begins that is being written.
const NEW: &str = ".new-";

/// Removes what a process that is no more was writing. To be called with the lock: then nobody else writes.
pub(crate) fn sweep(directory: &Path) {
    let is_new = |entry: &fs::DirEntry| entry.file_name().to_str().is_some_and(|name| name.starts_with(NEW));
    for entry in fs::read_dir(directory).into_iter().flatten().flatten().filter(is_new) {
        // What cannot be removed is in nobody's way.
        let _ = fs::remove_file(entry.path());
    }
}

/// Writes a file as a whole or not at all, even if the power goes.
pub(crate) fn write_whole(directory: &Path, path: &Path, bytes: &[u8]) -> io::Result<File> {
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

/// Why a file of mpath's own is not read.
#[derive(Debug)]
pub(crate) enum Unread {
    Io(io::Error),
    /// Others have a hand on it or on what leads there.
    Distrusted(Distrust),
}

/// A file of mpath's own and what is in it, if there is one.
pub(crate) fn read_file(path: &Path) -> Result<Option<(File, Vec<u8>)>, Unread> {
    const LONGEST: u64 = 64 * 1024 * 1024;
    let opened = trust::walk(path).and_then(|(_, distrust)| Ok((distrust, trust::open_regular(path)?)));
    let (distrust, (file, metadata)) = match opened {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(Unread::Io)?,
    };
    if let Some(distrust) = distrust.into_iter().chain(trust::look_at_file(path, &metadata)).next() {
        return Err(Unread::Distrusted(distrust));
    }
    let mut bytes = Vec::new();
    (&file).take(LONGEST).read_to_end(&mut bytes).map_err(Unread::Io)?;
    Ok(Some((file, bytes)))
}
