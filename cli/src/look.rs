//! One look at one group: how it is doing, and how far from the file it is.

use mpath_core::plan::{self, NoPlan};
use mpath_core::resolve::Question;
use mpath_core::status::GroupStatus;
use mpath_core::{Group, InterfaceName};

use crate::error::{CommandError, ErrorText, refusal_code};
use crate::host::Host;
use crate::output::RefusalText;
use crate::receipts::{Memories, Memory};

/// What one look at one group showed.
pub(crate) struct Look {
    pub(crate) status: GroupStatus,
    /// What stands against bringing it to what the file says.
    pub(crate) refusals: Vec<RefusalText>,
    /// A receipt that cannot be used.
    pub(crate) warning: Option<String>,
    /// A plan that cannot be.
    pub(crate) defect: Option<ErrorText>,
}

/// Looks at a group on the host as it was observed last.
pub(crate) fn look(desired: &Group, device: InterfaceName, host: &Host, memories: &Memories) -> Look {
    let mut warning = None;
    let memory = memories.recall(desired.name()).unwrap_or_else(|error| {
        // Everybody may look at a group, and only few at a receipt.
        if !error.is_permission() {
            let ErrorText { message, .. } = ErrorText::of(&error, None);
            warning = Some(format!("{}: {message}", desired.name()));
        }
        Memory::default()
    });
    let (current, capabilities, receipt) = (&host.snapshot, host.backend.capabilities(), memory.receipt.as_ref());
    let (mut drift, mut refusals, mut defect) = (0, Vec::new(), None);
    match plan::up(Question { desired, current, receipt, capabilities, adopt: false, persist: false }) {
        Ok(prepared) => drift = prepared.plan.steps.len(),
        Err(NoPlan::Refused(found)) => refusals = found.iter().map(RefusalText::new).collect(),
        Err(error) => defect = Some(ErrorText::of(&error, None)),
    }
    Look { status: GroupStatus::of(desired, device, current, drift), refusals, warning, defect }
}

/// The device of each group, for commands that cannot go on without one of them.
pub(crate) fn devices<'g>(
    chosen: Vec<&'g Group>,
    host: &Host,
) -> Result<Vec<(&'g Group, InterfaceName)>, CommandError> {
    let device_of = |group: &'g Group| {
        let device = host.backend.capabilities().device_of(group).map_err(|reason| {
            let refusal = mpath_core::refusal::Refusal::DeviceName { reason };
            let mut told = RefusalText::new(&refusal).error();
            told.message = format!("{}: {}", group.name(), told.message);
            CommandError { code: refusal_code(&refusal), told, config: None }
        })?;
        Ok((group, device))
    };
    chosen.into_iter().map(device_of).collect()
}
