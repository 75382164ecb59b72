//! The receipts of the groups that are up: where they lie, how they are written, and when they no longer count.
//!
//! In and out: [`Receipt`]s. Each file is an [`Envelope`] around one: a receipt of another boot or another network
//! namespace speaks of other interfaces under the same names. The receipt of a group that comes back after a boot has a
//! copy that does, too. Where only the copy is left there was a boot, and what that took is forgotten.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use mpath_core::snapshot::HostWide;
use mpath_core::{GroupName, Receipt, Snapshot};
use serde::{Deserialize, Serialize};

use crate::folder::Folder;
use crate::platform::Moment;
use crate::record::{Kind, RecordError, now};

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

/// What is remembered of groups, to be told of one after the other: what leads to the receipts is looked at once. A directory
/// that came later is not there.
#[derive(Debug)]
pub(crate) struct Memories {
    receipts: Folder,
    copies: Folder,
    /// When and where the first receipt was read.
    begun: OnceCell<(Moment, Instant)>,
}

impl Memories {
    /// What is remembered of a group.
    pub(crate) fn recall(&self, group: &GroupName) -> Result<Memory, RecordError> {
        let name = file_name(group);
        let lasting = Kind::Receipt.read_in(&self.copies, name.as_ref())?;
        let Some((_, bytes)) = Kind::Receipt.read_in(&self.receipts, name.as_ref())? else {
            let copy = self.copies.file(name.as_ref());
            let receipt = lasting.map(|(_, bytes)| open(&bytes, &copy, group)).transpose()?;
            return Ok(Memory { receipt: receipt.map(|envelope| envelope.receipt.after_boot()), ignored: None });
        };
        let path = self.receipts.file(name.as_ref());
        let envelope = open(&bytes, &path, group)?;
        let receipt = envelope.receipt;
        let now = self.now()?;
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

    /// Now, where this process has been since it began to read.
    fn now(&self) -> Result<Moment, RecordError> {
        let (begun, since) = match self.begun.get() {
            Some(begun) => begun,
            None => {
                let begun = (now()?, Instant::now());
                self.begun.get_or_init(|| begun)
            }
        };
        Ok(Moment { seconds: begun.seconds + since.elapsed().as_secs(), ..begun.clone() })
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
    pub(crate) fn recall(&self, group: &GroupName) -> Result<Memory, RecordError> {
        self.open().recall(group)
    }

    /// The receipts, to be read one after the other.
    pub(crate) fn open(&self) -> Memories {
        let (receipts, copies) = (Folder::open(&self.directory), Folder::open(&self.lasting));
        Memories { receipts, copies, begun: OnceCell::new() }
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
        let memories = self.open();
        let receipts = others.filter_map(|group| memories.recall(&group).ok()?.receipt);
        receipts.filter(|receipt| host.group(&receipt.device).is_some()).find_map(|receipt| receipt.before.host_wide)
    }

    /// Keeps a receipt.
    pub(crate) fn keep(&self, receipt: &Receipt) -> Result<(), RecordError> {
        let lasting = receipt.persistent.then_some(&self.lasting);
        lasting.into_iter().chain([&self.directory]).try_for_each(|directory| keep_in(directory, receipt))
    }

    /// Keeps the copy that stays before a change begins that a boot does not undo: if the power goes, the journal of it
    /// goes too, and the copy is all that tells how the interfaces were.
    pub(crate) fn foresee(&self, receipt: &Receipt, earlier: Option<&Receipt>) -> Result<(), RecordError> {
        if let Some(earlier) = earlier.filter(|earlier| !self.path(&earlier.group).exists()) {
            keep_in(&self.directory, earlier)?;
        }
        keep_in(&self.lasting, &receipt.covering(earlier))
    }

    /// Takes back what was foreseen: the copy is again that of the receipt in memory, or of an earlier one where a boot
    /// has taken that.
    pub(crate) fn take_back(&self, group: &GroupName, earlier: Option<&Receipt>) -> Result<(), RecordError> {
        let receipt = if self.path(group).exists() { self.recall(group)?.receipt } else { earlier.cloned() };
        match receipt.filter(|receipt| receipt.persistent) {
            Some(receipt) => keep_in(&self.lasting, &receipt),
            None => Kind::Receipt.remove(&file_in(&self.lasting, group)),
        }
    }

    /// Forgets a group that is down.
    pub(crate) fn forget(&self, group: &GroupName) -> Result<(), RecordError> {
        Kind::Receipt.remove(&self.path(group))?;
        Kind::Receipt.remove(&file_in(&self.lasting, group))
    }
}

fn file_in(directory: &Path, group: &GroupName) -> PathBuf {
    directory.join(file_name(group))
}

fn file_name(group: &GroupName) -> String {
    format!("{group}.json")
}

/// What is in a file, if it is the receipt of that group.
fn open(bytes: &[u8], path: &Path, group: &GroupName) -> Result<Envelope, RecordError> {
    let (kind, path) = (Kind::Receipt, path.to_owned());
    let envelope: Envelope = match parse_envelope(bytes) {
        Ok(envelope) => envelope,
        Err(source) => return Err(RecordError::Corrupt { kind, path, line: None, source }),
    };
    let receipt = &envelope.receipt;
    if receipt.schema != Receipt::SCHEMA {
        let (found, wanted) = (receipt.schema.clone(), Receipt::SCHEMA.to_owned());
        return Err(RecordError::Other { kind, path, found, wanted });
    }
    if receipt.group != *group {
        let found = format!("the group {}", receipt.group);
        return Err(RecordError::Other { kind, path, found, wanted: group.to_string() });
    }
    Ok(envelope)
}

fn keep_in(directory: &Path, receipt: &Receipt) -> Result<(), RecordError> {
    let now = now()?;
    let envelope = Envelope { boot: now.boot, namespace: now.namespace, taken: now.seconds, receipt: receipt.clone() };
    let path = file_in(directory, &receipt.group);
    let bytes =
        serde_json::to_vec_pretty(&envelope).map_err(io::Error::from).map_err(Kind::Receipt.io("write", &path))?;
    Kind::Receipt.write(&path, &bytes).map(drop)
}

fn parse_envelope(bytes: &[u8]) -> serde_json::Result<Envelope> {
    serde_json::from_slice(bytes)
}

/// The receipt in the bytes of a file.
#[cfg(feature = "fuzzing")]
pub(crate) fn parse(bytes: &[u8]) -> serde_json::Result<Receipt> {
    parse_envelope(bytes).map(|envelope| envelope.receipt)
}
