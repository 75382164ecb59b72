//! `mpath doctor`: what is wrong with the groups of the host, those of others too, and what cures it.

use clap::Args;
use mpath_core::finding::{self, Finding, Severity};
use mpath_core::plan;
use mpath_core::resolve::Question;
use mpath_core::{Group, GroupName, InterfaceName, Millis};
use serde::Serialize;

use crate::ExitCode;
use crate::arguments::{Patience, duration};
use crate::config::count;
use crate::context::Context;
use crate::error::CommandError;
use crate::host::Host;
use crate::output::Console;
use crate::output::paint::{PLAIN, QUIET, severity_style};
use crate::output::report::GroupReport;
use crate::receipts::Memory;
use crate::selection::SelectionError;
use crate::story::Story;
use crate::up_run;

/// Look for what is wrong with groups, and tell how to cure it
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath doctor
      every group of the host, whoever made it
  mpath doctor home-lan --listen 0 --json
      one group, at once, for programs
  mpath doctor --fix --listen 0
      bring what has drifted back to what the file says")]
pub(crate) struct DoctorArgs {
    /// A group of the file, or a group's device on the host; without one, all
    group: Option<String>,
    /// Bring groups that are up and not as the file says to what it says
    #[arg(long)]
    fix: bool,
    /// How long to listen to what the switches say by themselves; 0 is not at all
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = duration)]
    listen: Millis,
    #[command(flatten)]
    patience: Patience,
}

/// `mpath.doctor/1`.
#[derive(Debug, Serialize)]
struct DoctorDocument {
    schema: &'static str,
    findings: Vec<Entry>,
    /// What became of the groups that were to be brought to what the file says, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<Vec<GroupReport>>,
}

/// A finding, with the group that it is about.
#[derive(Debug, Serialize)]
struct Entry {
    #[serde(flatten)]
    finding: Finding,
    /// The group whose device it is, by the file or by the device's mark.
    group: Option<GroupName>,
    why: String,
}

/// What it is all about.
#[derive(Debug)]
enum Scope {
    All,
    Group(GroupName),
    Device(InterfaceName),
}

impl DoctorArgs {
    /// Whether it may change the host.
    pub(crate) fn fixes(&self) -> bool {
        self.fix
    }

    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        if !self.fix {
            context.tell_unfinished();
        }
        let groups = groups(context)?;
        let mut host = context.host()?;
        let scope = self.scope(&groups, &host)?;
        let mut entries = self.look(&scope, &groups, &mut host, context)?;
        let mut code = ExitCode::Done;
        let fixed = if self.fix {
            let drifted = entries.iter().filter(|entry| entry.finding.code == finding::Code::Drifted);
            let names: Vec<_> = drifted.filter_map(|entry| entry.group.clone()).collect();
            let chosen = groups.iter().filter(|group| names.contains(group.name())).collect();
            drop(host);
            let reports = up_run::bring_to_the_file(chosen, &self.patience, context)?;
            code = reports.iter().fold(code, |code, report| code.or_worse(report.code));
            host = context.host()?;
            entries = self.look(&scope, &groups, &mut host, context)?;
            Some(reports)
        } else {
            None
        };
        let worst = entries.iter().map(|entry| entry.finding.severity).min();
        code = code.or_worse(match worst {
            Some(Severity::Error) => ExitCode::GroupFailed,
            Some(Severity::Warning) => ExitCode::Degraded,
            Some(Severity::Note) | None => ExitCode::Done,
        });
        let was_fixed = fixed.is_some();
        if context.console.is_json() {
            context.console.document(&DoctorDocument { schema: "mpath.doctor/1", findings: entries, fixed });
        } else {
            print(&entries, was_fixed, &mut context.console);
        }
        Ok(code)
    }

    fn scope(&self, groups: &[Group], host: &Host) -> Result<Scope, CommandError> {
        let Some(wanted) = &self.group else { return Ok(Scope::All) };
        if let Some(group) = groups.iter().find(|group| group.name().as_str() == wanted) {
            return Ok(Scope::Group(group.name().clone()));
        }
        let devices = host.snapshot.interfaces.iter().filter(|(_, interface)| interface.group().is_some());
        let devices: Vec<_> = devices.map(|(name, _)| name).collect();
        if let Some(device) = devices.iter().find(|device| device.as_str() == wanted) {
            return Ok(Scope::Device((*device).clone()));
        }
        let mut known: Vec<_> = groups.iter().map(|group| group.name().to_string()).collect();
        known.extend(devices.iter().map(ToString::to_string));
        known.dedup();
        Err(SelectionError::no_such_group(vec![wanted.clone()], known).into())
    }

    /// Everything that is found now, the worst first.
    fn look(
        &self,
        scope: &Scope,
        groups: &[Group],
        host: &mut Host,
        context: &Context<'_>,
    ) -> Result<Vec<Entry>, CommandError> {
        let Host { backend, snapshot } = host;
        let mut findings = backend.diagnose(snapshot, self.listen.into())?;
        let capabilities = backend.capabilities();
        let named = |group: &Group| Some((group.name().clone(), capabilities.device_of(group).ok()?));
        let of_file: Vec<_> = groups.iter().filter_map(named).collect();
        let memories = context.receipts().open();
        for group in groups {
            let Ok(device) = capabilities.device_of(group) else { continue };
            let is_up = snapshot.group(&device).is_some();
            let receipt = memories.recall(group.name()).map(|Memory { receipt, .. }| receipt).unwrap_or_default();
            let question = Question {
                desired: group,
                current: snapshot,
                receipt: receipt.as_ref(),
                capabilities,
                adopt: false,
                persist: false,
            };
            let prepared = is_up.then(|| plan::up(question));
            let plan = prepared.as_ref().map(|prepared| prepared.as_ref().map(|prepared| &prepared.plan));
            findings.extend(finding::of_the_file(group, &device, plan, capabilities));
        }
        findings.sort_by_key(|finding| finding.severity);
        let entry = |finding: Finding| {
            let device = finding.device.as_ref();
            let by_file = of_file.iter().find(|(_, of)| Some(of) == device).map(|(name, _)| name.clone());
            let by_mark = || snapshot.group(device?)?.owner();
            Entry { group: by_file.or_else(by_mark), why: Story::of(finding.code).why(), finding }
        };
        let concerned = |entry: &Entry| match scope {
            Scope::All => true,
            // What is wrong with the host as a whole is wrong for each of its groups.
            _ if entry.finding.device.is_none() => true,
            Scope::Group(name) => entry.group.as_ref() == Some(name),
            Scope::Device(device) => entry.finding.device.as_ref() == Some(device),
        };
        Ok(findings.into_iter().map(entry).filter(concerned).collect())
    }
}

