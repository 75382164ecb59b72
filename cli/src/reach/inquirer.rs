//! Who asks by one kind of probe, and what is heard.

use std::time::{Duration, SystemTime};

/// One kind of probe, on sockets of its own.
pub(super) trait Inquirer: Send {
    /// Sends the probe of this number; they count up from 0. One that cannot be sent is lost.
    fn send(&mut self, number: usize);

    /// Waits for answers so long at most, and returns some that there are.
    fn listen(&mut self, limit: Duration) -> Vec<Heard>;

    /// Whether the times of answers are the kernel's own.
    fn is_stamped(&self) -> bool;
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    /// The number of the probe; none where answers do not tell what they answer.
    pub(super) number: Option<usize>,
    /// When it came.
    pub(super) at: SystemTime,
}
