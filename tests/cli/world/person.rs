//! A person at the terminal.

use std::cell::RefCell;
use std::rc::Rc;

use mpath::{Answer, Prompt};

/// A person with answers.
pub(super) struct Person {
    pub(super) answers: Vec<Answer>,
    pub(super) typed: Vec<&'static str>,
    pub(super) asked: Rc<RefCell<String>>,
}

impl Prompt for Person {
    fn ask(&mut self, _: &str) -> Answer {
        if self.answers.is_empty() { Answer::Gone } else { self.answers.remove(0) }
    }

    fn line(&mut self, question: &str) -> Option<String> {
        let line = (!self.typed.is_empty()).then(|| self.typed.remove(0));
        *self.asked.borrow_mut() += &format!("{question}{}\n", line.unwrap_or("(nobody)"));
        line.map(str::to_owned)
    }
}
