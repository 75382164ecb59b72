//! `mpath completions`: the script by which a shell asks `mpath complete` what can stand at the cursor.

use clap::{Args, ValueEnum};

use crate::ExitCode;
use crate::context::Context;
use crate::error::CommandError;

/// Print what lets a shell complete the words of mpath
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath completions bash
      for bash, as /usr/share/bash-completion/completions/mpath
  mpath completions zsh
      for zsh, as /usr/share/zsh/vendor-completions/_mpath
  mpath completions fish
      for fish, as /usr/share/fish/vendor_completions.d/mpath.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// A shell with a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Shell {
    fn script(self) -> &'static str {
        match self {
            Self::Bash => include_str!("../completion/mpath.bash"),
            Self::Zsh => include_str!("../completion/mpath.zsh"),
            Self::Fish => include_str!("../completion/mpath.fish"),
        }
    }
}

impl CompletionsArgs {
    #[allow(clippy::unnecessary_wraps, reason = "as the other commands")]
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        context.console.rendered_out(self.shell.script());
        Ok(ExitCode::Done)
    }
}
