//! What every command works with.

use std::path::PathBuf;

use mpath_core::{Backend, BackendError, Capabilities};

use crate::arguments::{Global, Patience};
use crate::config::Configuration;
use crate::error::CommandError;
use crate::host::Host;
use crate::lock::{Holder, Lock};
use crate::output::Console;
use crate::receipts::ReceiptStore;

/// What every command works with.
pub(crate) struct Context<'e> {
    pub(crate) global: Global,
    pub(crate) console: Console<'e>,
    pub(crate) open_backend: &'e mut dyn FnMut() -> Result<Box<dyn Backend>, BackendError>,
    pub(crate) capabilities: Option<Capabilities>,
    pub(crate) state_directory: &'e PathBuf,
    /// Whether the command may change the host.
    pub(crate) changes_host: bool,
}

impl Context<'_> {
    /// Reads the configuration. A command that changes the host takes none that others can write; any other warns of it.
    pub(crate) fn configuration(&mut self) -> Result<Configuration, CommandError> {
        let configuration = Configuration::read(&self.global.config)?;
        if self.changes_host {
            return Ok(configuration.trusted()?);
        }
        for distrust in &configuration.distrust {
            self.console.warning(&format!("{distrust}, so that `up` and `down` refuse it: {}", distrust.cure()));
        }
        Ok(configuration)
    }

    /// Takes the right to change the host.
    pub(crate) fn lock(&mut self, patience: &Patience) -> Result<Lock, CommandError> {
        let console = &mut self.console;
        let mut tell = |holder: &Holder| console.note(&format!("waiting for {holder}"));
        Ok(Lock::take(self.state_directory, patience.wait.into(), &mut tell)?)
    }

    /// Opens the host and looks at it.
    pub(crate) fn host(&mut self) -> Result<Host, CommandError> {
        Ok(Host::open(self.open_backend)?)
    }

    /// The receipts.
    pub(crate) fn receipts(&self) -> ReceiptStore {
        ReceiptStore::new(self.state_directory)
    }
}
