//! The journals of changes that are under way: where they lie and how they are written.
//!
//! In and out: [`Journal`]s. A file is one line with an [`Envelope`], whole before the first step is done, and a line
//! for each mark since. It is gone when the change is: what is found there belongs to a process that is at work, to a
//! change that waits for its confirmation, or to a process that is no more.
//!
//! A change that a boot does not undo has a copy of its first line in a directory that a boot does not empty, until it is
//! to stay or is undone: what is found there alone was cut off by a boot.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use mpath_core::journal::{Change, Journal, Mark, Opening, Recovery, Token};
use mpath_core::shell::word;
use mpath_core::{GroupName, Receipt};
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use crate::platform::Moment;
use crate::record::{Kind, RecordError, now};

/// The directory of the journals.
#[derive(Debug, Clone)]
pub(crate) struct JournalStore {
    directory: PathBuf,
    /// Where the copies are that stay.
    lasting: PathBuf,
}

/// Who makes a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owner {
    pub(crate) process: u32,
    pub(crate) command: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Envelope {
    boot: String,
    namespace: u64,
    /// Seconds since the boot.
    taken: u64,
    owner: Owner,
    opening: Opening,
}

/// A journal that is being written.
#[derive(Debug)]
pub(crate) struct OpenJournal {
    path: PathBuf,
    /// Where its copy is, if it has one.
    copy: PathBuf,
    file: File,
    /// How many bytes of it are whole lines.
    whole: u64,
}

/// A journal that was found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    pub(crate) owner: Owner,
    pub(crate) journal: Journal,
    /// How long ago it was begun, in seconds.
    pub(crate) age: u32,
    /// What is to be done about it now; `None` where it speaks of another boot or another network.
    pub(crate) recovery: Option<Recovery>,
    /// Whether a boot has cut it off.
    pub(crate) cut_off: bool,
    /// Where its copy is, if it has one.
    copy: PathBuf,
    /// How many bytes of it are whole lines.
    whole: u64,
    /// It stays readable when the change is over and its name is gone.
    file: File,
}

impl JournalStore {
    /// The journals in a state directory, and in one that stays.
    pub(crate) fn new(state_directory: &Path, lasting_directory: &Path) -> Self {
        Self { directory: state_directory.join("journal"), lasting: lasting_directory.join("journal") }
    }

    /// Begins one, in the name of this process. When this returns, it outlives the process and the power.
    pub(crate) fn open(&self, opening: Opening) -> Result<OpenJournal, RecordError> {
        let name = file_name(&opening.group);
        let (path, copy) = (self.directory.join(&name), self.lasting.join(&name));
        let lasts = opening.extent.persistent;
        let Moment { boot, namespace, seconds } = now()?;
        let owner = Owner::of_this_process();
        let envelope = Envelope { boot, namespace, taken: seconds, owner, opening };
        let line = line(&envelope).map_err(Kind::Journal.io("write", &path))?;
        if lasts {
            Kind::Journal.write(&copy, &line)?;
        }
        let file = Kind::Journal.write(&path, &line)?;
        Ok(OpenJournal { path, copy, file, whole: line.len() as u64 })
    }

