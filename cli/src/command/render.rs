//! `mpath render`: groups as files of a system's own configuration. Looks at no host, and changes none.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use mpath_core::render::{RenderedFile, Rendering};
use serde::Serialize;

use crate::ExitCode;
use crate::arguments::Selection;
use crate::config::count;
use crate::context::Context;
use crate::error::{CommandError, ErrorText, refusal_code};
use crate::format::{self, Format};
use crate::output::{NoteText, RefusalText};

/// Write groups as files of a system's own configuration
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath render home-lan --to solaris10
      the files of a Solaris 10, one after the other
  mpath render --to hostname --json
      the files of an illumos, for programs")]
pub(crate) struct RenderArgs {
    #[command(flatten)]
    selection: Selection,
    /// The format
    #[arg(long, value_name = "FORMAT", value_parser = format::written)]
    to: Format,
    /// Write the files below this directory, not to standard output
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    root: Option<PathBuf>,
}

/// What was rendered, as in `mpath.render/1`.
#[derive(Debug, Serialize)]
struct Rendered {
    schema: &'static str,
    files: Vec<RenderedFile>,
    private: bool,
    notes: Vec<NoteText>,
    refusals: Vec<RefusalText>,
    error: Option<ErrorText>,
}

impl RenderArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let configuration = context.configuration()?;
        let chosen = self.selection.all_by_default(&configuration.groups)?;
        let source = context.global.config.display().to_string();
        let mut rendered = Rendered {
            schema: "mpath.render/1",
            files: vec![],
            private: false,
            notes: vec![],
            refusals: vec![],
            error: None,
        };
        let mut code = ExitCode::Done;
        let Some(render) = self.to.renderer() else { return Ok(ExitCode::Usage) };
        match render(&chosen, &source) {
            Ok(Rendering { files, notes, private }) => {
                for (group, note) in &notes {
                    let note = NoteText::new(note);
                    context.console.notes(group, std::slice::from_ref(&note));
                    rendered.notes.push(note);
                }
                (rendered.files, rendered.private) = (files, private);
            }
            Err(refusals) => {
                for (group, refusal) in &refusals {
                    let text = RefusalText::new(refusal);
                    context.console.error(Some(group.as_str()), &text.error());
                    code = code.or_worse(refusal_code(refusal));
                    rendered.refusals.push(text);
                }
            }
        }
        if code == ExitCode::Done
            && let Err((why, told)) = self.put(&rendered.files, rendered.private, context)
        {
            context.console.error(None, &told);
            (code, rendered.error) = (why, Some(told));
        }
        if context.console.is_json() {
            context.console.document(&rendered);
        }
        Ok(code)
    }

    /// Puts the files where they shall be.
    fn put(
        &self,
        files: &[RenderedFile],
        private: bool,
        context: &mut Context<'_>,
    ) -> Result<(), (ExitCode, ErrorText)> {
        let Some(root) = &self.root else {
            for (number, file) in files.iter().enumerate() {
                if number > 0 {
                    context.console.line("");
                }
                context.console.line(&format!("# /{}", file.path));
                file.text.lines().for_each(|line| context.console.line(line));
            }
            return Ok(());
        };
        // All or none: a boot from half of the files would be neither the old host nor the new one.
        let others: Vec<_> =
            files.iter().filter(|file| is_another(root, file)).map(|file| root.join(&file.path)).collect();
        if !others.is_empty() {
            let names = others.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
            let message = format!("there already, with another text: {names}");
            let hint = Some("write into an empty directory and compare, or move them away".to_owned());
            return Err((ExitCode::Failed, ErrorText { message, causes: vec![], hint }));
        }
        for file in files {
            if let Err(error) = write(root, file, private) {
                let denied = error.kind() == io::ErrorKind::PermissionDenied;
                let message = format!("cannot write {}", root.join(&file.path).display());
                let told = ErrorText { message, causes: vec![error.to_string()], hint: None };
                return Err((if denied { ExitCode::NotPermitted } else { ExitCode::Failed }, told));
            }
        }
        if !context.console.is_quiet() && !context.console.is_json() {
            let files = count(files.len(), "file", "files");
            context.console.line(&format!("wrote {files} below {}", root.display()));
        }
        Ok(())
    }
}

fn is_another(root: &Path, file: &RenderedFile) -> bool {
    let path = root.join(&file.path);
    path.exists() && fs::read(path).map_or(true, |found| found != file.text.as_bytes())
}

/// Writes a file as a whole or not at all.
fn write(root: &Path, file: &RenderedFile, private: bool) -> io::Result<()> {
    let path = root.join(&file.path);
    let directory = path.parent().unwrap_or(root);
    fs::create_dir_all(directory)?;
    let mode = std::os::unix::fs::PermissionsExt::from_mode(if private { 0o600 } else { 0o644 });
    let mut fresh = tempfile::Builder::new().prefix(".mpath-").permissions(mode).tempfile_in(directory)?;
    fresh.write_all(file.text.as_bytes())?;
    fresh.as_file().sync_all()?;
    fresh.persist(path)?;
    Ok(())
}
