//! Members that are out of use for a while, and how they come back.
//!
//! In: an [`Extent`], how they were before. Out: the host as it was, or what is left of it. The process that took them
//! out of use calls it, or a later one that found its journal.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mpath_core::apply::Watch;
use mpath_core::handover::{Question, condition, is_usable};
use mpath_core::shell::word;
use mpath_core::undo::Extent;
use mpath_core::{GroupName, InterfaceName, Snapshot, Step};

use crate::ExitCode;
use crate::error::{ErrorText, one_line};
use crate::host::Host;
use crate::output::report::GroupReport;

/// How long a member may take to work again, beside the up-delay of its group: cards that negotiate need some seconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked.
const MOMENT: Duration = Duration::from_millis(20);

/// What was not put back.
pub(crate) struct NotBack {
    pub(crate) failures: Vec<String>,
    /// Members that worked before and do not now, each with how it is doing.
    pub(crate) members: Vec<String>,
    pub(crate) left: Vec<Step>,
}

/// Asks about the hand-overs of a group on the host as it was seen last.
pub(crate) fn question<'h>(group: &'h GroupName, device: &'h InterfaceName, host: &'h Host) -> Question<'h> {
    Question { group, device, current: &host.snapshot, capabilities: host.backend.capabilities() }
}

/// How long a group may take to use a member again.
pub(crate) fn patience(before: &Snapshot, device: &InterfaceName) -> Duration {
    let detection = before.group(device).and_then(|group| group.settings.detection.as_ref());
    let up_delay = detection.and_then(|detection| detection.link()).map(|link| link.up_delay);
    PATIENCE + up_delay.map_or(Duration::ZERO, Into::into)
}

/// Puts members in use again, and waits until they work as they did. Cables come first: what plugs them in is run for
/// each member that had one, since it does no harm where it is in.
pub(crate) fn put_back(
    group: &GroupName,
    extent: &Extent,
    plug: &BTreeMap<InterfaceName, Vec<String>>,
    host: &mut Host,
    watch: &mut dyn Watch,
) -> Result<(), NotBack> {
    let Extent { device, before, .. } = extent;
    let mut failures = Vec::new();
    let (begin, limit) = (Instant::now(), patience(before, device));
    let mut plugged = false;
    loop {
        if let Err(error) = host.look_again() {
            failures.push(one_line(&error));
            return Err(NotBack { failures, members: vec![], left: vec![] });
        }
        if !plugged {
            plugged = true;
            // A driver that does not tell when a cable is pulled does not tell either that it is not in.
            let members = plug.iter().filter(|(name, _)| is_usable(before, name));
            failures.extend(members.filter_map(|(_, command)| run(command).err()));
        }
        let asked = question(group, device, host);
        if asked.is_back(before) {
            return Ok(());
        }
        let steps = asked.put_back(before);
        if begin.elapsed() > limit {
            let worked = before.members(device).map(|(name, _)| name).filter(|name| is_usable(before, name));
            let lost = worked.filter(|name| !is_usable(&host.snapshot, name));
            let members = lost.map(|name| format!("{name} is {}", condition(&host.snapshot, name))).collect();
            return Err(NotBack { failures, members, left: steps });
        }
        for step in &steps {
            watch.undo(step);
            if let Err(error) = host.backend.execute(step) {
                let failure = format!("{step}: {}", one_line(&error));
                if !failures.contains(&failure) {
                    failures.push(failure);
                }
                break;
            }
        }
        std::thread::sleep(MOMENT);
    }
}

/// Tells in a report what was not put back.
pub(crate) fn tell(mut report: GroupReport, not_back: NotBack, host: &Host) -> GroupReport {
    let NotBack { failures, members, left } = not_back;
    report.undone = Some(false);
    report.failures.extend(failures);
    report.left = host.commands(&left);
    let what = if members.is_empty() { "members".to_owned() } else { members.join(", ") };
    let message = format!("not everything could be put back: {what}");
    let hint = Some("mpath recover tries again; mpath status shows how the members are doing".to_owned());
    report.failed(ExitCode::NotUndone, ErrorText { message, causes: vec![], hint })
}

/// How long a command of the user's own may take: one that never ends leaves a cable cut.
const LONGEST: Duration = Duration::from_secs(60);

/// Runs a command of the user's own to its end, without a shell.
pub(crate) fn run(command: &[String]) -> Result<(), String> {
    run_within(command, LONGEST)
}

fn run_within(command: &[String], limit: Duration) -> Result<(), String> {
    let Some((program, arguments)) = command.split_first() else { return Ok(()) };
    let line = || command.iter().map(|text| word(text)).collect::<Vec<_>>().join(" ");
    match mpath_program::finish(Command::new(program).args(arguments).stdin(Stdio::null()), limit) {
        Ok(Some(ended)) if ended.status.success() => Ok(()),
        Ok(Some(ended)) => Err(format!("`{}` ended with {}: {}", line(), ended.status, ended.stderr.trim())),
        Ok(None) => Err(format!("`{}` did not end within {limit:?} and was killed", line())),
        Err(error) => Err(format!("`{}` cannot be run: {error}", line())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_never_ends_is_killed_and_told() {
        let sleep = ["sleep", "600"].map(str::to_owned);
        let why = run_within(&sleep, Duration::from_millis(20)).unwrap_err();
        assert_eq!(why, "`sleep 600` did not end within 20ms and was killed");
    }
}
