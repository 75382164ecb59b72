//! The names of groups, members and changes, as far as they can be had: what cannot be read is passed over.

use mpath_core::spec::{GroupSpec, Spec};
use mpath_core::{GroupName, InterfaceName, Snapshot};

use super::{Line, Name, Wanted};
use crate::config::Configuration;
use crate::confirmation;
use crate::context::Context;

/// What files tell: the configuration, receipts and journals.
pub(super) fn of_files(wanted: Wanted, line: &Line, context: &Context<'_>) -> Vec<Name> {
    let files = files(line, context);
    let mut names: Vec<Name> = match wanted {
        Wanted::Group | Wanted::KnownGroup | Wanted::GroupOrDevice => groups(&files).map(of_group).collect(),
        Wanted::Member => the_group(&files, line).into_iter().flat_map(members).collect(),
        Wanted::Change => return changes(context),
        Wanted::File | Wanted::Directory => vec![],
    };
    if wanted == Wanted::KnownGroup {
        let receipts = context.receipts().groups();
        names.extend(receipts.iter().map(|name| Name::new(name, "not in the configuration any more")));
    }
    without_doubles(names)
}

/// The same, with what the host tells, where that is more.
pub(super) fn with_host(wanted: Wanted, mut names: Vec<Name>, line: &Line, context: &mut Context<'_>) -> Vec<Name> {
    if !matches!(wanted, Wanted::KnownGroup | Wanted::GroupOrDevice | Wanted::Member) {
        return names;
    }
    let Ok(host) = context.host() else { return names };
    let host = &host.snapshot;
    let devices = host.interfaces.iter().filter_map(|(name, interface)| Some((name, interface.group()?)));
    match wanted {
        Wanted::KnownGroup => {
            let owners = devices.filter_map(|(device, group)| Some((device, group.owner()?)));
            names.extend(owners.map(|(device, owner)| Name::new(owner, format!("up on {device}"))));
        }
        Wanted::GroupOrDevice => {
            let marked = |owner: Option<GroupName>| match owner {
                Some(owner) => format!("the device of {owner}"),
                None => "a device that mpath did not make".to_owned(),
            };
            names.extend(devices.map(|(device, group)| Name::new(device, marked(group.owner()))));
        }
        _ => {
            let files = files(line, context);
            if let Some(device) = the_group(&files, line).and_then(|group| device_of(group, host)) {
                let on_host = host.members(device).map(|(member, membership)| {
                    let active = host.group(device).and_then(|group| group.active.as_ref()) == Some(member);
                    let what = if active { "carries the traffic".to_owned() } else { membership.state.to_string() };
                    Name::new(member, what)
                });
                // What the host tells of a member is more than that it is one.
                names = on_host.chain(names).collect();
            }
        }
    }
    without_doubles(names)
}

fn files(line: &Line, context: &Context<'_>) -> Vec<Spec> {
    Configuration::readable(line.configuration().as_ref().unwrap_or(&context.global.config), &context.identity)
}

fn groups(files: &[Spec]) -> impl Iterator<Item = &GroupSpec> {
    files.iter().flat_map(|file| &file.groups).filter(|group| group.name.is_some())
}

/// The group that a line is about: the one that it names, or the only one.
fn the_group<'f>(files: &'f [Spec], line: &Line) -> Option<&'f GroupSpec> {
    let named = |group: &&GroupSpec| group.name.as_ref().is_some_and(|name| line.has(name.value.as_str()));
    let mut all = groups(files);
    groups(files).find(named).or_else(|| all.next().filter(|_| all.next().is_none()))
}

fn of_group(group: &GroupSpec) -> Name {
    let members: Vec<_> = members(group).map(|member| member.word).collect();
    Name::new(group.name.as_ref().map(|name| name.value.as_str()).unwrap_or_default(), members.join(", "))
}

/// The members that a file has by their names.
fn members(group: &GroupSpec) -> impl Iterator<Item = Name> {
    let names = group.members.items().iter().filter_map(|member| member.value.name.get());
    let primary = group.primary.get();
    names.map(move |name| Name::new(name, if primary == Some(name) { "primary" } else { "member" }))
}

/// The device of a group on the host: by its mark, or else by its name in the file.
fn device_of<'h>(group: &GroupSpec, host: &'h Snapshot) -> Option<&'h InterfaceName> {
    let name = &group.name.as_ref()?.value;
    let mut devices = host.interfaces.iter().filter_map(|(device, interface)| Some((device, interface.group()?)));
    let marked = devices.clone().find(|(_, group)| group.owner().as_ref() == Some(name));
    let called = group.device.get().map_or(name.as_str(), InterfaceName::as_str);
    marked.or_else(|| devices.find(|(device, _)| device.as_str() == called)).map(|(device, _)| device)
}

fn changes(context: &Context<'_>) -> Vec<Name> {
    let pending = confirmation::pending(&context.journals()).unwrap_or_default();
    let name = |change: confirmation::Pending| {
        let groups: Vec<_> = change.groups.iter().map(ToString::to_string).collect();
        Name::new(&change.token.0, format!("{}, undone in {} s", groups.join(", "), change.seconds))
    };
    pending.into_iter().map(name).collect()
}

/// Each name once, as it was told first.
fn without_doubles(names: Vec<Name>) -> Vec<Name> {
    let mut kept: Vec<Name> = Vec::new();
    for name in names {
        if !kept.iter().any(|other| other.word == name.word) {
            kept.push(name);
        }
    }
    kept
}

impl Name {
    fn new(word: impl ToString, what: impl Into<String>) -> Self {
        Self { word: word.to_string(), what: what.into() }
    }
}
