//! `mpath explain`: the whole story of a finding. Looks at no host.

use anstyle::Style;
use clap::Args;
use clap::builder::PossibleValuesParser;
use mpath_core::finding::Code;
use serde::Serialize;

use crate::ExitCode;
use crate::context::Context;
use crate::error::CommandError;
use crate::output::Table;
use crate::output::paint::{PLAIN, severity_style};
use crate::story::Story;

/// Tell the whole story of a finding of `doctor`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath explain
      every code
  mpath explain no-link-monitoring
      what it is, how it comes about, how to cure it")]
pub(crate) struct ExplainArgs {
    /// The finding's code; without one, all codes are listed
    #[arg(value_parser = PossibleValuesParser::new(Code::words()), hide_possible_values = true)]
    code: Option<String>,
}

/// `mpath.explain/1`.
#[derive(Debug, Serialize)]
struct ExplainDocument {
    schema: &'static str,
    findings: Vec<Explained>,
}

/// One code.
#[derive(Debug, Serialize)]
struct Explained {
    code: &'static str,
    severity: &'static str,
    why: String,
    text: &'static str,
}

impl ExplainArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let chosen = self.code.as_deref().and_then(Code::from_word);
        let codes = chosen.as_ref().map_or(Code::ALL, std::slice::from_ref);
        let console = &mut context.console;
        if console.is_json() {
            let findings = codes.iter().map(|code| {
                let story = Story::of(*code);
                let (code, severity) = (code.word(), code.severity().word());
                Explained { code, severity, why: story.why(), text: story.text }
            });
            console.document(&ExplainDocument { schema: "mpath.explain/1", findings: findings.collect() });
        } else if let Some(code) = chosen {
            console.pieces(&[(Style::new().bold(), code.word().to_owned())]);
            console.line("");
            Story::of(code).plain().lines().for_each(|line| console.line(line));
        } else {
            let mut table = Table::new(&["CODE", "SEVERITY"]);
            for code in codes {
                let severity = (severity_style(code.severity()), code.severity().word().to_owned());
                table.row(vec![(PLAIN, code.word().to_owned()), severity]);
            }
            table.lines().iter().for_each(|line| console.pieces(line));
        }
        Ok(ExitCode::Done)
    }
}
