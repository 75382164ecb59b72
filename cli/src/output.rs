//! What people and programs are told. Only what is below here writes to the streams.

mod console;
mod document;
mod printable;
mod problems;
pub(crate) mod report;
mod table;

pub(crate) use console::{Console, Paint};
pub(crate) use document::{Document, NoteText, RefusalText, StepText};
pub(crate) use table::Table;
