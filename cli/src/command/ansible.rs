//! `mpath ansible`: the modules of the Ansible collection, of which the collection itself only has the wrappers.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::ExitCode;
use crate::ansible;
use crate::context::Context;
use crate::error::CommandError;

/// Do what a module of the Ansible collection mpath.mpath is asked for (packaging/ansible)
///
/// In: the arguments of the module, as JSON. Out: its result, as JSON, whatever becomes of it.
#[derive(Debug, Args)]
pub(crate) struct AnsibleArgs {
    /// The arguments of the module; - or nothing is standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,
    /// Which module it is; without this the argument `module` says so
    #[arg(long, value_name = "MODULE")]
    module: Option<String>,
    /// Change nothing, and tell what would be changed
    #[arg(long)]
    check: bool,
    /// Show what is different
    #[arg(long)]
    diff: bool,
}

impl AnsibleArgs {
    #[allow(clippy::unnecessary_wraps, reason = "as the other commands")]
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let reply = ansible::read(self.file.as_deref(), self.module.as_deref())
            .map(|request| request.or(self.check, self.diff))
            .and_then(|request| ansible::answer(request, context))
            .unwrap_or_else(|failure| failure);
        let code = reply.code();
        context.console.document(&reply);
        Ok(code)
    }
}
