//! The two streams and how much is told on them: data on standard output, everything else on standard error.
//!
//! Every text passes [`printable`] on its way out. Errors of writing are kept until the end: a reader that has gone
//! away must not break off a change to the host.

use std::io::{self, Write};

use anstyle::Style;
use mpath_core::{GroupName, Problem, SourceFile};
use serde::Serialize;

use super::paint::{ERROR, NOTE, PLAIN, Paint, QUIET, WARNING, painted};
use super::printable::printable_json;
use super::report::GroupReport;
use super::{NoteText, document, problems};
use crate::arguments::{ColorChoice, Global};
use crate::config::ConfigError;
use crate::environment::Stream;
use crate::error::{CommandError, ErrorText};
use crate::exit_code::ExitCode;

/// Where people and programs are told things.
pub(crate) struct Console<'e> {
    out: &'e mut dyn Write,
    err: &'e mut dyn Write,
    paint_out: Paint,
    paint_err: Paint,
    out_is_terminal: bool,
    json: bool,
    quiet: bool,
    verbose: u8,
    /// What is still to be written to `out`, where that is gathered.
    gathered: Option<String>,
    /// The first error of writing to `out`.
    broken: Option<io::Error>,
}

/// How much is gathered at most.
const PORTION: usize = 1 << 16;

