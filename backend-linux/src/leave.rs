//! What makes other tools leave the interfaces of a group alone, for good: changes of their own files.
//!
//! In: files below a [`Root`], a snapshot. Out: [`LeaveAlone`]s. The files say it to a tool that begins anew; one that runs is
//! begun anew, not told to reload: both daemons let go of what an interface has when they let go of it while they run, and
//! leave it as it is when they end.

mod ifupdown;
mod network_manager;
mod networkd;

use std::collections::HashMap;

use mpath_core::adoption::LeaveAlone;
use mpath_core::snapshot::Manager;
use mpath_core::{InterfaceName, Snapshot};

use crate::sysfs::Root;

/// What begins the text of each file that is mpath's.
const HEAD: &str = "# Written by `mpath adopt`; `mpath release` takes it away.\n";

/// What is taken over, and the host that it is on.
#[derive(Clone, Copy)]
struct Takeover<'h> {
    root: &'h Root,
    snapshot: &'h Snapshot,
    /// The numbers of the interfaces.
    indices: &'h HashMap<InterfaceName, u32>,
    /// The devices of groups and their members.
    interfaces: &'h [InterfaceName],
    /// Those of them that are devices of groups.
    devices: &'h [&'h InterfaceName],
}

impl Takeover<'_> {
    /// The interfaces that a manager has.
    fn managed_by(&self, manager: Manager) -> impl Iterator<Item = &InterfaceName> {
        let of = |name: &InterfaceName| self.snapshot.interface(name).and_then(|interface| interface.manager);
        self.interfaces.iter().filter(move |name| of(name) == Some(manager))
    }
}

/// What makes every tool that has these interfaces leave them alone.
pub(crate) fn leave_alone(
    root: &Root,
    snapshot: &Snapshot,
    indices: &HashMap<InterfaceName, u32>,
    interfaces: &[InterfaceName],
) -> Vec<LeaveAlone> {
    let is_device = |name: &&InterfaceName| snapshot.group(name).is_some();
    let (devices, members): (Vec<_>, Vec<_>) = interfaces.iter().partition(is_device);
    let installed = ["usr/sbin/ifup", "sbin/ifup"].iter().any(|program| root.path(program).exists());
    let takeover = Takeover { root, snapshot, indices, interfaces, devices: &devices };
    let leaves = [
        installed.then(|| ifupdown::leave(root, &devices, &members)).flatten(),
        networkd::leave(takeover),
        network_manager::leave(takeover),
    ];
    leaves.into_iter().flatten().collect()
}
