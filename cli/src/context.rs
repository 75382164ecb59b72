//! What every command works with.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use mpath_core::identity::Links;
use mpath_core::journal::{Recovery, Token};
use mpath_core::{Backend, BackendError, Capabilities, Identity};

use crate::adoptions::AdoptionStore;
use crate::arguments::{Arguments, Global, Patience};
use crate::boot::Services;
use crate::config::{Configuration, Files};
use crate::environment::Live;
use crate::error::CommandError;
use crate::host::Host;
use crate::instead::Instead;
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
    /// The name of this host and its system.
    pub(crate) identity: Identity,
    pub(crate) ssh_connection: Option<&'e OsStr>,
    /// What is taken instead of a file of the configuration: to see what would become of it.
    pub(crate) instead: Option<&'e Instead>,
}

impl Context<'_> {
    /// Reads the configuration. A command that changes the host takes none that others can write; any other warns of it.
    pub(crate) fn configuration(&mut self) -> Result<Configuration, CommandError> {
        let identity = self.identity.clone();
        self.configuration_of(&identity)
    }

    /// The same, as it is for another host.
    pub(crate) fn configuration_of(&mut self, identity: &Identity) -> Result<Configuration, CommandError> {
        let configuration = self.read_configuration(identity)?;
        if configuration.groups.is_empty() {
            let name = identity.name.as_deref().unwrap_or("?");
            let os = identity.os.map_or(String::new(), |os| format!(", {os}"));
            self.console.note(&format!("no group of the configuration is for this host ({name}{os})"));
        }
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
            identity: self.identity.clone(),
            instead,
        }
    }

    /// Reads the configuration, whoever else can write it. Where it asks for the MAC addresses of interfaces, this host is
    /// looked at, unless they are known.
    pub(crate) fn read_configuration(&mut self, identity: &Identity) -> Result<Configuration, CommandError> {
        let files = Files::read_with(&self.global.config, self.instead)?;
        let identity = self.with_links(identity, &files)?;
        Ok(Configuration::of(files, &identity)?)
    }

    /// The identity, with the interfaces of this host where files ask for them and nothing is known of them.
    pub(crate) fn with_links(&mut self, identity: &Identity, files: &Files) -> Result<Identity, CommandError> {
        let is_here = identity.links == Links::Unknown && identity.name == self.identity.name;
        if !is_here || !files.texts.want_links() {
            return Ok(identity.clone());
        }
        Ok(identity.clone().with_links(&self.host()?.snapshot))
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
