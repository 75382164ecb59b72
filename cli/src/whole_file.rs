//! A file that is written as a whole, or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

/// Makes a file that everybody may read, where none is, in a folder.
pub(crate) fn create(folder: &Path, file: &Path, text: &str) -> io::Result<()> {
    let readable = fs::Permissions::from_mode(0o644);
    let mut fresh = tempfile::Builder::new().prefix(".mpath-").permissions(readable).tempfile_in(folder)?;
    fresh.write_all(text.as_bytes())?;
    fresh.as_file().sync_all()?;
    fresh.persist_noclobber(file)?;
    Ok(())
}

/// Puts a new file in the place of the old one, with its mode and its owner; a link goes on to lead there.
pub(crate) fn replace(file: &Path, text: &str) -> io::Result<()> {
    let file = fs::canonicalize(file)?;
    let old = fs::metadata(&file)?;
    let folder = file.parent().unwrap_or(Path::new("/"));
    let mut fresh = tempfile::Builder::new().prefix(".mpath-").tempfile_in(folder)?;
    fresh.write_all(text.as_bytes())?;
    let new = fresh.as_file().metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
        std::os::unix::fs::fchown(fresh.as_file(), Some(old.uid()), Some(old.gid()))?;
    }
    // After the owner, whose change may take bits of the mode away (chown(2)).
    fresh.as_file().set_permissions(old.permissions())?;
    fresh.as_file().sync_all()?;
    fresh.persist(&file)?;
    Ok(())
}
