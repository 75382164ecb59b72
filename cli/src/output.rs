//! What people and programs are told. Only what is below here writes to the streams.

mod console;
mod document;
mod event;
mod group_plan;
pub(crate) mod paint;
mod printable;
mod problems;
pub(crate) mod report;
mod table;
mod timeline;

/// A path as one word of a command that an administrator could type.
pub(crate) fn shell_path(path: &std::path::Path) -> String {
    mpath_core::shell::word(&path.to_string_lossy()).into_owned()
}

/// Problems as people are shown them.
#[cfg(feature = "fuzzing")]
pub(crate) fn problems_in_words(files: &[mpath_core::SourceFile], problems: &[mpath_core::Problem]) -> String {
    problems::render(files, problems, Paint::No)
}

pub(crate) use console::Console;
pub(crate) use document::{Document, NoteText, RefusalText, StepText};
pub(crate) use event::EventRecord;
pub(crate) use group_plan::GroupPlan;
pub(crate) use paint::Paint;
pub(crate) use printable::printable;
pub(crate) use table::Table;
pub(crate) use timeline::Timeline;
