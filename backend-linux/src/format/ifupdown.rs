//! `ifupdown`: `/etc/network/interfaces` of Debian's ifupdown with the scripts of ifenslave, and what came before those
//! scripts; and `ifupdown2`, the same file as Cumulus and Proxmox read it ([`ifupdown2`](super::ifupdown2)).
//!
//! A file of its own in `interfaces.d` is written for each group: Debian's `interfaces` names that folder, and has stanzas of
//! others, `lo` among them, which are nobody's business here.

mod bond;
mod effect;
mod import;
mod module;
mod render;
mod shell;
mod stanzas;

use mpath_core::import::{Files, Import};
use mpath_core::refusal::Refusal;
use mpath_core::render::Rendering;
use mpath_core::{Group, GroupName};

pub(crate) use import::import as import_in;
pub(crate) use render::render as render_in;

/// Whose words the file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// ifupdown, with ifenslave's scripts.
    Ifenslave,
    /// ifupdown2.
    Ifupdown2,
}

/// The options that ifenslave 2.13 writes (its README).
const OF_IFENSLAVE: [&str; 20] = [
    "mode",
    "miimon",
    "updelay",
    "downdelay",
    "arp-interval",
    "arp-ip-target",
    "arp-validate",
    "primary",
    "primary-reselect",
    "fail-over-mac",
    "num-grat-arp",
    "num-unsol-na",
    "xmit-hash-policy",
    "packets-per-slave",
    "tlb-dynamic-lb",
    "lacp-rate",
    "ad-select",
    "use-carrier",
    "active-slave",
    "queue-id",
];

/// Those of ifupdown2 (`addons/bond.py`, 3.0).
const OF_IFUPDOWN2: [&str; 16] = [
    "mode",
    "miimon",
    "updelay",
    "downdelay",
    "primary",
    "primary-reselect",
    "num-grat-arp",
    "num-unsol-na",
    "xmit-hash-policy",
    "lacp-rate",
    "min-links",
    "ad-actor-sys-prio",
    "ad-actor-system",
    "ad-sys-priority",
    "ad-sys-mac-addr",
    "use-carrier",
];

impl Dialect {
    /// The program that reads it.
    pub(crate) fn tool(self) -> &'static str {
        match self {
            Self::Ifenslave => "ifupdown",
            Self::Ifupdown2 => "ifupdown2",
        }
    }

    /// Whether it has an option of the driver, which may begin with `bond-`.
    pub(crate) fn knows(self, option: &str) -> bool {
        let name = option.replace('_', "-");
        let name = name.strip_prefix("bond-").unwrap_or(&name);
        match self {
            Self::Ifenslave => OF_IFENSLAVE.contains(&name),
            Self::Ifupdown2 => OF_IFUPDOWN2.contains(&name),
        }
    }
}

/// Groups as stanzas.
///
/// # Errors
///
/// What the format has no word for, and what a group leaves open that it must have: all of it, each with its group.
pub fn render(groups: &[&Group], source: &str) -> Result<Rendering, Vec<(GroupName, Refusal)>> {
    render_in(groups, source, Dialect::Ifenslave)
}

/// Groups from stanzas, their commands and the options of the module.
pub fn import(files: &dyn Files) -> Import {
    import_in(files, Dialect::Ifenslave)
}

/// Where a file of this name would lie on a host.
pub fn place_of(name: &str) -> String {
    match name {
        "interfaces" => format!("etc/network/{name}"),
        "modules" | "modprobe.conf" => format!("etc/{name}"),
        name if name.ends_with(".conf") => format!("etc/modprobe.d/{name}"),
        name => format!("etc/network/interfaces.d/{name}"),
    }
}

#[cfg(test)]
mod tests;
