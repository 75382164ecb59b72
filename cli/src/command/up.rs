//! `mpath up`: groups as the file says.

use std::cell::RefCell;

use clap::Args;
use mpath_core::apply::{self, Cause, Failure, Undo};
use mpath_core::dispute;
use mpath_core::plan::{self, NoPlan, Plan, Prepared};
use mpath_core::resolve::Question;
use mpath_core::step::Family;
use mpath_core::{Address, Group, Snapshot, Step};

use crate::ExitCode;
use crate::arguments::Selection;
use crate::config::count;
use crate::context::Context;
use crate::error::{CommandError, ErrorText, cause_code, receipt_code};
use crate::host::Host;
use crate::output::Document;
use crate::output::report::GroupReport;
use crate::progress::Progress;

/// Bring groups up, or to what the file says now
#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    #[command(flatten)]
    selection: Selection,
    /// Take over a device that mpath did not make
    #[arg(long)]
    adopt: bool,
}

impl UpArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let configuration = context.configuration()?;
        let chosen = self.selection.one_by_default(&configuration.groups, "up")?;
        let _lock = context.lock()?;
        let mut host = context.host()?;
        let mut code = ExitCode::Done;
        let mut groups = Vec::new();
        for group in &chosen {
            let capabilities = host.backend.capabilities();
            let disputes = dispute::between(group, chosen.iter().copied(), capabilities);
            let report = if disputes.is_empty() {
                self.bring_up(group, &mut host, context)
            } else {
                let device = capabilities.device_of(group).ok();
                GroupReport::new(group.name(), device.as_ref()).refused(&NoPlan::Refused(disputes))
            };
            context.console.group(&report);
            code = code.or_worse(report.code);
            groups.push(report);
        }
        if context.console.is_json() {
            context.console.document(&Document { schema: "mpath.report/1", groups });
        }
        Ok(code)
    }

    fn bring_up(&self, group: &Group, host: &mut Host, context: &mut Context<'_>) -> GroupReport {
        let name = group.name();
        let device = host.backend.capabilities().device_of(group).ok();
        let report = GroupReport::new(name, device.as_ref());
        let receipts = context.receipts();
        let memory = match receipts.recall(name) {
            Ok(memory) => memory,
            Err(error) => return report.failed(receipt_code(&error), ErrorText::of(&error, error.hint())),
        };
        if let Some(ignored) = &memory.ignored {
            context.console.warning(&format!("{name}: {ignored}"));
        }
        let capabilities = host.backend.capabilities().clone();
        // Taken, not copied: a host may have thousands of interfaces, and most runs find nothing to do.
        let before = std::mem::take(&mut host.snapshot);
        let prepare = |current: &Snapshot| {
            let receipt = memory.receipt.as_ref();
            plan::up(Question { desired: group, current, receipt, capabilities: &capabilities, adopt: self.adopt })
        };
        let Prepared { plan, mut receipt } = match prepare(&before) {
            Ok(prepared) => prepared,
            Err(why) => {
                host.snapshot = before;
                return report.refused(&why);
            }
        };
        if memory.receipt.is_none() {
            receipt.before.host_wide = receipts.host_wide_before(name, &before).or(receipt.before.host_wide);
        }
        let mut report = report.with_notes(&plan.notes);
        context.console.notes(name, &report.notes);
        let remembers = memory.receipt.as_ref() == Some(&receipt);
        let kept = match plan.is_empty() {
            true if remembers => Ok(()),
            true => receipts.keep(&receipt),
            false => receipts.keep(&receipt.covering(memory.receipt.as_ref())),
        };
        if let Err(error) = kept {
            host.snapshot = before;
            return report.failed(receipt_code(&error), ErrorText::of(&error, error.hint()));
        }
        if plan.is_empty() {
            host.snapshot = before;
            return report.unchanged("already as wanted");
        }
        report.steps = plan.steps.iter().map(ToString::to_string).collect();
        let no_plan = RefCell::new(None);
        let replan = |after: &Snapshot| match prepare(after) {
            Ok(prepared) => prepared.plan.steps,
            Err(why) => {
                no_plan.replace(Some(why));
                plan.steps.clone()
            }
        };
        let mut progress = Progress::new(&plan, host, &mut context.console);
        let done = apply::apply(&plan, &before, &mut *host.backend, &replan, &mut |event| progress.tell(event));
        report.touched = progress.undid;
        match done {
            Ok(after) => {
                host.snapshot = after.unwrap_or(before);
                if let Err(error) = receipts.keep(&receipt) {
                    return report.failed(receipt_code(&error), ErrorText::of(&error, error.hint()));
                }
                for family in without_lease(group, &plan, &host.snapshot) {
                    let waits = format!("{name}: no {family} lease yet; the DHCP client goes on asking");
                    context.console.warning(&waits);
                }
                report.changed(up_in_words(&plan, &host.snapshot))
            }
            Err(failure) => {
                // What could not be read now is told; the next group looks for itself.
                let _ = host.look_again();
                if matches!(failure.undo, Undo::Complete)
                    && let Err(error) = receipts.put_back(name, &memory)
                {
                    report.failures.push(error.to_string());
                }
                broken_off(report, failure, no_plan.into_inner(), host)
            }
        }
    }
}

