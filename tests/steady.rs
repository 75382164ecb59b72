//! Probes that a test sends on a clock of their own.

use std::ops::Range;
use std::time::Duration;

use mpath::reach::Pulse;
use mpath_core::drill::Probe;

/// Each is answered after a millisecond, but for those sent in a time of silence.
pub(crate) struct Steady {
    now: Duration,
    interval: Duration,
    silent: Range<Duration>,
    is_stamped: bool,
}

impl Steady {
    /// One probe in each interval, the first at once.
    pub(crate) fn new(interval: Duration, silent: Range<Duration>, is_stamped: bool) -> Self {
        Self { now: Duration::ZERO, interval, silent, is_stamped }
    }
}

impl Pulse for Steady {
    fn now(&self) -> Duration {
        self.now
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    fn answered(&self) -> usize {
        usize::from(!self.silent.contains(&Duration::ZERO))
    }

    fn is_stamped(&self) -> bool {
        self.is_stamped
    }

    fn end(self: Box<Self>) -> Vec<Probe> {
        let times = (0..).map(|number| self.interval * number).take_while(|time| *time < self.now);
        let answered = |sent| if self.silent.contains(&sent) { vec![] } else { vec![sent + Duration::from_millis(1)] };
        times.map(|sent| Probe { sent, answered: answered(sent) }).collect()
    }
}
