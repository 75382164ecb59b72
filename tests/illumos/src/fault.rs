//! Failures by plan: which call fails, how, and whether it did its work before.

use serde::{Deserialize, Serialize};

use crate::output::{Ending, Output};

/// One planned failure. It is spent by the call that it hits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Which call.
    pub when: When,
    /// What happens to it.
    pub how: How,
    /// Whether the state changes all the same: a command that is cut off may have done its work.
    pub done: bool,
}

/// Which call a fault hits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// The nth call from now on, the next being 1.
    Call(usize),
    /// The nth call from now on that changes something, the next being 1.
    Mutation(usize),
    /// The next call of this program whose arguments hold all of these.
    Command {
        /// The program.
        program: String,
        /// Arguments, in any order.
        arguments: Vec<String>,
    },
}

/// What happens to the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// It prints this on standard error and exits with this status.
    Exit(u8, String),
    /// A signal kills it before it has printed anything.
    Signal(i32),
    /// It prints nothing and does not end.
    Hang,
    /// It succeeds, and its output is bytes that make no sense.
    Garbage,
    /// It succeeds, and of its output only so many bytes arrive.
    Truncate(usize),
}

impl Fault {
    /// A fault that leaves the state as it is.
    pub fn new(when: When, how: How) -> Self {
        Self { when, how, done: false }
    }

    /// A fault that strikes after the work is done.
    pub fn after(when: When, how: How) -> Self {
        Self { when, how, done: true }
    }

    /// The planned fault that this call spends, if there is one. Counts the others down.
    pub(crate) fn strike(plan: &mut Vec<Self>, program: &str, arguments: &[String], mutates: bool) -> Option<Self> {
        let mut hit = None;
        for (index, fault) in plan.iter_mut().enumerate() {
            let struck = match &mut fault.when {
                When::Call(left) => count_down(left),
                When::Mutation(left) => mutates && count_down(left),
                When::Command { program: wanted, arguments: words } => {
                    wanted == program && words.iter().all(|word| arguments.contains(word))
                }
            };
            if struck && hit.is_none() {
                hit = Some(index);
            }
        }
        hit.map(|index| plan.remove(index))
    }

    /// Whether it spoils only what the call prints; then the work is done in any case.
    pub(crate) fn reads(&self) -> bool {
        matches!(self.how, How::Garbage | How::Truncate(_))
    }

    /// What the struck call leaves behind, where `intact` is what it would have left.
    pub(crate) fn spoil(&self, intact: Output) -> Output {
        match &self.how {
            How::Exit(status, text) => {
                Output { stderr: text.clone().into_bytes(), ending: Ending::Exit(*status), ..Output::default() }
            }
            How::Signal(number) => Output { ending: Ending::Signal(*number), ..Output::default() },
            How::Hang => Output { ending: Ending::Hang, ..Output::default() },
            How::Garbage => Output { stdout: b"\xff\xfe:::\\\x00=;net?\n\n:".to_vec(), ..Output::default() },
            How::Truncate(length) => {
                let mut stdout = intact.stdout;
                stdout.truncate(*length);
                Output { stdout, ..intact }
            }
        }
    }
}

fn count_down(left: &mut usize) -> bool {
    *left = left.saturating_sub(1);
    *left == 0
}
