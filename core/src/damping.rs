//! How often something that does not last is done again by itself: ever more seldom.
//!
//! In: when it was tried, on any clock that only grows. Out: when it may be tried next. Reads no clock of its own.

use std::time::Duration;

/// The memory of one thing that is tried again and again, such as letting a member into its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Damping {
    /// Tries since it was quiet for the last time.
    tries: u32,
    /// When it may be tried next.
    next: Duration,
}

impl Damping {
    /// How many tries need not wait.
    pub(crate) const FREE: u32 = 3;
    /// How long the first one that must wait does so; each one after it twice as long as the one before.
    const FIRST: Duration = Duration::from_secs(10);
    /// The longest that one waits.
    const LONGEST: Duration = Duration::from_secs(3600);
    /// How long nothing must have been tried, although it might have been, until all is forgotten.
    const QUIET: Duration = Duration::from_secs(600);

    /// When it may be tried next; in the past where it may be tried at once.
    pub fn next(&self) -> Duration {
        self.next
    }

    /// Takes note of a try. Returns how long the next one has to wait, where it has to.
    pub fn tried(&mut self, now: Duration) -> Option<Duration> {
        if now >= self.next + Self::QUIET {
            self.tries = 0;
        }
        self.tries += 1;
        let doublings = self.tries.checked_sub(Self::FREE);
        let wait = doublings.map(|doublings| (Self::FIRST * 2_u32.pow(doublings.min(16))).min(Self::LONGEST));
        self.next = now + wait.unwrap_or_default();
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_first_tries_are_free_and_those_after_wait_ever_longer() {
        let mut damping = Damping::default();
        let mut now = seconds(1);
        let mut waits = Vec::new();
        for _ in 0..14 {
            assert!(damping.next() <= now);
            waits.push(damping.tried(now).map(|wait| wait.as_secs()));
            now = damping.next().max(now + seconds(1));
        }
        let expected = [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600];
        assert_eq!(waits[..2], [None, None]);
        assert_eq!(waits[2..], expected.map(Some));
    }

    #[test]
    fn what_lasts_is_forgotten() {
        let mut damping = Damping::default();
        assert_eq!([1, 2, 3].map(|now| damping.tried(seconds(now))), [None, None, Some(seconds(10))]);
        let mut flaps = damping;
        assert_eq!(flaps.tried(seconds(13 + 599)), Some(seconds(20)));
        let mut lasts = damping;
        assert_eq!(lasts.tried(seconds(13 + 600)), None);
    }

    #[test]
    fn a_number_of_tries_without_end_waits_no_longer_than_an_hour() {
        let mut damping = Damping { tries: u32::MAX - 1, next: seconds(1) };
        assert_eq!(damping.tried(seconds(2)), Some(Damping::LONGEST));
    }
}
