//! Linux: the bonding driver.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use mpath_backend_linux::LinuxBackend;
use mpath_core::{Backend, BackendError, Capabilities};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::time::{ClockId, clock_gettime};

use super::Moment;

/// Where what is made for this boot lies, below the root.
pub(crate) const TRANSIENT: &str = "run/mpath";

/// `/run/mpath`; and a directory of its own in it for each network namespace other than that of the first process:
/// they share the files of `/run`, and none of their interfaces.
pub(crate) fn state_directory() -> PathBuf {
    let shared = PathBuf::from("/run/mpath");
    let namespace = |process: &str| fs::metadata(format!("/proc/{process}/ns/net")).map(|found| found.ino());
    match (namespace("1"), namespace("thread-self")) {
        (Ok(first), Ok(own)) if first != own => shared.join(format!("net-{own}")),
        // Only root may look at the first process. Others who may write there share one directory, in which a receipt
        // of another namespace does not count.
        _ => shared,
    }
}

/// What stands before a line for syslog(3), which puts the name of the program there by itself (glibc).
pub(crate) const SYSLOG_TAG: &str = "";

/// Nothing lasts here yet, so that there is nothing in it.
pub(crate) fn lasting_directory() -> PathBuf {
    "/var/lib/mpath".into()
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
    // No process outlives a boot.
    static BOOT_ID: OnceLock<String> = OnceLock::new();
    let boot = match BOOT_ID.get() {
        Some(boot) => boot,
        None => {
            let boot = fs::read_to_string(BOOT).map_err(|error| (BOOT, error))?;
            BOOT_ID.get_or_init(|| boot.trim().to_owned())
        }
    };
    Ok(Moment {
        boot: boot.clone(),
        namespace: fs::metadata(NAMESPACE).map_err(|error| (NAMESPACE, error))?.ino(),
        seconds: u64::try_from(clock_gettime(ClockId::Boottime).tv_sec).unwrap_or(0),
    })
}

/// Hears when somebody closes a file that was open for writing (`IN_CLOSE_WRITE` of inotify(7)), from its making on.
#[derive(Debug)]
pub(crate) struct Closing(Option<OwnedFd>);

impl Closing {
    /// Without inotify, of which a user has only so many, there is nothing to hear.
    pub(crate) fn of(path: &Path) -> Self {
        let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok();
        Self(watch.filter(|watch| inotify::add_watch(watch, path, WatchFlags::CLOSE_WRITE).is_ok()))
    }

    /// Waits until somebody has closed it since the last time, or so long.
    pub(crate) fn wait(&self, limit: Duration) {
        /// Short enough for people.
        const MOMENT: Duration = Duration::from_millis(50);
        let Some(watch) = &self.0 else {
            std::thread::sleep(limit.min(MOMENT));
            return;
        };
        let Ok(limit) = Timespec::try_from(limit) else { return };
        if poll(&mut [PollFd::new(watch, PollFlags::IN)], Some(&limit)).is_ok_and(|ready| ready > 0) {
            // What was heard is done with, or the next wait would end at once.
            let mut heard = [0; 4096];
            while rustix::io::read(watch, &mut heard).is_ok_and(|length| length > 0) {}
        }
    }
}
