//! `mpath up`: groups brought to what the files say, or everything undone.

use clap::Args;
use mpath_core::plan::NoPlan;
use mpath_core::{Millis, dispute};
use serde::Serialize;

use crate::ExitCode;
use crate::arguments::{Limit, Patience, Selection, confirm_time, duration};
use crate::confirmation::{self, Pending};
use crate::context::Context;
use crate::error::CommandError;
use crate::late_members;
use crate::output::report::GroupReport;
use crate::reach::{Gate, Measured, ReachArgs};
use crate::recovery;
use crate::signals::Signals;
use crate::up_run::{Hold, UpRun};

/// Bring groups up, or to what the file says now
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath up home-lan
      make the group, or bring it to what the file says now
  mpath up --all -v
      every group, and tell each step
  mpath up home-lan --confirm 60s
      undo it unless `mpath confirm` comes within a minute
  mpath up home-lan --check-reachable auto --probe 192.168.1.24
      undo it where what was reached before is not reached any more
  mpath up home-lan --max-outage 0
      refuse it where it would cost a packet")]
pub(crate) struct UpArgs {
    #[command(flatten)]
    selection: Selection,
    /// Take over a device that mpath did not make
    #[arg(long)]
    adopt: bool,
    #[command(flatten)]
    patience: Patience,
    /// Make the group so that it comes back after a boot; one that is up keeps its kind
    #[arg(long)]
    persist: bool,
    /// Wait so long for members that are not there, and then come up without them, as at a boot
    #[arg(long, value_name = "TIME", value_parser = duration)]
    wait_members: Option<Millis>,
    /// Undo it unless `mpath confirm` comes within this time, as in 60s
    #[arg(long, value_name = "TIME", value_parser = confirm_time)]
    confirm: Option<u64>,
    #[command(flatten)]
    reach: ReachArgs,
    #[command(flatten)]
    limit: Limit,
}

/// What became of the groups, as in `mpath.report/1`.
#[derive(Debug, Serialize)]
struct UpDocument {
    schema: &'static str,
    groups: Vec<GroupReport>,
    /// The change that waits to be confirmed, where one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<Pending>,
    /// What was reached before, and is afterwards, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    reachable: Option<Vec<Measured>>,
}

impl UpArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let configuration = context.configuration()?;
        let chosen = self.selection.one_by_default(&configuration.groups, "up")?;
        let present = self.wait_members.map(|limit| late_members::wait(&chosen, limit, context)).transpose()?;
        let chosen = present.as_ref().map_or(chosen, |groups| groups.iter().collect());
        let lock = context.lock(&self.patience)?;
        let signals = Signals::catch().map_err(CommandError::signals)?;
        let mut host = context.host()?;
        let stuck = recovery::settle(&mut host, context);
        let mut gate = Gate::new(&self.reach, self.confirm.is_some());
        if let Some(gate) = &mut gate {
            let device = |group| host.backend.capabilities().device_of(group).ok();
            chosen.iter().for_each(|group| gate.note_gateways(group, device(group).as_ref()));
        }
        let hold = (self.confirm.is_some() || gate.is_some()).then(|| Hold::new(self.confirm));
        let mut run = UpRun {
            only: None,
            tells: true,
            adopt: self.adopt,
            persist: self.persist,
            limit: self.limit,
            hold,
            gate,
            memories: None,
            signals: &signals,
        };
        let mut disputes = dispute::among(chosen.iter().copied(), host.backend.capabilities());
        let mut groups = Vec::new();
        context.console.gather();
        for group in &chosen {
            let stuck = stuck.iter().find(|report| report.name == *group.name());
            let report = match (stuck, disputes.remove(group.name())) {
                (Some(report), _) => report.clone(),
                (None, None) => run.bring_up(group, &mut host, context),
                (None, Some(disputes)) => {
                    let device = host.backend.capabilities().device_of(group).ok();
                    GroupReport::new(group.name(), device.as_ref()).refused(&NoPlan::Refused(disputes))
                }
            };
            // What became of it in the end is known behind the gate.
            if run.gate.is_none() {
                context.console.group(&report);
            }
            groups.push(report);
        }
        if let (Some(gate), Some(hold)) = (&mut run.gate, &run.hold) {
            gate.decide((&hold.token, hold.seconds.is_some()), &mut groups, &mut host, context, &signals);
            groups.iter().for_each(|report| context.console.group(report));
        }
        // Somebody may be asked now.
        context.console.flush();
        let mut code = groups.iter().fold(ExitCode::Done, |code, report| code.or_worse(report.code));
        let pending = confirmation::begin(run.hold.as_ref(), &context.journals())?;
        let reachable = run.gate.and_then(|gate| gate.measured);
        // Whoever confirms needs it.
        drop((host, lock));
        match pending {
            Some(pending) if context.prompt.is_some() && !context.console.is_json() => {
                code = code.or_worse(confirmation::ask(&pending.token, &signals, context)?);
            }
            pending => {
                confirmation::tell(pending.as_ref(), context);
                if context.console.is_json() {
                    context.console.document(&UpDocument { schema: "mpath.report/1", groups, pending, reachable });
                }
            }
        }
        Ok(code)
    }
}
