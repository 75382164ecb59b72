//! `mpath down`: groups taken apart, and their interfaces as they were before.

use clap::Args;

use crate::ExitCode;
use crate::arguments::{Limit, Patience, Selection};
use crate::context::Context;
use crate::down_run::take_down;
use crate::error::CommandError;
use crate::known::{choose, wanted};
use crate::output::Document;
use crate::output::report::GroupReport;
use crate::recovery;
use crate::signals::Signals;

/// Take groups down and put their interfaces back as they were
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath down home-lan
      take the group apart and put its members back
  mpath down --all --wait 1m
      every group, and wait for another mpath to end")]
pub(crate) struct DownArgs {
    #[command(flatten)]
    selection: Selection,
    /// Remove a device that mpath did not make
    #[arg(long)]
    adopt: bool,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    limit: Limit,
}

impl DownArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let groups = wanted(&self.selection, context, "down")?;
        let _lock = context.lock(&self.patience)?;
        let _signals = Signals::catch().map_err(CommandError::signals)?;
        let mut host = context.host()?;
        let stuck = recovery::settle(&mut host, context);
        let chosen = choose(&self.selection, &groups, context, &host)?;
        let memories = context.receipts().open();
        context.console.gather();
        let mut code = ExitCode::Done;
        let mut reports = Vec::new();
        for known in chosen {
            // What could not be undone is taken down nevertheless: that is the way out.
            let in_the_way = |report: &&GroupReport| report.name == known.name && report.undone.is_none();
            let report = match stuck.iter().find(in_the_way) {
                Some(report) => report.clone(),
                None => take_down(&known, &memories, self.adopt, self.limit, &mut host, context),
            };
            context.console.group(&report);
            code = code.or_worse(report.code);
            reports.push(report);
        }
        if context.console.is_json() {
            context.console.document(&Document { schema: "mpath.report/1", groups: reports });
        }
        Ok(code)
    }
}
