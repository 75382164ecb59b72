//! `mpath switch`: another member carries the traffic, although nothing has failed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use clap::Args;
use mpath_core::apply::Watch as _;
use mpath_core::handover::{Handover, NoHandover};
use mpath_core::journal::Opening;
use mpath_core::{Group, InterfaceName};

use super::confirm::tell;
use crate::ExitCode;
use crate::arguments::Patience;
use crate::context::Context;
use crate::error::{CommandError, ErrorText, backend_code};
use crate::handover;
use crate::host::Host;
use crate::output::report::GroupReport;
use crate::progress::Progress;
use crate::recovery;
use crate::selection::the_one;
use crate::signals::Signals;

/// How long the system may take to tell that another member carries the traffic.
const LIMIT: Duration = Duration::from_secs(5);
/// How often it is looked.
const MOMENT: Duration = Duration::from_millis(10);

/// Let another member carry the traffic, without a loss
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath switch home-lan --to eth0
      let eth0 carry the traffic
  mpath switch --release
      give it back to the primary")]
pub(crate) struct SwitchArgs {
    /// The group; the only one where none is given
    group: Option<String>,
    /// Who carries it then; without it the primary, or the standby with the highest priority
    #[arg(long, value_name = "MEMBER", conflicts_with = "release")]
    to: Option<String>,
    /// Give it back to the primary; with IPMP: put in use again what was taken out of it
    #[arg(long)]
    release: bool,
    /// Try a member that does not seem to work, too
    #[arg(long, conflicts_with = "release")]
    force: bool,
    /// Do nothing, and exit with 4 when something would change
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    patience: Patience,
}

impl SwitchArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let groups = context.configuration()?.groups;
        let group = the_one(self.group.as_deref(), &groups, "switch")?;
        if self.check {
            context.tell_unfinished();
            let mut host = context.host()?;
            let report = self.switch(group, &mut host, context);
            return Ok(tell(vec![report], context));
        }
        let _lock = context.lock(&self.patience)?;
        let _signals = Signals::catch().map_err(CommandError::signals)?;
        let mut host = context.host()?;
        let stuck = recovery::settle(&mut host, context);
        let report = match stuck.into_iter().find(|report| report.name == *group.name()) {
            Some(report) => report,
            None => self.switch(group, &mut host, context),
        };
        Ok(tell(vec![report], context))
    }

    fn switch(&self, group: &Group, host: &mut Host, context: &mut Context<'_>) -> GroupReport {
        let name = group.name();
        let device = match host.backend.capabilities().device_of(group) {
            Ok(device) => device,
            Err(reason) => {
                let refusal = mpath_core::refusal::Refusal::DeviceName { reason };
                return GroupReport::new(name, None).refused(&mpath_core::plan::NoPlan::Refused(vec![refusal]));
            }
        };
        let mut report = GroupReport::new(name, Some(&device));
        let question = handover::question(name, &device, host);
        let from = question.active().cloned();
        let found = if self.release { question.release() } else { question.switch(self.to.as_deref(), self.force) };
        let Handover { steps, to } = match found {
            Ok(handover) => handover,
            Err(why) => return report.held_up(code_of(&why), ErrorText::of(&why, Some(why.hint()))),
        };
        if steps.is_empty() {
            return report.unchanged(&already(from.as_ref()));
        }
        report.steps = steps.iter().map(ToString::to_string).collect();
        if self.check {
            report.code = ExitCode::ChangesPending;
            return report.unchanged(&would_hand_over(from.as_ref(), to.as_ref()));
        }
        let opening = Opening::of_handover(name, &device, &steps, BTreeMap::new(), &host.snapshot);
        let extent = opening.extent.clone();
        let mut journal = match context.journals().open(opening) {
            Ok(journal) => journal,
            Err(error) => return report.failed_by_record(&error),
        };
        let mut progress = Progress::new(name, &steps, host, &mut context.console).written_to(&mut journal);
        let mut failed = None;
        for (number, step) in steps.iter().enumerate() {
            let done = progress.begin(number, step).map_err(|halt| (ExitCode::Failed, ErrorText::of(&*halt, None)));
            let done = done.and_then(|()| {
                let done = host.backend.execute(step);
                done.map_err(|error| (backend_code(&error), ErrorText::of(&error, error.hint())))
            });
            if let Err(error) = done {
                failed = Some(error);
                break;
            }
            // What is done is done; a journal that cannot be written any more has told how it was before.
            let _ = progress.end(number, step);
        }
        let failed = failed.or_else(|| took_over(&device, from.as_ref(), to.as_ref(), host).err());
        let Some((code, error)) = failed else {
            // The change is over, and its journal is not needed.
            if let Err(error) = journal.close() {
                return report.failed_by_record(&error);
            }
            let active = host.snapshot.group(&device).and_then(|group| group.active.clone());
            return report.changed(handed_over(from.as_ref(), active.as_ref()));
        };
        let back = handover::put_back(name, &extent, &BTreeMap::new(), host, &mut progress);
        report.touched = progress.undid;
        match back {
            Ok(()) => {
                report.undone = Some(true);
                // The next command would find nothing to do.
                let _ = journal.close();
                report.failed(code, error)
            }
            Err(mut not_back) => {
                // What came first, and then what followed from it.
                not_back.failures.insert(0, error.message);
                handover::tell(report, not_back, host)
            }
        }
    }
}

