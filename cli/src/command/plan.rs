//! `mpath plan`: what would be done, as sentences and as commands. Changes nothing.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use mpath_core::dispute;
use mpath_core::plan::{self, NoPlan};
use mpath_core::resolve::Question;
use mpath_core::{BackendError, Group, GroupName, Identity};

use crate::ExitCode;
use crate::arguments::{Limit, Selection};
use crate::context::Context;
use crate::error::{CommandError, ErrorText, record_code};
use crate::fleet::rollout;
use crate::host::Host;
use crate::known;
use crate::output::{Document, GroupPlan};
use crate::platform::elsewhere::{Elsewhere, Platform};
use crate::receipts::{Memories, Memory};

/// Show what `up` or `down` would do, as commands too
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath plan
      what `up` would do to every group
  mpath plan home-lan --check -q
      for scripts: exit with 4 when something would change
  mpath plan --down home-lan
      what `down` would do
  mpath plan --platform solaris --persist
      what the same files come to on Solaris 11.4
  mpath plan --hosts /etc/mpath/facts --summary
      what a roll-out would do to many hosts, none of which is asked")]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    selection: Selection,
    /// Exit with 4 when something would change
    #[arg(long)]
    check: bool,
    /// Show what `down` would do
    #[arg(long)]
    down: bool,
    /// Plan as with `up --adopt` or `down --adopt`
    #[arg(long)]
    adopt: bool,
    /// Plan as with `up --persist`
    #[arg(long, conflicts_with = "down")]
    persist: bool,
    /// Plan for another system: its members are taken for wired cards that nobody uses
    #[arg(long, value_name = "PLATFORM", conflicts_with = "down")]
    platform: Option<Platform>,
    /// Plan for the host of this captured state (JSON, as in a receipt), not for assumed members
    #[arg(long, value_name = "FILE", requires = "platform")]
    state: Option<PathBuf>,
    /// Plan for these hosts: a directory or a file of what `mpath facts` wrote on each
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath, conflicts_with_all = ["down", "platform", "state", "groups", "all"])]
    hosts: Option<PathBuf>,
    /// Tell how many of the hosts would change, and in which way
    #[arg(long, requires = "hosts")]
    summary: bool,
    #[command(flatten)]
    limit: Limit,
}

