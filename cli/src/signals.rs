//! Signals while the host is being changed.
//!
//! SIGINT and SIGTERM stop a change, and what was done is undone. SIGHUP does not: the terminal may be gone because of
//! the change itself, and half of it would be worse than all of it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag::register_usize;

/// The signals that came.
#[derive(Debug, Clone)]
pub(crate) struct Signals {
    stop: Arc<AtomicUsize>,
    hangup: Arc<AtomicUsize>,
}

/// A signal that asks for an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Signal {
    /// As by Ctrl-C.
    #[error("interrupted (SIGINT)")]
    Interrupt,
    /// As by kill(1).
    #[error("terminated (SIGTERM)")]
    Terminate,
}

impl Signals {
    /// From now on they are noted, and end nothing by themselves. Handlers, unlike ignored signals, are not inherited
    /// by the programs that are started (execve(2)).
    pub(crate) fn catch() -> io::Result<Self> {
        let (stop, hangup) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        for (signal, noted) in [(SIGINT, &stop), (SIGTERM, &stop), (SIGHUP, &hangup)] {
            register_usize(signal, Arc::clone(noted), usize::try_from(signal).unwrap_or(1))?;
        }
        Ok(Self { stop, hangup })
    }

    /// The one that asks for an end, if one came.
    pub(crate) fn caught(&self) -> Option<Signal> {
        match i32::try_from(self.stop.load(Ordering::SeqCst)) {
            Ok(SIGINT) => Some(Signal::Interrupt),
            Ok(SIGTERM) => Some(Signal::Terminate),
            _ => None,
        }
    }

    /// Whether the terminal is gone.
    pub(crate) fn hung_up(&self) -> bool {
        self.hangup.load(Ordering::SeqCst) != 0
    }
}
