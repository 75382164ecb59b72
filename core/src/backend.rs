//! The seam between mpath and a system: what a platform must offer.

use std::io;
use std::time::Duration;

use crate::adoption::LeaveAlone;
use crate::finding::Finding;
use crate::{Capabilities, InterfaceName, Snapshot, Step};

/// One platform's way to look at a host and to change it. The level is that of the domain, never of a tool.
pub trait Backend {
    /// What the platform can do. May grow more exact with an observation.
    fn capabilities(&self) -> &Capabilities;

    /// Looks at the host. Reads, never writes.
    ///
    /// # Errors
    ///
    /// The system does not tell, or tells what cannot be understood.
    fn observe(&mut self) -> Result<Snapshot, BackendError>;

    /// Looks only at what changes by itself, links and who carries the traffic; all else is as it was at the last look.
    /// `None` where that is not quicker than to look at everything, or would not be true.
    ///
    /// # Errors
    ///
    /// As of [`observe`](Self::observe).
    fn glance(&mut self, last: &Snapshot) -> Result<Option<Snapshot>, BackendError> {
        let _ = last;
        Ok(None)
    }

    /// Looks again at these interfaces, in the system and not in a memory, and at whatever else is another than at the last
    /// look; `last` is how the host was then, and is how it is now. Where the platform cannot tell what is another, and
    /// here, that is a look at everything. Reads, never writes; a failure leaves `last` as it was.
    ///
    /// # Errors
    ///
    /// As of [`observe`](Self::observe).
    fn refresh(&mut self, last: &mut Snapshot, interfaces: &[InterfaceName]) -> Result<(), BackendError> {
        let _ = interfaces;
        *last = self.observe()?;
        Ok(())
    }

    /// Begins to listen for changes of the host, from now on.
    ///
    /// # Errors
    ///
    /// The system cannot be listened to.
    fn changes(&mut self) -> Result<Box<dyn Changes>, BackendError>;

    /// Puts in what is for eyes only and costs a look at each member: speeds, where `observe` does not tell them. Reads,
    /// never writes.
    fn measure(&self, snapshot: &mut Snapshot) {
        let _ = snapshot;
    }

    /// What an interface has carried, where the platform tells. Reads, never writes.
    fn counters(&self, interface: &InterfaceName) -> Option<Counters>;

    /// What an interface is made of, where the platform tells. Reads, never writes.
    fn hardware(&self, interface: &InterfaceName) -> Hardware {
        let _ = interface;
        Hardware::default()
    }

    /// Everything that is wrong with groups on the host, whoever made them, the worst first. Reads, never writes; listens
    /// for so long to what the segment says by itself, where that tells something.
    ///
    /// # Errors
    ///
    /// The system does not tell.
    fn diagnose(&mut self, snapshot: &Snapshot, listen: Duration) -> Result<Vec<Finding>, BackendError>;

    /// What makes the other tools of the host leave these interfaces alone, now and after a boot. Reads, never writes; none
    /// where nobody else has them.
    ///
    /// # Errors
    ///
    /// The system does not tell.
    fn leave_alone(
        &mut self,
        snapshot: &Snapshot,
        interfaces: &[InterfaceName],
    ) -> Result<Vec<LeaveAlone>, BackendError> {
        let _ = (snapshot, interfaces);
        Ok(vec![])
    }

    /// Who manages which interface or would at a boot, in the platform's words. Reads, never writes.
    fn managers(&mut self, snapshot: &Snapshot) -> Vec<(InterfaceName, String)> {
        let managed = snapshot.interfaces.iter().filter_map(|(name, interface)| Some((name, interface.manager?)));
        managed.map(|(name, manager)| (name.clone(), manager.word().to_owned())).collect()
    }

    /// A step as commands that an administrator could type. Pure.
    fn explain(&self, step: &Step) -> Vec<String>;

    /// Does a step, and makes no choice in it. The only thing in the workspace that changes the network.
    ///
    /// # Errors
    ///
    /// The system refused it. Whether the step has happened all the same, or half, only a look at the host can tell.
    fn execute(&mut self, step: &Step) -> Result<(), BackendError>;
}

/// Changes of a host, as they happen. Listens in a thread of its own.
pub trait Changes: Send {
    /// Returns when the host may be another than when this was called last, or than at the beginning.
    ///
    /// # Errors
    ///
    /// Listening has come to an end.
    fn wait(&mut self) -> Result<(), BackendError>;
}

/// What an interface is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hardware {
    /// Its driver.
    pub driver: Option<String>,
    /// The radio that it is on.
    pub phy: Option<String>,
    /// Its speed in Mbit/s.
    pub speed: Option<u32>,
}

/// What an interface has carried since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Bytes that came in.
    pub received: u64,
    /// Bytes that went out.
    pub sent: u64,
}

/// Why a platform did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// The system said no.
    #[error("{operation}: {}{}", .message.as_deref().unwrap_or("the system refused"), .errno.map(|e| format!(" ({})", errno_text(e))).unwrap_or_default())]
    Refused {
        /// What was tried, as an administrator would type it.
        operation: String,
        /// The system's error number.
        errno: Option<i32>,
        /// The system's own words.
        message: Option<String>,
    },
    /// The caller may not do that.
    #[error("{operation}: not permitted")]
    NotPermitted {
        /// What was tried.
        operation: String,
        /// The privilege that is needed, in the platform's words.
        needs: &'static str,
    },
    /// The system has no driver for groups.
    #[error("this system has no driver for groups: {reason}")]
    NoDriver {
        /// What was found.
        reason: String,
        /// A command that cures it.
        cure: String,
    },
    /// A program that is needed is not installed.
    #[error("{purpose} needs one of {}; none of them is installed", .programs.join(", "))]
    NoProgram {
        /// What it is needed for.
        purpose: &'static str,
        /// The programs, in the order in which they were looked for.
        programs: Vec<&'static str>,
        /// A command that cures it.
        cure: &'static str,
    },
    /// A native command failed.
    #[error("`{command}` {how}{}", said(.stdout, .stderr))]
    Command {
        /// The command line.
        command: String,
        /// How it ended, as in "exited with 1".
        how: String,
        /// What it wrote to its standard output.
        stdout: String,
        /// What it wrote to its standard error.
        stderr: String,
    },
    /// Something could not be read or written.
    #[error("cannot {action} {object}")]
    Io {
        /// What was tried, as in "read".
        action: &'static str,
        /// What on.
        object: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The system said something that cannot be.
    #[error("the system's answer about {object} makes no sense: {found}")]
    Nonsense {
        /// What it was about.
        object: String,
        /// What was found.
        found: String,
    },
}

fn errno_text(errno: i32) -> String {
    io::Error::from_raw_os_error(errno).to_string()
}

fn said(stdout: &str, stderr: &str) -> String {
    let words: Vec<_> = [stderr, stdout].iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
    if words.is_empty() { String::new() } else { format!(": {}", words.join("; ")) }
}

impl BackendError {
    /// What the reader can do about it, as a command where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotPermitted { needs, .. } => Some(format!("run it as root, or with {needs}")),
            Self::NoDriver { cure, .. } => Some(cure.clone()),
            Self::NoProgram { cure, .. } => Some((*cure).to_owned()),
            _ => None,
        }
    }
}
