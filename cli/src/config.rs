//! The configuration: its files, read, and the groups in them.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use mpath_core::spec::Spec;
use mpath_core::{Description, Group, Hook, Problem, SourceFile};

use crate::ansible::Instead;
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
    pub(crate) files: usize,
    /// Who else has a hand on what was read.
    pub(crate) distrust: Vec<Distrust>,
}

/// What is read: a file, or those of a directory.
struct Listed {
    /// Each as it is shown, and where it really is.
    files: Vec<(String, PathBuf)>,
    distrust: Vec<Distrust>,
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

impl Configuration {
    /// Reads a file, or every `*.toml` of a directory in the order of their names.
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::read_with(path, None)
    }

    /// The same, with one file as it would be.
    pub(crate) fn read_with(path: &Path, instead: Option<&Instead>) -> Result<Self, ConfigError> {
        let Listed { files, mut distrust } = list_with(path, instead)?;
        let mut sources = Vec::new();
        let mut unreadable = Vec::new();
        for (shown, path) in files {
            let would_be = instead.filter(|instead| instead.file == Path::new(&shown));
            if let Some(text) = would_be.and_then(|instead| instead.text.clone()) {
                match text_of(text.into_bytes()) {
                    Ok(text) => sources.push(SourceFile::new(shown, text)),
                    Err(why) => unreadable.push(Unreadable { path: shown, why }),
                }
                continue;
            }
            match read_text(&path) {
                Ok((text, others)) => {
                    distrust.extend(others);
                    sources.push(SourceFile::new(shown, text));
                }
                Err(why) => unreadable.push(Unreadable { path: shown, why }),
            }
        }
        if !unreadable.is_empty() {
            return Err(ConfigError::Unreadable(unreadable));
        }
        let mut seen = BTreeSet::new();
        distrust.retain(|distrust| seen.insert(distrust.to_string()));
        match mpath_core::read(&sources) {
            Ok(description) if description.groups.is_empty() => {
                Err(ConfigError::NoGroups { files: sources.into_iter().map(|source| source.path).collect() })
            }
            Ok(Description { groups, hooks }) => Ok(Self { groups, hooks, files: sources.len(), distrust }),
            Err(problems) => Err(ConfigError::Problems { files: sources, problems }),
        }
    }

    /// What can be read of it: for those to whom a name that is there is worth more than an error.
    pub(crate) fn readable(path: &Path) -> Vec<Spec> {
        let files = list(path).map(|listed| listed.files).unwrap_or_default();
        let texts =
            files.into_iter().filter_map(|(shown, path)| Some(SourceFile::new(shown, read_text(&path).ok()?.0)));
        texts.enumerate().map(|(number, source)| Spec::parse(number, &source).0).collect()
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
    let (real, mut distrust) = trust::walk(path).map_err(fails)?;
    if !fs::symlink_metadata(&real).map_err(fails)?.is_dir() {
        return Ok(Listed { files: vec![(path.display().to_string(), real)], distrust });
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(&real).map_err(fails)? {
        let name = entry.map_err(fails)?.file_name();
        let bytes = name.as_encoded_bytes();
        // Editors keep their locks and copies under names with a leading dot.
        if bytes.ends_with(b".toml") && !bytes.starts_with(b".") && !real.join(&name).is_dir() {
            names.push(name);
        }
    }
    names.sort();
    if names.is_empty() {
        return Err(ConfigError::Empty(path.to_owned()));
    }
    let mut files = Vec::new();
    for name in names {
        // A link that leads nowhere is told of when it is to be read.
        let (file, others) = trust::walk(&real.join(&name)).unwrap_or_else(|_| (real.join(&name), vec![]));
        // Of what leads to the directory all is said.
        distrust.extend(others.into_iter().filter(|others| !others.is_of(&real)));
        files.push((path.join(&name).display().to_string(), file));
    }
    Ok(Listed { files, distrust })
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
    listed.files.retain(|(shown, _)| Path::new(shown) != file);
    if text.is_some() {
        let at = listed.files.partition_point(|(shown, _)| Path::new(shown) < file);
        listed.files.insert(at, (file.display().to_string(), file.clone()));
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
    Ok(list(path)?.files.into_iter().map(|(shown, _)| shown.into()).collect())
}

fn wrong_files(problems: &[Problem]) -> usize {
    problems.iter().map(|problem| problem.span.source).collect::<BTreeSet<_>>().len()
}

/// A number of things, in words.
pub(crate) fn count(number: usize, one: &str, several: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {several}") }
}
