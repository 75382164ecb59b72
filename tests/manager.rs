//! What a test's world has in place of a manager of services.

use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use mpath::Services;

/// It only notes what it is asked; the files that belong to it are in a folder of the world's.
pub(crate) struct FakeManager {
    pub(crate) root: PathBuf,
    pub(crate) asked: Rc<RefCell<Vec<String>>>,
    pub(crate) fails: bool,
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