    /// All of them, by the names of their groups. One that cannot be read hides none of the others.
    pub(crate) fn all(&self) -> Vec<Result<Found, RecordError>> {
        let (mut names, mut failed) = (BTreeSet::new(), vec![]);
        for directory in [&self.directory, &self.lasting] {
            match fs::read_dir(directory) {
                Ok(entries) => names.extend(entries.flatten().map(|entry| entry.file_name())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => failed.push(Err(Kind::Journal.io("look for", directory)(error))),
            }
        }
        let is_journal = |name: &OsString| Path::new(name).extension().is_some_and(|extension| extension == "jsonl");
        let found = names.into_iter().filter(is_journal).filter_map(|name| self.read(name.as_ref()).transpose());
        failed.into_iter().chain(found).collect()
    }

    /// Those that can be read, of changes that wait to be confirmed under one name.
    pub(crate) fn waiting(&self, token: &Token) -> Vec<Found> {
        self.all().into_iter().flatten().filter(|found| found.journal.opening.token() == Some(token)).collect()
    }

    /// Those of them that are done. What failed and is stuck was told, and is `recover`'s.
    pub(crate) fn done(&self, token: &Token) -> Vec<Found> {
        self.waiting(token).into_iter().filter(|found| !found.is_stuck()).collect()
    }

    /// The one of a group.
    pub(crate) fn of(&self, group: &GroupName) -> Result<Option<Found>, RecordError> {
        self.read(file_name(group).as_ref())
    }

    /// The journal of that name; where it is gone with a boot, what its copy tells.
    fn read(&self, name: &Path) -> Result<Option<Found>, RecordError> {
        let copy = self.lasting.join(name);
        let found = self.read_file(self.directory.join(name), copy.clone())?;
        if found.as_ref().is_some_and(|found| found.recovery.is_some()) {
            return Ok(found);
        }
        let Some(mut cut_off) = self.read_file(copy.clone(), copy)? else { return Ok(found) };
        let before = std::mem::take(&mut cut_off.journal.opening.extent.before);
        cut_off.journal.opening.extent.before = before.after_boot();
        // No time runs for what the clock of another boot has timed.
        cut_off.recovery = Some(cut_off.journal.recovery(u64::MAX));
        // A lease that is left after a boot is asked for anew by it.
        cut_off.age = 0;
        Ok(Some(cut_off))
    }

    fn read_file(&self, path: PathBuf, copy: PathBuf) -> Result<Option<Found>, RecordError> {
        let Some((file, bytes)) = Kind::Journal.read(&path)? else { return Ok(None) };
        let Parsed { boot, namespace, taken, owner, journal } = match parse(&bytes) {
            Ok(parsed) if parsed.journal.opening.schema != Opening::SCHEMA => {
                let (found, wanted) = (parsed.journal.opening.schema, Opening::SCHEMA.to_owned());
                return Err(RecordError::Other { kind: Kind::Journal, path, found, wanted });
            }
            Ok(parsed) => parsed,
            Err((line, source)) => {
                return Err(RecordError::Corrupt { kind: Kind::Journal, path, line: Some(line), source });
            }
        };
        let now = now()?;
        let counts = boot == now.boot && namespace == now.namespace;
        let age = u32::try_from(now.seconds.saturating_sub(taken)).unwrap_or(u32::MAX);
        let recovery = counts.then(|| journal.recovery(now.seconds));
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last as u64 + 1);
        let cut_off = path == copy;
        Ok(Some(Found { path, copy, owner, journal, age, recovery, cut_off, whole, file }))
    }
}

/// What the bytes of a journal say.
struct Parsed {
    boot: String,
    namespace: u64,
    taken: u64,
    owner: Owner,
    journal: Journal,
}

/// Reads a journal. Fails with the number of the line that makes no sense, from 1.
fn parse(bytes: &[u8]) -> Result<Parsed, (usize, serde_json::Error)> {
    let first = bytes.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
    let Envelope { boot, namespace, taken, owner, opening } =
        serde_json::from_slice(first).map_err(|error| (1, error))?;
    let mut journal = Journal::new(opening);
    let marks = String::from_utf8_lossy(&bytes[first.len()..]);
    journal.read_marks(&marks).map_err(|(line, error)| (line + 2, error))?;
    Ok(Parsed { boot, namespace, taken, owner, journal })
}

/// The journal in the bytes of a file.
#[cfg(feature = "fuzzing")]
pub(crate) fn parse_journal(bytes: &[u8]) -> Option<Journal> {
    parse(bytes).ok().map(|parsed| parsed.journal)
}

impl OpenJournal {
    /// Writes that a change has come so far. Fails also where nobody would find the journal any more.
    pub(crate) fn mark(&mut self, mark: Mark) -> Result<(), RecordError> {
        if mark == Mark::Done {
            // From here on it is to stay, after a boot too.
            Kind::Journal.remove(&self.copy)?;
        }
        let written = line(&mark).and_then(|line| {
            self.file.write_all_at(&line, self.whole)?;
            self.file.sync_data()?;
            if self.file.metadata()?.nlink() == 0 {
                return Err(io::Error::other("somebody else has removed it"));
            }
            self.whole += line.len() as u64;
            Ok(())
        });
        if written.is_err() {
            // On a full disk half a line may be there, and the next mark must not be read as its end.
            let _ = self.file.set_len(self.whole);
        }
        written.map_err(Kind::Journal.io("write", &self.path))
    }

