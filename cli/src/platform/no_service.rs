//! A system whose services tell nobody how they are, and have no journal. SMF watches over the process itself
//! (svc.startd(8)), and its logs are syslog and files.

use std::io;
use std::time::Duration;

use crate::agent::Weight;

/// There is no journal.
pub(crate) enum Journal {}

impl Journal {
    pub(crate) fn is_behind_stderr() -> bool {
        false
    }

    pub(crate) fn open() -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "this system has none"))
    }

    pub(crate) fn write(&self, _: Weight, _: &str, _: &[(String, String)]) -> io::Result<()> {
        match *self {}
    }
}

/// Whether this process is a service whose lines are looked for in syslog: `SMF_FMRI` is in the environment of every method
/// (smf_method(7)).
pub(crate) fn is_logged_by_syslog() -> bool {
    std::env::var_os("SMF_FMRI").is_some()
}

pub(crate) fn ready(_: &str) {}

pub(crate) fn stopping() {}

pub(crate) fn watchdog() {}

pub(crate) fn watchdog_interval() -> Option<Duration> {
    None
}
