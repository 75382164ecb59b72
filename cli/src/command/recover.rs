//! `mpath recover`: ends the changes that a dead process left unfinished.

use clap::Args;

use super::confirm::tell;
use crate::ExitCode;
use crate::arguments::Patience;
use crate::context::Context;
use crate::error::{CommandError, record_code};
use crate::journals::Found;
use crate::recovery;
use crate::signals::Signals;

/// Undo changes that were interrupted, as by kill -9; `up` and `down` do it too
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath recover
      end what a dead mpath left unfinished")]
pub(crate) struct RecoverArgs {
    #[command(flatten)]
    patience: Patience,
}

impl RecoverArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let _lock = context.lock(&self.patience)?;
        let _signals = Signals::catch().map_err(CommandError::signals)?;
        let (mut found, mut code): (Vec<Found>, _) = (vec![], ExitCode::Done);
        for journal in context.journals().all() {
            match journal {
                Ok(journal) => found.push(journal),
                Err(error) => {
                    code = code.or_worse(record_code(&error));
                    context.console.error(None, &crate::error::ErrorText::of(&error, error.hint()));
                }
            }
        }
        for (group, error) in recovery::unconfirmed(context) {
            code = code.or_worse(ExitCode::NotUndone);
            context.console.error(Some(group.as_str()), &error);
        }
        if found.is_empty() {
            if code == ExitCode::Done && !context.console.is_quiet() {
                context.console.line("nothing to recover");
            }
            return Ok(tell(vec![], context).or_worse(code));
        }
        let mut host = context.host()?;
        let reports = found.iter().map(|found| {
            context.console.note(&format!("{}: {}", found.group(), found.story()));
            recovery::recover(found, &mut host, context)
        });
        let reports = reports.collect();
        Ok(tell(reports, context).or_worse(code))
    }
}
