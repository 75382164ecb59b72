//! systemd: an instance of a template unit for each group, and one to wait for it (`packaging/systemd`).
//!
//! A running systemd is asked by systemctl(1), which also lets it read its units anew. In a tree that does not run the same
//! links are made here: those of the `[Install]` sections.

use std::path::{Path, PathBuf};

use mpath_core::GroupName;

use super::{Act, Booted, Wish, groups_in, is_there, words};

/// Where units lie, from the strongest to the weakest (systemd.unit(5)).
const FOLDERS: [&str; 4] =
    ["etc/systemd/system", "usr/local/lib/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"];
const OWN: &str = "etc/systemd/system";
const TEMPLATE: &str = "mpath@.service";
const WAIT: &str = "mpath-wait-online@.service";
const AGENT: &str = "mpath-agent.service";
/// What a group with DHCP needs beside: it lies beside the units.
const DHCP: &str = "mpath-dhcp.conf";

/// The folder with the units, as it is called in the system itself.
pub(super) fn units(root: &Path) -> Option<PathBuf> {
    let folder = FOLDERS.into_iter().find(|folder| root.join(folder).join(TEMPLATE).is_file())?;
    Some(Path::new("/").join(folder))
}

pub(super) fn enabled(root: &Path) -> Vec<GroupName> {
    groups_in(&root.join(OWN).join("multi-user.target.wants"), "mpath@", ".service")
}

/// The unit of a group. A group's name has no character that a unit's may not have (systemd.unit(5)), so that nothing
/// is escaped.
fn instance(template: &str, group: &GroupName) -> String {
    template.replace("@.", &format!("@{group}."))
}

/// The link that makes a target want a unit.
fn wants(root: &Path, target: &str, unit: &str) -> PathBuf {
    root.join(OWN).join(format!("{target}.wants")).join(unit)
}

/// The links of a group: each with the template that it leads to.
fn links(root: &Path, group: &GroupName) -> [(PathBuf, &'static str); 2] {
    [
        (wants(root, "multi-user.target", &instance(TEMPLATE, group)), TEMPLATE),
        (wants(root, "network-online.target", &instance(WAIT, group)), WAIT),
    ]
}

fn agent_link(root: &Path) -> (PathBuf, &'static str) {
    (wants(root, "multi-user.target", AGENT), AGENT)
}

fn dhcp_link(root: &Path, group: &GroupName) -> PathBuf {
    root.join(OWN).join(format!("{}.d", instance(TEMPLATE, group))).join(DHCP)
}

pub(super) fn enable(groups: &[Booted], wish: Wish<'_>) -> Vec<Act> {
    let Some(folder) = units(wish.root) else { return vec![] };
    let mut acts = Vec::new();
    for Booted { name, dhcp } in groups {
        let path = dhcp_link(wish.root, name);
        match (*dhcp, is_there(&path)) {
            (true, false) => acts.push(Act::Link { path, to: folder.join(DHCP) }),
            (false, true) => acts.push(Act::Unlink { path }),
            _ => {}
        }
    }
    let missing = |(path, _): &(PathBuf, &str)| !is_there(path);
    let mut units: Vec<(String, Vec<(PathBuf, &str)>)> = Vec::new();
    for group in groups.iter().map(|group| &group.name) {
        for link in links(wish.root, group) {
            units.push((instance(link.1, group), vec![link]));
        }
    }
    if wish.agent {
        units.push((AGENT.to_owned(), vec![agent_link(wish.root)]));
    }
    if !wish.runs {
        let links = units.into_iter().flat_map(|(_, links)| links).filter(missing);
        acts.extend(links.map(|(path, unit)| Act::Link { path, to: folder.join(unit) }));
        return acts;
    }
    units.retain(|(_, links)| wish.now || links.iter().any(missing));
    let names: Vec<_> = units.into_iter().map(|(name, _)| name).collect();
    acts.extend(ask("enable", names, wish.now, !acts.is_empty()));
    acts
}

pub(super) fn disable(groups: &[GroupName], wish: Wish<'_>) -> Vec<Act> {
    let there = |(path, _): &(PathBuf, &str)| is_there(path);
    let mut units: Vec<(String, (PathBuf, &str))> = Vec::new();
    let mut dropped = Vec::new();
    if wish.agent {
        units.push((AGENT.to_owned(), agent_link(wish.root)));
    }
    for group in groups {
        // The wait before the group: what needs the group goes first.
        let [group_link, wait_link] = links(wish.root, group);
        units.push((instance(WAIT, group), wait_link));
        units.push((instance(TEMPLATE, group), group_link));
        dropped.extend(Some(dhcp_link(wish.root, group)).filter(|path| is_there(path)));
    }
    let dropped = dropped.into_iter().map(|path| Act::Unlink { path });
    if !wish.runs {
        let links = units.into_iter().map(|(_, link)| link).filter(there);
        return links.map(|(path, _)| Act::Unlink { path }).chain(dropped).collect();
    }
    units.retain(|(_, link)| wish.now || there(link));
    let names: Vec<_> = units.into_iter().map(|(name, _)| name).collect();
    // A group that is stopped needs its rights until it is.
    let mut acts = ask("disable", names, wish.now, false);
    let dropped: Vec<_> = dropped.collect();
    if !dropped.is_empty() {
        acts.extend(dropped);
        acts.push(Act::Run(words(&["systemctl", "daemon-reload"])));
    }
    acts
}

/// What systemctl is asked.
fn ask(verb: &str, units: Vec<String>, now: bool, changed: bool) -> Vec<Act> {
    let mut acts = Vec::new();
    // Before units are started that the new files are for; without `--now` enabling does it, too.
    if changed && (now || units.is_empty()) {
        acts.push(Act::Run(words(&["systemctl", "daemon-reload"])));
    }
    if !units.is_empty() {
        let mut command = words(&["systemctl", "--quiet", verb]);
        command.extend(now.then(|| "--now".to_owned()));
        command.extend(units);
        acts.push(Act::Run(command));
    }
    acts
}
