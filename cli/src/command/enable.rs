//! `mpath enable` and `mpath disable`: whether groups come up when the system starts.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use mpath_core::{Group, GroupName};
use serde::Serialize;

use crate::ExitCode;
use crate::arguments::Selection;
use crate::boot::{Act, Booted, Manager, Wish};
use crate::config::DEFAULT;
use crate::context::Context;
use crate::error::{CommandError, ErrorText};
use crate::receipts::Memories;
use crate::selection::SelectionError;

/// Let groups come up when the system starts
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath enable home-lan
      let the group come up at each boot
  mpath enable --all --now
      every group, and now as well
  mpath enable home-lan --dry-run
      tell what the manager of services would be asked")]
pub(crate) struct EnableArgs {
    #[command(flatten)]
    selection: Selection,
    /// Leave the agent as it is, which lets in members that come late
    #[arg(long)]
    without_agent: bool,
    #[command(flatten)]
    how: How,
}

/// Keep groups from coming up when the system starts
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath disable home-lan
      let the group come up no more; until then it stays up")]
pub(crate) struct DisableArgs {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    how: How,
}

/// How it is done.
#[derive(Debug, Args)]
struct How {
    /// Start the units too (enable: `up`), or stop them (disable: `down`)
    #[arg(long, conflicts_with = "root")]
    now: bool,
    /// Tell what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// In the system whose files are below this directory, and which does not run
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

/// What became of it, as in `mpath.enable/1`.
#[derive(Debug, Serialize)]
struct EnableDocument {
    schema: &'static str,
    manager: Manager,
    groups: Vec<Entry>,
    commands: Vec<String>,
    done: bool,
    error: Option<ErrorText>,
}

/// One group.
#[derive(Debug, Serialize)]
struct Entry {
    name: GroupName,
    /// How it was.
    before: bool,
    /// How it shall be.
    enabled: bool,
}

impl EnableArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let root = self.how.root(context);
        let manager = self.how.manager(&root)?;
        read_from_there(&root, context)?;
        let configuration = context.configuration()?;
        let chosen = self.selection.one_by_default(&configuration.groups, "enable")?;
        if manager == Manager::Smf {
            chosen.iter().try_for_each(|group| check_lasting(group, context))?;
        }
        let dhcp = |group: &Group| group.addressing().dhcp || group.addressing().dhcp6;
        let booted: Vec<_> =
            chosen.iter().map(|group| Booted { name: group.name().clone(), dhcp: dhcp(group) }).collect();
        let names = booted.iter().map(|group| group.name.clone()).collect();
        let acts = manager.enable(&booted, self.how.wish(&root, !self.without_agent));
        Ok(self.how.carry_out(manager, &root, (names, true), &acts, context))
    }
}

impl DisableArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let root = self.how.root(context);
        let manager = self.how.manager(&root)?;
        let names = self.chosen(manager, &root, context)?;
        let mut acts = manager.disable(&names, self.how.wish(&root, false));
        if manager == Manager::Smf && any_lasting(context)? {
            // The services are for all groups.
            acts.clear();
        }
        Ok(self.how.carry_out(manager, &root, (names, false), &acts, context))
    }

    /// The groups that are meant. What is enabled may no longer be in the configuration, or that may be wrong.
    fn chosen(&self, manager: Manager, root: &Path, context: &mut Context<'_>) -> Result<Vec<GroupName>, CommandError> {
        let enabled = manager.enabled(root);
        if manager == Manager::Smf {
            return self.lasting(context);
        }
        match (self.selection.all, self.selection.groups.as_slice(), enabled.as_slice()) {
            (true, _, _) => return Ok(enabled),
            (false, [], [] | [_]) => return Ok(enabled),
            (false, [], several) => {
                let known = several.iter().map(ToString::to_string).collect();
                return Err(SelectionError::Several { verb: "disable", known }.into());
            }
            _ => {}
        }
        read_from_there(root, context)?;
        let mut known = enabled;
        known
            .extend(context.configuration().into_iter().flat_map(|read| read.groups).map(|group| group.name().clone()));
        known.sort();
        known.dedup();
        let (found, unknown): (Vec<_>, Vec<_>) =
            self.selection.groups.iter().partition(|name| known.iter().any(|known| known.as_str() == *name));
        if !unknown.is_empty() {
            let known = known.iter().map(ToString::to_string).collect();
            return Err(SelectionError::no_such_group(unknown.into_iter().cloned().collect(), known).into());
        }
        Ok(known.into_iter().filter(|known| found.iter().any(|name| *name == known.as_str())).collect())
    }

    /// Where the system's own configuration brings groups up, there is nothing to disable but the services; a group that
    /// lasts goes by `down`.
    fn lasting(&self, context: &mut Context<'_>) -> Result<Vec<GroupName>, CommandError> {
        let configuration = context.configuration()?;
        let chosen = self.selection.one_by_default(&configuration.groups, "disable")?;
        let memories = context.receipts().open();
        for group in chosen {
            if is_lasting(group, &memories)? {
                let name = group.name();
                let message = format!("{name}: the system's own configuration brings it up at a boot");
                let hint = Some(format!("mpath down {name} && mpath up {name}"));
                let told = ErrorText { message, causes: vec![], hint };
                return Err(CommandError { code: ExitCode::Failed, told, config: None });
            }
        }
        Ok(vec![])
    }
}

fn any_lasting(context: &mut Context<'_>) -> Result<bool, CommandError> {
    let groups = context.configuration()?.groups;
    let memories = context.receipts().open();
    Ok(groups.iter().map(|group| is_lasting(group, &memories)).collect::<Result<Vec<_>, _>>()?.contains(&true))
}