impl<'e> Console<'e> {
    pub(crate) fn new(out: &'e mut Stream<'_>, err: &'e mut Stream<'_>, no_color: bool, global: &Global) -> Self {
        let paint = |stream: &Stream<'_>| match global.color {
            ColorChoice::Always => Paint::Yes,
            ColorChoice::Auto if stream.is_terminal && !no_color => Paint::Yes,
            ColorChoice::Auto | ColorChoice::Never => Paint::No,
        };
        Self {
            paint_out: paint(out),
            paint_err: paint(err),
            out_is_terminal: out.is_terminal,
            out: &mut *out.writer,
            err: &mut *err.writer,
            json: global.json,
            quiet: global.quiet,
            verbose: global.verbose,
            gathered: None,
            broken: None,
        }
    }

    /// Whether colours are used on standard output.
    pub(crate) fn paints_stdout(&self) -> Paint {
        self.paint_out
    }

    /// Whether only what is asked for is told.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether the data goes out as JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether steps are told.
    pub(crate) fn is_verbose(&self) -> bool {
        self.verbose > 0
    }

    /// Writes lines together from now on, unless somebody sees them come: a thousand groups have thousands. Whatever is told on
    /// standard error comes behind them nevertheless, and a group that was changed is told of at once.
    pub(crate) fn gather(&mut self) {
        self.gathered = (!self.out_is_terminal).then(String::new);
    }

    /// A line of data for people.
    pub(crate) fn line(&mut self, text: &str) {
        self.pieces(&[(PLAIN, text.to_owned())]);
    }

    /// A line of data for people, in pieces of different colours.
    pub(crate) fn pieces(&mut self, pieces: &[(Style, String)]) {
        if !self.json {
            let text = painted(pieces, self.paint_out);
            self.rendered_out(&format!("{}\n", text.trim_end()));
        }
    }

    /// Data for programs.
    pub(crate) fn document(&mut self, document: &impl Serialize) {
        if self.out_is_terminal { self.pretty(document) } else { self.record(document) }
    }

    /// Data for programs that people read, too.
    pub(crate) fn pretty(&mut self, document: &impl Serialize) {
        self.json(serde_json::to_string_pretty(document));
    }

    /// Data for programs that is one of many documents, each on a line of its own.
    pub(crate) fn record(&mut self, record: &impl Serialize) {
        self.json(serde_json::to_string(record));
    }

    fn json(&mut self, json: serde_json::Result<String>) {
        match json {
            Ok(json) => self.rendered_out(&format!("{}\n", printable_json(&json))),
            Err(error) => self.broken = self.broken.take().or(Some(error.into())),
        }
    }

    /// Lets what was written until now be seen at once.
    pub(crate) fn flush(&mut self) {
        self.write_gathered();
        if self.broken.is_none() {
            self.broken = self.out.flush().err();
        }
    }

    /// Whether what is written arrives.
    pub(crate) fn is_heard(&self) -> bool {
        self.broken.is_none()
    }

    /// Goes on below a line that was written over again and again.
    pub(crate) fn below(&mut self) {
        self.rendered_err("\n");
    }

    /// The word of a process that it has begun, to whoever started it.
    pub(crate) fn ready(&mut self) {
        self.rendered_out("ready\n");
        self.write_gathered();
        // At once, and no matter whether anybody still listens.
        let _ = self.out.flush();
    }

    /// Data that is rendered and harmless.
    pub(crate) fn rendered_out(&mut self, text: &str) {
        match &mut self.gathered {
            Some(gathered) => {
                gathered.push_str(text);
                if gathered.len() >= PORTION {
                    self.write_gathered();
                }
            }
            None => self.write_out(text),
        }
    }

    fn write_gathered(&mut self) {
        if let Some(gathered) = self.gathered.as_mut().map(std::mem::take) {
            self.write_out(&gathered);
        }
    }

    fn write_out(&mut self, text: &str) {
        if self.broken.is_none() && !text.is_empty() {
            self.broken = self.out.write_all(text.as_bytes()).err();
        }
    }

    fn rendered_err(&mut self, text: &str) {
        self.write_gathered();
        // There is nowhere left to tell it.
        let _ = self.err.write_all(text.as_bytes());
    }

    fn err_line(&mut self, word: (Style, &str), text: &str) {
        let pieces = [(word.0, word.1.to_owned()), (PLAIN, text.to_owned())];
        let text = painted(&pieces, self.paint_err);
        self.rendered_err(&format!("{text}\n"));
    }

    /// Something that may go wrong later.
    pub(crate) fn warning(&mut self, text: &str) {
        self.err_line((WARNING, "warning: "), text);
    }

    /// Something to know.
    pub(crate) fn note(&mut self, text: &str) {
        if !self.quiet {
            self.err_line((NOTE, "note: "), text);
        }
    }

    /// A line of a log, with its time.
    pub(crate) fn log(&mut self, text: &str) {
        self.err_line((PLAIN, ""), text);
    }

    /// A step that is being done.
    pub(crate) fn progress(&mut self, text: &str) {
        if self.verbose > 0 {
            self.err_line((PLAIN, ""), text);
        }
    }

    /// The native commands of a step that is being done.
    pub(crate) fn native(&mut self, command: &str) {
        if self.verbose > 1 {
            self.err_line((QUIET, "    "), command);
        }
    }

    /// An error with its causes and its hint.
    pub(crate) fn error(&mut self, subject: Option<&str>, told: &ErrorText) {
        let subject = subject.map(|subject| format!("{subject}: ")).unwrap_or_default();
        self.err_line((ERROR, "error: "), &format!("{subject}{}", told.message));
        for cause in &told.causes {
            self.err_line((PLAIN, "  caused by: "), cause);
        }
        if let Some(hint) = &told.hint {
            self.err_line((NOTE, "  hint: "), hint);
        }
    }

    /// What is to be known of a plan.
    pub(crate) fn notes(&mut self, group: &GroupName, notes: &[NoteText]) {
        for note in notes {
            let text = format!("{group}: {}", note.text);
            if note.warning { self.warning(&text) } else { self.note(&text) }
        }
    }

    /// What became of one group.
    pub(crate) fn group(&mut self, report: &GroupReport) {
        let name = report.name.as_str();
        if let Some(error) = report.error.as_ref().filter(|_| report.refusals.is_empty()) {
            self.error(Some(name), error);
        }
        for refusal in &report.refusals {
            self.error(Some(name), &refusal.error());
        }
        match report.undone {
            Some(true) if !report.touched => self.err_line((PLAIN, ""), &format!("{name}: nothing was changed")),
            Some(true) => {
                let text = format!("{name}: everything was undone; the host is as it was before");
                self.err_line((PLAIN, ""), &text);
            }
            Some(false) => self.err_line((ERROR, ""), &format!("{name}: not everything could be undone")),
            None => {}
        }
        for failure in &report.failures {
            self.err_line((PLAIN, "  failed: "), failure);
        }
        if !report.left.is_empty() {
            self.err_line((PLAIN, ""), &format!("{name}: what is left to do by hand:"));
            for command in &report.left {
                self.err_line((PLAIN, "  "), command);
            }
        }
        if let Some(summary) = report.summary.as_ref().filter(|_| !self.quiet) {
            self.line(&format!("{name}: {summary}"));
        }
        if !report.steps.is_empty() {
            // The next one may take as long.
            self.flush();
        }
    }

    /// What is wrong in files, each with its lines.
    pub(crate) fn problems(&mut self, files: &[SourceFile], problems: &[Problem]) {
        let text = problems::render(files, problems, self.paint_err);
        self.rendered_err(&text);
    }

    /// Why a command failed as a whole.
    pub(crate) fn command_error(&mut self, error: &CommandError) {
        match &error.config {
            Some(ConfigError::Problems { files, problems }) => {
                self.problems(files, problems);
            }
            Some(ConfigError::Unreadable(files)) => {
                for file in files {
                    self.err_line((ERROR, "error: "), &file.to_string());
                }
            }
            Some(ConfigError::Distrusted(distrusted)) => {
                for distrust in distrusted {
                    let (message, hint) = (distrust.to_string(), Some(distrust.cure()));
                    self.error(None, &ErrorText { message, causes: vec![], hint });
                }
            }
            _ => {}
        }
        self.error(None, &error.told);
        if self.json {
            match &error.config {
                Some(ConfigError::Problems { files, problems }) => {
                    self.document(&document::problems(files, problems));
                }
                Some(ConfigError::Unreadable(files)) => self.document(&document::unreadable(files)),
                Some(ConfigError::Distrusted(distrusted)) => self.document(&document::distrusted(distrusted)),
                _ => self.document(&document::error(error.code, &error.told)),
            }
        }
    }

    /// Why the arguments make no sense, in clap's words.
    pub(crate) fn usage_error(&mut self, error: &clap::Error) {
        let text = error.render();
        let plain = text.to_string();
        let shown = if self.paint_err == Paint::Yes { text.ansi().to_string() } else { plain.clone() };
        self.rendered_err(&shown);
        if self.json {
            // Without any argument clap shows its help instead of an error.
            let message = match plain.lines().next().and_then(|first| first.strip_prefix("error: ")) {
                Some(message) => message.to_owned(),
                None => "no command".to_owned(),
            };
            let hint = Some("mpath --help".to_owned());
            self.document(&document::error(ExitCode::Usage, &ErrorText { message, causes: vec![], hint }));
        }
    }

    /// Ends it: everything is written, or the code says that it is not.
    pub(crate) fn finish(mut self, code: ExitCode) -> ExitCode {
        self.write_gathered();
        let flushed = self.out.flush();
        let broken = self.broken.take().or(flushed.err());
        // A reader that has seen enough, as `head`, is no failure.
        let Some(error) = broken.filter(|error| error.kind() != io::ErrorKind::BrokenPipe) else { return code };
        let message = "cannot write to standard output".to_owned();
        self.error(None, &ErrorText { message, causes: vec![error.to_string()], hint: None });
        code.or_worse(ExitCode::Failed)
    }
}

#[cfg(test)]
mod tests;
