//! The way back from a change: to the state before it, planned on what the host shows now.
//!
//! In: an [`Extent`] and a [`Backend`]. Out: an [`Undo`] that tells what became of the host. Who undoes may be the
//! process that made the change, or a later one that found its [journal](crate::journal).

use serde::{Deserialize, Serialize};

use crate::apply::Watch;
use crate::backend::{Backend, BackendError};
use crate::effect::Nonsense;
use crate::{InterfaceName, Snapshot, Step, plan};

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

/// How far a change reaches: the interfaces that it touches, and how they were before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// The group's device.
    pub device: InterfaceName,
    /// Every interface that is touched, and those that had to do with the device before.
    pub interfaces: Vec<InterfaceName>,
    /// Those that were there, as they were.
    pub before: Snapshot,
    /// Whether steps change what the next boot finds, so that the way back must, too.
    #[serde(default)]
    pub persistent: bool,
}

impl Extent {
    /// The extent of steps that begin on a host like this.
    pub fn of(device: &InterfaceName, steps: &[Step], before: &Snapshot) -> Self {
        let mut interfaces: Vec<_> = steps.iter().filter_map(|step| step.subject().cloned()).collect();
        interfaces.push(device.clone());
        interfaces.extend(before.members(device).map(|(name, _)| name.clone()));
        interfaces.sort();
        interfaces.dedup();
        let before = before.scoped(&interfaces);
        let persistent = steps.iter().any(|step| matches!(step, Step::Persistent { .. }));
        Self { device: device.clone(), interfaces, before, persistent }
    }

    /// Brings the interfaces back to what they were before.
    ///
    /// It looks first: a step that failed may have happened all the same, or half, and took perhaps more with it than
    /// it should; what must be undone is what the host shows. Only a host that cannot be looked at gets the inverses
    /// of the steps done, last first.
    pub fn undo(&self, done: &[&Step], backend: &mut dyn Backend, watch: &mut dyn Watch) -> Undo {
        let before = self.before.clone().aged(watch.age());
        let mut errors = Vec::new();
        let mut least_left = usize::MAX;
        loop {
            let now = match backend.observe() {
                Ok(now) => now.scoped(&self.interfaces),
                Err(error) => {
                    errors.push(error);
                    for inverse in done.iter().rev().filter_map(|step| step.inverse()) {
                        watch.undo(&inverse);
                        errors.extend(backend.execute(&inverse).err());
                    }
                    return Undo::Incomplete { errors, left: vec![] };
                }
            };
            let left = match plan::restore(&self.device, &before, &now, self.persistent, backend.capabilities()) {
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
                watch.undo(step);
                if let Err(error) = backend.execute(step) {
                    errors.push(error);
                    break;
                }
            }
        }
    }
}
