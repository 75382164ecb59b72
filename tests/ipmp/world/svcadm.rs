//! What is asked of the manager of services.

use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use mpath::Services;

/// SMF, as far as it is asked; the files that belong to it are in a folder of the world's.
pub(super) struct Svcadm {
    pub(super) root: PathBuf,
    pub(super) asked: Rc<RefCell<Vec<String>>>,
}

impl Services for Svcadm {
    fn root(&self) -> &Path {
        &self.root
    }

    fn run(&mut self, words: &[String]) -> io::Result<()> {
        self.asked.borrow_mut().push(words.join(" "));
        Ok(())
    }
}
