//! What mpath gets from the process around it, so that a test can give something else.

use std::io::Write;
use std::path::PathBuf;

use mpath_core::{Backend, BackendError, Capabilities};

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
    /// Where the lock and the receipts lie; gone after a boot.
    pub state_directory: PathBuf,
    /// Where the receipts lie of groups that come back after a boot.
    pub lasting_directory: PathBuf,
}

/// A place to write to.
pub struct Stream<'a> {
    /// The place.
    pub writer: &'a mut dyn Write,
    /// Whether a person looks at it.
    pub is_terminal: bool,
}
