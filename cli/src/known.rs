//! The groups that can be taken down: those of the file, and those that only the host or a receipt still knows.

use mpath_core::{Group, GroupName, InterfaceName};

use crate::host::Host;
use crate::receipts::ReceiptStore;

/// A group that can be taken down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownGroup {
    pub(crate) name: GroupName,
    /// Its device. `None` where only a receipt that cannot be read knows it.
    pub(crate) device: Option<InterfaceName>,
}

/// All of them, those of the file first.
pub(crate) fn known_groups(groups: &[Group], receipts: &ReceiptStore, host: &Host) -> Vec<KnownGroup> {
    let marked: Vec<(GroupName, InterfaceName)> = host
        .snapshot
        .interfaces
        .iter()
        .filter_map(|(device, interface)| Some((interface.group()?.owner()?, device.clone())))
        .collect();
    let mut names: Vec<GroupName> = groups.iter().map(|group| group.name().clone()).collect();
    for name in receipts.groups().into_iter().chain(marked.iter().map(|(name, _)| name.clone())) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let device = |name: &GroupName| {
        // The host is right, the receipt was, and the file says what shall be.
        let by_mark = marked.iter().find(|(owner, _)| owner == name).map(|(_, device)| device.clone());
        let by_receipt = || Some(receipts.recall(name).ok()?.receipt?.device);
        let by_file = || {
            let group = groups.iter().find(|group| group.name() == name)?;
            host.backend.capabilities().device_of(group).ok()
        };
        by_mark.or_else(by_receipt).or_else(by_file)
    };
    names.into_iter().map(|name| KnownGroup { device: device(&name), name }).collect()
}