impl PlanArgs {
    /// The plan to bring this group up.
    pub(crate) fn of(group: &GroupName) -> Self {
        Self {
            selection: Selection { groups: vec![group.to_string()], all: false },
            check: false,
            down: false,
            adopt: false,
            persist: false,
            platform: None,
            state: None,
            hosts: None,
            summary: false,
            limit: Limit::default(),
        }
    }

    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        if let Some(hosts) = &self.hosts {
            let options = rollout::Options {
                adopt: self.adopt,
                persist: self.persist,
                summary: self.summary,
                check: self.check,
                max_outage: self.limit.max_outage,
            };
            return rollout::run(hosts, &options, context);
        }
        context.tell_unfinished();
        let plans = if self.down { self.down(context)? } else { self.up(context)? };
        let mut code = ExitCode::Done;
        context.console.gather();
        for plan in &plans {
            plan.print(&mut context.console);
            code = code.or_worse(plan.code);
            if self.check && !plan.steps.is_empty() {
                code = code.or_worse(ExitCode::ChangesPending);
            }
        }
        if context.console.is_json() {
            context.console.document(&Document { schema: "mpath.plan/1", groups: plans });
        }
        Ok(code)
    }

    /// What `up` would do.
    pub(crate) fn up(&self, context: &mut Context<'_>) -> Result<Vec<GroupPlan>, CommandError> {
        let identity = context.identity.clone();
        // What files have for another system is for the host of another system.
        let os = self.platform.map(Platform::os).or(identity.os);
        let configuration = context.configuration_of(&Identity { os, ..identity })?;
        let chosen = self.selection.all_by_default(&configuration.groups)?;
        let host = match self.platform {
            None => context.host()?,
            Some(platform) => self.host_elsewhere(platform, &configuration.groups)?,
        };
        let capabilities = host.backend.capabilities();
        let memories = context.receipts().open();
        let mut disputes = dispute::among(chosen.iter().copied(), capabilities);
        let plan = |group: &&Group| {
            let Some(disputes) = disputes.remove(group.name()) else {
                return self.plan_up(group, &host, &memories, context);
            };
            let device = capabilities.device_of(group).ok();
            GroupPlan::new(group.name(), device, Err(NoPlan::Refused(disputes)), &host)
        };
        Ok(chosen.iter().map(plan).collect())
    }

    fn host_elsewhere(&self, platform: Platform, groups: &[Group]) -> Result<Host, BackendError> {
        let elsewhere = match &self.state {
            Some(file) => Elsewhere::captured(platform, file)?,
            None => Elsewhere::with_members_of(platform, groups),
        };
        let mut elsewhere = Some(elsewhere);
        let nothing = || BackendError::Nonsense { object: "the host".to_owned(), found: "opened twice".to_owned() };
        Host::open(&mut || Ok(Box::new(elsewhere.take().ok_or_else(nothing)?)))
    }

    /// What `up --adopt` would do for a group of this host.
    pub(crate) fn adopting(desired: &Group, host: &Host, context: &mut Context<'_>) -> GroupPlan {
        let memories = context.receipts().open();
        Self { adopt: true, ..Self::of(desired.name()) }.plan_up(desired, host, &memories, context)
    }

    fn plan_up(&self, desired: &Group, host: &Host, memories: &Memories, context: &mut Context<'_>) -> GroupPlan {
        let name = desired.name();
        let capabilities = host.backend.capabilities();
        let device = capabilities.device_of(desired).ok();
        // What is remembered here is not remembered of another system.
        let memory = if self.platform.is_some() { Ok(Memory::default()) } else { recall(name, memories, context) };
        let memory = match memory {
            Ok(memory) => memory,
            Err(error) => return GroupPlan::failed(name, device, error),
        };
        let (current, receipt) = (&host.snapshot, memory.receipt.as_ref());
        let (adopt, persist) = (self.adopt, self.persist);
        let prepared = plan::up(Question { desired, current, receipt, capabilities, adopt, persist });
        let plan = prepared.and_then(|prepared| prepared.plan.within(self.limit.max_outage));
        GroupPlan::new(name, device, plan, host)
    }

    fn down(&self, context: &mut Context<'_>) -> Result<Vec<GroupPlan>, CommandError> {
        let selection = Selection { all: true, ..self.selection.clone() };
        let groups = known::wanted(&selection, context, "plan --down")?;
        let host = context.host()?;
        let chosen = known::choose(&self.selection, &groups, context, &host)?;
        let memories = context.receipts().open();
        let mut plans = Vec::new();
        for known in chosen {
            let memory = match recall(&known.name, &memories, context) {
                Ok(memory) => memory,
                Err(error) => {
                    plans.push(GroupPlan::failed(&known.name, known.device, error));
                    continue;
                }
            };
            let plan = known.device.as_ref().map(|device| {
                let (receipt, capabilities) = (memory.receipt.as_ref(), host.backend.capabilities());
                let plan = plan::down(&known.name, device, &host.snapshot, receipt, capabilities, self.adopt)?;
                plan.within(self.limit.max_outage)
            });
            plans.push(match plan {
                Some(plan) => GroupPlan::new(&known.name, known.device.clone(), plan, &host),
                None => GroupPlan::empty(&known.name, None),
            });
        }
        Ok(plans)
    }
}

/// What is remembered of a group, as far as the caller may know.
fn recall(name: &GroupName, memories: &Memories, context: &mut Context<'_>) -> Result<Memory, (ExitCode, ErrorText)> {
    match memories.recall(name) {
        Ok(memory) => {
            if let Some(ignored) = &memory.ignored {
                context.console.warning(&format!("{name}: {ignored}"));
            }
            Ok(memory)
        }
        Err(error) if error.is_permission() => {
            context.console.note(&format!(
                "{name}: without a look at its receipt, for which you are not permitted, the plan may miss something"
            ));
            Ok(Memory::default())
        }
        Err(error) => Err((record_code(&error), ErrorText::of(&error, error.hint()))),
    }
}
