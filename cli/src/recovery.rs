//! What becomes of changes that were not finished: those of dead processes, and those that nobody confirmed.
//!
//! In: the journals that were [found](Found), and the lock. Out: a [`GroupReport`] for each.

use std::collections::BTreeMap;

use mpath_core::adoption::Adoption;
use mpath_core::journal::{Change, Recovery};
use mpath_core::undo::Undo;
use mpath_core::{GroupName, InterfaceName};

use crate::ExitCode;
use crate::adoptions;
use crate::arguments::Limit;
use crate::config::count;
use crate::confirmation;
use crate::context::Context;
use crate::down_run;
use crate::error::{ErrorText, one_line, record_code};
use crate::handover;
use crate::host::Host;
use crate::journals::Found;
use crate::known::KnownGroup;
use crate::output::report::GroupReport;
use crate::progress::Progress;
use crate::record::RecordError;

/// Ends what dead processes left, and tells it. Returns the reports of the groups that cannot be changed now.
///
/// To be called with the lock: a journal that does not wait for anything is then nobody's.
pub(crate) fn settle(host: &mut Host, context: &mut Context<'_>) -> Vec<GroupReport> {
    let mut stuck = Vec::new();
    for found in context.journals().all() {
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                stuck.extend(unreadable(&error));
                continue;
            }
        };
        if let Some(Recovery::Wait { seconds }) = found.recovery {
            stuck.push(waiting(&found, seconds));
            continue;
        }
        let story = found.story();
        let report = recover(&found, host, context);
        if report.code == ExitCode::Done {
            let summary = report.summary.unwrap_or_default();
            context.console.warning(&format!("{}: {story}; {summary}", report.name));
        } else {
            stuck.push(report);
        }
    }
    for (group, error) in unconfirmed(context) {
        context.console.error(Some(group.as_str()), &error);
    }
    stuck
}

/// Puts the files of adoptions back that nobody confirmed, and whose change a boot has ended. Gives what could not be put back.
/// To be called with the lock.
pub(crate) fn unconfirmed(context: &mut Context<'_>) -> Vec<(GroupName, ErrorText)> {
    let mut errors = Vec::new();
    for adoption in context.adoptions().unconfirmed() {
        let Some(token) = &adoption.confirm else { continue };
        if context.journals().waiting(token).is_empty() {
            match give_back(&adoption, context) {
                Ok(()) => {
                    let text = "its adoption was not confirmed before a boot; every file is as it was";
                    context.console.warning(&format!("{}: {text}", adoption.group));
                }
                Err(error) => errors.push((adoption.group.clone(), error)),
            }
        }
    }
    errors
}

/// Puts every file of an adoption back, and forgets it.
fn give_back(adoption: &Adoption, context: &mut Context<'_>) -> Result<(), ErrorText> {
    let mut failed = adoptions::foreign(adoption);
    if failed.is_empty() {
        failed = adoptions::put_back(adoption);
    }
    if !failed.is_empty() {
        let message = "the files that `mpath adopt` wrote cannot be put back".to_owned();
        let causes = failed.iter().map(|error| one_line(error)).collect();
        let hint = "put them back by hand as they were written or as they were before; `mpath recover` goes on then";
        return Err(ErrorText { message, causes, hint: Some(hint.to_owned()) });
    }
    let forgotten = context.adoptions().forget(&adoption.group);
    forgotten.map_err(|error| ErrorText::of(&error, error.hint()))?;
    adoptions::tell_reloads(adoption, &mut context.console);
    Ok(())
}

/// The adoption that a change belongs to, if it must be confirmed with it.
fn adoption_of(found: &Found, context: &Context<'_>) -> Result<Option<Adoption>, RecordError> {
    let Some(token) = found.journal.opening.token() else { return Ok(None) };
    let adoption = context.adoptions().recall(found.group())?;
    Ok(adoption.filter(|adoption| adoption.confirm.as_ref() == Some(token)))
}

/// Ends one change, whatever is to be done about it.
pub(crate) fn recover(found: &Found, host: &mut Host, context: &mut Context<'_>) -> GroupReport {
    let opening = &found.journal.opening;
    let report = GroupReport::new(&opening.group, Some(&opening.extent.device));
    match (found.recovery, &opening.change) {
        (None, _) => {
            end(found, report, "it was before the last boot, or in another network: nothing of it is left", context)
        }
        (Some(Recovery::Wait { seconds }), _) => waiting(found, seconds),
        (Some(Recovery::Keep), _) => keep(found, context),
        (Some(Recovery::Undo), Change::Handover { plug }) => release(found, plug, host, context),
        (Some(Recovery::Undo), _) => revert(found, host, context),
        (Some(Recovery::GoOn), change) => {
            let known = KnownGroup { name: opening.group.clone(), device: Some(opening.extent.device.clone()) };
            let adopt = matches!(change, Change::Down { adopt: true });
            let memories = context.receipts().open();
            let report = down_run::take_down(&known, &memories, adopt, Limit::default(), host, context);
            match report.code {
                ExitCode::Done => report.changed("it is down now".to_owned()),
                _ => report,
            }
        }
    }
}

