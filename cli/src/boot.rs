//! What brings groups up when the system starts: its manager of services, and what is asked of it.
//!
//! In: groups, and whether they shall come up. Out: [`Act`]s, a list that can be shown and is then done as it is. What
//! is enabled already is found by looking at the manager's own links, so that there is nothing to do the second time.

mod openrc;
pub(crate) mod services;
mod smf;
mod systemd;

use std::path::{Path, PathBuf};

use mpath_core::GroupName;
use serde::Serialize;

pub use services::{Services, SystemServices};

/// A manager of services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Manager {
    Systemd,
    OpenRc,
    Smf,
}

/// Something that is to be done, and nothing left to choose about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// A link is made, and the folder that it is in.
    Link { path: PathBuf, to: PathBuf },
    /// A link is removed.
    Unlink { path: PathBuf },
    /// A command of the manager is run.
    Run(Vec<String>),
}

/// How it shall be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'w> {
    /// Where the system's files lie.
    pub(crate) root: &'w Path,
    /// Whether that system runs, so that its manager can be asked.
    pub(crate) runs: bool,
    /// Whether the units are started or stopped, too.
    pub(crate) now: bool,
    /// Whether the agent is meant, too.
    pub(crate) agent: bool,
}

/// A group that shall come up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Booted {
    pub(crate) name: GroupName,
    /// Whether it has a DHCP client, which needs more rights.
    pub(crate) dhcp: bool,
}

impl Manager {
    /// The one that runs this system.
    pub(crate) fn running(root: &Path) -> Option<Self> {
        // sd_booted(3), the folder of openrc-run(8), the door of svc.configd(8).
        [(Self::Systemd, "run/systemd/system"), (Self::OpenRc, "run/openrc"), (Self::Smf, "etc/svc/volatile")]
            .into_iter()
            .find_map(|(manager, sign)| root.join(sign).exists().then_some(manager))
    }

    /// The one whose units of mpath are in a tree that is no running system.
    pub(crate) fn of_tree(root: &Path) -> Option<Self> {
        [Self::Systemd, Self::OpenRc, Self::Smf].into_iter().find(|manager| manager.is_installed(root))
    }

    /// Its name for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Systemd => "systemd",
            Self::OpenRc => "OpenRC",
            Self::Smf => "SMF",
        }
    }

    /// Whether it knows the units of mpath.
    pub(crate) fn is_installed(self, root: &Path) -> bool {
        match self {
            Self::Systemd => systemd::units(root).is_some(),
            Self::OpenRc => openrc::is_installed(root),
            Self::Smf => smf::is_installed(root),
        }
    }

    /// What installs the units.
    pub(crate) fn cure(self) -> &'static str {
        match self {
            Self::Systemd => "install mpath's package, or its units: cp packaging/systemd/* /etc/systemd/system/",
            Self::OpenRc => "install mpath's package, or its scripts: cp packaging/openrc/* /etc/init.d/",
            Self::Smf => {
                "install mpath's package, or its manifest: cp packaging/smf/mpath.xml /lib/svc/manifest/network/ && \
                 cp packaging/smf/mpath /lib/svc/method/ && svcadm restart manifest-import"
            }
        }
    }

    /// The groups that come up at a boot now.
    pub(crate) fn enabled(self, root: &Path) -> Vec<GroupName> {
        match self {
            Self::Systemd => systemd::enabled(root),
            Self::OpenRc => openrc::enabled(root),
            // The system's own configuration brings them up, whatever services there are.
            Self::Smf => vec![],
        }
    }

    /// What lets groups come up at a boot.
    pub(crate) fn enable(self, groups: &[Booted], wish: Wish<'_>) -> Vec<Act> {
        match self {
            Self::Systemd => systemd::enable(groups, wish),
            Self::OpenRc => openrc::enable(groups, wish),
            Self::Smf => smf::enable(wish),
        }
    }

    /// What keeps groups from coming up at a boot; and the agent, where no other group is left.
    pub(crate) fn disable(self, groups: &[GroupName], wish: Wish<'_>) -> Vec<Act> {
        let is_last = self.enabled(wish.root).iter().all(|enabled| groups.contains(enabled));
        let wish = Wish { agent: is_last, ..wish };
        match self {
            Self::Systemd => systemd::disable(groups, wish),
            Self::OpenRc => openrc::disable(groups, wish),
            Self::Smf => smf::disable(wish),
        }
    }
}

impl Act {
    /// As a command that an administrator could type.
    pub(crate) fn command(&self) -> String {
        let path = |path: &Path| crate::output::shell_path(path).to_string();
        match self {
            Self::Link { path: link, to } => {
                let folder = path(link.parent().unwrap_or(Path::new("/")));
                format!("mkdir -p {folder} && ln -s {} {}", path(to), path(link))
            }
            Self::Unlink { path: link } => format!("rm {}", path(link)),
            Self::Run(words) => words.join(" "),
        }
    }

    /// Does it.
    pub(crate) fn execute(&self, services: &mut dyn Services) -> std::io::Result<()> {
        match self {
            Self::Link { path, to } => {
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder)?;
                }
                std::os::unix::fs::symlink(to, path)
            }
            Self::Unlink { path } => std::fs::remove_file(path),
            Self::Run(words) => services.run(words),
        }
    }
}

/// Whether something is there under a name, be it a link that leads nowhere.
fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// The names of groups in the names of what is in a folder.
fn groups_in(folder: &Path, before: &str, after: &str) -> Vec<GroupName> {
    let name = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        GroupName::new(name.strip_prefix(before)?.strip_suffix(after)?).ok()
    };
    let mut found: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().filter_map(name).collect();
    found.sort();
    found
}

fn words(text: &[&str]) -> Vec<String> {
    text.iter().map(|&word| word.to_owned()).collect()
}
