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
use mpath_core::{InterfaceName, Snapshot};

use crate::sysfs::Root;

/// What begins the text of each file that is mpath's.
const HEAD: &str = "# Written by `mpath adopt`; `mpath release` takes it away.\n";

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
    let leaves = [
        installed.then(|| ifupdown::leave(root, &devices, &members)).flatten(),
        networkd::leave(root, snapshot, indices, interfaces, &devices),
        network_manager::leave(root, snapshot, indices, interfaces, &devices),
    ];
    leaves.into_iter().flatten().collect()
}
