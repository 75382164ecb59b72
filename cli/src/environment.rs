//! What mpath gets from the process around it, so that a test can give something else.

use std::io::{self, Write};
use std::path::PathBuf;

use mpath_core::journal::Token;
use mpath_core::{Backend, BackendError, Capabilities};

use crate::prompt::Prompt;

/// The world outside of the arguments.
pub struct Environment<'a> {
    /// Opens the host. Called only by the commands that look at it.
    pub open_backend: &'a mut dyn FnMut() -> Result<Box<dyn Backend>, BackendError>,
    /// What the platform can do, as far as that is known without looking; `None` where mpath has no platform.
    pub capabilities: Option<Capabilities>,
    /// Where data goes.
    pub stdout: Stream<'a>,
    /// Where everything else goes.
    pub stderr: Stream<'a>,
    /// Whether the user wants no colours.
    pub no_color: bool,
    /// Where the lock, the receipts and the journals lie; gone after a boot.
    pub state_directory: PathBuf,
    /// Starts a process of its own that runs `mpath guard` for a change, and returns once that is at work.
    pub start_guard: &'a mut dyn FnMut(&Token) -> io::Result<()>,
    /// The person who can be asked, where one is there.
    pub prompt: Option<&'a mut dyn Prompt>,
}

/// A place to write to.
pub struct Stream<'a> {
    /// The place.
    pub writer: &'a mut dyn Write,
    /// Whether a person looks at it.
    pub is_terminal: bool,
}
