//! What every command works with.

use std::io;
use std::path::PathBuf;

use mpath_core::journal::{Recovery, Token};
use mpath_core::{Backend, BackendError, Capabilities};

use crate::arguments::Global;
use crate::config::Configuration;
use crate::error::CommandError;
use crate::host::Host;
use crate::journals::JournalStore;
use crate::lock::Lock;
use crate::output::Console;
use crate::prompt::Prompt;
use crate::receipts::ReceiptStore;

/// What every command works with.
pub(crate) struct Context<'e> {
    pub(crate) global: Global,
    pub(crate) console: Console<'e>,
    pub(crate) open_backend: &'e mut dyn FnMut() -> Result<Box<dyn Backend>, BackendError>,
    pub(crate) capabilities: Option<Capabilities>,
    pub(crate) state_directory: &'e PathBuf,
    pub(crate) start_guard: &'e mut dyn FnMut(&Token) -> io::Result<()>,
    pub(crate) prompt: Option<&'e mut dyn Prompt>,
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

    /// The journals of changes that are under way.
    pub(crate) fn journals(&self) -> JournalStore {
        JournalStore::new(self.state_directory)
    }

    /// Tells of changes that were not finished, to whoever may know. For commands that change nothing.
    pub(crate) fn tell_unfinished(&mut self) {
        let found: Vec<_> = self.journals().all().into_iter().flatten().collect();
        // As long as somebody is at work, a journal is only what it is for.
        if found.is_empty() || Lock::is_held(self.state_directory) {
            return;
        }
        for found in found {
            let group = found.group();
            match found.recovery {
                None => {}
                Some(Recovery::Wait { seconds }) => self.console.note(&format!(
                    "{group}: `{}` waits to be confirmed, for another {seconds} s: mpath confirm, or mpath revert",
                    found.owner.command
                )),
                Some(_) => self.console.warning(&format!("{group}: {}: mpath recover", found.story())),
            }
        }
    }

    /// The receipts.
    pub(crate) fn receipts(&self) -> ReceiptStore {
        ReceiptStore::new(self.state_directory)
    }
}