    /// Ends it: the change is over.
    pub(crate) fn close(self) -> Result<(), RecordError> {
        Kind::Journal.remove(&self.copy)?;
        Kind::Journal.remove(&self.path)
    }
}

impl Found {
    /// Whether it still has its name: a change that comes to its end takes that away.
    pub(crate) fn is_still_there(&self) -> bool {
        let number =
            |metadata: io::Result<fs::Metadata>| metadata.map(|metadata| (metadata.dev(), metadata.ino())).ok();
        number(fs::metadata(&self.path)).is_some_and(|named| number(self.file.metadata()) == Some(named))
    }

    /// Goes on writing it.
    pub(crate) fn reopen(&self) -> Result<OpenJournal, RecordError> {
        let (path, copy) = (self.path.clone(), self.copy.clone());
        let mut options = File::options();
        options.write(true).custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
        let opened = options.open(&path).and_then(|file| {
            // Half a line is no mark, and would spoil the next.
            file.set_len(self.whole)?;
            Ok(file)
        });
        let file = opened.map_err(Kind::Journal.io("write", &path))?;
        Ok(OpenJournal { path, copy, file, whole: self.whole })
    }

    /// Whether the change was to stay, by what is written there now.
    pub(crate) fn is_kept(&self) -> bool {
        let mut marks = String::new();
        let mut rest = &self.file;
        let read = rest.seek(io::SeekFrom::Start(self.whole)).and_then(|_| rest.read_to_string(&mut marks));
        let mut journal = self.journal.clone();
        read.is_ok() && journal.read_marks(&marks).is_ok() && journal.marks.contains(&Mark::Done)
    }

    /// Whether it failed and could not be undone, so that it is nothing to keep.
    pub(crate) fn is_stuck(&self) -> bool {
        self.journal.marks.contains(&Mark::Stuck)
    }

    /// Removes it: the change is over.
    pub(crate) fn remove(&self) -> Result<(), RecordError> {
        Kind::Journal.remove(&self.copy)?;
        Kind::Journal.remove(&self.path)
    }

    /// What was remembered of the group before the change.
    pub(crate) fn earlier(&self) -> Option<&Receipt> {
        match &self.journal.opening.change {
            Change::Up { earlier, .. } => earlier.as_deref(),
            Change::Down { .. } | Change::Handover { .. } => None,
        }
    }

    /// The group that is changed.
    pub(crate) fn group(&self) -> &GroupName {
        &self.journal.opening.group
    }

    /// What was not finished, and how far it came.
    pub(crate) fn story(&self) -> String {
        let Owner { process, command } = &self.owner;
        let (begun, all) = (self.journal.begun(), self.journal.opening.steps.len());
        let how = if self.cut_off {
            "was cut off by a boot".to_owned()
        } else if self.is_stuck() {
            "failed and could not be undone".to_owned()
        } else if self.journal.marks.iter().any(|mark| matches!(mark, Mark::Applied { .. })) {
            "was not confirmed in time".to_owned()
        } else if begun == all && self.journal.done().len() == all {
            "was interrupted after its last step".to_owned()
        } else {
            format!("was interrupted in step {begun} of {all}")
        };
        format!("`{command}` (process {process}) {how}")
    }
}

impl Owner {
    pub(crate) fn of_this_process() -> Self {
        let words: Vec<_> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
        let words: Vec<_> = words.iter().map(|text| word(text)).collect();
        Self { process: std::process::id(), command: words.join(" ") }
    }
}

/// What is one line of a journal.
fn line(part: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(part)?;
    line.push(b'\n');
    Ok(line)
}

fn file_name(group: &GroupName) -> String {
    format!("{group}.jsonl")
}
