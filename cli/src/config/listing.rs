//! Which files are read: a file, or those of a directory, each followed by its drop-ins.
//!
//! Of what mpath finds by itself, `/etc/mpath`, drop-ins may also lie where systemd.unit(5) has them: what is made for this boot in
//! `/run`, what a package brings in `/usr/lib`. A configuration in another root, `ROOT/etc/mpath`, has those of that root.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mpath_core::SourceFile;

use super::ConfigError;
use crate::instead::Instead;
use crate::platform;
use crate::trust::{self, Distrust};

/// Where the configuration lies below its root.
const OWN: &str = "etc/mpath";

/// Where its drop-ins may lie too, the stronger first.
const OTHERS: [&str; 2] = [platform::TRANSIENT, "usr/lib/mpath"];

/// What is read: a file, or those of a directory, each followed by its drop-ins.
pub(super) struct Listing<'i> {
    pub(super) files: Vec<Entry>,
    pub(super) distrust: Vec<Distrust>,
    /// One that would be there, or would not.
    instead: Option<&'i Instead>,
}

/// A file that is read.
pub(super) struct Entry {
    /// As it is shown.
    pub(super) shown: String,
    /// Where it really is.
    pub(super) path: PathBuf,
    is_drop_in: bool,
    /// Whether it is in the configuration's own directory.
    pub(super) is_own: bool,
}

impl Entry {
    pub(super) fn source(&self, text: String) -> SourceFile {
        let source = SourceFile::new(self.shown.clone(), text);
        SourceFile { is_drop_in: self.is_drop_in, ..source }
    }
}

/// The directories for drop-ins of a file elsewhere than beside it, the stronger first.
fn other_folders(file: &Path) -> Vec<PathBuf> {
    let Ok(file) = std::path::absolute(file) else { return vec![] };
    let root = file.parent().filter(|folder| folder.ends_with(OWN)).and_then(|folder| folder.ancestors().nth(2));
    let (Some(root), Some(name)) = (root, file.file_name()) else { return vec![] };
    OTHERS.iter().map(|other| folder_of(&root.join(other).join(name))).collect()
}

/// The directory beside a file that has its name and `.d`.
fn folder_of(file: &Path) -> PathBuf {
    let mut folder = file.as_os_str().to_owned();
    folder.push(".d");
    folder.into()
}

/// The configuration that a file is a part of: the directory that it is in, also by way of one for drop-ins.
pub(crate) fn configuration_of(file: &Path) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new("/"));
    let Some(above) = folder.parent().filter(|_| folder.to_string_lossy().ends_with(".toml.d")) else {
        return folder.to_owned();
    };
    let other = OTHERS.into_iter().map(Path::new).find(|other| above.ends_with(other));
    let root = other.and_then(|other| above.ancestors().nth(other.iter().count()));
    root.map_or_else(|| above.to_owned(), |root| root.join(OWN))
}

