//! The groups that can be taken down: those of the file, and those that only the host or a receipt still knows.

use mpath_core::{Group, GroupName, InterfaceName};

use crate::arguments::Selection;
use crate::context::Context;
use crate::error::CommandError;
use crate::host::Host;
use crate::receipts::ReceiptStore;
use crate::selection::SelectionError;

/// A group that can be taken down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownGroup {
    pub(crate) name: GroupName,
    /// Its device. `None` where only a receipt that cannot be read knows it.
    pub(crate) device: Option<InterfaceName>,
}

/// All of them, those of the file first.
fn known_groups(groups: &[Group], receipts: &ReceiptStore, host: &Host) -> Vec<KnownGroup> {
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

/// The groups of the file. Without them, groups that are named can still be taken down.
pub(crate) fn wanted(
    selection: &Selection,
    context: &mut Context<'_>,
    verb: &'static str,
) -> Result<Vec<Group>, CommandError> {
    match context.configuration() {
        Ok(configuration) => {
            selection.refuse_several(&configuration.groups, verb)?;
            Ok(configuration.groups)
        }
        Err(error) if selection.groups.is_empty() => Err(error),
        Err(error) => {
            context.console.warning(&format!("going on without the configuration: {}", error.told.message));
            Ok(vec![])
        }
    }
}

/// The groups that are meant, of those that can be taken down.
pub(crate) fn choose(
    selection: &Selection,
    groups: &[Group],
    context: &Context<'_>,
    host: &Host,
) -> Result<Vec<KnownGroup>, SelectionError> {
    let known = known_groups(groups, &context.receipts(), host);
    if selection.groups.is_empty() {
        let in_file = |known: &KnownGroup| groups.iter().any(|group| *group.name() == known.name);
        return Ok(known.into_iter().filter(in_file).collect());
    }
    let mut chosen: Vec<KnownGroup> = Vec::new();
    let mut unknown = Vec::new();
    for name in &selection.groups {
        match known.iter().find(|known| known.name.as_str() == name) {
            Some(known) if chosen.contains(known) => {}
            Some(known) => chosen.push(known.clone()),
            None => unknown.push(name.clone()),
        }
    }
    if unknown.is_empty() {
        return Ok(chosen);
    }
    Err(SelectionError::no_such_group(unknown, known.iter().map(|known| known.name.to_string()).collect()))
}
