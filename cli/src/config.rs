//! The configuration: its files, read, and the groups in them.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use mpath_core::spec::Spec;
use mpath_core::spec::layers::{Layers, Texts};
use mpath_core::validate::{describe, everywhere};
use mpath_core::{Description, Group, GroupName, Hook, Identity, Problem, SourceFile};

use crate::instead::Instead;
use crate::trust::{self, Distrust};

/// Where it lies.
pub(crate) const DEFAULT: &str = "/etc/mpath";

/// No description of groups is longer; a device or a disk image is.
pub(crate) const LONGEST: u64 = 1024 * 1024;

/// What the files say.
#[derive(Debug)]
pub(crate) struct Configuration {
    pub(crate) groups: Vec<Group>,
    pub(crate) hooks: Vec<Hook>,
    /// The groups that other hosts have.
    pub(crate) elsewhere: Vec<GroupName>,
    pub(crate) files: usize,
    /// Who else has a hand on what was read.
    pub(crate) distrust: Vec<Distrust>,
}

/// The files, read, whichever host they are for.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) texts: Texts,
    pub(crate) distrust: Vec<Distrust>,
}

/// What is read: a file, or those of a directory, each followed by its drop-ins.
struct Listed {
    files: Vec<Entry>,
    distrust: Vec<Distrust>,
}

/// A file that is read.
struct Entry {
    /// As it is shown.
    shown: String,
    /// Where it really is.
    path: PathBuf,
    is_drop_in: bool,
}

impl Entry {
    fn source(&self, text: String) -> SourceFile {
        let source = SourceFile::new(self.shown.clone(), text);
        SourceFile { is_drop_in: self.is_drop_in, ..source }
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// Nothing is there.
    #[error("there is no configuration: {} does not exist", .0.display())]
    Missing(PathBuf),
    /// The directory has no file for mpath.
    #[error("there is no configuration: no *.toml in {}", .0.display())]
    Empty(PathBuf),
    /// The directory cannot be listed.
    #[error("cannot list {}", .path.display())]
    Directory {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// Drop-ins lie beside no file that they could be laid over.
    #[error("there is no {} for the drop-ins in {}", .file.display(), .folder.display())]
    Orphans { folder: PathBuf, file: PathBuf },
    /// Files that cannot be read as text: each with its reason.
    #[error("{}", count(.0.len(), "file cannot be read", "files cannot be read"))]
    Unreadable(Vec<Unreadable>),
    /// Somebody else could have written what was read.
    #[error("the configuration is not to be trusted: others can change it")]
    Distrusted(Vec<Distrust>),
    /// The files are read and wrong.
    #[error("{} in {}", count(.problems.len(), "problem", "problems"), count(wrong_files(.problems), "file", "files"))]
    Problems { files: Vec<SourceFile>, problems: Vec<Problem> },
    /// The files are right and describe nothing.
    #[error("there is no group in {}", .files.join(", "))]
    NoGroups { files: Vec<String> },
}

/// A file that is not readable as text.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}")]
pub(crate) struct Unreadable {
    pub(crate) path: String,
    pub(crate) why: WhyUnreadable,
}

/// Why a file is not readable as text.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WhyUnreadable {
    #[error("cannot be read: {0}")]
    Io(io::Error),
    #[error("{0}")]
    NoFile(String),
    #[error("longer than 1 MiB, which no configuration is")]
    TooLong,
    #[error("not UTF-8 text: line {line} has a byte {byte:#04x}")]
    NotUtf8 { line: usize, byte: u8 },
    #[error("not text: line {line} has a NUL byte")]
    Nul { line: usize },
}

impl WhyUnreadable {
    /// What kind of problem it is, for machines.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "unreadable-file",
            Self::NoFile(_) => "no-file",
            Self::TooLong => "too-long-file",
            Self::NotUtf8 { .. } => "not-utf-8",
            Self::Nul { .. } => "nul-byte",
        }
    }

    /// The line that it is about.
    pub(crate) fn line(&self) -> Option<usize> {
        match self {
            Self::NotUtf8 { line, .. } | Self::Nul { line } => Some(*line),
            Self::Io(_) | Self::NoFile(_) | Self::TooLong => None,
        }
    }

    /// Whether it is the caller who may not read it.
    pub(crate) fn is_permission(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::PermissionDenied)
    }
}

