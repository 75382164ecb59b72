//! `mpath schema`: the JSON Schema of the file, for editors. Looks at no host.

use clap::Args;

use crate::ExitCode;
use crate::context::Context;
use crate::error::CommandError;

/// Print the JSON Schema of the file, for editors
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath schema
      for an editor that knows Taplo: save it, and begin files with `#:schema` and its path")]
pub(crate) struct SchemaArgs {}

impl SchemaArgs {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self, reason = "as the other commands")]
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        context.console.pretty(&mpath_core::schema::schema());
        Ok(ExitCode::Done)
    }
}
