//! Groups kept as the file has them: members that appear, or that another program took out, are let in again.
//!
//! In: what the last look showed. Out: plans, done by the same hands, under the same lock and with the same journal as those of
//! `up`. A group that is not up is not begun.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use mpath_core::plan::{self, NoPlan, Prepared};
use mpath_core::resolve::Question;
use mpath_core::status::GroupHealth;
use mpath_core::{Damping, Group, GroupName, InterfaceName};

use super::{Outlets, Weight};
use crate::ExitCode;
use crate::config::count;
use crate::context::Context;
use crate::error::one_line;
use crate::feed::Stamp;
use crate::lock::{Lock, LockError};
use crate::output::report::Outcome;
use crate::signals::Signals;
use crate::up_run::UpRun;
use crate::watching::Watch;

/// How long something must have been so before anything is done about it: a new card gets its name, another program has its
/// next step.
const SETTLE: Duration = Duration::from_secs(1);
/// How soon it is tried again after another run or a change that waits was in the way.
const AGAIN: Duration = Duration::from_secs(5);

/// What the agent puts right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Converge {
    /// Nothing
    Off,
    /// Members that are missing and could be let in
    Members,
    /// All that the file says
    All,
}

/// What is amiss: a member that is outside, or `None` for anything of the group.
type Amiss = (GroupName, Option<InterfaceName>);

/// What is known of it.
#[derive(Default)]
struct Case {
    /// Since when it is so; `None` where it is not so now.
    since: Option<Instant>,
    damping: Damping,
    /// Not before this.
    not_before: Option<Instant>,
    /// What was said last of why nothing is done.
    said: String,
}

/// The memory of what was put right.
pub(crate) struct Convergence {
    what: Converge,
    cases: BTreeMap<Amiss, Case>,
}

impl Convergence {
    pub(crate) fn new(what: Converge) -> Self {
        Self { what, cases: BTreeMap::new() }
    }

    /// When there is something to do without any news.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.cases.values().filter(|case| case.since.is_some()).filter_map(|case| case.not_before).min()
    }

    /// Puts right what is amiss as of the last look at everything, and what has waited long enough.
    pub(crate) fn work(
        &mut self,
        watch: &mut Watch,
        outlets: &mut Outlets,
        signals: &Signals,
        context: &mut Context<'_>,
    ) {
        let amiss = self.amiss(watch, context);
        let now = Instant::now();
        for (what, case) in &mut self.cases {
            if !amiss.iter().any(|(other, _)| other == what) {
                (case.since, case.not_before) = (None, None);
                case.said.clear();
            }
        }
        for (what, group) in amiss {
            let case = self.cases.entry(what.clone()).or_default();
            let since = *case.since.get_or_insert(now);
            let settled = since + SETTLE;
            if settled > now {
                case.not_before = Some(settled);
            } else if case.not_before.is_none_or(|at| at <= now) {
                case.not_before = None;
                case.put_right(&what, &group, watch, outlets, signals, context);
            }
        }
        let waits = |case: &Case| case.since.is_some() && case.damping.next() > Stamp::now().monotonic;
        let damped = self.cases.iter().filter(|(_, case)| waits(case));
        let damped =
            damped.filter_map(|((group, member), _)| Some((group.clone(), member.as_ref()?.to_string()))).collect();
        outlets.metrics().damped(damped);
    }

    /// What is amiss with groups that are up.
    fn amiss(&self, watch: &Watch, context: &Context<'_>) -> Vec<(Amiss, Group)> {
        let mut amiss = Vec::new();
        if self.what == Converge::Off {
            return amiss;
        }
        let memories = context.receipts().open();
        for watched in &watch.groups {
            let (name, status) = (watched.group.name(), &watched.status);
            // Down, or somebody else's work: neither is the agent's to begin.
            let is_up = status.state != GroupHealth::Absent;
            if !is_up || !memories.recall(name).is_ok_and(|memory| memory.receipt.is_some()) {
                continue;
            }
            let outside = status.members.iter().filter(|member| member.state == "outside");
            let names: Vec<_> = outside.filter_map(|member| InterfaceName::new(&*member.name).ok()).collect();
            // One by one, so that what stands against one of them is in no other's way.
            let whole = self.what == Converge::All && names.is_empty() && status.drift > 0;
            amiss.extend(names.into_iter().map(|member| ((name.clone(), Some(member)), watched.group.clone())));
            amiss.extend(whole.then(|| ((name.clone(), None), watched.group.clone())));
        }
        amiss
    }
}

