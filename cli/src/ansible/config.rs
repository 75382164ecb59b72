//! The module `config`: a file of the configuration. Nothing of the network is touched.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::file::FileChange;
use super::how::How;
use super::lenient;
use super::reply::Reply;
use crate::context::Context;

/// Its arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfigOptions {
    path: PathBuf,
    #[serde(default)]
    state: State,
    content: Option<String>,
    #[serde(default, deserialize_with = "lenient::table")]
    groups: Option<Map<String, Value>>,
    config: Option<PathBuf>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    #[default]
    Present,
    Absent,
}

impl ConfigOptions {
    fn change(&self) -> Result<FileChange, Reply> {
        if !self.path.is_absolute() {
            return Err(Reply::usage(format!("path has to begin with /: {}", self.path.display())));
        }
        let config = self.config.as_deref().unwrap_or_else(|| configuration_of(&self.path));
        let path = self.path.clone();
        match (self.state, &self.content, &self.groups) {
            (State::Absent, None, None) => FileChange::to_text(config, path, None),
            (State::Present, Some(content), None) => FileChange::to_text(config, path, Some(content.clone())),
            (State::Present, None, Some(groups)) => FileChange::to_groups(config, path, groups),
            (State::Present, None, None) => {
                Err(Reply::usage("what is in the file is missing: content or groups".to_owned()))
            }
            (State::Present, Some(_), Some(_)) => Err(Reply::usage("content and groups are both given".to_owned())),
            (State::Absent, ..) => {
                Err(Reply::usage("a file that is to be absent has neither content nor groups".to_owned()))
            }
        }
    }
}

/// The configuration that a file is a part of: the folder that it is in, also by way of one for drop-ins.
fn configuration_of(file: &Path) -> &Path {
    let folder = file.parent().unwrap_or(Path::new("/"));
    let is_of_drop_ins = folder.to_string_lossy().ends_with(".toml.d");
    if is_of_drop_ins { folder.parent().unwrap_or(folder) } else { folder }
}

pub(super) fn run(options: ConfigOptions, how: How, context: &mut Context<'_>) -> Result<Reply, Reply> {
    let change = options.change()?;
    // What is there may have gone bad by itself, or by its neighbours.
    change.check(context)?;
    let file = options.path.display();
    if !change.is_change() {
        return Ok(Reply::done(false, format!("{file} is as it is to be")).with("previous", change.before()));
    }
    if !how.check {
        change.write()?;
    }
    let word = match (options.state, how.check) {
        (State::Present, false) => "written",
        (State::Present, true) => "to be written",
        (State::Absent, false) => "removed",
        (State::Absent, true) => "to be removed",
    };
    let reply = Reply::done(true, format!("{file}: {word}")).with("previous", change.before());
    Ok(if how.diff { reply.showing(vec![change.diff()]) } else { reply })
}
