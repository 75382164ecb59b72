//! What is remembered of groups that were taken over from other tools, and the files that were changed for that.
//!
//! The record is there before the first file is changed, and goes after the last is as it was: whoever is killed in between
//! leaves a record by which a release puts everything back.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use mpath_core::GroupName;
use mpath_core::adoption::{Adoption, FileChange};

use crate::output::Console;
use crate::record::{Kind, RecordError};
use crate::trust;

/// No file of a tool's configuration is longer.
const LONGEST: u64 = 1024 * 1024;

/// Where the records lie.
pub(crate) struct AdoptionStore(PathBuf);

/// Why a file of a tool is not as it should be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// The system says no.
    #[error("cannot {action} {}", .path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// Somebody else has changed it.
    #[error("{} was changed by somebody else meanwhile", .0.display())]
    Changed(PathBuf),
}

impl FileError {
    pub(crate) fn is_permission(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied)
    }
}

impl AdoptionStore {
    pub(crate) fn new(lasting_directory: &Path) -> Self {
        Self(lasting_directory.join("adoptions"))
    }

    /// The record of a group, if there is one.
    pub(crate) fn recall(&self, group: &GroupName) -> Result<Option<Adoption>, RecordError> {
        let (kind, path) = (Kind::Adoption, self.path(group));
        let Some((_, bytes)) = kind.read(&path)? else { return Ok(None) };
        let corrupt = |source| RecordError::Corrupt { kind, path: path.clone(), line: None, source };
        let found: Adoption = serde_json::from_slice(&bytes).map_err(corrupt)?;
        if found.schema != Adoption::SCHEMA || found.group != *group {
            let (found, wanted) =
                (format!("{} in {}", found.group, found.schema), format!("{group} in {}", Adoption::SCHEMA));
            return Err(RecordError::Other { kind, path, found, wanted });
        }
        Ok(Some(found))
    }

    /// Those whose change somebody has to confirm. One that cannot be read is told where its group is meant.
    pub(crate) fn unconfirmed(&self) -> Vec<Adoption> {
        let names = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let group = |entry: fs::DirEntry| GroupName::new(entry.path().file_stem()?.to_str()?).ok();
        let found = names.filter_map(group).filter_map(|group| self.recall(&group).ok().flatten());
        let mut found: Vec<_> = found.filter(|adoption| adoption.confirm.is_some()).collect();
        found.sort_by(|a, b| a.group.cmp(&b.group));
        found
    }

    /// Remembers one.
    pub(crate) fn keep(&self, adoption: &Adoption) -> Result<(), RecordError> {
        let path = self.path(&adoption.group);
        let corrupt = |source| RecordError::Corrupt { kind: Kind::Adoption, path: path.clone(), line: None, source };
        let bytes = serde_json::to_vec_pretty(adoption).map_err(corrupt)?;
        Kind::Adoption.write(&path, &bytes).map(drop)
    }

    /// Forgets one.
    pub(crate) fn forget(&self, group: &GroupName) -> Result<(), RecordError> {
        Kind::Adoption.remove(&self.path(group))
    }

    fn path(&self, group: &GroupName) -> PathBuf {
        self.0.join(format!("{group}.json"))
    }
}

/// Changes every file, or none.
pub(crate) fn change(adoption: &Adoption) -> Result<(), (FileError, Vec<FileError>)> {
    let mut done: Vec<&FileChange> = Vec::new();
    for file in adoption.files() {
        if let Err(error) = as_it_is(file, file.before.as_deref()).and_then(|()| put(file)) {
            let failed = done.into_iter().rev().filter_map(|file| take_back(file).err()).collect();
            return Err((error, failed));
        }
        done.push(file);
    }
    Ok(())
}

/// Whether every file is as it was written, or as it was before: then it can be put back.
pub(crate) fn foreign(adoption: &Adoption) -> Vec<FileError> {
    let objection = |file: &FileChange| match as_it_is(file, Some(&file.after)) {
        Err(_) => as_it_is(file, file.before.as_deref()).err(),
        Ok(()) => None,
    };
    adoption.files().filter_map(objection).collect()
}

/// Puts every file back as it was before. Goes on where one fails.
pub(crate) fn put_back(adoption: &Adoption) -> Vec<FileError> {
    let back = |file: &&FileChange| as_it_is(file, file.before.as_deref()).is_err();
    adoption.files().rev().filter(back).filter_map(|file| take_back(file).err()).collect()
}

fn as_it_is(file: &FileChange, wanted: Option<&str>) -> Result<(), FileError> {
    let found = match trust::read_regular(&file.path, LONGEST) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(fails("read", &file.path)(error)),
    };
    if found.as_deref() == wanted.map(str::as_bytes) { Ok(()) } else { Err(FileError::Changed(file.path.clone())) }
}

fn put(file: &FileChange) -> Result<(), FileError> {
    write(&file.path, &file.after).map_err(fails("write", &file.path))
}

fn take_back(file: &FileChange) -> Result<(), FileError> {
    match &file.before {
        Some(before) => write(&file.path, before).map_err(fails("write", &file.path)),
        None => {
            fs::remove_file(&file.path).map_err(fails("remove", &file.path))?;
            // A folder that only held it: `X.netdev.d` is nothing by itself. One that has more stays.
            if let Some(folder) = file.path.parent().filter(|folder| folder.extension().is_some_and(|end| end == "d")) {
                let _ = fs::remove_dir(folder);
            }
            Ok(())
        }
    }
}

fn fails(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FileError {
    let path = path.to_owned();
    move |source| FileError::Io { action, path, source }
}

/// Writes a file as a whole, with the mode and the owner of the one that it takes the place of. A link to a file leads to it
/// as before.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = real.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::DirBuilder::new().recursive(true).mode(0o755).create(folder)?;
    let earlier = fs::metadata(&real).ok();
    let mode = earlier.as_ref().map_or(0o644, |earlier| earlier.mode() & 0o7777);
    let permissions: fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
    let mut fresh = tempfile::Builder::new().prefix(".mpath-").tempfile_in(folder)?;
    fresh.write_all(text.as_bytes())?;
    if let Some(earlier) = earlier {
        std::os::unix::fs::fchown(fresh.as_file(), Some(earlier.uid()), Some(earlier.gid()))?;
    }
    fresh.as_file().set_permissions(permissions)?;
    fresh.as_file().sync_all()?;
    fresh.persist(&real)?;
    Ok(())
}

/// Tells how the other tools learn of their files: begun anew, they leave the group as it is.
pub(crate) fn tell_reloads(adoption: &Adoption, console: &mut Console<'_>) {
    if !adoption.reloads().is_empty() {
        console.line("now let the other tool begin anew; until then it does as before:");
    }
    for command in adoption.reloads() {
        console.line(&format!("  {command}"));
    }
}