/// The groups of the configuration; none where there is no configuration, as on the host of somebody else.
fn groups(context: &mut Context<'_>) -> Result<Vec<Group>, CommandError> {
    let identity = context.identity.clone();
    let missing = context.read_configuration(&identity).is_err_and(|error| error.is_of_no_configuration());
    if missing && context.global.config == std::path::Path::new(crate::config::DEFAULT) {
        return Ok(vec![]);
    }
    Ok(context.configuration()?.groups)
}

fn print(entries: &[Entry], was_fixed: bool, console: &mut Console<'_>) {
    for entry in entries {
        print_one(entry, console);
    }
    let number = |severity| entries.iter().filter(|entry| entry.finding.severity == severity).count();
    if entries.is_empty() {
        if !console.is_quiet() {
            console.line("nothing is wrong");
        }
        return;
    }
    if console.is_quiet() {
        return;
    }
    let counts = [
        count(number(Severity::Error), "error", "errors"),
        count(number(Severity::Warning), "warning", "warnings"),
        count(number(Severity::Note), "note", "notes"),
    ];
    console.line(&format!("{}; the whole story of each: mpath explain CODE", counts.join(", ")));
    if was_fixed {
        console.line("these are beyond the file, and their cures are to be typed");
    }
}

fn print_one(entry: &Entry, console: &mut Console<'_>) {
    let Finding { code, severity, summary, evidence, cure, .. } = &entry.finding;
    console.pieces(&[
        (severity_style(*severity), format!("{severity}: ")),
        (PLAIN, summary.clone()),
        (QUIET, format!(" [{code}]")),
    ]);
    if console.is_quiet() {
        return;
    }
    for found in evidence {
        let line = found.line.map(|line| format!(":{line}")).unwrap_or_default();
        console.pieces(&[(QUIET, "  seen  ".to_owned()), (PLAIN, format!("{}{line}: {}", found.source, found.seen))]);
    }
    console.pieces(&[(QUIET, "  why   ".to_owned()), (PLAIN, entry.why.clone())]);
    for cure in cure {
        let colon = if cure.commands.is_empty() { "" } else { ":" };
        console.pieces(&[(QUIET, "  cure  ".to_owned()), (PLAIN, format!("{}{colon}", cure.text))]);
        for command in &cure.commands {
            console.line(&format!("          {command}"));
        }
    }
    console.line("");
}
