//! What every command works with.

use std::path::PathBuf;

use mpath_core::{Backend, BackendError, Capabilities};

use crate::arguments::Global;
use crate::config::Configuration;
use crate::error::CommandError;
use crate::host::Host;
use crate::lock::Lock;
use crate::output::Console;
use crate::receipts::ReceiptStore;

/// What every command works with.
pub(crate) struct Context<'e> {
    pub(crate) global: Global,
    pub(crate) console: Console<'e>,
    pub(crate) open_backend: &'e mut dyn FnMut() -> Result<Box<dyn Backend>, BackendError>,
    pub(crate) capabilities: Option<Capabilities>,
    pub(crate) state_directory: &'e PathBuf,
}

impl Context<'_> {
    /// Reads the configuration and tells what is odd about its files.
    pub(crate) fn configuration(&mut self) -> Result<Configuration, CommandError> {
        let configuration = Configuration::read(&self.global.config)?;
        for path in &configuration.world_writable {
            self.console
                .warning(&format!("everybody may write to {path}, and mpath does what it says: chmod o-w {path}"));
        }
        Ok(configuration)
    }

    /// Opens the host and looks at it.
    pub(crate) fn host(&mut self) -> Result<Host, CommandError> {
        Ok(Host::open(self.open_backend)?)
    }

    /// Takes the right to change the host.
    pub(crate) fn lock(&self) -> Result<Lock, CommandError> {
        let own = |capabilities: &Capabilities| capabilities.cures.own(&self.state_directory.display().to_string());
        Lock::take(self.state_directory)
            .map_err(|error| CommandError::of_lock(error, self.capabilities.as_ref().map(own)))
    }

    /// The receipts.
    pub(crate) fn receipts(&self) -> ReceiptStore {
        ReceiptStore::new(self.state_directory)
    }
}
