//! `mpath fmt`: files laid out as the documentation does it. Looks at no host, and changes nothing but the files.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use mpath_core::layout::{NoLayout, lay_out};
use mpath_core::spec::Spec;
use mpath_core::{Problem, SourceFile};
use serde::Serialize;
use similar::TextDiff;

use crate::ExitCode;
use crate::config::{self, ConfigError, Unreadable};
use crate::context::Context;
use crate::error::{CommandError, ErrorText};
use crate::whole_file;

/// Lay files out as the documentation does, comments and all
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath fmt
      every file of /etc/mpath
  mpath fmt --check /etc/mpath/home-lan.toml
      for scripts: show what would change, and exit with 4 when something would")]
pub(crate) struct FmtArgs {
    /// The files; - is from standard input to standard output; without one, those of the configuration
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// Write nothing, show the difference, and exit with 4 when there is one
    #[arg(long)]
    check: bool,
}

/// `mpath.fmt/1`.
#[derive(Debug, Serialize)]
struct Formatted {
    schema: &'static str,
    files: Vec<Entry>,
}

/// What became of one file.
#[derive(Debug, Serialize)]
struct Entry {
    path: String,
    /// Whether it was laid out otherwise.
    changed: bool,
    #[serde(skip)]
    before: String,
    #[serde(skip)]
    after: String,
}

impl FmtArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let files = if self.files.is_empty() { config::own_files(&context.global.config)? } else { self.files.clone() };
        // All are looked at before the first is written.
        let mut entries = Vec::new();
        for file in &files {
            entries.push(entry(file)?);
        }
        let mut code = ExitCode::Done;
        for (file, entry) in files.iter().zip(&entries) {
            if is_standard(file) && !self.check {
                if !context.console.is_json() {
                    context.console.rendered_out(&entry.after);
                }
            } else if entry.changed && self.check {
                code = ExitCode::ChangesPending;
                let diff = TextDiff::from_lines(&entry.before, &entry.after);
                let diff = diff.unified_diff().header(&entry.path, &entry.path).to_string();
                diff.lines().for_each(|line| context.console.line(line));
            } else if entry.changed {
                whole_file::replace(file, &entry.after).map_err(|error| cannot_write(file, &error))?;
                if !context.console.is_quiet() {
                    context.console.line(&format!("{}: laid out", entry.path));
                }
            }
        }
        if context.console.is_json() {
            context.console.document(&Formatted { schema: "mpath.fmt/1", files: entries });
        }
        Ok(code)
    }
}

fn is_standard(file: &Path) -> bool {
    file == Path::new("-")
}

fn entry(file: &Path) -> Result<Entry, CommandError> {
    let path = file.display().to_string();
    let before = if is_standard(file) { standard_input() } else { of_file(file) };
    let before = before.map_err(|why| ConfigError::Unreadable(vec![Unreadable { path: path.clone(), why }]))?;
    let after = lay_out(&before).map_err(|why| no_layout(why, &path, &before))?;
    Ok(Entry { path, changed: before != after, before, after })
}

/// The text of a file, also where a link leads to it.
fn of_file(file: &Path) -> Result<String, config::WhyUnreadable> {
    let real = fs::canonicalize(file).map_err(config::WhyUnreadable::Io)?;
    config::read_text(&real).map(|(text, _)| text)
}

fn standard_input() -> Result<String, config::WhyUnreadable> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(config::LONGEST + 1).read_to_end(&mut bytes).map_err(config::WhyUnreadable::Io)?;
    config::text_of(bytes)
}

/// Why a file stays as it is: what is wrong with its text, as `check` tells it.
fn no_layout(why: NoLayout, path: &str, text: &str) -> CommandError {
    let source = SourceFile::new(path, text);
    let (spec, mut problems) = Spec::parse(0, &source);
    problems.retain(Problem::is_of_text);
    if why == NoLayout::NoToml && !spec.complete && !problems.is_empty() {
        return ConfigError::Problems { files: vec![source], problems }.into();
    }
    let told = ErrorText { message: format!("{path} is left as it is: {why}"), causes: vec![], hint: None };
    CommandError { code: ExitCode::Failed, told, config: None }
}

fn cannot_write(file: &Path, error: &io::Error) -> CommandError {
    let denied = matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem);
    let code = if denied { ExitCode::NotPermitted } else { ExitCode::Failed };
    let hint = denied.then(|| "run it as who owns the file; --check only shows what would change".to_owned());
    let told = ErrorText { message: format!("cannot write {}", file.display()), causes: vec![error.to_string()], hint };
    CommandError { code, told, config: None }
}