impl ConfigError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Missing(path) if path == Path::new(DEFAULT) => Some(
                "describe a group in a file there, such as /etc/mpath/home-lan.toml, or name a file by --config"
                    .to_owned(),
            ),
            Self::Missing(_) => Some("name a file or a directory that is there by --config".to_owned()),
            Self::Empty(path) => Some(format!("describe a group in {}", path.join("NAME.toml").display())),
            Self::Orphans { folder, .. } => {
                Some(format!("drop-ins go with their file: rename or move {} away", folder.display()))
            }
            Self::NoGroups { .. } => Some("a group begins with a line such as [group.home-lan]".to_owned()),
            Self::Directory { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Some("run it as root".to_owned())
            }
            Self::Unreadable(files) if files.iter().any(|file| file.why.is_permission()) => {
                Some("run it as root".to_owned())
            }
            Self::Directory { .. } | Self::Unreadable(_) | Self::Distrusted(_) | Self::Problems { .. } => None,
        }
    }

    /// Whether it is the caller who may not read it.
    pub(crate) fn is_permission(&self) -> bool {
        match self {
            Self::Directory { source, .. } => source.kind() == io::ErrorKind::PermissionDenied,
            Self::Unreadable(files) => files.iter().any(|file| file.why.is_permission()),
            _ => false,
        }
    }
}

impl Files {
    /// Reads a file, or every `*.toml` of a directory in the order of their names, and the drop-ins of each.
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::read_with(path, None)
    }

    /// The same, with one file as it would be.
    pub(crate) fn read_with(path: &Path, instead: Option<&Instead>) -> Result<Self, ConfigError> {
        let Listed { files, mut distrust } = list_with(path, instead)?;
        let mut sources = Vec::new();
        let mut unreadable = Vec::new();
        for entry in files {
            let would_be = instead.filter(|instead| instead.file == Path::new(&entry.shown));
            if let Some(text) = would_be.and_then(|instead| instead.text.clone()) {
                match text_of(text.into_bytes()) {
                    Ok(text) => sources.push(entry.source(text)),
                    Err(why) => unreadable.push(Unreadable { path: entry.shown, why }),
                }
                continue;
            }
            match read_text(&entry.path) {
                Ok((text, others)) => {
                    distrust.extend(others);
                    sources.push(entry.source(text));
                }
                Err(why) => unreadable.push(Unreadable { path: entry.shown, why }),
            }
        }
        if !unreadable.is_empty() {
            return Err(ConfigError::Unreadable(unreadable));
        }
        let mut seen = BTreeSet::new();
        distrust.retain(|distrust| seen.insert(distrust.to_string()));
        Ok(Self { texts: Texts::read(sources), distrust })
    }
}

impl Configuration {
    /// What files say to a host.
    pub(crate) fn of(files: Files, identity: &Identity) -> Result<Self, ConfigError> {
        let Files { texts, distrust } = files;
        let layers = Layers::new(&texts);
        let everywhere = everywhere::check(&layers);
        let described = describe(&layers, identity, everywhere);
        drop(layers);
        let sources = texts.into_sources();
        match described {
            Ok(Description { groups, elsewhere, .. }) if groups.is_empty() && elsewhere.is_empty() => {
                Err(ConfigError::NoGroups { files: sources.into_iter().map(|source| source.path).collect() })
            }
            Ok(Description { groups, hooks, elsewhere }) => {
                Ok(Self { groups, hooks, elsewhere, files: sources.len(), distrust })
            }
            Err(problems) => Err(ConfigError::Problems { files: sources, problems }),
        }
    }

    /// What can be read of it: for those to whom a name that is there is worth more than an error.
    pub(crate) fn readable(path: &Path, identity: &Identity) -> Vec<Spec> {
        let files = list(path).map(|listed| listed.files).unwrap_or_default();
        let sources = files.iter().filter_map(|entry| Some(entry.source(read_text(&entry.path).ok()?.0)));
        let texts = Texts::read(sources.collect());
        Layers::new(&texts).specs(identity)
    }

    /// The same, if nobody else has a hand on it.
    pub(crate) fn trusted(self) -> Result<Self, ConfigError> {
        if self.distrust.is_empty() { Ok(self) } else { Err(ConfigError::Distrusted(self.distrust)) }
    }
}

fn list(path: &Path) -> Result<Listed, ConfigError> {
    let fails = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => ConfigError::Missing(path.to_owned()),
        _ => ConfigError::Directory { path: path.to_owned(), source },
    };
    let (real, distrust) = trust::walk(path).map_err(fails)?;
    let mut listed = Listed { files: vec![], distrust };
    if !fs::symlink_metadata(&real).map_err(fails)?.is_dir() {
        listed.files.push(Entry { shown: path.display().to_string(), path: real, is_drop_in: false });
        listed.add_drop_ins(path)?;
        return Ok(listed);
    }
    // A drop-in without its file would be dropped without a word.
    let is_file = |name: &str| name.ends_with(".toml") && !real.join(name).is_dir();
    for name in names(&real).map_err(fails)? {
        let of_folder = name.to_str().and_then(|name| name.strip_suffix(".d")).filter(|name| name.ends_with(".toml"));
        if let Some(file) = of_folder.filter(|file| real.join(&name).is_dir() && !real.join(file).exists()) {
            return Err(ConfigError::Orphans { folder: path.join(&name), file: path.join(file) });
        }
    }
    for name in names(&real).map_err(fails)? {
        if !is_file(&name.to_string_lossy()) {
            continue;
        }
        listed.add(&real, &name, path, false);
        listed.add_drop_ins(&path.join(&name))?;
    }
    if listed.files.is_empty() {
        return Err(ConfigError::Empty(path.to_owned()));
    }
    Ok(listed)
}

