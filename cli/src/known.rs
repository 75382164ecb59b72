//! The groups that can be taken down: those of the file, and those that only the host or a receipt still knows.

use std::collections::{BTreeMap, BTreeSet};

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
    let interfaces = host.snapshot.interfaces.iter();
    let marked = interfaces.filter_map(|(device, interface)| Some((interface.group()?.owner()?, device.clone())));
    let (mut by_mark, mut of_host) = (BTreeMap::new(), Vec::new());
    for (name, device) in marked {
        by_mark.entry(name.clone()).or_insert(device);
        of_host.push(name);
    }
    let by_file: BTreeMap<_, _> = groups.iter().map(|group| (group.name(), group)).collect();
    let memories = receipts.open();
    let device = |name: &GroupName| {
        // The host is right, the receipt was, and the file says what shall be.
        let by_receipt = || Some(memories.recall(name).ok()?.receipt?.device);
        let by_file = || host.backend.capabilities().device_of(by_file.get(name)?).ok();
        by_mark.get(name).cloned().or_else(by_receipt).or_else(by_file)
    };
    let of_file = groups.iter().map(|group| group.name().clone());
    let mut seen = BTreeSet::new();
    let names = of_file.chain(receipts.groups()).chain(of_host).filter(|name| seen.insert(name.clone()));
    names.map(|name| KnownGroup { device: device(&name), name }).collect()
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
        let in_file: BTreeSet<_> = groups.iter().map(Group::name).collect();
        return Ok(known.into_iter().filter(|known| in_file.contains(&known.name)).collect());
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
