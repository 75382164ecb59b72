//! Questions to a person: whether a change is to stay, and what `mpath init` cannot know.
//!
//! Plain lines, without a library of menus: a serial console and a screen reader show them as everybody sees them, and a script
//! can answer them.

use std::io::{self, BufRead as _, Write as _};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Somebody who can be asked.
pub trait Prompt {
    /// Shows a line in place of the last, and waits for an answer for a second at most.
    fn ask(&mut self, line: &str) -> Answer;

    /// Shows a question, and waits for the line that answers it; `None` is that nobody is there any more.
    fn line(&mut self, question: &str) -> Option<String>;
}

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Enter was pressed.
    Enter,
    /// Nothing yet.
    Nothing,
    /// Nobody is there any more.
    Gone,
}

/// The terminal of this process.
#[derive(Debug, Default)]
pub(crate) struct Terminal;

impl Prompt for Terminal {
    fn ask(&mut self, line: &str) -> Answer {
        // CR and EL (ECMA-48): the line is written over the last one.
        let shown = write!(io::stderr(), "\r\x1b[K{line}").and_then(|()| io::stderr().flush());
        if shown.is_err() {
            return Answer::Gone;
        }
        let stdin = io::stdin();
        let mut waits_for = [PollFd::new(&stdin, PollFlags::IN)];
        let second = Timespec { tv_sec: 1, tv_nsec: 0 };
        match poll(&mut waits_for, Some(&second)) {
            Ok(0) => Answer::Nothing,
            // A signal; who asks looks which.
            Err(rustix::io::Errno::INTR) => Answer::Nothing,
            Err(_) => Answer::Gone,
            Ok(_) => match stdin.lock().read_line(&mut String::new()) {
                Ok(0) | Err(_) => Answer::Gone,
                Ok(_) => Answer::Enter,
            },
        }
    }

    fn line(&mut self, question: &str) -> Option<String> {
        write!(io::stderr(), "{question}").and_then(|()| io::stderr().flush()).ok()?;
        let mut line = String::new();
        match io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim().to_owned()),
        }
    }
}
