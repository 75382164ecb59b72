//! The system that this mpath was built for. The only place of the workspace that asks.
//!
//! Each platform is one file with the same things: where state lies, and what of it stays after a boot, what can be
//! done, how the host is opened, what this program is, the [`Moment`] that dates a receipt, how one hears that a file is
//! closed; and beside it others, of when a packet came and which packets one can see, and of how one speaks to the manager of
//! services and to its journal.

cfg_if::cfg_if! {
    if #[cfg(target_os = "linux")] {
        mod linux;
        mod service;
        mod stamped;
        pub(crate) use linux::{Closing, SYSLOG_TAG, TRANSIENT, capabilities, lasting_directory, moment, open, program, state_directory};
        pub(crate) use service::{Journal, is_logged_by_syslog, ready, stopping, watchdog, watchdog_interval};
        pub(crate) use stamped::{Frames, RAW_SOCKETS_HEAR_TCP, receive, stamp};
    } else if #[cfg(any(target_os = "illumos", target_os = "solaris"))] {
        mod illumos;
        mod closing;
        mod no_service;
        mod unstamped;
        pub(crate) use unstamped::{Frames, RAW_SOCKETS_HEAR_TCP, receive, stamp};
        pub(crate) use closing::Closing;
        pub(crate) use no_service::{Journal, is_logged_by_syslog, ready, stopping, watchdog, watchdog_interval};
        pub(crate) use illumos::{SYSLOG_TAG, TRANSIENT, capabilities, lasting_directory, moment, open, program, state_directory};
    } else {
        mod none;
        mod closing;
        mod no_service;
        mod unstamped;
        pub(crate) use unstamped::{Frames, RAW_SOCKETS_HEAR_TCP, receive, stamp};
        pub(crate) use closing::Closing;
        pub(crate) use no_service::{Journal, is_logged_by_syslog, ready, stopping, watchdog, watchdog_interval};
        pub(crate) use none::{SYSLOG_TAG, TRANSIENT, capabilities, lasting_directory, moment, open, program, state_directory};
    }
}

pub(crate) mod elsewhere;

/// When and where a receipt was taken: another boot or another network namespace has other interfaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Tells one boot from another.
    pub(crate) boot: String,
    /// Tells one network namespace from another.
    pub(crate) namespace: u64,
    /// Seconds since the boot, those asleep included: the lifetimes of addresses run on.
    pub(crate) seconds: u64,
}
