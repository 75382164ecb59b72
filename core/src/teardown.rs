//! Doing a plan that takes a group down: what fails is gathered, and the rest goes on.
//!
//! In: a [`Plan`] and a [`Backend`]. Out: nothing, or the [`Remains`]. Going up stops and undoes
//! ([`apply`](mod@crate::apply)); going down, half a way is better than none: nobody wants the group back.

use crate::apply::Watch;
use crate::backend::{Backend, BackendError};
use crate::plan::Plan;
use crate::undo::Extent;
use crate::{Snapshot, Step};

/// What is left of a group that was to be taken down.
#[derive(Debug, thiserror::Error)]
#[error("not everything could be taken down")]
pub struct Remains {
    /// The steps that failed in the last round, in order, each with its reason.
    pub failed: Vec<(Step, BackendError)>,
    /// The steps that would still be needed, or why the host could not be looked at.
    pub left: Result<Vec<Step>, BackendError>,
}

/// Whether a step waits for the next round: a member that could not leave yet would stay a standby, what it is to get back
/// would be the group's, and the group is not empty.
fn waits(step: &Step, failed: &[(Step, BackendError)]) -> bool {
    failed.iter().any(|(failed, _)| match failed.change() {
        Step::SetStandby { device, member, .. } | Step::RemoveMember { device, member } => {
            step.subject() == Some(member)
                || matches!(step.change(), Step::DeleteGroup(group) if group.device == *device)
        }
        _ => false,
    })
}

/// Does every step, then reads back what is left: an empty plan means that it is all done, whatever failed on the way. What
/// failed is tried again as long as that leaves less to do. `host` is the snapshot that the plan was made on, and then the
/// last look.
///
/// # Errors
///
/// What remains: the steps that failed, and what there is left to do.
pub fn take_down(
    plan: &Plan,
    host: &mut Snapshot,
    backend: &mut dyn Backend,
    replan: &dyn Fn(&Snapshot) -> Vec<Step>,
    watch: &mut dyn Watch,
) -> Result<(), Remains> {
    if plan.is_empty() {
        return Ok(());
    }
    let Extent { interfaces, .. } = Extent::of(&plan.device, &plan.steps, host);
    let mut steps = plan.steps.clone();
    loop {
        let mut failed = Vec::new();
        for (number, step) in steps.iter().enumerate() {
            if waits(step, &failed) {
                continue;
            }
            // Who watches cannot stop it: half a way is better than none.
            let _ = watch.begin(number, step);
            failed.extend(backend.execute(step).err().map(|error| (step.clone(), error)));
            let _ = watch.end(number, step);
        }
        match backend.refresh(host, &interfaces).map(|()| replan(host)) {
            Ok(left) if left.is_empty() => return Ok(()),
            Ok(left) if !failed.is_empty() && left.len() < steps.len() => steps = left,
            left => return Err(Remains { failed, left }),
        }
    }
}
