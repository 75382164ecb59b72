//! One run of `up` over groups: the plan of each is made and done, or everything of it is undone.
//!
//! In: groups, and what was asked for with them. Out: a [`GroupReport`] for each. Who calls has the lock, and may be a
//! person, the agent or `doctor --fix`.

use std::cell::RefCell;

use mpath_core::apply::{self, Cause, Failure, Watch as _};
use mpath_core::journal::{Change, Mark, Opening, Token};
use mpath_core::plan::{self, NoPlan, Prepared};
use mpath_core::refusal::Refusal;
use mpath_core::resolve::Question;
use mpath_core::step::Family;
use mpath_core::undo::Extent;
use mpath_core::{Address, Group, InterfaceName, Plan, Receipt, Snapshot, Step};

use crate::ExitCode;
use crate::arguments::{Limit, Patience};
use crate::config::count;
use crate::confirmation;
use crate::context::Context;
use crate::error::{CommandError, ErrorText, cause_code, one_line, record_code};
use crate::host::Host;
use crate::journals::OpenJournal;
use crate::output::report::GroupReport;
use crate::progress::Progress;
use crate::reach::Gate;
use crate::receipts::{Memories, ReceiptStore};
use crate::record::{self, RecordError};
use crate::recovery;
use crate::signals::Signals;

/// A change that is not to stay by itself once it is done.
pub(crate) struct Hold {
    pub(crate) token: Token,
    /// How long it waits to be confirmed, where it must be.
    pub(crate) seconds: Option<u64>,
    /// Whether its guard is at work.
    guarded: bool,
}

/// One run of `up`.
pub(crate) struct UpRun<'r> {
    /// The member that is to be let in, and nothing else done; `None` is all that the file says.
    pub(crate) only: Option<InterfaceName>,
    /// Whether what is to be known of a plan is told before it is done.
    pub(crate) tells: bool,
    pub(crate) adopt: bool,
    pub(crate) persist: bool,
    pub(crate) limit: Limit,
    pub(crate) hold: Option<Hold>,
    /// What is to be reached afterwards, where that is checked.
    pub(crate) gate: Option<Gate<'r>>,
    /// The receipts, since the first group.
    pub(crate) memories: Option<Memories>,
    pub(crate) signals: &'r Signals,
}

impl<'r> UpRun<'r> {
    /// A run that lets a member in, or brings all to what the file says, without anybody who could be asked.
    pub(crate) fn by_itself(only: Option<InterfaceName>, signals: &'r Signals) -> Self {
        Self {
            only,
            tells: false,
            adopt: false,
            persist: false,
            limit: Limit::default(),
            hold: None,
            gate: None,
            memories: None,
            signals,
        }
    }
}

