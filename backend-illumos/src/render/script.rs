//! `script-illumos`: the commands of `ipadm` that `mpath plan` prints, as a shell script, until the next boot. It is written
//! only.

use mpath_core::note::Note;
use mpath_core::render::Rendering;
use mpath_core::script::{self, Platform};
use mpath_core::{Group, Snapshot, Step};

use super::Refusals;
use crate::capability::{capabilities_of, obstacles_in};
use crate::dialect::Dialect;
use crate::{mpathd, op};

/// The commands that bring groups up on illumos.
///
/// # Errors
///
/// What the format has no word for, and what a group leaves open that it must have: all of it, each with its group.
pub fn render(groups: &[&Group], source: &str) -> Result<Rendering, Refusals> {
    let mut host = Snapshot::with_members_of(groups.iter().copied());
    host.host_wide = Some(mpathd::shipped_settings());
    let mut capabilities = capabilities_of(Dialect::Ipadm);
    capabilities.obstacles = obstacles_in(&host);
    let explain = |step: &Step| op::explain(step, Dialect::Ipadm);
    let platform = Platform { capabilities, host, before: &|_| vec![], explain: &explain };
    let mut rendering = script::render(groups, source, &platform)?;
    for group in groups {
        // What a member has for good comes back with the next boot, and is not for a script to take away.
        let text =
            "the script expects members without an IP interface; `ipadm delete-if` takes one away, for good".to_owned();
        rendering.notes.push((group.name().clone(), Note::Remark { text }));
    }
    Ok(rendering)
}
