//! What is asked of the manager of services.

use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use mpath::Services;

/// A manager of services that only notes what it is asked.
pub(super) struct FakeManager {
    pub(super) root: PathBuf,
    pub(super) asked: Rc<RefCell<Vec<String>>>,
    pub(super) fails: bool,
}

impl Services for FakeManager {
    fn root(&self) -> &Path {
        &self.root
    }

    fn run(&mut self, words: &[String]) -> io::Result<()> {
        self.asked.borrow_mut().push(words.join(" "));
        if self.fails { Err(io::Error::other("Failed to enable unit: no")) } else { Ok(()) }
    }
}