fn is_lasting(group: &Group, memories: &Memories) -> Result<bool, CommandError> {
    let memory = memories.recall(group.name())?;
    Ok(memory.receipt.is_some_and(|receipt| receipt.persistent))
}

/// Whether the system's own configuration brings the group up.
fn check_lasting(group: &Group, context: &Context<'_>) -> Result<(), CommandError> {
    let name = group.name();
    let hint = match context.receipts().recall(name)?.receipt {
        Some(receipt) if receipt.persistent => return Ok(()),
        // A group that is up keeps its kind.
        Some(_) => format!("mpath down {name} && mpath up {name} --persist"),
        None => format!("mpath up {name} --persist"),
    };
    let message = format!("{name} is not in the system's own configuration, which makes groups at a boot here");
    let told = ErrorText { message, causes: vec![], hint: Some(hint) };
    Err(CommandError { code: ExitCode::Failed, told, config: None })
}

/// The units read the configuration of the system, and no other.
fn read_from_there(root: &Path, context: &mut Context<'_>) -> Result<(), CommandError> {
    let there = root.join(DEFAULT.trim_start_matches('/'));
    let same = |path: &Path| path.canonicalize().ok() == there.canonicalize().ok();
    if context.global.config == Path::new(DEFAULT) || same(&context.global.config) {
        context.global.config = there;
        return Ok(());
    }
    let message = format!(
        "groups come up at a boot from {}, and {} is not that",
        there.display(),
        context.global.config.display()
    );
    let files = shown(&context.global.config) + if context.global.config.is_dir() { "/*.toml" } else { "" };
    let hint = Some(format!("put it there: cp {files} {}/", shown(&there)));
    Err(CommandError { code: ExitCode::InvalidFile, told: ErrorText { message, causes: vec![], hint }, config: None })
}

fn shown(path: &Path) -> String {
    crate::output::shell_path(path)
}

impl How {
    fn root(&self, context: &Context<'_>) -> PathBuf {
        self.root.clone().unwrap_or_else(|| context.services.root().to_owned())
    }

    fn wish<'w>(&self, root: &'w Path, agent: bool) -> Wish<'w> {
        Wish { root, runs: self.root.is_none(), now: self.now, agent }
    }

    /// The manager of services, which knows mpath's units.
    fn manager(&self, root: &Path) -> Result<Manager, CommandError> {
        let unsupported = |message: String, hint: &str| CommandError {
            code: ExitCode::NotSupported,
            told: ErrorText { message, causes: vec![], hint: Some(hint.to_owned()) },
            config: None,
        };
        if self.root.is_some() {
            let found = Manager::of_tree(root).ok_or_else(|| {
                let message = format!("there are no units of mpath for systemd or OpenRC below {}", root.display());
                unsupported(message, "install mpath's package there, or packaging/systemd into usr/lib/systemd/system")
            })?;
            if found == Manager::Smf {
                let message = "what SMF enables is in a repository that only the running system has".to_owned();
                return Err(unsupported(message, "run it there"));
            }
            return Ok(found);
        }
        let Some(manager) = Manager::running(root) else {
            let message = "no manager of services runs here that mpath knows: systemd, OpenRC or SMF".to_owned();
            return Err(unsupported(message, "let what starts this system run: mpath up --wait-members 10s --all"));
        };
        if !manager.is_installed(root) {
            return Err(unsupported(format!("{} has no units of mpath", manager.name()), manager.cure()));
        }
        Ok(manager)
    }

    /// Tells what is to be done, and does it, up to the first failure.
    fn carry_out(
        &self,
        manager: Manager,
        root: &Path,
        (names, enabled): (Vec<GroupName>, bool),
        acts: &[Act],
        context: &mut Context<'_>,
    ) -> ExitCode {
        let before = manager.enabled(root);
        let entry = |name: GroupName| Entry { before: before.contains(&name), name, enabled };
        let groups: Vec<_> = names.into_iter().map(entry).collect();
        let mut document = EnableDocument {
            schema: "mpath.enable/1",
            manager,
            groups,
            commands: acts.iter().map(Act::command).collect(),
            done: !self.dry_run,
            error: None,
        };
        let mut code = ExitCode::Done;
        for act in acts {
            let command = act.command();
            if self.dry_run {
                context.console.line(&command);
                continue;
            }
            context.console.progress(&command);
            if let Err(error) = act.execute(context.services) {
                code = code_of(&error);
                let message = format!("`{command}` failed; what is behind it was not done");
                let hint = (code == ExitCode::NotPermitted).then(|| "run it as root".to_owned());
                let told = ErrorText { message, causes: vec![error.to_string()], hint };
                context.console.error(None, &told);
                (document.done, document.error) = (false, Some(told));
                break;
            }
        }
        if document.done && !context.console.is_quiet() {
            for Entry { name, before, enabled } in &document.groups {
                let already = if before == enabled { "already " } else { "" };
                context.console.line(&match enabled {
                    true => format!("{name}: {already}enabled; it comes up at a boot ({})", manager.name()),
                    false => format!("{name}: {already}disabled; it does not come up at a boot ({})", manager.name()),
                });
            }
        }
        if context.console.is_json() {
            context.console.document(&document);
        }
        code
    }
}

fn code_of(error: &io::Error) -> ExitCode {
    let denied = matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem);
    if denied { ExitCode::NotPermitted } else { ExitCode::Failed }
}
