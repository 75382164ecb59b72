//! A system for which mpath has no platform yet: files can be checked, nothing else.

use std::io;

use mpath_core::{Backend, BackendError, Capabilities};

use super::Moment;

/// Where what is made for this boot lies, below the root.
pub(crate) const TRANSIENT: &str = "var/run/mpath";

pub(crate) fn state_directory() -> std::path::PathBuf {
    "/var/run/mpath".into()
}

/// What stands before a line for syslog(3).
pub(crate) const SYSLOG_TAG: &str = "mpath: ";

pub(crate) fn lasting_directory() -> std::path::PathBuf {
    "/var/lib/mpath".into()
}

pub(crate) fn capabilities() -> Option<Capabilities> {
    None
}

pub(crate) fn open() -> Result<Box<dyn Backend>, BackendError> {
    Err(BackendError::NoDriver {
        reason: format!("this mpath was built for {}, which it does not know how to drive", std::env::consts::OS),
        cure: "use mpath on Linux; `mpath check` works here too".to_owned(),
    })
}

/// The file that this process runs.
pub(crate) fn program() -> io::Result<std::path::PathBuf> {
    std::env::current_exe()
}

pub(crate) fn moment() -> Result<Moment, (&'static str, io::Error)> {
    Err(("the time of the last boot", io::ErrorKind::Unsupported.into()))
}