impl UpRun<'_> {
    /// Brings one group up. To be called with the lock.
    pub(crate) fn bring_up(&mut self, group: &Group, host: &mut Host, context: &mut Context<'_>) -> GroupReport {
        let name = group.name();
        let device = host.backend.capabilities().device_of(group).ok();
        let report = GroupReport::new(name, device.as_ref());
        let receipts = context.receipts();
        let memory = match self.memories.get_or_insert_with(|| receipts.open()).recall(name) {
            Ok(memory) => memory,
            Err(error) => return report.failed_by_record(&error),
        };
        if let Some(ignored) = &memory.ignored {
            context.console.warning(&format!("{name}: {ignored}"));
        }
        let only = self.only.clone();
        let (adopt, persist, capabilities) = (self.adopt, self.persist, host.backend.capabilities().clone());
        // Taken, not copied: a host may have thousands of interfaces, and most runs find nothing to do.
        let mut before = std::mem::take(&mut host.snapshot);
        let prepare = |current: &Snapshot| {
            let receipt = memory.receipt.as_ref();
            let question = Question { desired: group, current, receipt, capabilities: &capabilities, adopt, persist };
            match &only {
                Some(member) => plan::rejoin(question, member),
                None => plan::up(question),
            }
        };
        let max = self.limit.max_outage;
        let within = |Prepared { plan, receipt }| Ok(Prepared { plan: Plan::within(plan, max)?, receipt });
        let Prepared { plan, mut receipt } = match prepare(&before).and_then(within) {
            Ok(prepared) => prepared,
            Err(why) => {
                host.snapshot = before;
                return report.refused(&why);
            }
        };
        if memory.receipt.is_none() && before.host_wide.is_some() {
            receipt.before.host_wide = receipts.host_wide_before(name, &before).or(receipt.before.host_wide);
        }
        let mut report = report.with_notes(&plan.notes);
        if self.tells {
            context.console.notes(name, &report.notes);
        }
        if plan.is_empty() {
            host.snapshot = before;
            let kept = if memory.receipt.as_ref() == Some(&receipt) { Ok(()) } else { receipts.keep(&receipt) };
            return match kept {
                Ok(()) => report.unchanged("already as wanted"),
                Err(error) => report.failed_by_record(&error),
            };
        }
        report.steps = plan.steps.iter().map(ToString::to_string).collect();
        if let Some(gate) = &mut self.gate {
            gate.measure(&before, context, self.signals);
        }
        let change = Change::Up {
            receipt: Box::new(receipt.clone()),
            earlier: memory.receipt.clone().map(Box::new),
            confirm: self.hold.as_ref().map(|hold| hold.token.clone()),
        };
        let mut journal = match self.begin(Opening::new(name, change, &plan, &before), context) {
            Ok(journal) => journal,
            Err((code, error)) => {
                host.snapshot = before;
                return report.failed(code, error);
            }
        };
        if plan.is_persistent()
            && let Err(error) = receipts.foresee(&receipt, memory.receipt.as_ref())
        {
            host.snapshot = before;
            let told = ErrorText::of(&error, error.hint());
            return match journal.close() {
                Ok(()) => report.failed(record_code(&error), told),
                Err(error) => report.failed_by_record(&error),
            };
        }
        let no_plan = RefCell::new(None);
        let replan = |after: &Snapshot| match prepare(after) {
            Ok(prepared) => prepared.plan.steps,
            Err(why) => {
                no_plan.replace(Some(why));
                plan.steps.clone()
            }
        };
        let progress = Progress::new(name, &plan.steps, host, &mut context.console);
        let mut progress = progress.written_to(&mut journal).stopped_by(self.signals);
        let extent = Extent::of(&plan.device, &plan.steps, &before);
        let done = apply::apply(&plan, &mut before, &mut *host.backend, &replan, &mut progress);
        let age = progress.age();
        report.touched = progress.undid;
        // What is not known to have come so far would be undone by whoever comes next: so it is undone now.
        let done = done.and_then(|()| match self.mark_as_done(&mut journal) {
            Ok(()) => Ok(()),
            Err(error) => {
                report.touched = true;
                let progress = Progress::new(name, &plan.steps, host, &mut context.console);
                let mut progress = progress.of_a_change_that_old(age);
                let all: Vec<_> = plan.steps.iter().collect();
                let undo = extent.undo(&all, &mut *host.backend, &mut progress);
                Err(Failure { cause: Cause::Halted(error.into()), undo })
            }
        });
        match done {
            Ok(()) => {
                host.snapshot = before;
                for family in without_lease(group, &plan, &host.snapshot) {
                    let waits = format!("{name}: no {family} lease yet; the DHCP client goes on asking");
                    context.console.warning(&waits);
                }
                let ended = if self.hold.is_none() { end(journal, &receipt, &receipts) } else { Ok(()) };
                match ended {
                    Ok(()) => report.changed(up_in_words(&plan, &host.snapshot)),
                    Err(error) => report.failed(ExitCode::NotUndone, error),
                }
            }
            Err(failure) => {
                // What could not be read now is told; the next group looks for itself.
                let _ = host.look_again();
                let mut report = broken_off(report, failure, no_plan.into_inner(), host, journal);
                if plan.is_persistent()
                    && report.undone == Some(true)
                    && let Err(error) = receipts.take_back(name, None)
                {
                    report.failures.push(one_line(&error));
                }
                report
            }
        }
    }
}

impl UpRun<'_> {
    /// Begins a change: what is to be known of it outlives this process, and so does whoever undoes it in time.
    fn begin(&mut self, opening: Opening, context: &mut Context<'_>) -> Result<OpenJournal, (ExitCode, ErrorText)> {
        let journal = context.journals().open(opening).map_err(|error| fails(&error))?;
        if let Some(hold) = self.hold.as_mut().filter(|hold| hold.seconds.is_some() && !hold.guarded) {
            if let Err(error) = (context.start_guard)(&hold.token) {
                let told = CommandError::guard(error).told;
                journal.close().map_err(|error| fails(&error))?;
                return Err((ExitCode::Failed, told));
            }
            hold.guarded = true;
        }
        Ok(journal)
    }

    /// Writes what becomes of a change of which every step is done.
    fn mark_as_done(&self, journal: &mut OpenJournal) -> Result<(), RecordError> {
        match &self.hold {
            None => journal.mark(Mark::Done),
            // Until it is through the gate it is not finished: whoever finds its journal undoes it.
            Some(_) if self.gate.is_some() => Ok(()),
            Some(Hold { seconds: None, .. }) => Ok(()),
            Some(Hold { seconds: Some(seconds), .. }) => {
                journal.mark(Mark::Applied { until: record::now()?.seconds + seconds })
            }
        }
    }
}

