//! Linux: the bonding driver.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;

use mpath_backend_linux::LinuxBackend;
use mpath_core::{Backend, BackendError, Capabilities};
use rustix::time::{ClockId, clock_gettime};

use super::Moment;

pub(crate) const STATE_DIRECTORY: &str = "/run/mpath";

pub(crate) fn capabilities() -> Option<Capabilities> {
    Some(mpath_backend_linux::capabilities())
}

pub(crate) fn open() -> Result<Box<dyn Backend>, BackendError> {
    Ok(Box::new(LinuxBackend::new()?))
}

pub(crate) fn moment() -> Result<Moment, (&'static str, io::Error)> {
    const BOOT: &str = "/proc/sys/kernel/random/boot_id";
    // Of the thread, not of the process: a network namespace is a thread's (namespaces(7)).
    const NAMESPACE: &str = "/proc/thread-self/ns/net";
    Ok(Moment {
        boot: fs::read_to_string(BOOT).map_err(|error| (BOOT, error))?.trim().to_owned(),
        namespace: fs::metadata(NAMESPACE).map_err(|error| (NAMESPACE, error))?.ino(),
        seconds: u64::try_from(clock_gettime(ClockId::Boottime).tv_sec).unwrap_or(0),
    })
}
