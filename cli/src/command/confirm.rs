//! `mpath confirm`, `mpath revert` and `mpath pending`: changes that stay only if somebody says so.

use clap::Args;

use crate::ExitCode;
use crate::confirmation::{self, PendingDocument};
use crate::context::Context;
use crate::error::CommandError;
use crate::output::Document;
use crate::output::report::GroupReport;
use crate::signals::Signals;

/// Let a change stay that was made with `up --confirm`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath confirm
      let the only change that waits stay")]
pub(crate) struct ConfirmArgs {
    /// The name of the change; the only one that waits where none is given
    token: Option<String>,
}

/// Undo a change now that was made with `up --confirm`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath revert
      undo the only change that waits")]
pub(crate) struct RevertArgs {
    /// The name of the change; the only one that waits where none is given
    token: Option<String>,
}

/// Show the changes that wait to be confirmed
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath pending
      what waits, and for how long
  mpath pending --json
      the same for programs")]
pub(crate) struct PendingArgs {}

impl ConfirmArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        confirmation::choose(&context.journals(), self.token.as_deref())?;
        let _lock = confirmation::lock(context)?;
        // The time may have run out while it waited for the lock.
        let token = confirmation::choose(&context.journals(), self.token.as_deref())?;
        let reports = confirmation::keep(&token, context);
        Ok(tell(reports, context))
    }
}

impl RevertArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        confirmation::choose(&context.journals(), self.token.as_deref())?;
        let _lock = confirmation::lock(context)?;
        let _signals = Signals::catch().map_err(CommandError::signals)?;
        let token = confirmation::choose(&context.journals(), self.token.as_deref())?;
        let mut host = context.host()?;
        let reports = confirmation::revert(&token, &mut host, context);
        Ok(tell(reports, context))
    }
}

impl PendingArgs {
    #[allow(clippy::unused_self, reason = "as the other commands")]
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let pending = confirmation::pending(&context.journals())?;
        for change in &pending {
            let groups: Vec<_> = change.groups.iter().map(ToString::to_string).collect();
            let text = format!(
                "{}: {}, undone in {} s unless confirmed (`{}`)",
                change.token.0,
                groups.join(", "),
                change.seconds,
                change.command
            );
            context.console.line(&text);
        }
        if pending.is_empty() && !context.console.is_quiet() {
            context.console.line("no change waits to be confirmed");
        }
        if context.console.is_json() {
            context.console.document(&PendingDocument::new(pending));
        }
        Ok(ExitCode::Done)
    }
}

/// Tells what became of the groups of a change.
pub(crate) fn tell(groups: Vec<GroupReport>, context: &mut Context<'_>) -> ExitCode {
    let mut code = ExitCode::Done;
    for report in &groups {
        context.console.group(report);
        code = code.or_worse(report.code);
    }
    if context.console.is_json() {
        context.console.document(&Document { schema: "mpath.report/1", groups });
    }
    code
}
