//! `mpath facts`: what is known of this host, as JSON. Changes nothing.

use std::collections::BTreeMap;

use clap::Args;
use mpath_core::{GroupName, HostFacts, Receipt};
use serde::Serialize;

use crate::ExitCode;
use crate::context::Context;
use crate::error::{CommandError, ErrorText};

/// Tell what is known of this host, for templates and for plans elsewhere
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath facts
      its interfaces, and all that a plan is made from, as JSON
  mpath facts --facter
      the same for Facter, below the one fact `mpath`")]
pub(crate) struct FactsArgs {
    /// Write it as an external fact of Facter has it, below `mpath`
    #[arg(long)]
    facter: bool,
}

/// An external fact of Facter.
#[derive(Debug, Serialize)]
struct External {
    mpath: HostFacts,
}

impl FactsArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let host = context.host()?;
        let receipts = receipts(context)?;
        let hardware = |name: &_| host.backend.hardware(name);
        let facts = HostFacts::of(&context.identity, host.snapshot, &hardware, receipts);
        if self.facter {
            context.console.document(&External { mpath: facts });
        } else {
            context.console.document(&facts);
        }
        Ok(ExitCode::Done)
    }
}

/// What is remembered of the groups that are up, as far as the caller may know.
fn receipts(context: &mut Context<'_>) -> Result<BTreeMap<GroupName, Receipt>, CommandError> {
    let store = context.receipts();
    let mut found = BTreeMap::new();
    let memories = store.open();
    for name in store.groups() {
        match memories.recall(&name) {
            Ok(memory) => found.extend(memory.receipt.map(|receipt| (name, receipt))),
            Err(error) if error.is_permission() => {
                context.console.warning(&format!(
                    "{name}: its receipt, for which you are not permitted, is left out: a plan from these facts may miss something"
                ));
            }
            Err(error) => {
                let told = ErrorText::of(&error, error.hint());
                return Err(CommandError { code: ExitCode::Failed, told, config: None });
            }
        }
    }
    Ok(found)
}