impl<'i> Listing<'i> {
    /// Lists what is there, where one file would be there or would not.
    pub(super) fn of(path: &Path, instead: Option<&'i Instead>) -> Result<Self, ConfigError> {
        let fails = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => ConfigError::Missing(path.to_owned()),
            _ => ConfigError::Directory { path: path.to_owned(), source },
        };
        let mut listing = Self { files: vec![], distrust: vec![], instead };
        let comes = instead.filter(|instead| instead.text.is_some()).map(|instead| instead.file.as_path());
        let found = trust::walk(path).and_then(|(real, distrust)| {
            let is_directory = fs::symlink_metadata(&real)?.is_dir();
            Ok((real, distrust, is_directory))
        });
        let (real, is_directory) = match found {
            Ok((real, distrust, is_directory)) => {
                listing.distrust = distrust;
                (real, is_directory)
            }
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && comes.is_some_and(|file| file.starts_with(path)) =>
            {
                (path.to_owned(), comes != Some(path))
            }
            Err(error) => return Err(fails(error)),
        };
        if is_directory {
            listing.add_directory(&real, path, fails)?;
        } else if !instead.is_some_and(|instead| instead.file == path && instead.text.is_none()) {
            listing.files.push(Entry {
                shown: path.display().to_string(),
                path: real,
                is_drop_in: false,
                is_own: true,
            });
            listing.add_drop_ins(path)?;
        }
        if listing.files.is_empty() { Err(ConfigError::Empty(path.to_owned())) } else { Ok(listing) }
    }

    fn add_directory(
        &mut self,
        real: &Path,
        path: &Path,
        fails: impl Fn(io::Error) -> ConfigError,
    ) -> Result<(), ConfigError> {
        let names = self.names(real, path).map_err(fails)?;
        // A drop-in without its file would be dropped without a word.
        for name in &names {
            let file = name.to_str().and_then(|name| name.strip_suffix(".d")).filter(|file| file.ends_with(".toml"));
            if let Some(file) = file.filter(|file| real.join(name).is_dir() && !names.iter().any(|name| name == file)) {
                return Err(ConfigError::Orphans { folder: path.join(name), file: path.join(file) });
            }
        }
        for name in &names {
            if is_file(&real.join(name)) {
                self.add(real, name, path, None);
                self.add_drop_ins(&path.join(name))?;
            }
        }
        Ok(())
    }

    /// The names in a directory, sorted, without those of editors, which keep their locks and copies under names with a
    /// leading dot; as they would be.
    fn names(&self, real: &Path, shown: &Path) -> io::Result<Vec<OsString>> {
        let instead = self.instead.filter(|instead| instead.file.parent() == Some(shown));
        let names = match fs::read_dir(real) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && instead.is_some() => Ok(vec![]),
            entries => entries?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>(),
        };
        let mut names = names?;
        if let Some(Instead { file, text }) = instead {
            names.retain(|name| Some(name.as_os_str()) != file.file_name());
            names.extend(text.as_ref().and(file.file_name()).map(OsStr::to_owned));
        }
        names.retain(|name| !name.as_encoded_bytes().starts_with(b"."));
        names.sort();
        Ok(names)
    }

    /// Adds a file of a directory; a drop-in of the configuration's own or not.
    fn add(&mut self, real: &Path, name: &OsStr, shown: &Path, drop_in: Option<bool>) {
        // A link that leads nowhere is told of when it is to be read.
        let (path, others) = trust::walk(&real.join(name)).unwrap_or_else(|_| (real.join(name), vec![]));
        // Of what leads to the directory all is said.
        self.distrust.extend(others.into_iter().filter(|others| !others.is_of(real)));
        let shown = shown.join(name).display().to_string();
        self.files.push(Entry { shown, path, is_drop_in: drop_in.is_some(), is_own: drop_in.unwrap_or(true) });
    }

    /// Adds the drop-ins of a file in the order of their names, wherever they lie. Of two of a name the stronger is all that
    /// there is, also where it is a link to `/dev/null`, which is none, as with systemd.unit(5).
    fn add_drop_ins(&mut self, file: &Path) -> Result<(), ConfigError> {
        let mut found: BTreeMap<OsString, (PathBuf, PathBuf, bool)> = BTreeMap::new();
        let own = (folder_of(file), true);
        for (folder, is_own) in std::iter::once(own).chain(other_folders(file).into_iter().map(|other| (other, false)))
        {
            let fails = |source| ConfigError::Directory { path: folder.clone(), source };
            let comes = self.instead.is_some_and(|instead| instead.file.parent() == Some(&folder));
            if !folder.is_dir() && !comes {
                continue;
            }
            let (real, others) = match trust::walk(&folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => (folder.clone(), vec![]),
                walked => walked.map_err(fails)?,
            };
            self.distrust.extend(others);
            for name in self.names(&real, &folder).map_err(fails)? {
                if is_file(&real.join(&name)) {
                    found.entry(name).or_insert_with(|| (real.clone(), folder.clone(), is_own));
                }
            }
        }
        for (name, (real, folder, is_own)) in found {
            let comes = self.instead.is_some_and(|instead| instead.file == folder.join(&name));
            let is_masked = fs::canonicalize(real.join(&name)).is_ok_and(|path| path == Path::new("/dev/null"));
            if comes || !is_masked {
                self.add(&real, &name, &folder, Some(is_own));
            }
        }
        Ok(())
    }
}

/// Whether it is read, as its name has it.
fn is_file(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b".toml") && !path.is_dir()
}
