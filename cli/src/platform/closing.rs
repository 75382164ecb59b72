//! The closing of a file, on systems where nothing tells of it at once.

use std::path::Path;
use std::time::Duration;

/// Short enough for people.
const MOMENT: Duration = Duration::from_millis(50);

/// Whether somebody closes a file is not told here.
#[derive(Debug)]
pub(crate) struct Closing;

impl Closing {
    pub(crate) fn of(_: &Path) -> Self {
        Self
    }

    /// Waits for a moment: the caller looks again.
    pub(crate) fn wait(&self, limit: Duration) {
        std::thread::sleep(limit.min(MOMENT));
    }
}