/// Lets a change stay: its receipt is kept, and its journal goes.
pub(crate) fn keep(found: &Found, context: &Context<'_>) -> GroupReport {
    let opening = &found.journal.opening;
    let report = GroupReport::new(&opening.group, Some(&opening.extent.device));
    if let Change::Up { receipt, .. } = &opening.change
        && let Err(error) = context.receipts().keep(receipt)
    {
        return report.failed_by_record(&error);
    }
    let kept = adoption_of(found, context).and_then(|adoption| match adoption {
        Some(adoption) => context.adoptions().keep(&Adoption { confirm: None, ..adoption }),
        None => Ok(()),
    });
    if let Err(error) = kept {
        return report.failed_by_record(&error);
    }
    end(found, report, "its work was done, and stays", context)
}

/// Brings back the state before a change.
pub(crate) fn revert(found: &Found, host: &mut Host, context: &mut Context<'_>) -> GroupReport {
    let opening = &found.journal.opening;
    let extent = &opening.extent;
    let mut report = GroupReport::new(&opening.group, Some(&extent.device));
    let mut progress =
        Progress::new(&opening.group, &opening.steps, host, &mut context.console).of_a_change_that_old(found.age);
    let undo = extent.undo(&found.journal.done(), &mut *host.backend, &mut progress);
    report.touched = progress.undid;
    // What could not be read now is told; the next group looks for itself.
    let _ = host.look_again();
    match undone(&mut report, undo, host) {
        Ok(()) => {
            // The summary says it.
            report.undone = None;
            if extent.persistent
                && let Err(error) =
                    context.receipts().take_back(&opening.group, found.earlier().filter(|_| found.cut_off))
            {
                return report.failed_by_record(&error);
            }
            let summary = match adoption_of(found, context) {
                Ok(None) => "the state before it is back",
                Ok(Some(adoption)) => match give_back(&adoption, context) {
                    Ok(()) => "the state before it is back, and every file is as it was",
                    Err(error) => return report.failed(ExitCode::NotUndone, error),
                },
                Err(error) => return report.failed_by_record(&error),
            };
            end(found, report, summary, context)
        }
        Err(message) => {
            let hint = Some(format!("mpath recover tries again; mpath down {} takes the group apart", opening.group));
            report.failed(ExitCode::NotUndone, ErrorText { message, causes: vec![], hint })
        }
    }
}

/// Puts members in use again, as they were before a switch or a drill.
fn release(
    found: &Found,
    plug: &BTreeMap<InterfaceName, Vec<String>>,
    host: &mut Host,
    context: &mut Context<'_>,
) -> GroupReport {
    let opening = &found.journal.opening;
    let report = GroupReport::new(&opening.group, Some(&opening.extent.device));
    let mut progress = Progress::new(&opening.group, &opening.steps, host, &mut context.console);
    match handover::put_back(&opening.group, &opening.extent, plug, host, &mut progress) {
        Ok(()) => end(found, report, "its members are as they were", context),
        Err(not_back) => handover::tell(report, not_back, host),
    }
}

/// Tells in a report what became of an undo. Fails with what the matter is where the host is not as it was before.
pub(crate) fn undone(report: &mut GroupReport, undo: Undo, host: &Host) -> Result<(), String> {
    let (errors, left) = match undo {
        Undo::Complete => {
            report.undone = Some(true);
            return Ok(());
        }
        Undo::Unplanned { errors, nonsense } => {
            let defect = format!("mpath contradicts itself about the way back; please report this: {nonsense}");
            report.failures.extend(errors.iter().map(|error| one_line(error)));
            report.failures.push(defect);
            (vec![], vec![])
        }
        Undo::Incomplete { errors, left } => (errors, left),
    };
    report.undone = Some(false);
    report.failures.extend(errors.iter().map(|error| one_line(error)));
    report.left = host.commands(&left);
    if left.is_empty() {
        report.left = vec![format!("mpath down {}", report.name)];
    }
    Err(format!("not everything could be undone: {} left", count(left.len(), "step", "steps")))
}

/// The report of a group whose change waits to be confirmed.
fn waiting(found: &Found, seconds: u64) -> GroupReport {
    let token = found.journal.opening.token().map(|token| format!(" {}", token.0)).unwrap_or_default();
    let message = format!("`{}` waits to be confirmed, for another {seconds} s", found.owner.command);
    let hint = Some(format!("mpath confirm{token} keeps the change; mpath revert{token} undoes it"));
    let report = GroupReport::new(found.group(), Some(&found.journal.opening.extent.device));
    report.held_up(ExitCode::Busy, ErrorText { message, causes: vec![], hint })
}

/// The report of a group whose journal cannot be read; none where the journal tells of no group.
fn unreadable(error: &RecordError) -> Option<GroupReport> {
    let group = mpath_core::GroupName::new(error.path()?.file_stem()?.to_str()?).ok()?;
    Some(GroupReport::new(&group, None).held_up(record_code(error), ErrorText::of(error, error.hint())))
}

fn end(found: &Found, report: GroupReport, summary: &str, context: &Context<'_>) -> GroupReport {
    let removed = found.remove();
    if let Some(token) = found.journal.opening.token() {
        confirmation::wake(context.state_directory, token);
    }
    match removed {
        Ok(()) => report.changed(summary.to_owned()),
        Err(error) => report.failed(ExitCode::Failed, ErrorText::of(&error, error.hint())),
    }
}
