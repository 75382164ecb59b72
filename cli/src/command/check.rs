//! `mpath check`: the files and what the platform can do, without a look at the host.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use mpath_core::dispute;
use mpath_core::refusal::Refusal;
use serde::Serialize;

use crate::ExitCode;
use crate::arguments::Selection;
use crate::config::count;
use crate::context::Context;
use crate::error::{CommandError, refusal_code};
use crate::fleet::audit;
use crate::output::{Document, RefusalText};

/// Check the configuration without looking at the host
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath check
      every file of /etc/mpath
  mpath check --config /etc/mpath/home-lan.toml
      one file, wherever it lies
  mpath check --json
      the same for programs, as for an editor
  mpath check --hosts /etc/mpath/facts
      a whole fleet on one machine, and what none of its hosts can see by itself")]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    selection: Selection,
    /// Check it for these hosts: a directory or a file of what `mpath facts` wrote on each, or a list of them, `hosts.toml`
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath, conflicts_with_all = ["groups", "all"])]
    hosts: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Checked {
    name: String,
    device: Option<String>,
    refusals: Vec<RefusalText>,
}

impl CheckArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        if let Some(hosts) = &self.hosts {
            return audit::run(hosts, context);
        }
        context.tell_unfinished();
        let configuration = context.configuration()?;
        let chosen = self.selection.all_by_default(&configuration.groups)?;
        let mut disputes = context
            .capabilities
            .as_ref()
            .map(|capabilities| dispute::among(&configuration.groups, capabilities))
            .unwrap_or_default();
        let mut code = ExitCode::Done;
        let mut groups = Vec::new();
        for group in &chosen {
            let mut device = None;
            let mut refusals = Vec::new();
            if let Some(capabilities) = &context.capabilities {
                refusals.extend(capabilities.check(group).into_iter().map(Refusal::Unsupported));
                match capabilities.device_of(group) {
                    Ok(name) => device = Some(name.to_string()),
                    Err(reason) => refusals.push(Refusal::DeviceName { reason }),
                }
                refusals.extend(disputes.remove(group.name()).unwrap_or_default());
            }
            code = refusals.iter().map(refusal_code).fold(code, ExitCode::or_worse);
            let refusals: Vec<_> = refusals.iter().map(RefusalText::new).collect();
            for refusal in &refusals {
                context.console.error(Some(group.name().as_str()), &refusal.error());
            }
            groups.push(Checked { name: group.name().to_string(), device, refusals });
        }
        if context.console.is_json() {
            context.console.document(&Document { schema: "mpath.check/1", groups });
        } else if code == ExitCode::Done && !context.console.is_quiet() {
            let groups = count(chosen.len(), "group", "groups");
            let files = count(configuration.files, "file", "files");
            context.console.line(&format!("ok: {groups} in {files}"));
        }
        Ok(code)
    }
}
