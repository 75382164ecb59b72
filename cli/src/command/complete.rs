//! `mpath complete`, which the scripts of `mpath completions` call at each press of Tab.
//!
//! A line for each candidate: the word, and behind a tab what it is. Where a path is to stand, the only line is `:files`
//! or `:directories`, as shells complete those better. It never fails and never complains: there is a person at the
//! other end who is in the middle of a line.

use std::ffi::OsString;

use clap::Args;

use crate::ExitCode;
use crate::completion::{Answer, Deadline, Line};
use crate::context::Context;
use crate::error::CommandError;
use crate::output::printable;

/// Tell what can stand at a place of a command line (called by shells)
#[derive(Debug, Args)]
pub(crate) struct CompleteArgs {
    /// The number of the word that is to be completed, from 0; the last one by default
    #[arg(long, value_name = "NUMBER")]
    cursor: Option<usize>,
    /// The words, the program's name first; the one that is to be completed as far as the cursor
    #[arg(last = true)]
    words: Vec<OsString>,
}

impl CompleteArgs {
    #[allow(clippy::unnecessary_wraps, reason = "as the other commands")]
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let line = Line::new(self.words.clone(), self.cursor);
        let deadline = context.live.map(|_| Deadline::start());
        let answer = line.answer(context, &mut |meanwhile| {
            if let Some(deadline) = &deadline {
                deadline.prepare(text(meanwhile));
            }
        });
        if deadline.is_none_or(|deadline| deadline.is_met()) {
            context.console.rendered_out(&text(&answer));
        }
        Ok(ExitCode::Done)
    }
}

fn text(answer: &Answer) -> String {
    match answer {
        Answer::Files => ":files\n".to_owned(),
        Answer::Directories => ":directories\n".to_owned(),
        Answer::Words(words) => {
            words.iter().map(|(word, what)| format!("{}\t{}\n", printable(word), printable(what))).collect()
        }
    }
}
