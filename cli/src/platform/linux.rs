//! Linux: the bonding driver.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use mpath_backend_linux::LinuxBackend;
use mpath_core::{Backend, BackendError, Capabilities};
use rustix::time::{ClockId, clock_gettime};

use super::Moment;

/// `/run/mpath`; and a directory of its own in it for each network namespace other than that of the first process:
/// they share the files of `/run`, and none of their interfaces.
pub(crate) fn state_directory() -> PathBuf {
    let shared = PathBuf::from("/run/mpath");
    let namespace = |process: &str| fs::metadata(format!("/proc/{process}/ns/net")).map(|found| found.ino());
    match (namespace("1"), namespace("thread-self")) {
        (Ok(first), Ok(own)) if first != own => shared.join(format!("net-{own}")),
        // Whoever may not look at the first process may not write there either.
        _ => shared,
    }
}

pub(crate) fn capabilities() -> Option<Capabilities> {
    Some(mpath_backend_linux::capabilities())
}

pub(crate) fn open() -> Result<Box<dyn Backend>, BackendError> {
    Ok(Box::new(LinuxBackend::new()?))
}

/// The file that this process runs. Its name may be another's by now, or nobody's, as after an upgrade or in a changed
/// root; the link of proc(5) leads to it all the same.
pub(crate) fn program() -> io::Result<PathBuf> {
    let link = PathBuf::from("/proc/self/exe");
    let same = |path: &PathBuf| {
        let (named, own) = (fs::metadata(path).ok()?, fs::metadata(&link).ok()?);
        Some((named.dev(), named.ino()) == (own.dev(), own.ino()))
    };
    let named = std::env::current_exe()?;
    Ok(if same(&named) == Some(true) { named } else { link })
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
