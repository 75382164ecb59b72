//! One group taken down: its interfaces are as they were before it.

use crate::ExitCode;
use crate::arguments::Limit;
use crate::config::count;
use crate::context::Context;
use crate::error::{ErrorText, backend_code, one_line};
use crate::host::Host;
use crate::known::KnownGroup;
use crate::output::report::GroupReport;
use crate::progress::Progress;
use crate::receipts::Memories;
use mpath_core::journal::{Change, Opening};
use mpath_core::plan;
use mpath_core::teardown::{self, Remains};
use mpath_core::{BackendError, Receipt, Snapshot, Step};

/// Takes one group down.
pub(crate) fn take_down(
    known: &KnownGroup,
    memories: &Memories,
    adopt: bool,
    limit: Limit,
    host: &mut Host,
    context: &mut Context<'_>,
) -> GroupReport {
    let name = &known.name;
    let report = GroupReport::new(name, known.device.as_ref());
    let (receipts, journals) = (context.receipts(), context.journals());
    let memory = match memories.recall(name) {
        Ok(memory) => memory,
        Err(error) => return report.failed_by_record(&error),
    };
    if let Some(ignored) = &memory.ignored {
        context.console.warning(&format!("{name}: {ignored}"));
    }
    let Some(device) = &known.device else { return report.unchanged("already down") };
    let mut receipt = memory.receipt;
    // A change that could not be undone has put more there than the receipt knows.
    let found = journals.of(name).ok().flatten();
    let unfinished = found.is_some();
    if let Some(found) = found
        && let Change::Up { receipt: begun, .. } = &found.journal.opening.change
    {
        let covering = begun.covering(receipt.as_ref());
        if let Err(error) = receipts.keep(&covering) {
            return report.failed_by_record(&error);
        }
        receipt = Some(covering);
    }
    let receipt = receipt.as_ref();
    let capabilities = host.backend.capabilities().clone();
    let plan_for = |current: &Snapshot| plan::down(name, device, current, receipt, &capabilities, adopt);
    let plan = match plan_for(&host.snapshot).and_then(|plan| plan.within(limit.max_outage)) {
        Ok(plan) => plan,
        Err(why) => return report.refused(&why),
    };
    let mut report = report.with_notes(&plan.notes);
    context.console.notes(name, &report.notes);
    if plan.is_empty() && !unfinished {
        return match receipts.forget(name) {
            Ok(()) => report.unchanged("already down"),
            Err(error) => report.failed_by_record(&error),
        };
    }
    report.steps = plan.steps.iter().map(ToString::to_string).collect();
    let mut journal = match journals.open(Opening::new(name, Change::Down { adopt }, &plan, &host.snapshot)) {
        Ok(journal) => journal,
        Err(error) => return report.failed_by_record(&error),
    };
    let mut progress = Progress::new(name, &plan.steps, host, &mut context.console).written_to(&mut journal);
    let replan = |after: &Snapshot| plan_for(after).map_or_else(|_| plan.steps.clone(), |plan| plan.steps);
    let done = teardown::take_down(&plan, &mut host.snapshot, &mut *host.backend, &replan, &mut progress);
    if done.is_ok()
        && let Err(error) = receipts.forget(name)
    {
        return report.failed(ExitCode::NotUndone, ErrorText::of(&error, error.hint()));
    }
    // What remains is told, and the receipt tells the next `down` how to go on.
    if let Err(error) = journal.close() {
        return report.failed(ExitCode::NotUndone, ErrorText::of(&error, error.hint()));
    }
    if let Err(remains) = done {
        // What could not be read now is told; the next group looks for itself.
        let _ = host.look_again();
        return remaining(report, remains, &plan.steps, host);
    }
    report.changed(down_in_words(&plan.steps, known, receipt))
}

/// The report of a group of which something is left.
fn remaining(mut report: GroupReport, remains: Remains, steps: &[Step], host: &Host) -> GroupReport {
    // Where all of it is still to be done, the host is as it was.
    let untouched = remains.left.as_ref().is_ok_and(|left| left == steps);
    let code = remains.failed.iter().map(|(_, error)| backend_code(error)).fold(ExitCode::Done, ExitCode::or_worse);
    let hint = remains.failed.iter().find_map(|(_, error)| error.hint());
    let failure = |(step, error): &(Step, BackendError)| format!("{step}: {}", one_line(error));
    report.failures = remains.failed.iter().map(failure).collect();
    match &remains.left {
        Ok(left) => report.left = host.commands(left),
        Err(error) => report.failures.push(format!("look at the host: {}", one_line(error))),
    }
    let code = match code {
        _ if !untouched => ExitCode::NotUndone,
        ExitCode::Done => ExitCode::Failed,
        code => code,
    };
    let error = ErrorText::of(&remains, hint);
    report.failed(code, error)
}

fn down_in_words(steps: &[Step], known: &KnownGroup, receipt: Option<&Receipt>) -> String {
    let steps = count(steps.len(), "step", "steps");
    let given_back = known
        .device
        .as_ref()
        .filter(|device| receipt.is_some_and(|receipt| receipt.before.interfaces.contains_key(*device)));
    match given_back {
        Some(device) => format!("down, {device} is as it was ({steps})"),
        None => format!("down ({steps})"),
    }
}
