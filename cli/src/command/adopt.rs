//! `mpath adopt`: a group that another tool has becomes mpath's, in place.
//!
//! First all of it is shown: mpath's file, the plan, and the lines by which the other tool leaves the interfaces alone. Then it is
//! remembered, written and done, in this order, so that a failure puts everything back, and `mpath release` later.

mod found;

use std::path::PathBuf;

use clap::Args;
use mpath_core::adoption::{Adoption, FileChange, LeaveAlone};
use mpath_core::import::Leftover;
use mpath_core::{Group, InterfaceName};
use serde::Serialize;

use self::found::Found;
use super::import::tell_leftovers;
use super::plan::PlanArgs;
use crate::ExitCode;
use crate::adoptions;
use crate::arguments::{Patience, confirm_time};
use crate::confirmation::{self, Pending};
use crate::context::Context;
use crate::error::{CommandError, ErrorText, one_line};
use crate::format::{self, Format};
use crate::output::GroupPlan;
use crate::output::report::GroupReport;
use crate::recovery;
use crate::signals::Signals;
use crate::up_run::{Hold, UpRun};

/// Take a group over from the tool that has it, without losing its addresses
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath adopt kernel --dry-run
      what it would take to have the group that runs now, whoever made it")]
pub(crate) struct AdoptArgs {
    /// Where the group is described; kernel is what runs now, whoever made it
    #[arg(value_name = "FORMAT", value_parser = format::read())]
    from: Format,
    /// The group, by its name there or its device; the only one by default
    #[arg(value_name = "GROUP")]
    group: Option<String>,
    /// Ask nothing, do it
    #[arg(long)]
    yes: bool,
    /// Show all of it, and do nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Undo it, with every file, unless `mpath confirm` comes within this time, as in 60s
    #[arg(long, value_name = "TIME", value_parser = confirm_time, conflicts_with = "dry_run")]
    confirm: Option<u64>,
    #[command(flatten)]
    patience: Patience,
}

/// What was taken over, as in `mpath.adopt/1`.
#[derive(Debug, Serialize)]
struct Adopted {
    schema: &'static str,
    toml: String,
    leftovers: Vec<Leftover>,
    plan: GroupPlan,
    /// mpath's own file first.
    files: Vec<FileChange>,
    /// What lets the other tools know of their files.
    reload: Vec<String>,
    /// What became of it; `null` where it was only shown.
    report: Option<GroupReport>,
    /// The change that waits to be confirmed, where one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<Pending>,
}

fn told(code: ExitCode, message: impl Into<String>, hint: Option<String>) -> CommandError {
    CommandError { code, told: ErrorText { message: message.into(), causes: vec![], hint }, config: None }
}

