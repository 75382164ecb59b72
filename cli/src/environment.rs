//! What mpath gets from the process around it, so that a test can give something else.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

use mpath_core::journal::Token;
use mpath_core::{Backend, BackendError, Capabilities, Identity};

use crate::boot::Services;
use crate::prompt::Prompt;
use crate::reach::Prober;

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
    /// Where the receipts lie of groups that come back after a boot.
    pub lasting_directory: PathBuf,
    /// Starts a process of its own that runs `mpath guard` for a change, and returns once that is at work.
    pub start_guard: &'a mut dyn FnMut(&Token) -> io::Result<()>,
    /// The manager of services.
    pub services: &'a mut dyn Services,
    /// The person who can be asked, where one is there.
    pub prompt: Option<&'a mut dyn Prompt>,
    /// Who asks whether something can still be reached.
    pub prober: &'a mut dyn Prober,
    /// What is so only of a process of its own; `None` where mpath runs inside another program.
    pub live: Option<Live>,
    /// The file of the name servers.
    pub resolv_conf: PathBuf,
    /// The name of this host and its system.
    pub identity: Identity,
    /// `SSH_CONNECTION`, where mpath is called over SSH.
    pub ssh_connection: Option<OsString>,
}

/// A process of its own, whose signals and standard streams are mpath's.
#[derive(Debug, Clone, Copy)]
pub struct Live {
    /// Whether standard input and output are a terminal that can be drawn on.
    pub is_screen: bool,
}

/// A place to write to.
pub struct Stream<'a> {
    /// The place.
    pub writer: &'a mut dyn Write,
    /// Whether a person looks at it.
    pub is_terminal: bool,
}
