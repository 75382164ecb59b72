//! `mpath config`: what the files say to a host, and where each value comes from. Changes nothing.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum, ValueHint};
use mpath_core::Identity;
use mpath_core::draft::Value;
use mpath_core::identity::Os;
use mpath_core::layout::lay_out;
use mpath_core::spec::layers::{Layers, ShownTable, ShownValue};
use serde::Serialize;

use crate::ExitCode;
use crate::config::Files;
use crate::context::Context;
use crate::error::CommandError;
use crate::fleet::captured::Captured;

/// Show what the files say to a host, and where each value comes from
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath config show --origin
      the configuration of this host, each value with its file and line
  mpath config show --host web7 --os illumos
      what the same files say to another host")]
pub(crate) struct ConfigArgs {
    /// What to do
    #[arg(value_name = "ACTION")]
    action: Action,
    /// Show it for the host of this name
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Show it for this system
    #[arg(long, value_name = "OS", value_parser = os())]
    os: Option<Os>,
    /// Show it for the host of these facts, as `mpath facts` wrote them
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["host", "os"])]
    facts: Option<PathBuf>,
    /// Tell the file and the line of each value
    #[arg(long)]
    origin: bool,
}

/// What is done with the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Action {
    /// Show the result
    Show,
}

/// A system, as the command line names it.
fn os() -> impl TypedValueParser<Value = Os> {
    PossibleValuesParser::new(Os::words()).try_map(|word| Os::from_word(&word).ok_or("no system"))
}

/// `mpath.config/1`.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    schema: &'static str,
    host: Option<&'a str>,
    os: Option<Os>,
    groups: Vec<Table<'a>>,
    hooks: Vec<Table<'a>>,
    elsewhere: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Table<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    values: Vec<Entry<'a>>,
}

#[derive(Debug, Serialize)]
struct Entry<'a> {
    key: &'a str,
    value: &'a Value,
    file: &'a str,
    line: usize,
    written: Option<&'a str>,
}

impl ConfigArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let Action::Show = self.action;
        let files = Files::read(&context.global.config)?;
        let identity = context.with_links(&self.identity(context)?, &files)?;
        // All that is wrong is told as by every other command.
        let configuration = context.configuration_of(&identity)?;
        let layers = Layers::new(&files.texts);
        let tables = layers.shown(&identity);
        if context.console.is_json() {
            let (groups, hooks): (Vec<_>, Vec<_>) = tables.iter().partition(|table| table.group.is_some());
            let entries = |tables: Vec<_>| tables.into_iter().map(|table| entry(table, &layers)).collect();
            context.console.document(&Shown {
                schema: "mpath.config/1",
                host: identity.name.as_deref(),
                os: identity.os,
                groups: entries(groups),
                hooks: entries(hooks),
                elsewhere: configuration.elsewhere.iter().map(ToString::to_string).collect(),
            });
            return Ok(ExitCode::Done);
        }
        let mut text = String::new();
        for table in &tables {
            text.push_str(&format!("{}\n", table.header()));
            for value in &table.values {
                let (file, line) = (&layers.sources()[value.span.source], value.span.bytes.start);
                let origin = format!("  # {}:{}", file.path.replace(char::is_control, "?"), file.position(line).0);
                let origin = if self.origin { origin.as_str() } else { "" };
                text.push_str(&format!("{} = {}{origin}\n", value.key, value.value));
            }
        }
        // It is TOML of mpath's own making; were it ever not, it would still be worth showing.
        let text = lay_out(&text).unwrap_or(text);
        text.lines().for_each(|line| context.console.line(line));
        Ok(ExitCode::Done)
    }

    fn identity(&self, context: &Context<'_>) -> Result<Identity, CommandError> {
        if let Some(file) = &self.facts {
            return Ok(Captured::only(file)?.identity());
        }
        let os = self.os.or(context.identity.os);
        Ok(match &self.host {
            None => Identity { os, ..context.identity.clone() },
            Some(name) => Identity { os, ..Identity::named(name, Os::Linux) },
        })
    }
}

fn entry<'a>(table: &'a ShownTable, layers: &'a Layers<'_>) -> Table<'a> {
    let value = |value: &'a ShownValue| {
        let file = &layers.sources()[value.span.source];
        let line = file.position(value.span.bytes.start).0;
        Entry { key: &value.key, value: &value.value, file: &file.path, line, written: value.written.as_deref() }
    };
    Table { name: table.group.as_deref(), values: table.values.iter().map(value).collect() }
}
