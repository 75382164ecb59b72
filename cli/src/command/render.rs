//! `mpath render`: groups as files of a system's own configuration. Looks at no host, and changes none.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use mpath_core::render::{RenderedFile, Rendering};
use mpath_core::spec::layers::Texts;
use mpath_core::{Identity, SourceFile};
use serde::Serialize;

use crate::ExitCode;
use crate::arguments::Selection;
use crate::config::{Configuration, Files, count};
use crate::context::Context;
use crate::error::{CommandError, ErrorText, refusal_code};
use crate::fleet::captured::Captured;
use crate::format::{self, Format};
use crate::output::{NoteText, RefusalText};
use crate::template::{self, Setting};

/// Write groups as files of a system's own configuration
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath render home-lan --to solaris10
      the files of a Solaris 10, one after the other
  mpath render --to hostname --json
      the files of an illumos, for programs
  mpath render --template /etc/mpath/lan.toml.j2 --set gateway=192.168.1.24 --facts /etc/mpath/facts/web1.json
      a configuration from a template, for the host of these facts")]
pub(crate) struct RenderArgs {
    #[command(flatten)]
    selection: Selection,
    /// The format
    #[arg(long, value_name = "FORMAT", value_parser = format::written(), required_unless_present = "template")]
    to: Option<Format>,
    /// Fill in this template of a configuration (minijinja), check what comes out, and print it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["to", "root", "groups", "all"])]
    template: Option<PathBuf>,
    /// Set a variable of the template; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = template::setting, requires = "template")]
    settings: Vec<Setting>,
    /// The facts of the host that it is for, as `mpath facts` wrote them: the variable `facts`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    facts: Option<PathBuf>,
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
        let captured = self.facts.as_deref().map(Captured::only).transpose()?;
        if let Some(template) = &self.template {
            return self.fill_in(template, captured.as_ref(), context);
        }
        let Some(format) = self.to else { return Ok(ExitCode::Usage) };
        // What files have for another system is for the host of another system.
        let here = context.identity.clone();
        let identity = match &captured {
            Some(captured) => captured.identity(),
            None => Identity { os: Some(format.os()), ..here },
        };
        let configuration = context.configuration_of(&identity)?;
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
        let Some(render) = format.renderer() else { return Ok(ExitCode::Usage) };
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

    /// Fills in a template, and prints what is right.
    fn fill_in(
        &self,
        template: &Path,
        captured: Option<&Captured>,
        context: &mut Context<'_>,
    ) -> Result<ExitCode, CommandError> {
        let facts = captured.and_then(|captured| captured.facts.as_ref());
        let text = template::filled_in(template, &self.settings, facts)?;
        let identity = captured.map_or_else(|| context.identity.clone(), Captured::identity);
        let path = format!("{}, filled in", template.display());
        let files = Files { texts: Texts::read(vec![SourceFile::new(path, text.as_str())]), distrust: vec![] };
        let identity = context.with_links(&identity, &files)?;
        Configuration::of(files, &identity)?;
        if context.console.is_json() {
            let name = template.file_name().unwrap_or_default().to_string_lossy();
            let path = name.strip_suffix(".j2").unwrap_or(&name).to_owned();
            let files = vec![RenderedFile { path, text }];
            let (notes, refusals) = (vec![], vec![]);
            let schema = "mpath.render/1";
            context.console.document(&Rendered { schema, files, private: false, notes, refusals, error: None });
        } else {
            text.lines().for_each(|line| context.console.line(line));
        }
        Ok(ExitCode::Done)
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
