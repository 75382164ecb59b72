//! A file of the configuration: what it says, what it is to say, and whether that would be right.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mpath_core::SourceFile;
use mpath_core::layout;
use mpath_core::spec::Spec;
use serde_json::{Map, Value, json};

use super::reply::Reply;
use super::verb::Words;
use crate::ExitCode;
use crate::config::{self, ConfigError, Configuration, Files};
use crate::context::Context;
use crate::instead::Instead;
use crate::trust::{self, NoDirectory};
use crate::whole_file;

/// What is to become of a file.
pub(super) struct FileChange {
    /// The configuration that it is a part of.
    config: PathBuf,
    before: Option<String>,
    after: Instead,
}

impl FileChange {
    /// The file is to have this text, or not to be there.
    pub(super) fn to_text(config: &Path, file: PathBuf, text: Option<String>) -> Result<Self, Reply> {
        if file.extension().is_none_or(|extension| extension != "toml") {
            return Err(Reply::usage(format!("{} would not be read: it has to end with .toml", file.display())));
        }
        let before = match fs::canonicalize(&file) {
            Ok(real) => match config::read_text(&real) {
                Ok((text, _)) => Some(text),
                Err(why) => return Err(unreadable(&file, &why)),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(unreadable(&file, &error)),
        };
        Ok(Self { config: config.to_owned(), before, after: Instead { file, text } })
    }

    /// The file is to describe these groups. One that does so already keeps its text, comments and all.
    pub(super) fn to_groups(config: &Path, file: PathBuf, groups: &Map<String, Value>) -> Result<Self, Reply> {
        let wanted = toml::Table::try_from(json!({ "group": groups }))
            .map_err(|error| Reply::usage(format!("these settings are no TOML: {error}")))?;
        let mut change = Self::to_text(config, file, None)?;
        let says_so = |text: &String| toml::from_str::<toml::Table>(text).is_ok_and(|said| said == wanted);
        change.after.text = match change.before.clone().filter(says_so) {
            Some(text) => Some(text),
            None => {
                let text = toml::to_string(&wanted)
                    .map_err(|error| Reply::usage(format!("these settings are no TOML: {error}")))?;
                Some(layout::lay_out(&text).unwrap_or(text))
            }
        };
        Ok(change)
    }

    /// Refuses to write over groups that are in the file beside the one that is meant.
    pub(super) fn only_of(self, group: &str) -> Result<Self, Reply> {
        let source = SourceFile::new(self.after.file.display().to_string(), self.before.clone().unwrap_or_default());
        let (spec, _) = Spec::parse(0, &source);
        let others: Vec<_> =
            spec.groups.iter().filter_map(|other| Some(other.name.as_ref()?.value.to_string())).collect();
        let others: Vec<_> = others.into_iter().filter(|other| other != group).collect();
        if others.is_empty() && spec.hooks.is_empty() {
            return Ok(self);
        }
        let what = if others.is_empty() { "hooks".to_owned() } else { others.join(" and ") };
        let file = self.after.file.display();
        let message =
            format!("{file} has more than the group {group}: {what} (hint: mpath.mpath.config writes whole files)");
        Err(Reply::failed(ExitCode::InvalidFile, message))
    }

    /// Whether it would be another file.
    pub(super) fn is_change(&self) -> bool {
        self.before != self.after.text
    }

    /// The file as it would be.
    pub(super) fn instead(&self) -> &Instead {
        &self.after
    }

    /// The text of before.
    pub(super) fn before(&self) -> Option<&str> {
        self.before.as_deref()
    }

    /// The whole configuration with the file as it would be: it has to be right, on this platform too.
    pub(super) fn check(&self, context: &mut Context<'_>) -> Result<(), Reply> {
        let nothing_left = || match Files::read_with(&self.config, Some(&self.after))
            .and_then(|files| Configuration::of(files, &context.identity))
        {
            Err(ConfigError::Missing(_) | ConfigError::Empty(_) | ConfigError::NoGroups { .. }) => true,
            Ok(_) | Err(_) => false,
        };
        // The last group may go.
        if self.after.text.is_none() && nothing_left() {
            return Ok(());
        }
        let ran = Words::new("check").run(&self.config, Some(&self.after), context);
        if ran.is_done() { Ok(()) } else { Err(Reply::failed_by(&ran)) }
    }

    /// Lets it be so.
    pub(super) fn write(&self) -> Result<(), Reply> {
        put(&self.after.file, self.after.text.as_deref())
    }

    /// Lets it be again as it was.
    pub(super) fn undo(&self) -> Result<(), Reply> {
        put(&self.after.file, self.before.as_deref())
    }

    /// The two texts, as Ansible shows them.
    pub(super) fn diff(&self) -> Value {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let header = |text: Option<&str>| match text {
            Some(_) => self.after.file.display().to_string(),
            None => "/dev/null".to_owned(),
        };
        let (before, after) = (self.before.as_deref(), self.after.text.as_deref());
        json!({
            "before_header": header(before), "before": text(before), "after_header": header(after), "after": text(after),
        })
    }
}

fn put(file: &Path, text: Option<&str>) -> Result<(), Reply> {
    let done = match text {
        Some(text) if file.exists() => whole_file::replace(file, text),
        Some(text) => {
            let folder = file.parent().unwrap_or(Path::new("/"));
            trust::make_directory(folder).map_err(|error| match error {
                NoDirectory::Io(error) => cannot_write(folder, &error),
                NoDirectory::Distrusted(distrust) => {
                    let message = format!("{distrust} (hint: {})", distrust.cure());
                    Reply::failed(ExitCode::NotPermitted, message)
                }
            })?;
            whole_file::create(folder, file, text)
        }
        None if file.symlink_metadata().is_ok() => fs::remove_file(file),
        None => Ok(()),
    };
    done.map_err(|error| cannot_write(file, &error))
}

fn cannot_write(path: &Path, error: &io::Error) -> Reply {
    let denied = matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem);
    let code = if denied { ExitCode::NotPermitted } else { ExitCode::Failed };
    let hint = if denied { " (hint: become: true)" } else { "" };
    Reply::failed(code, format!("cannot write {}: {error}{hint}", path.display()))
}

fn unreadable(file: &Path, why: &dyn std::fmt::Display) -> Reply {
    Reply::failed(ExitCode::InvalidFile, format!("{}: {why}", file.display()))
}