impl Case {
    fn put_right(
        &mut self,
        (name, member): &Amiss,
        group: &Group,
        watch: &mut Watch,
        outlets: &mut Outlets,
        signals: &Signals,
        context: &mut Context<'_>,
    ) {
        let what = member.as_ref().map_or_else(|| "the group".to_owned(), ToString::to_string);
        let now = Stamp::now().monotonic;
        if let Some(wait) = self.damping.next().checked_sub(now).filter(|wait| !wait.is_zero()) {
            self.not_before = Some(Instant::now() + wait);
            return;
        }
        // Without the lock first: what is refused needs none, and nothing of it is tried again until something changes.
        let steps = match planned(group, member.as_ref(), watch, context) {
            Ok(steps) if steps.is_empty() => return,
            Ok(steps) => steps,
            Err(why) => {
                if self.say(&format!("{what} is left as it is: {why}"), Weight::Warning, name, outlets, context) {
                    outlets.metrics().convergence(name, "refused");
                }
                return;
            }
        };
        let _lock = match free(context) {
            Ok(lock) => lock,
            Err(why) => {
                self.not_before = Some(Instant::now() + AGAIN);
                self.say(&format!("{what} has to wait: {why}"), Weight::Info, name, outlets, context);
                return;
            }
        };
        if let Err(error) = watch.host.look_again() {
            outlets.say(Weight::Error, Some(name), &one_line(&error), &mut context.console);
            self.not_before = Some(Instant::now() + AGAIN);
            return;
        }
        let text = match member {
            Some(member) => format!("{member} is let into the group: {}", steps.join("; ")),
            None => format!("what differs from the file is put right: {}", steps.join("; ")),
        };
        outlets.say(Weight::Info, Some(name), &text, &mut context.console);
        let wait = self.damping.tried(now);
        let report = UpRun::by_itself(member.clone(), signals).bring_up(group, &mut watch.host, context);
        for note in report.notes.iter().filter(|note| note.warning) {
            outlets.say(Weight::Warning, Some(name), &note.text, &mut context.console);
        }
        match (&report.error, report.outcome) {
            (None, _) => {
                let steps = count(report.steps.len(), "step", "steps");
                outlets.say(
                    Weight::Info,
                    Some(name),
                    &format!("{what} is as the file says ({steps})"),
                    &mut context.console,
                );
            }
            (Some(error), _) => {
                let causes = error.causes.iter().map(|cause| format!(": {cause}")).collect::<String>();
                let undone = match report.undone {
                    Some(true) => "; everything was undone",
                    Some(false) => "; not everything could be undone: mpath recover",
                    None => "",
                };
                let text = format!("{what}: {}{causes}{undone}", error.message);
                outlets.say(Weight::Error, Some(name), &text, &mut context.console);
            }
        }
        let result = match report.outcome {
            Outcome::Changed | Outcome::Unchanged => "done",
            Outcome::Refused => "refused",
            Outcome::Failed => "failed",
        };
        outlets.metrics().convergence(name, result);
        if report.code != ExitCode::Done {
            self.not_before = Some(Instant::now() + wait.unwrap_or(AGAIN));
        }
        if let Some(wait) = wait {
            let text =
                format!("{what} was put right too often: the next time is in {} s at the earliest", wait.as_secs());
            outlets.say(Weight::Warning, Some(name), &text, &mut context.console);
        }
    }

    /// Says why nothing is done, unless that was the last that was said. Tells whether it was said.
    fn say(
        &mut self,
        text: &str,
        weight: Weight,
        group: &GroupName,
        outlets: &mut Outlets,
        context: &mut Context<'_>,
    ) -> bool {
        let is_new = self.said != text;
        if is_new {
            self.said = text.to_owned();
            outlets.say(weight, Some(group), text, &mut context.console);
        }
        is_new
    }
}

/// What would be done, in words.
fn planned(
    desired: &Group,
    member: Option<&InterfaceName>,
    watch: &Watch,
    context: &Context<'_>,
) -> Result<Vec<String>, String> {
    let memory = context.receipts().recall(desired.name()).map_err(|error| one_line(&error))?;
    let (current, capabilities) = (&watch.host.snapshot, watch.host.backend.capabilities());
    let receipt = memory.receipt.as_ref();
    let question = Question { desired, current, receipt, capabilities, adopt: false, persist: false };
    let prepared = match member {
        Some(member) => plan::rejoin(question, member),
        None => plan::up(question),
    };
    let in_words = |why: NoPlan| match why {
        NoPlan::Refused(refusals) => refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        NoPlan::Defect(_) => one_line(&why),
    };
    let Prepared { plan, .. } = prepared.map_err(in_words)?;
    Ok(plan.steps.iter().map(ToString::to_string).collect())
}

/// The right to change the host, if nobody else has it and no other change is under way.
fn free(context: &Context<'_>) -> Result<Lock, String> {
    let lock = Lock::take(context.state_directory, Duration::ZERO, &mut |_| {}).map_err(|error| match error {
        // Who it is changes from one time to the next.
        LockError::Held { .. } => "another mpath is at work".to_owned(),
        error => one_line(&error),
    })?;
    for found in context.journals().all() {
        match found {
            Ok(found) if found.recovery.is_none() => {}
            Ok(found) => {
                return Err(format!("a change of {} waits to be confirmed, or was not finished", found.group()));
            }
            Err(error) => return Err(one_line(&error)),
        }
    }
    Ok(lock)
}
