//! `ifupdown2`: the interfaces file of Cumulus Linux and Proxmox, which has no option for `fail_over_mac` nor for probes.
//!
//! The syntax is ifupdown's, read and written by the same code ([`ifupdown`](super::ifupdown)).

use mpath_core::import::{Files, Import};
use mpath_core::refusal::Refusal;
use mpath_core::render::Rendering;
use mpath_core::{Group, GroupName};

use super::ifupdown::{Dialect, import_in, render_in};

/// Groups as stanzas.
///
/// # Errors
///
/// What the format has no word for, and what a group leaves open that it must have: all of it, each with its group.
pub fn render(groups: &[&Group], source: &str) -> Result<Rendering, Vec<(GroupName, Refusal)>> {
    render_in(groups, source, Dialect::Ifupdown2)
}

/// Groups from stanzas and their commands.
pub fn import(files: &dyn Files) -> Import {
    import_in(files, Dialect::Ifupdown2)
}