/// Waits until the system says that the traffic is where it was to go.
fn took_over(
    device: &InterfaceName,
    from: Option<&InterfaceName>,
    to: Option<&InterfaceName>,
    host: &mut Host,
) -> Result<(), (ExitCode, ErrorText)> {
    let begin = Instant::now();
    loop {
        host.look_again().map_err(|error| (backend_code(&error), ErrorText::of(&error, error.hint())))?;
        let active = host.snapshot.group(device).and_then(|group| group.active.as_ref());
        if to.is_none() || active == to {
            return Ok(());
        }
        if begin.elapsed() > LIMIT {
            let name = |name: Option<&InterfaceName>| name.map_or_else(|| "nobody".to_owned(), ToString::to_string);
            let message = format!(
                "{} was to carry the traffic of {device}, and {} does (before: {})",
                name(to),
                name(active),
                name(from)
            );
            return Err((ExitCode::Failed, ErrorText { message, causes: vec![], hint: None }));
        }
        std::thread::sleep(MOMENT);
    }
}

/// The exit code of a hand-over that there is none of.
pub(super) fn code_of(why: &NoHandover) -> ExitCode {
    match why {
        NoHandover::Absent { .. } => ExitCode::GroupFailed,
        NoHandover::NoActiveMember { .. } => ExitCode::NotSupported,
        NoHandover::NoMember { .. } | NoHandover::Unusable { .. } | NoHandover::LastOne { .. } => ExitCode::Failed,
    }
}

fn already(active: Option<&InterfaceName>) -> String {
    match active {
        Some(active) => format!("{active} carries the traffic already"),
        None => "nobody carries the traffic, and nothing is out of use".to_owned(),
    }
}

fn would_hand_over(from: Option<&InterfaceName>, to: Option<&InterfaceName>) -> String {
    match (from, to) {
        (Some(from), Some(to)) if from != to => format!("{to} would carry the traffic (now: {from})"),
        (_, Some(to)) => format!("{to} would carry the traffic"),
        (_, None) => "what is out of use would be put in use again".to_owned(),
    }
}

fn handed_over(from: Option<&InterfaceName>, to: Option<&InterfaceName>) -> String {
    match (from, to) {
        (Some(from), Some(to)) if from != to => format!("{to} carries the traffic (before: {from})"),
        (_, Some(to)) => format!("{to} carries the traffic"),
        (_, None) => "nobody carries the traffic".to_owned(),
    }
}
