//! illumos and Solaris: IPMP.

use std::io;

use mpath_backend_illumos::IllumosBackend;
use mpath_core::{Backend, BackendError, Capabilities};
use rustix::time::{ClockId, clock_gettime};

use super::Moment;

/// Where what is made for this boot lies, below the root.
pub(crate) const TRANSIENT: &str = "var/run/mpath";

/// In memory (tmpfs): receipts go with a boot, as temporary interfaces do.
pub(crate) fn state_directory() -> std::path::PathBuf {
    "/var/run/mpath".into()
}

/// What stands before a line for syslog(3), which puts the name of the program there by itself only after
/// openlog(3C), whose text must stay where it is.
pub(crate) const SYSLOG_TAG: &str = "mpath: ";

/// Beside the state of the system's own daemons (`/var/inet`, `/var/dhcp`): filesystem(7) has no `/var/lib`.
pub(crate) fn lasting_directory() -> std::path::PathBuf {
    "/var/mpath".into()
}

pub(crate) fn capabilities() -> Option<Capabilities> {
    Some(mpath_backend_illumos::capabilities())
}

pub(crate) fn open() -> Result<Box<dyn Backend>, BackendError> {
    Ok(Box::new(IllumosBackend::new()?))
}

/// The file that this process runs.
pub(crate) fn program() -> io::Result<std::path::PathBuf> {
    std::env::current_exe()
}

pub(crate) fn moment() -> Result<Moment, (&'static str, io::Error)> {
    Ok(Moment {
        // A receipt of another boot cannot be in memory, and each zone has its own /var/run.
        boot: String::new(),
        namespace: 0,
        // Since an arbitrary time that does not change until the next boot (clock_gettime(3C), CLOCK_HIGHRES).
        seconds: u64::try_from(clock_gettime(ClockId::Monotonic).tv_sec).unwrap_or(0),
    })
}
