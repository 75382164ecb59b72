//! The configuration: its files, read, and the groups in them.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use mpath_core::{Group, Problem, SourceFile};

/// Where it lies.
pub(crate) const DEFAULT: &str = "/etc/mpath";

/// No description of groups is longer; a device or a disk image is.
const LONGEST: u64 = 1024 * 1024;

/// What the files say.
#[derive(Debug)]
pub(crate) struct Configuration {
    pub(crate) groups: Vec<Group>,
    pub(crate) files: usize,
    pub(crate) world_writable: Vec<String>,
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
            Self::TooLong => "too-long-file",
            Self::NotUtf8 { .. } => "not-utf-8",
            Self::Nul { .. } => "nul-byte",
        }
    }

    /// The line that it is about.
    pub(crate) fn line(&self) -> Option<usize> {
        match self {
            Self::NotUtf8 { line, .. } | Self::Nul { line } => Some(*line),
            Self::Io(_) | Self::TooLong => None,
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
            Self::Directory { .. } | Self::Unreadable(_) | Self::Problems { .. } => None,
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
        let paths = files(path)?;
        let mut sources = Vec::new();
        let mut unreadable = Vec::new();
        let mut world_writable = Vec::new();
        for path in paths {
            let shown = path.display().to_string();
            match read_text(&path) {
                Ok((text, open_to_all)) => {
                    world_writable.extend(open_to_all.then(|| shown.clone()));
                    sources.push(SourceFile::new(shown, text));
                }
                Err(why) => unreadable.push(Unreadable { path: shown, why }),
            }
        }
        if !unreadable.is_empty() {
            return Err(ConfigError::Unreadable(unreadable));
        }
        match mpath_core::read(&sources) {
            Ok(groups) if groups.is_empty() => {
                Err(ConfigError::NoGroups { files: sources.into_iter().map(|source| source.path).collect() })
            }
            Ok(groups) => Ok(Self { groups, files: sources.len(), world_writable }),
            Err(problems) => Err(ConfigError::Problems { files: sources, problems }),
        }
    }
}

fn files(path: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let fails = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => ConfigError::Missing(path.to_owned()),
        _ => ConfigError::Directory { path: path.to_owned(), source },
    };
    if !fs::metadata(path).map_err(fails)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(fails)? {
        let entry = entry.map_err(fails)?;
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        // Editors keep their locks and copies under names with a leading dot.
        if name.ends_with(b".toml") && !name.starts_with(b".") && !entry.path().is_dir() {
            found.push(entry.path());
        }
    }
    found.sort();
    if found.is_empty() { Err(ConfigError::Empty(path.to_owned())) } else { Ok(found) }
}

/// The text of a file, and whether everybody may write to it.
fn read_text(path: &Path) -> Result<(String, bool), WhyUnreadable> {
    let file = File::open(path).map_err(WhyUnreadable::Io)?;
    let metadata = file.metadata().map_err(WhyUnreadable::Io)?;
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(WhyUnreadable::Io)?;
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
    let text = String::from_utf8(bytes).unwrap_or_default();
    Ok((text, metadata.is_file() && metadata.permissions().mode() & 0o002 != 0))
}

fn wrong_files(problems: &[Problem]) -> usize {
    problems.iter().map(|problem| problem.span.source).collect::<BTreeSet<_>>().len()
}

/// A number of things, in words.
pub(crate) fn count(number: usize, one: &str, several: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {several}") }
}
