//! What became of the groups that were to be changed: `mpath.report/1`.

use mpath_core::note::Note;
use mpath_core::plan::NoPlan;
use mpath_core::{GroupName, InterfaceName};
use serde::Serialize;

use super::{NoteText, RefusalText};
use crate::ExitCode;
use crate::error::{ErrorText, record_code, refusal_code};
use crate::record::RecordError;

/// How it ended for one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// It was as wanted before.
    Unchanged,
    /// It is as wanted now.
    Changed,
    /// It was begun and failed.
    Failed,
    /// It was not begun.
    Refused,
}

/// What became of one group.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct GroupReport {
    /// The group.
    pub(crate) name: GroupName,
    /// Its device, where that is known.
    pub(crate) device: Option<InterfaceName>,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// The steps of the plan.
    pub(crate) steps: Vec<String>,
    /// Whether everything was undone, where there was something to undo.
    pub(crate) undone: Option<bool>,
    /// What failed.
    pub(crate) error: Option<ErrorText>,
    /// Everything that stood against it.
    pub(crate) refusals: Vec<RefusalText>,
    /// What failed on the way back.
    pub(crate) failures: Vec<String>,
    /// Commands that bring the rest about by hand.
    pub(crate) left: Vec<String>,
    /// What was to be known.
    pub(crate) notes: Vec<NoteText>,
    /// How it counts for the exit code.
    #[serde(skip)]
    pub(crate) code: ExitCode,
    /// Whether anything was done, be it undone since.
    #[serde(skip)]
    pub(crate) touched: bool,
    /// How it ended, in words.
    #[serde(skip)]
    pub(crate) summary: Option<String>,
}

impl GroupReport {
    /// A report before anything was done.
    pub(crate) fn new(name: &GroupName, device: Option<&InterfaceName>) -> Self {
        Self {
            name: name.clone(),
            device: device.cloned(),
            outcome: Outcome::Unchanged,
            steps: vec![],
            undone: None,
            error: None,
            refusals: vec![],
            failures: vec![],
            left: vec![],
            notes: vec![],
            code: ExitCode::Done,
            touched: false,
            summary: None,
        }
    }

    /// It was as wanted.
    pub(crate) fn unchanged(mut self, summary: &str) -> Self {
        self.summary = Some(summary.to_owned());
        self
    }

    /// It is as wanted now.
    pub(crate) fn changed(mut self, summary: String) -> Self {
        self.outcome = Outcome::Changed;
        self.summary = Some(summary);
        self
    }

    /// It failed.
    pub(crate) fn failed(mut self, code: ExitCode, error: ErrorText) -> Self {
        self.outcome = Outcome::Failed;
        self.code = code;
        self.error = Some(error);
        self
    }

    /// It failed by a file of mpath's own.
    pub(crate) fn failed_by_record(self, error: &RecordError) -> Self {
        self.failed(record_code(error), ErrorText::of(error, error.hint()))
    }

    /// It failed after its last step, and what became of undoing it.
    pub(crate) fn failed_and_reverted(self, error: ErrorText, undone: Self) -> Self {
        let complete = undone.code == ExitCode::Done;
        let mut report = self.failed(if complete { ExitCode::Failed } else { ExitCode::NotUndone }, error);
        // What was said of it is no longer so.
        (report.summary, report.touched) = (None, true);
        report.undone = Some(complete);
        report.failures = undone.failures;
        report.left = undone.left;
        report.failures.extend(undone.error.map(|error| error.message));
        report
    }

    /// It was not begun, as an earlier change is in the way.
    pub(crate) fn held_up(mut self, code: ExitCode, error: ErrorText) -> Self {
        self = self.failed(code, error);
        self.outcome = Outcome::Refused;
        self
    }

    /// It was not begun.
    pub(crate) fn refused(mut self, why: &NoPlan) -> Self {
        match why {
            NoPlan::Refused(refusals) => {
                self.code = refusals.iter().map(refusal_code).fold(ExitCode::Done, ExitCode::or_worse);
                self.refusals = refusals.iter().map(RefusalText::new).collect();
                self.error = self.refusals.first().map(RefusalText::error);
            }
            NoPlan::Defect(_) => {
                self.code = ExitCode::Failed;
                self.error = Some(ErrorText::of(why, None));
            }
        }
        self.outcome = Outcome::Refused;
        self
    }

    /// With what was to be known.
    pub(crate) fn with_notes(mut self, notes: &[Note]) -> Self {
        self.notes = notes.iter().map(NoteText::new).collect();
        self
    }
}
