//! `mpath wait-online`: for what starts only when the network is there. Changes nothing, and works for everybody.

use std::time::{Duration, Instant};

use clap::Args;
use mpath_core::status::{GroupHealth, GroupStatus};
use mpath_core::{Group, InterfaceName, Millis};

use crate::ExitCode;
use crate::arguments::{Selection, duration};
use crate::command::status::{Entry, document};
use crate::context::Context;
use crate::error::{CommandError, ErrorText};
use crate::feed::{Feed, News};
use crate::host::Host;
use crate::look::{Look, devices, look};
use crate::receipts::ReceiptStore;

/// Wait until groups work; a degraded group does
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath wait-online
      until every group works, for 30 s at most
  mpath wait-online home-lan --timeout 1m
      until one does, for a minute at most")]
pub(crate) struct WaitOnlineArgs {
    #[command(flatten)]
    selection: Selection,
    /// How long to wait; 0 is not at all
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    timeout: Millis,
}

impl WaitOnlineArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let end = Instant::now() + Duration::from(self.timeout);
        let configuration = context.configuration()?;
        let chosen = self.selection.all_by_default(&configuration.groups)?;
        let mut host = context.host()?;
        let chosen = devices(chosen, &host)?;
        let feed = Feed::of(host.backend.changes()?).map_err(CommandError::feed)?;
        let receipts = context.receipts();
        loop {
            // The first time too: what happened before anybody listened would not be told.
            host.look_again()?;
            let entries = entries(&chosen, &host, &receipts);
            let offline: Vec<_> =
                entries.iter().map(|entry| &entry.status).filter(|status| is_offline(status)).collect();
            if offline.is_empty() {
                if context.console.is_json() {
                    context.console.document(&document(entries));
                }
                return Ok(ExitCode::Done);
            }
            let news = feed.next(Some(end));
            if news.is_empty() || end <= Instant::now() {
                return Err(self.too_late(&offline));
            }
            for news in news {
                if let News::Deaf(error) = news {
                    return Err(error.into());
                }
            }
        }
    }

    fn too_late(&self, offline: &[&GroupStatus]) -> CommandError {
        let names: Vec<_> = offline.iter().map(|status| status.name.to_string()).collect();
        let hint = match offline.iter().all(|status| status.state == GroupHealth::Absent) {
            true => format!("mpath up {}", names.join(" ")),
            false => format!("mpath status {}", names.join(" ")),
        };
        let waited = match self.timeout.get() {
            0 => String::new(),
            _ => format!(" within {}", self.timeout),
        };
        let told = |status: &&GroupStatus| format!("{} ({})", status.name, status.state);
        let offline = offline.iter().map(told).collect::<Vec<_>>().join(", ");
        let message = format!("not online{waited}: {offline}");
        CommandError {
            code: ExitCode::GroupFailed,
            told: ErrorText { message, causes: vec![], hint: Some(hint) },
            config: None,
        }
    }
}

fn entries(chosen: &[(&Group, InterfaceName)], host: &Host, receipts: &ReceiptStore) -> Vec<Entry> {
    let memories = receipts.open();
    let looks = chosen.iter().map(|(group, device)| look(group, device.clone(), host, &memories));
    looks.map(|Look { status, refusals, .. }| Entry { status, refusals }).collect()
}

/// Whether a group does not work.
fn is_offline(status: &GroupStatus) -> bool {
    matches!(status.state, GroupHealth::Failed | GroupHealth::Absent)
}
