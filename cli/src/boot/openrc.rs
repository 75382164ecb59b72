//! OpenRC: a link to the script `mpath` for each group, as `net.lo` is one for each interface (`packaging/openrc`).

use std::path::{Path, PathBuf};

use mpath_core::GroupName;

use super::{Act, Booted, Wish, groups_in, is_there, words};

const SCRIPTS: &str = "etc/init.d";
const AGENT: &str = "mpath-agent";
/// Groups are there before what is in the default runlevel, and after the file systems.
const LEVEL: &str = "boot";
const AGENT_LEVEL: &str = "default";

pub(super) fn is_installed(root: &Path) -> bool {
    root.join(SCRIPTS).join("mpath").is_file()
}

pub(super) fn enabled(root: &Path) -> Vec<GroupName> {
    groups_in(&level(root, LEVEL), "mpath.", "")
}

fn level(root: &Path, level: &str) -> PathBuf {
    root.join("etc/runlevels").join(level)
}

fn service(group: &GroupName) -> String {
    format!("mpath.{group}")
}

pub(super) fn enable(groups: &[Booted], wish: Wish<'_>) -> Vec<Act> {
    let mut acts = Vec::new();
    for group in groups {
        let name = service(&group.name);
        let script = wish.root.join(SCRIPTS).join(&name);
        if !is_there(&script) {
            acts.push(Act::Link { path: script, to: "mpath".into() });
        }
        acts.extend(add(&name, LEVEL, wish));
    }
    if wish.agent {
        acts.extend(add(AGENT, AGENT_LEVEL, wish));
    }
    acts
}

fn add(name: &str, to: &str, wish: Wish<'_>) -> Vec<Act> {
    let link = level(wish.root, to).join(name);
    let mut acts = Vec::new();
    if !is_there(&link) {
        acts.push(match wish.runs {
            true => Act::Run(words(&["rc-update", "--quiet", "add", name, to])),
            false => Act::Link { path: link, to: Path::new("/").join(SCRIPTS).join(name) },
        });
    }
    if wish.now {
        acts.push(Act::Run(words(&["rc-service", "--ifstopped", name, "start"])));
    }
    acts
}

pub(super) fn disable(groups: &[GroupName], wish: Wish<'_>) -> Vec<Act> {
    let mut acts = Vec::new();
    if wish.agent {
        acts.extend(remove(AGENT, AGENT_LEVEL, wish));
    }
    for group in groups {
        let name = service(group);
        acts.extend(remove(&name, LEVEL, wish));
        let script = wish.root.join(SCRIPTS).join(&name);
        // A service that runs is stopped by its script.
        if is_there(&script) && (wish.now || !wish.runs) {
            acts.push(Act::Unlink { path: script });
        }
    }
    acts
}

fn remove(name: &str, from: &str, wish: Wish<'_>) -> Vec<Act> {
    let link = level(wish.root, from).join(name);
    let mut acts = Vec::new();
    if wish.now {
        acts.push(Act::Run(words(&["rc-service", "--ifstarted", name, "stop"])));
    }
    if is_there(&link) {
        acts.push(match wish.runs {
            true => Act::Run(words(&["rc-update", "--quiet", "delete", name, from])),
            false => Act::Unlink { path: link },
        });
    }
    acts
}
