//! The JSON documents and their parts. Their fields are a promise: `docs/reference/json.md`.

use std::borrow::Cow;

use mpath_core::note::Note;
use mpath_core::refusal::Refusal;
use mpath_core::{Outage, Problem, SourceFile, Step};
use serde::Serialize;

use crate::ExitCode;
use crate::config::Unreadable;
use crate::error::ErrorText;
use crate::trust::Distrust;

/// A document about groups.
#[derive(Debug, Serialize)]
pub(crate) struct Document<T> {
    /// The name and the version of the form.
    pub(crate) schema: &'static str,
    /// The groups.
    pub(crate) groups: Vec<T>,
}

/// A step, as data, as a sentence and as commands, and what it interrupts.
#[derive(Debug, Serialize)]
pub(crate) struct StepText {
    #[serde(flatten)]
    step: Step,
    pub(crate) text: String,
    pub(crate) commands: Vec<String>,
    pub(crate) outage: Outage,
}

impl StepText {
    pub(crate) fn new(step: Step, commands: Vec<String>, outage: Outage) -> Self {
        Self { text: step.to_string(), step, commands, outage }
    }
}

/// A note, as data and as a sentence.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct NoteText {
    #[serde(flatten)]
    note: Note,
    pub(crate) text: String,
    pub(crate) warning: bool,
}

impl NoteText {
    pub(crate) fn new(note: &Note) -> Self {
        Self { text: note.to_string(), warning: note.is_warning(), note: note.clone() }
    }

    /// Whether it is about another program that manages an interface.
    pub(crate) fn is_of_a_manager(&self) -> bool {
        matches!(self.note, Note::Managed { .. })
    }

    /// What it begins with.
    pub(crate) fn word(&self) -> &'static str {
        if self.warning { "warning" } else { "note" }
    }
}

/// A reason against, as data and as a sentence.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RefusalText {
    #[serde(flatten)]
    refusal: Refusal,
    pub(crate) text: String,
    pub(crate) hint: String,
}

impl RefusalText {
    pub(crate) fn new(refusal: &Refusal) -> Self {
        let text = match refusal {
            // It names its group, which whoever shows it does too.
            Refusal::Unsupported(unsupported) => {
                let text = unsupported.to_string();
                text.strip_prefix(&format!("group {}: ", unsupported.group)).unwrap_or(&text).to_owned()
            }
            _ => refusal.to_string(),
        };
        Self { text, hint: refusal.hint(), refusal: refusal.clone() }
    }

    /// The same as an error.
    pub(crate) fn error(&self) -> ErrorText {
        ErrorText { message: self.text.clone(), causes: vec![], hint: Some(self.hint.clone()) }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct ErrorDocument<'a> {
    schema: &'static str,
    exit: u8,
    error: &'a ErrorText,
}

/// Why a command failed as a whole.
pub(super) fn error(code: ExitCode, error: &ErrorText) -> ErrorDocument<'_> {
    ErrorDocument { schema: "mpath.error/1", exit: code.number(), error }
}

#[derive(Debug, Serialize)]
pub(super) struct ProblemsDocument<'a> {
    schema: &'static str,
    problems: Vec<ProblemEntry<'a>>,
}

#[derive(Debug, Serialize)]
struct ProblemEntry<'a> {
    file: Cow<'a, str>,
    line: Option<usize>,
    column: Option<usize>,
    key: &'a str,
    code: &'a str,
    message: String,
    allowed: Option<&'a str>,
    hint: Option<Cow<'a, str>>,
}

/// What is wrong in the files.
pub(super) fn problems<'a>(files: &'a [SourceFile], problems: &'a [Problem]) -> ProblemsDocument<'a> {
    let entry = |problem: &'a Problem| {
        let file = files.get(problem.span.source);
        let position = file.map(|file| file.position(problem.span.bytes.start));
        ProblemEntry {
            file: file.map_or("", |file| &file.path).into(),
            line: position.map(|(line, _)| line),
            column: position.map(|(_, column)| column),
            key: &problem.key,
            code: problem.code,
            message: problem.message.clone(),
            allowed: problem.allowed.as_deref(),
            hint: problem.hint.as_deref().map(Cow::Borrowed),
        }
    };
    ProblemsDocument { schema: "mpath.problems/1", problems: problems.iter().map(entry).collect() }
}

/// The files that cannot be read, as problems.
pub(super) fn unreadable(files: &[Unreadable]) -> ProblemsDocument<'_> {
    let problems = files.iter().map(|file| ProblemEntry {
        file: file.path.as_str().into(),
        line: file.why.line(),
        column: None,
        key: "",
        code: file.why.code(),
        message: file.why.to_string(),
        allowed: None,
        hint: None,
    });
    ProblemsDocument { schema: "mpath.problems/1", problems: problems.collect() }
}

/// What others have a hand on, as problems.
pub(super) fn distrusted(distrusted: &[Distrust]) -> ProblemsDocument<'_> {
    let problems = distrusted.iter().map(|distrust| ProblemEntry {
        file: distrust.path().to_string_lossy(),
        line: None,
        column: None,
        key: "",
        code: "not-trusted",
        message: distrust.to_string(),
        allowed: None,
        hint: Some(distrust.cure().into()),
    });
    ProblemsDocument { schema: "mpath.problems/1", problems: problems.collect() }
}
