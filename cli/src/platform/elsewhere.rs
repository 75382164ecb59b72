//! Another platform than this one, to plan for without touching it.
//!
//! In: a platform's name, and a captured snapshot or the groups of the configuration. Out: a [`Backend`] that looks at
//! that snapshot and explains steps, and does none.

use std::path::Path;
use std::time::Duration;

use clap::ValueEnum;
use mpath_backend_illumos::Dialect;
use mpath_core::identity::Os;
use mpath_core::{
    Backend, BackendError, Capabilities, Changes, Counters, Finding, Group, InterfaceName, Snapshot, Step,
};

use crate::trust;

/// A captured state is no longer than this, even of a host with thousands of interfaces.
const LONGEST: u64 = 64 * 1024 * 1024;

/// A platform to plan for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Platform {
    /// Linux bonding
    Linux,
    /// illumos IPMP, by `ipadm`
    Illumos,
    /// illumos IPMP before November 2021, by `ifconfig`
    IllumosIfconfig,
    /// Oracle Solaris 11.4 IPMP
    Solaris,
}

/// A host of another platform, as a snapshot.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    platform: Platform,
    capabilities: Capabilities,
    host: Snapshot,
}

impl Platform {
    /// The newest platform of a system.
    pub(crate) fn of(os: Os) -> Self {
        match os {
            Os::Linux => Self::Linux,
            Os::Illumos => Self::Illumos,
            Os::Solaris => Self::Solaris,
        }
    }

    /// The system, as files know it.
    pub(crate) fn os(self) -> Os {
        match self {
            Self::Linux => Os::Linux,
            Self::Illumos | Self::IllumosIfconfig => Os::Illumos,
            Self::Solaris => Os::Solaris,
        }
    }

    fn dialect(self) -> Option<Dialect> {
        match self {
            Self::Linux => None,
            Self::Illumos => Some(Dialect::Ipadm),
            Self::IllumosIfconfig => Some(Dialect::Ifconfig),
            Self::Solaris => Some(Dialect::Solaris11),
        }
    }

    /// What it can do, as far as that is known without a look at a host.
    pub(crate) fn capabilities(self) -> Capabilities {
        match self.dialect() {
            None => mpath_backend_linux::capabilities(),
            Some(dialect) => mpath_backend_illumos::capabilities_of(dialect),
        }
    }
}

impl Elsewhere {
    /// A host as it was captured.
    pub(crate) fn captured(platform: Platform, file: &Path) -> Result<Self, BackendError> {
        let object = || file.display().to_string();
        let text = trust::read_regular(file, LONGEST);
        let text = text.map_err(|source| BackendError::Io { action: "read", object: object(), source })?;
        let host = serde_json::from_slice(&text)
            .map_err(|error| BackendError::Nonsense { object: object(), found: error.to_string() })?;
        Ok(Self::new(platform, host))
    }

    /// A host with nothing but the members of these groups: wired, and used by nobody.
    pub(crate) fn with_members_of(platform: Platform, groups: &[Group]) -> Self {
        let mut host = Snapshot::with_members_of(groups);
        if platform.dialect().is_some() {
            host.host_wide = Some(mpath_backend_illumos::shipped_settings());
        }
        Self::new(platform, host)
    }

    /// A host in a state that was captured.
    pub(crate) fn new(platform: Platform, host: Snapshot) -> Self {
        let mut capabilities = platform.capabilities();
        if platform.dialect().is_some() {
            capabilities.obstacles = mpath_backend_illumos::obstacles_in(&host);
        }
        Self { platform, capabilities, host }
    }
}

impl Backend for Elsewhere {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn observe(&mut self) -> Result<Snapshot, BackendError> {
        Ok(self.host.clone())
    }

    fn changes(&mut self) -> Result<Box<dyn Changes>, BackendError> {
        Err(this_is_a_plan("listen for changes".to_owned()))
    }

    fn counters(&self, _: &InterfaceName) -> Option<Counters> {
        None
    }

    fn diagnose(&mut self, _: &Snapshot, _: Duration) -> Result<Vec<Finding>, BackendError> {
        Err(this_is_a_plan("look for what is wrong".to_owned()))
    }

    fn explain(&self, step: &Step) -> Vec<String> {
        match self.platform.dialect() {
            None => mpath_backend_linux::explain(step),
            Some(dialect) => mpath_backend_illumos::explain(step, dialect),
        }
    }

    fn execute(&mut self, step: &Step) -> Result<(), BackendError> {
        Err(this_is_a_plan(step.to_string()))
    }
}

fn this_is_a_plan(operation: String) -> BackendError {
    let message = Some("this is a plan for another system".to_owned());
    BackendError::Refused { operation, errno: None, message }
}