/// The names in a directory, sorted, without those of editors, which keep their locks and copies under names with a
/// leading dot.
fn names(directory: &Path) -> io::Result<Vec<OsString>> {
    let names = fs::read_dir(directory)?.map(|entry| Ok(entry?.file_name()));
    let mut names = names.collect::<io::Result<Vec<_>>>()?;
    names.retain(|name| !name.as_encoded_bytes().starts_with(b"."));
    names.sort();
    Ok(names)
}

impl Listed {
    /// Adds a file of a directory.
    fn add(&mut self, real: &Path, name: &OsStr, shown: &Path, is_drop_in: bool) {
        // A link that leads nowhere is told of when it is to be read.
        let (path, others) = trust::walk(&real.join(name)).unwrap_or_else(|_| (real.join(name), vec![]));
        // Of what leads to the directory all is said.
        self.distrust.extend(others.into_iter().filter(|others| !others.is_of(real)));
        self.files.push(Entry { shown: shown.join(name).display().to_string(), path, is_drop_in });
    }

    /// Adds the drop-ins of a file: those of the directory beside it that has its name and `.d`, in the order of their
    /// names. A link to `/dev/null` is none, as with systemd.unit(5).
    fn add_drop_ins(&mut self, file: &Path) -> Result<(), ConfigError> {
        let mut folder = file.as_os_str().to_owned();
        folder.push(".d");
        let folder = PathBuf::from(folder);
        let fails = |source| ConfigError::Directory { path: folder.clone(), source };
        if !folder.is_dir() {
            return Ok(());
        }
        let (real, others) = trust::walk(&folder).map_err(fails)?;
        self.distrust.extend(others);
        for name in names(&real).map_err(fails)? {
            let is_masked = fs::canonicalize(real.join(&name)).is_ok_and(|path| path == Path::new("/dev/null"));
            if name.as_encoded_bytes().ends_with(b".toml") && !is_masked && !real.join(&name).is_dir() {
                self.add(&real, &name, &folder, true);
            }
        }
        Ok(())
    }
}

/// What is read where one file would be there, or would not.
fn list_with(path: &Path, instead: Option<&Instead>) -> Result<Listed, ConfigError> {
    let Some(Instead { file, text }) = instead else { return list(path) };
    let mut listed = match list(path) {
        Err(ConfigError::Missing(_) | ConfigError::Empty(_)) if text.is_some() => {
            Listed { files: vec![], distrust: vec![] }
        }
        listed => listed?,
    };
    let is_it = |entry: &Entry| Path::new(&entry.shown) == file;
    if text.is_none() {
        listed.files.retain(|entry| !is_it(entry));
    } else if !listed.files.iter().any(is_it) {
        let folder = file.parent().and_then(Path::to_str).and_then(|folder| folder.strip_suffix(".d"));
        let of = folder.filter(|of| listed.files.iter().any(|entry| entry.shown == *of)).map(Path::new);
        // Behind the file that it is a drop-in of, or among the others.
        let at = listed.files.partition_point(|entry| Path::new(&entry.shown) < file);
        let shown = file.display().to_string();
        listed.files.insert(at, Entry { shown, path: file.clone(), is_drop_in: of.is_some() });
    }
    if listed.files.is_empty() { Err(ConfigError::Empty(path.to_owned())) } else { Ok(listed) }
}

/// The text of a file, and who else has a hand on it.
pub(crate) fn read_text(path: &Path) -> Result<(String, Vec<Distrust>), WhyUnreadable> {
    let (file, metadata) = trust::open_regular(path).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidInput => WhyUnreadable::NoFile(error.to_string()),
        _ => WhyUnreadable::Io(error),
    })?;
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(WhyUnreadable::Io)?;
    Ok((text_of(bytes)?, trust::look_at_file(path, &metadata)))
}

/// The text that bytes are.
pub(crate) fn text_of(bytes: Vec<u8>) -> Result<String, WhyUnreadable> {
    if bytes.len() as u64 > LONGEST {
        return Err(WhyUnreadable::TooLong);
    }
    let line_of = |at: usize| bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(WhyUnreadable::Nul { line: line_of(at) });
    }
    if let Err(error) = std::str::from_utf8(&bytes) {
        let at = error.valid_up_to();
        return Err(WhyUnreadable::NotUtf8 { line: line_of(at), byte: bytes[at] });
    }
    Ok(String::from_utf8(bytes).unwrap_or_default())
}

/// The files of a configuration, as they are shown.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    Ok(list(path)?.files.into_iter().map(|entry| entry.shown.into()).collect())
}

fn wrong_files(problems: &[Problem]) -> usize {
    problems.iter().map(|problem| problem.span.source).collect::<BTreeSet<_>>().len()
}

/// A number of things, in words.
pub(crate) fn count(number: usize, one: &str, several: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {several}") }
}
