//! Doing a plan: step by step, with everything undone when a step fails, and the result read back at the end.
//!
//! In: a [`Plan`] and a [`Backend`]. Out: nothing, or a [`Failure`] that tells what became of the host. What may be
//! chosen was chosen by the planner; this only loops.

use crate::backend::{Backend, BackendError};
use crate::effect::Nonsense;
use crate::plan::{self, Plan};
use crate::{InterfaceName, Snapshot, Step};

/// Something that happens while a plan is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A step begins.
    Begin(&'a Step),
    /// A step is undone.
    Undo(&'a Step),
}

/// Why a plan was not done, and what became of the host.
#[derive(Debug, thiserror::Error)]
#[error("{cause}")]
pub struct Failure {
    /// What went wrong.
    pub cause: Cause,
    /// What was undone.
    pub undo: Undo,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// A step failed.
    #[error("could not {step}")]
    Step {
        /// The step.
        step: Box<Step>,
        /// Why.
        #[source]
        error: BackendError,
    },
    /// The host could not be looked at afterwards.
    #[error("could not read back what was done")]
    ReadBack(#[source] BackendError),
    /// Every step went well, but the host is not as wanted.
    #[error("the system accepted every change, but does not show all of them: it would still be necessary to {}", sentences(.left))]
    NotAsWanted {
        /// The steps that a new plan finds.
        left: Vec<Step>,
    },
}

/// What became of the steps that had been done.
#[derive(Debug)]
pub enum Undo {
    /// The host is as it was before.
    Complete,
    /// It is not, and the planner contradicts itself about the way back, which is a defect of it.
    Unplanned {
        /// What failed while undoing, in order.
        errors: Vec<BackendError>,
        /// The contradiction.
        nonsense: Nonsense,
    },
    /// It is not.
    Incomplete {
        /// What failed while undoing, in order.
        errors: Vec<BackendError>,
        /// The steps that would still be needed, where the host could be read.
        left: Vec<Step>,
    },
}

/// Does a plan. `before` is the snapshot that it was made on, `replan` the planner that made it.
///
/// A failing step ends it and everything is undone. Afterwards the host is observed and planned for again: an empty
/// plan means that what was wanted is what the system shows. That observation is returned, so that nobody looks twice.
pub fn apply(
    plan: &Plan,
    before: &Snapshot,
    backend: &mut dyn Backend,
    replan: &dyn Fn(&Snapshot) -> Vec<Step>,
    watch: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Snapshot>, Failure> {
    if plan.is_empty() {
        return Ok(None);
    }
    let mut done: Vec<&Step> = Vec::new();
    for step in &plan.steps {
        watch(Event::Begin(step));
        if let Err(error) = backend.execute(step) {
            let cause = Cause::Step { step: Box::new(step.clone()), error };
            return Err(Failure { cause, undo: undo(&done, plan, before, backend, watch) });
        }
        done.push(step);
    }
    let cause = match backend.observe() {
        Ok(after) => match replan(&after) {
            left if left.is_empty() => return Ok(Some(after)),
            left => Cause::NotAsWanted { left },
        },
        Err(error) => Cause::ReadBack(error),
    };
    Err(Failure { cause, undo: undo(&done, plan, before, backend, watch) })
}

/// Brings the interfaces of a plan back to what they were before.
///
/// It looks first: a step that failed may have happened all the same, or half, and took perhaps more with it than it
/// should; what must be undone is what the host shows. Only a host that cannot be looked at gets the inverses of the
/// steps done, last first.
fn undo(
    done: &[&Step],
    plan: &Plan,
    before: &Snapshot,
    backend: &mut dyn Backend,
    watch: &mut dyn FnMut(Event<'_>),
) -> Undo {
    let names = touched(plan, before);
    let before = before.scoped(&names);
    let mut errors = Vec::new();
    let mut least_left = usize::MAX;
    loop {
        let now = match backend.observe() {
            Ok(now) => now.scoped(&names),
            Err(error) => {
                errors.push(error);
                for inverse in done.iter().rev().filter_map(|step| step.inverse()) {
                    watch(Event::Undo(&inverse));
                    errors.extend(backend.execute(&inverse).err());
                }
                return Undo::Incomplete { errors, left: vec![] };
            }
        };
        let left = match plan::restore(&plan.device, &before, &now, plan.is_persistent(), backend.capabilities()) {
            Ok(left) => left,
            Err(nonsense) => return Undo::Unplanned { errors, nonsense },
        };
        if left.is_empty() {
            return Undo::Complete;
        }
        // As long as each round leaves less to do, another one is worth it.
        if left.len() >= least_left {
            return Undo::Incomplete { errors, left };
        }
        least_left = left.len();
        for step in &left {
            watch(Event::Undo(step));
            if let Err(error) = backend.execute(step) {
                errors.push(error);
                break;
            }
        }
    }
}

/// The interfaces that a plan touches, and those that had to do with its device before.
fn touched(plan: &Plan, before: &Snapshot) -> Vec<InterfaceName> {
    let mut names: Vec<_> = plan.steps.iter().filter_map(|step| step.subject().cloned()).collect();
    names.push(plan.device.clone());
    names.extend(before.members(&plan.device).map(|(name, _)| name.clone()));
    names.sort();
    names.dedup();
    names
}

fn sentences(steps: &[Step]) -> String {
    steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
