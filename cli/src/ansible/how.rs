//! Whether a module may change anything, and what it shows.

/// How a module is to be run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct How {
    /// Nothing may be changed: only what would be is told.
    pub(crate) check: bool,
    /// What is changed is shown.
    pub(crate) diff: bool,
}
