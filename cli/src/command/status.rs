//! `mpath status`: how groups are doing. Changes nothing, and works for everybody.

use anstyle::Style;
use clap::Args;
use mpath_core::InterfaceName;
use mpath_core::status::{GroupHealth, GroupStatus, MemberStatus};
use serde::Serialize;

use crate::ExitCode;
use crate::arguments::Selection;
use crate::config::count;
use crate::context::Context;
use crate::error::{CommandError, refusal_code};
use crate::look::{Look, look};
use crate::output::paint::{BAD, FAIR, GOOD, PLAIN, health_style};
use crate::output::{Console, Document, RefusalText, Table};

/// Show how groups are doing
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath status
      every group, its members, and who carries the traffic
  mpath status home-lan --check -q
      for scripts: exit with 7, 6 or 4 when something is wrong
  mpath status --json
      the same for programs")]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    selection: Selection,
    /// Exit with 7 when a group has failed or is absent, 6 when one is degraded, 4 when one has drifted
    #[arg(long)]
    check: bool,
}

/// How one group is doing, as in `mpath.status/1`.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    #[serde(flatten)]
    pub(crate) status: GroupStatus,
    /// What stands against bringing it to what the file says.
    pub(crate) refusals: Vec<RefusalText>,
}

impl StatusArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        context.tell_unfinished();
        let configuration = context.configuration()?;
        let chosen = self.selection.all_by_default(&configuration.groups)?;
        let mut host = context.host()?;
        host.measure();
        let memories = context.receipts().open();
        context.console.gather();
        let mut code = ExitCode::Done;
        let mut entries: Vec<Entry> = Vec::new();
        for group in chosen {
            let device = match host.backend.capabilities().device_of(group) {
                Ok(device) => device,
                Err(reason) => {
                    let refusal = mpath_core::refusal::Refusal::DeviceName { reason };
                    context.console.error(Some(group.name().as_str()), &RefusalText::new(&refusal).error());
                    code = code.or_worse(refusal_code(&refusal));
                    continue;
                }
            };
            let Look { status, refusals, warning, defect } = look(group, device, &host, &memories);
            warning.iter().for_each(|warning| context.console.warning(warning));
            defect.iter().for_each(|defect| context.console.error(Some(group.name().as_str()), defect));
            let entry = Entry { status, refusals };
            if self.check {
                code = code.or_worse(health_code(&entry));
            }
            if !entries.is_empty() && !context.console.is_quiet() {
                context.console.line("");
            }
            print(&entry, &mut context.console);
            entries.push(entry);
        }
        if context.console.is_json() {
            context.console.document(&document(entries));
        }
        Ok(code)
    }
}

/// `mpath.status/1`.
pub(crate) fn document(groups: Vec<Entry>) -> Document<Entry> {
    Document { schema: "mpath.status/1", groups }
}

fn health_code(entry: &Entry) -> ExitCode {
    match entry.status.state {
        GroupHealth::Failed | GroupHealth::Absent => ExitCode::GroupFailed,
        GroupHealth::Degraded => ExitCode::Degraded,
        GroupHealth::Drifted => ExitCode::ChangesPending,
        // It works, but not as the file says, and cannot be made to.
        GroupHealth::Ok if !entry.refusals.is_empty() => ExitCode::ChangesPending,
        GroupHealth::Ok => ExitCode::Done,
    }
}

fn member_style(member: &MemberStatus) -> Style {
    match member.state {
        "ok" => GOOD,
        "failed" => BAD,
        "absent" if member.optional => PLAIN,
        _ => FAIR,
    }
}

fn print(entry: &Entry, console: &mut Console<'_>) {
    let status = &entry.status;
    let state = (health_style(status.state), status.state.word().to_owned());
    console.pieces(&[(PLAIN, format!("{}: ", status.name)), state]);
    if console.is_quiet() {
        return;
    }
    let name = |name: &Option<InterfaceName>| name.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    console.line(&format!("  device     {} ({})", status.device, status.mode));
    console.line(&format!("  active     {}", name(&status.active)));
    console.line(&format!("  primary    {}", name(&status.primary)));
    if !status.addresses.is_empty() {
        console.line(&format!("  addresses  {}", status.addresses.join(", ")));
    }
    if status.drift > 0 && status.state != GroupHealth::Absent {
        let steps = count(status.drift, "step", "steps");
        console.line(&format!("  drift      {steps} away from the file: mpath plan {}", status.name));
    }
    for refusal in &entry.refusals {
        console.line(&format!("  problem    {}", refusal.text));
    }
    console.line("");
    let mut table = Table::new(&["   MEMBER", "ROLE", "STATE", "LINK", "SPEED", "MAC", "FAILURES"]);
    for member in &status.members {
        let plain = |text: String| (PLAIN, text);
        let optional = if member.optional { " (optional)" } else { "" };
        table.row(vec![
            plain(format!("{} {}", if member.active { " *" } else { "  " }, member.name)),
            plain(format!("{}{optional}", member.role.word())),
            (member_style(member), member.state.to_owned()),
            plain(member.link.word().to_owned()),
            plain(member.speed.map_or_else(|| "-".to_owned(), |speed| format!("{speed} Mbit/s"))),
            plain(member.mac.map_or_else(|| "-".to_owned(), |mac| mac.to_string())),
            plain(member.failures.to_string()),
        ]);
    }
    for line in table.lines() {
        console.pieces(&line);
    }
}
