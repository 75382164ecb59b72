//! What every command works with.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use mpath_core::journal::{Recovery, Token};
use mpath_core::{Backend, BackendError, Capabilities};

use crate::adoptions::AdoptionStore;
use crate::ansible::Instead;
use crate::arguments::{Arguments, Global, Patience};
use crate::boot::Services;
use crate::config::Configuration;
use crate::environment::Live;
use crate::error::CommandError;
use crate::host::Host;
use crate::journals::JournalStore;
use crate::lock::{Holder, Lock};
use crate::output::Console;
use crate::prompt::Prompt;
use crate::reach::Prober;
use crate::receipts::ReceiptStore;
use crate::record::sweep;

/// What every command works with.
pub(crate) struct Context<'e> {
    pub(crate) global: Global,
    pub(crate) console: Console<'e>,
    pub(crate) open_backend: &'e mut dyn FnMut() -> Result<Box<dyn Backend>, BackendError>,
    pub(crate) capabilities: Option<Capabilities>,
    pub(crate) state_directory: &'e PathBuf,
    /// Whether the command may change the host.
    pub(crate) changes_host: bool,
    pub(crate) lasting_directory: &'e PathBuf,
    pub(crate) start_guard: &'e mut dyn FnMut(&Token) -> io::Result<()>,
    pub(crate) services: &'e mut dyn Services,
    pub(crate) live: Option<Live>,
    pub(crate) prompt: Option<&'e mut dyn Prompt>,
    pub(crate) prober: &'e mut dyn Prober,
    pub(crate) resolv_conf: &'e Path,
    pub(crate) ssh_connection: Option<&'e OsStr>,
    /// What is taken instead of a file of the configuration: to see what would become of it.
    pub(crate) instead: Option<&'e Instead>,
}

impl Context<'_> {
    /// Reads the configuration. A command that changes the host takes none that others can write; any other warns of it.
    pub(crate) fn configuration(&mut self) -> Result<Configuration, CommandError> {
        let configuration = Configuration::read_with(&self.global.config, self.instead)?;
        if self.changes_host {
            return Ok(configuration.trusted()?);
        }
        for distrust in &configuration.distrust {
            self.console.warning(&format!("{distrust}, so that `up` and `down` refuse it: {}", distrust.cure()));
        }
        Ok(configuration)
    }

    /// The same for a command that this one consists of.
    pub(crate) fn for_a_verb<'c>(
        &'c mut self,
        parsed: &Arguments,
        console: Console<'c>,
        instead: Option<&'c Instead>,
    ) -> Context<'c> {
        Context {
            global: parsed.global.clone(),
            console,
            open_backend: &mut *self.open_backend,
            capabilities: self.capabilities.clone(),
            state_directory: self.state_directory,
            changes_host: parsed.command.changes_host(),
            lasting_directory: self.lasting_directory,
            start_guard: &mut *self.start_guard,
            services: &mut *self.services,
            live: self.live,
            // Nobody is at a terminal that it has.
            prompt: None,
            prober: &mut *self.prober,
            resolv_conf: self.resolv_conf,
            ssh_connection: self.ssh_connection,
            instead,
        }
    }

    /// Takes the right to change the host.
    pub(crate) fn lock(&mut self, patience: &Patience) -> Result<Lock, CommandError> {
        let console = &mut self.console;
        let mut tell = |holder: &Holder| console.note(&format!("waiting for {holder}"));
        let lock = Lock::take(self.state_directory, patience.wait.into(), &mut tell).map_err(|error| {
            let (user, directory) = (rustix::process::geteuid().as_raw(), self.state_directory.display().to_string());
            let own = self.capabilities.as_ref().map(|capabilities| capabilities.cures.own(user, &directory));
            CommandError::of_lock(error, own)
        })?;
        for part in ["journal", "receipts"] {
            sweep(&self.state_directory.join(part));
            sweep(&self.lasting_directory.join(part));
        }
        Ok(lock)
    }

    /// Opens the host and looks at it.
    pub(crate) fn host(&mut self) -> Result<Host, CommandError> {
        Ok(Host::open(self.open_backend)?)
    }

    /// The journals of changes that are under way.
    pub(crate) fn journals(&self) -> JournalStore {
        JournalStore::new(self.state_directory, self.lasting_directory)
    }

    /// Tells of changes that were not finished, to whoever may know. For commands that change nothing.
    pub(crate) fn tell_unfinished(&mut self) {
        let found: Vec<_> = self.journals().all().into_iter().flatten().collect();
        // As long as somebody is at work, a journal is only what it is for.
        if found.is_empty() || Lock::is_held(self.state_directory) {
            return;
        }
        // Whoever had written one may have come to its end before the lock was looked at.
        for found in found.iter().filter(|found| found.is_still_there()) {
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

    /// What is remembered of groups that were taken over from other tools.
    pub(crate) fn adoptions(&self) -> AdoptionStore {
        AdoptionStore::new(self.lasting_directory)
    }

    /// The receipts.
    pub(crate) fn receipts(&self) -> ReceiptStore {
        ReceiptStore::new(self.state_directory, self.lasting_directory)
    }
}