impl AdoptArgs {
    /// Whether it may change the host.
    pub(crate) fn changes_host(&self) -> bool {
        !self.dry_run
    }

    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let found = Found::find(self, context)?;
        let mut host = context.host()?;
        let device = found.device(&host)?;
        found.is_new(context)?;
        let Found { group, toml, leftovers } = found;
        let mut plan = PlanArgs::adopting(&group, &host, context);
        let members = host.snapshot.members(&device).map(|(name, _)| name.clone());
        let interfaces: Vec<InterfaceName> = std::iter::once(device.clone()).chain(members).collect();
        let leaves = host.backend.leave_alone(&host.snapshot, &interfaces)?;
        drop(host);
        if !leaves.is_empty() {
            // What they say to do now would take the addresses away.
            plan.notes.retain(|note| !note.is_of_a_manager());
        }
        let own = FileChange::new(own_file(&group, context), toml.clone());
        let format = self.from.name();
        let (schema, name) = (Adoption::SCHEMA.to_owned(), group.name().clone());
        let hold = self.confirm.map(|seconds| Hold::new(Some(seconds)));
        let confirm = hold.as_ref().map(|hold| hold.token.clone());
        let adoption = Adoption { schema, group: name, device, format, own, leaves, confirm };
        tell_leftovers(&leftovers, context);
        show(&adoption, &plan, context);
        let mut code = plan.code;
        let mut adopted = Adopted {
            schema: "mpath.adopt/1",
            toml,
            leftovers,
            plan,
            files: adoption.files().cloned().collect(),
            reload: adoption.reloads().into_iter().map(str::to_owned).collect(),
            report: None,
            pending: None,
        };
        if code == ExitCode::Done {
            by_hand(&adoption.leaves)?;
            if !self.dry_run && self.may(&adoption, context)? {
                let signals = Signals::catch().map_err(CommandError::signals)?;
                let (report, pending) = self.adopt(&adoption, (&group, hold), &signals, context)?;
                code = report.code;
                match &pending {
                    Some(pending) if context.prompt.is_some() && !context.console.is_json() => {
                        code = code.or_worse(confirmation::ask(&pending.token, &signals, context)?);
                    }
                    pending => confirmation::tell(pending.as_ref(), context),
                }
                (adopted.report, adopted.pending) = (Some(report), pending);
            }
        }
        if context.console.is_json() {
            context.console.document(&adopted);
        }
        Ok(code)
    }

    /// Whether whoever can be asked wants it.
    fn may(&self, adoption: &Adoption, context: &mut Context<'_>) -> Result<bool, CommandError> {
        if self.yes {
            return Ok(true);
        }
        let Some(prompt) = context.prompt.as_mut().filter(|_| !context.console.is_json()) else {
            let hint = "`--yes` does it without a question, `--dry-run` only shows it".to_owned();
            return Err(told(ExitCode::Usage, "there is no terminal to ask at, and nothing says --yes", Some(hint)));
        };
        let answer = prompt.line(&format!("Take {} over, yes or no [no]: ", adoption.group));
        if answer.is_some_and(|answer| matches!(answer.trim(), "y" | "yes")) {
            return Ok(true);
        }
        context.console.line("nothing was changed");
        Ok(false)
    }

    /// Remembers, writes and does it; a failure puts everything back. Gives what waits to be confirmed, too.
    fn adopt(
        &self,
        adoption: &Adoption,
        (group, hold): (&Group, Option<Hold>),
        signals: &Signals,
        context: &mut Context<'_>,
    ) -> Result<(GroupReport, Option<Pending>), CommandError> {
        let _lock = context.lock(&self.patience)?;
        let mut host = context.host()?;
        let stuck = recovery::settle(&mut host, context);
        if let Some(report) = stuck.into_iter().find(|report| report.name == adoption.group) {
            context.console.group(&report);
            return Ok((report, None));
        }
        let store = context.adoptions();
        store.keep(adoption)?;
        if let Err((error, failed)) = adoptions::change(adoption) {
            let code = if error.is_permission() { ExitCode::NotPermitted } else { ExitCode::Failed };
            let hint = error.is_permission().then(|| "run it as root".to_owned());
            let error = CommandError { code, told: ErrorText::of(&error, hint), config: None };
            return Err(undone(error, &failed, adoption, context));
        }
        // The plan was shown with its notes.
        let mut run = UpRun { adopt: true, hold, ..UpRun::by_itself(None, signals) };
        let report = run.bring_up(group, &mut host, context);
        context.console.group(&report);
        if report.code != ExitCode::Done {
            let failed = adoptions::put_back(adoption);
            let error = undone(told(report.code, "the group was not taken over", None), &failed, adoption, context);
            context.console.error(None, &error.told);
            return Ok((report, None));
        }
        let pending = confirmation::begin(run.hold.as_ref(), &context.journals())?;
        let name = &adoption.group;
        context.console.line(&format!("{name}: taken over; `mpath release {name}` gives it back"));
        adoptions::tell_reloads(adoption, &mut context.console);
        // The other tool did that, and was told to leave it alone.
        context.console.note(&format!("{name}: a boot brings it up only once `mpath enable {name}` has been run"));
        Ok((report, pending))
    }
}

/// Where mpath's file for the group belongs.
fn own_file(group: &Group, context: &Context<'_>) -> PathBuf {
    let config = &context.global.config;
    if config.extension().is_some_and(|extension| extension == "toml") {
        return config.clone();
    }
    config.join(format!("{}.toml", group.name()))
}

/// Shows everything that is written and done.
fn show(adoption: &Adoption, plan: &GroupPlan, context: &mut Context<'_>) {
    let console = &mut context.console;
    if !console.is_quiet() {
        console.line(&format!("{}:", adoption.own.path.display()));
        adoption.own.after.lines().for_each(|line| console.line(&format!("    {line}")));
        for leave in &adoption.leaves {
            for file in &leave.files {
                console.line(&format!("{}, so that {} leaves it alone:", file.path.display(), leave.tool));
                file.lines().iter().for_each(|line| console.line(&format!("    {line}")));
            }
        }
    }
    plan.print(console);
}

fn by_hand(leaves: &[LeaveAlone]) -> Result<(), CommandError> {
    let Some((tool, cure)) = leaves.iter().find_map(|leave| Some((&leave.tool, leave.by_hand.first()?))) else {
        return Ok(());
    };
    let commands = if cure.commands.is_empty() { String::new() } else { format!(": {}", cure.commands.join("; ")) };
    let message = format!("{tool} has something of it that only you can change");
    Err(told(ExitCode::Failed, message, Some(format!("{}{commands}", cure.text))))
}

/// What became of the way back: where all is as it was, nothing has to be remembered.
fn undone(
    mut error: CommandError,
    failed: &[adoptions::FileError],
    adoption: &Adoption,
    context: &mut Context<'_>,
) -> CommandError {
    let name = &adoption.group;
    if failed.is_empty() {
        match context.adoptions().forget(name) {
            Ok(()) => context.console.note(&format!("{name}: every file is as it was")),
            Err(record) => error.told.causes.push(one_line(&record)),
        }
        return error;
    }
    error.code = ExitCode::NotUndone;
    error.told.causes.extend(failed.iter().map(|error| one_line(error)));
    error.told.hint = Some(format!("once that is cured, `mpath release {name}` puts back the rest"));
    error
}