/// The report of a plan that failed.
fn broken_off(mut report: GroupReport, failure: Failure, no_plan: Option<NoPlan>, host: &Host) -> GroupReport {
    let Failure { cause, undo } = failure;
    let code = cause_code(&cause);
    let hint = match &cause {
        Cause::Step { error, .. } | Cause::ReadBack(error) => error.hint(),
        Cause::NotAsWanted { .. } => None,
    };
    let error = match no_plan {
        // The group was as the steps left it, and then the host changed: what stands against it now says more.
        Some(why) => ErrorText {
            message: "the host changed while it was being brought up".to_owned(),
            causes: vec![why.to_string()],
            hint: None,
        },
        None => ErrorText::of(&cause, hint),
    };
    match undo {
        Undo::Complete => {
            report.undone = Some(true);
            report.failed(code, error)
        }
        Undo::Unplanned { errors, nonsense } => {
            report.undone = Some(false);
            report.failures.extend(errors.iter().map(|error| one_line(error)));
            report
                .failures
                .push(format!("mpath contradicts itself about the way back; please report this: {nonsense}"));
            report.left = vec![format!("mpath down {}", report.name)];
            report.failed(ExitCode::Failed, error)
        }
        Undo::Incomplete { errors, left } => {
            report.undone = Some(false);
            report.failures.extend(errors.iter().map(|error| one_line(error)));
            report.left = host.commands(&left);
            if left.is_empty() {
                report.left = vec![format!("mpath down {}", report.name)];
            }
            report.failed(ExitCode::Failed, error)
        }
    }
}

/// An error and its causes on one line.
pub(super) fn one_line(error: &dyn std::error::Error) -> String {
    let ErrorText { message, causes, .. } = ErrorText::of(error, None);
    std::iter::once(message).chain(causes).collect::<Vec<_>>().join(": ")
}

/// The families that a DHCP client was started for and that have no address yet.
fn without_lease(group: &Group, plan: &Plan, host: &Snapshot) -> Vec<Family> {
    let started = plan.steps.iter().filter_map(|step| match step {
        Step::StartDhcp { family, .. } => Some(*family),
        _ => None,
    });
    let given = &group.addressing().addresses;
    let leased = |family: &Family| {
        let addresses = host.interface(&plan.device).into_iter().flat_map(|interface| interface.own_addresses());
        let of_family = |address: &&Address| address.is_ipv6() == (*family == Family::V6);
        addresses.filter(of_family).any(|address| !given.contains(&address.net))
    };
    started.filter(|family| !leased(family)).collect()
}

fn up_in_words(plan: &Plan, host: &Snapshot) -> String {
    let active = host.group(&plan.device).and_then(|group| group.active.as_ref());
    let active = active.map_or_else(String::new, |active| format!(", {active} active"));
    format!("up on {}{active} ({})", plan.device, count(plan.steps.len(), "step", "steps"))
}
