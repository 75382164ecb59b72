//! Doing a plan: step by step, with everything undone when a step fails, and the result read back at the end.
//!
//! In: a [`Plan`] and a [`Backend`]. Out: nothing, or a [`Failure`] that tells what became of the host. What may be
//! chosen was chosen by the planner; this only loops.

use std::error::Error;

use crate::backend::{Backend, BackendError};
use crate::plan::Plan;
use crate::undo::{Extent, Undo};
use crate::{Snapshot, Step};

/// Who is told of each step of a plan, and may have it stopped.
pub trait Watch {
    /// The step of this number, from 0, is about to be done.
    ///
    /// # Errors
    ///
    /// Why the plan shall not go on: the step is not done, and those before it are undone.
    fn begin(&mut self, _number: usize, _step: &Step) -> Result<(), Halt> {
        Ok(())
    }
    /// It is done.
    ///
    /// # Errors
    ///
    /// Why the plan shall not go on: it is undone.
    fn end(&mut self, _number: usize, _step: &Step) -> Result<(), Halt> {
        Ok(())
    }
    /// A step that the plan does not have is about to be done: what it takes away came meanwhile.
    ///
    /// # Errors
    ///
    /// Why the plan shall not go on: it is undone.
    fn again(&mut self, _step: &Step) -> Result<(), Halt> {
        Ok(())
    }
    /// A step of the way back is about to be done.
    fn undo(&mut self, _step: &Step) {}
    /// How many seconds ago the host was looked at: what it had for a time only has that much less of it now.
    fn age(&self) -> u32 {
        0
    }
}

/// Why somebody who watches does not want a plan to go on.
pub type Halt = Box<dyn Error + Send + Sync>;

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {}

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
    /// Whoever watches did not want it to go on.
    #[error("stopped before it was done")]
    Halted(#[source] Halt),
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

/// Does a plan. `host` is the snapshot that it was made on, `replan` the planner that made it.
///
/// A failing step ends it and everything is undone. Afterwards what was touched is read back and planned for again: an
/// empty plan means that what was wanted is what the system shows. `host` is that look then, so that nobody looks twice;
/// after a failure it is out of date.
///
/// # Errors
///
/// What went wrong, and how far it could be undone: the host is as it was before, unless [`Failure::undo`] says otherwise.
pub fn apply(
    plan: &Plan,
    host: &mut Snapshot,
    backend: &mut dyn Backend,
    replan: &dyn Fn(&Snapshot) -> Vec<Step>,
    watch: &mut dyn Watch,
) -> Result<(), Failure> {
    if plan.is_empty() {
        return Ok(());
    }
    let extent = Extent::of(&plan.device, &plan.steps, host);
    let mut done: Vec<&Step> = Vec::new();
    let read = steps(plan, backend, &mut done, watch).and_then(|()| read_back(&extent, host, backend, replan, watch));
    read.map_err(|cause| Failure { cause, undo: extent.undo(&done, backend, watch) })
}

fn steps<'p>(
    plan: &'p Plan,
    backend: &mut dyn Backend,
    done: &mut Vec<&'p Step>,
    watch: &mut dyn Watch,
) -> Result<(), Cause> {
    for (number, step) in plan.steps.iter().enumerate() {
        watch.begin(number, step).map_err(Cause::Halted)?;
        backend.execute(step).map_err(|error| Cause::Step { step: Box::new(step.clone()), error })?;
        done.push(step);
        watch.end(number, step).map_err(Cause::Halted)?;
    }
    Ok(())
}

/// Looks whether everything is as wanted.
///
/// An address or a route that another program has just put there, as NetworkManager does while it gives up an interface
/// that became a member, is taken away once; what comes back has somebody behind it whom a person must talk to.
fn read_back(
    extent: &Extent,
    host: &mut Snapshot,
    backend: &mut dyn Backend,
    replan: &dyn Fn(&Snapshot) -> Vec<Step>,
    watch: &mut dyn Watch,
) -> Result<(), Cause> {
    backend.refresh(host, &extent.interfaces).map_err(Cause::ReadBack)?;
    let mut left = replan(host);
    let came = |step: &Step| matches!(step.change(), Step::RemoveAddress { .. } | Step::RemoveRoute { .. });
    if !left.is_empty() && left.iter().all(came) {
        for step in &left {
            watch.again(step).map_err(Cause::Halted)?;
            // Whether it is gone is seen next; it may have gone by itself.
            let _ = backend.execute(step);
        }
        backend.refresh(host, &extent.interfaces).map_err(Cause::ReadBack)?;
        left = replan(host);
    }
    if left.is_empty() { Ok(()) } else { Err(Cause::NotAsWanted { left }) }
}

fn sentences(steps: &[Step]) -> String {
    steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