/// Brings groups to what the file says, without anything that has to be asked for. What becomes of each is told.
pub(crate) fn bring_to_the_file(
    chosen: Vec<&Group>,
    patience: &Patience,
    context: &mut Context<'_>,
) -> Result<Vec<GroupReport>, CommandError> {
    if chosen.is_empty() {
        return Ok(vec![]);
    }
    let _lock = context.lock(patience)?;
    let signals = Signals::catch().map_err(CommandError::signals)?;
    let mut host = context.host()?;
    let stuck = recovery::settle(&mut host, context);
    let mut run = UpRun { tells: true, ..UpRun::by_itself(None, &signals) };
    let mut reports = Vec::new();
    for group in chosen {
        let report = match stuck.iter().find(|report| report.name == *group.name()) {
            Some(report) => report.clone(),
            None => run.bring_up(group, &mut host, context),
        };
        context.console.group(&report);
        reports.push(report);
    }
    Ok(reports)
}

impl Hold {
    pub(crate) fn new(seconds: Option<u64>) -> Self {
        Self { token: confirmation::new_token(), seconds, guarded: false }
    }
}

fn fails(error: &RecordError) -> (ExitCode, ErrorText) {
    (record_code(error), ErrorText::of(error, error.hint()))
}

/// Ends a change that is marked as done, and that nobody undoes any more. If it fails, `recover` ends it.
fn end(journal: OpenJournal, receipt: &Receipt, receipts: &ReceiptStore) -> Result<(), ErrorText> {
    let stays = |hint: Option<String>| {
        let stays = "the group is up and stays; mpath recover ends what is left to do".to_owned();
        Some(hint.map_or(stays.clone(), |hint| format!("{hint}; {stays}")))
    };
    receipts.keep(receipt).map_err(|error| ErrorText::of(&error, stays(error.hint())))?;
    journal.close().map_err(|error| ErrorText::of(&error, stays(error.hint())))
}

/// The report of a plan that failed.
fn broken_off(
    mut report: GroupReport,
    failure: Failure,
    no_plan: Option<NoPlan>,
    host: &Host,
    mut journal: OpenJournal,
) -> GroupReport {
    let Failure { cause, undo } = failure;
    let code = cause_code(&cause);
    let hint = match &cause {
        Cause::Step { error, .. } | Cause::ReadBack(error) => error.hint(),
        Cause::NotAsWanted { .. } | Cause::Halted(_) => None,
    };
    let error = match no_plan {
        // Only with the address on the segment is it known whose it is.
        Some(NoPlan::Refused(refusals)) if matches!(refusals[..], [Refusal::DuplicateAddress { .. }]) => {
            ErrorText { message: refusals[0].to_string(), causes: vec![], hint: Some(refusals[0].hint()) }
        }
        // The group was as the steps left it, and then the host changed: what stands against it now says more.
        Some(why) => ErrorText {
            message: "the host changed while it was being brought up".to_owned(),
            causes: vec![why.to_string()],
            hint: match &why {
                NoPlan::Refused(refusals) => refusals.first().map(Refusal::hint),
                NoPlan::Defect(_) => None,
            },
        },
        None => ErrorText::of(&cause, hint),
    };
    // What is not undone stays in the journal: `recover` tries again, and `down` needs to know it.
    let (code, written) = match recovery::undone(&mut report, undo, host) {
        Ok(()) => (code, journal.close()),
        Err(_) => (ExitCode::NotUndone, journal.mark(Mark::Stuck)),
    };
    if let Err(error) = written {
        report.failures.push(one_line(&error));
    }
    report.failed(code, error)
}

/// The families that a DHCP client was started for and that have no address yet.
fn without_lease(group: &Group, plan: &Plan, host: &Snapshot) -> Vec<Family> {
    let started = plan.steps.iter().filter_map(|step| match step.change() {
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
