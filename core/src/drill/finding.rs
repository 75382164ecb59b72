//! What probes tell of an event.

use std::time::Duration;

use serde::Serialize;

/// One probe, and when its answers came: none is lost, two are a duplicate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Probe {
    /// When it was sent.
    pub sent: Duration,
    /// When it was answered.
    pub answered: Vec<Duration>,
}

/// The bytes that a member sent and received while something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Carried {
    /// Sent.
    pub sent: u64,
    /// Received.
    pub received: u64,
}

/// When an event was, and how long it took until the host showed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// When it began.
    pub at: Duration,
    /// When the host showed that it was over; `None` is not in time.
    pub reached: Option<Duration>,
    /// When the next one began, or the drill was over.
    pub end: Duration,
}

/// What probes tell of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Probes sent in it.
    pub sent: usize,
    /// Of those, never answered.
    pub lost: usize,
    /// Of those, answered more than once; how many answers were too many.
    pub duplicated: usize,
    /// The longest time between two answers, the last one before the event included.
    pub longest_gap: Duration,
    /// Whether that is no longer than the configuration promises.
    pub within: bool,
}

/// What probes, one every `interval`, tell of an event.
///
/// A gap has one interval in it that is only the rhythm of the probes, and up to one more, since what happens falls
/// between two probes: so much longer than the bound it may be.
pub fn finding(probes: &[Probe], timing: &Timing, bound: Duration, interval: Duration) -> Finding {
    let inside: Vec<_> = probes.iter().filter(|probe| (timing.at..timing.end).contains(&probe.sent)).collect();
    let mut answers: Vec<_> = probes.iter().flat_map(|probe| &probe.answered).copied().collect();
    answers.sort_unstable();
    let before = answers.iter().rfind(|answer| **answer <= timing.at).copied();
    let mut last = before.unwrap_or(timing.at);
    let mut longest_gap = Duration::ZERO;
    for answer in answers.into_iter().filter(|answer| *answer > timing.at) {
        longest_gap = longest_gap.max(answer.min(timing.end).saturating_sub(last));
        last = answer;
        if answer >= timing.end {
            break;
        }
    }
    // Nothing came any more.
    longest_gap = longest_gap.max(timing.end.saturating_sub(last));
    Finding {
        sent: inside.len(),
        lost: inside.iter().filter(|probe| probe.answered.is_empty()).count(),
        duplicated: inside.iter().map(|probe| probe.answered.len().saturating_sub(1)).sum(),
        longest_gap,
        within: longest_gap <= bound + interval * 2,
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use proptest::prelude::*;

    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// A probe every 10 ms for a second, each answered after one, but for those that are sent in a time.
    fn probes(silent: Range<u64>) -> Vec<Probe> {
        let answered = |at: u64| if silent.contains(&at) { vec![] } else { vec![ms(at + 1)] };
        (0..100).map(|number| Probe { sent: ms(number * 10), answered: answered(number * 10) }).collect()
    }

    fn timing(at: u64, end: u64) -> Timing {
        Timing { at: ms(at), reached: None, end: ms(end) }
    }

    #[test]
    fn a_gap_is_counted_from_the_last_answer_before_the_event() {
        let found = finding(&probes(300..500), &timing(305, 900), ms(200), ms(10));
        assert_eq!((found.sent, found.lost, found.longest_gap), (59, 19, ms(210)));
        assert!(found.within);
        assert!(!finding(&probes(300..500), &timing(305, 900), ms(180), ms(10)).within);
        let quiet = finding(&probes(0..0), &timing(305, 900), ms(0), ms(10));
        assert_eq!((quiet.lost, quiet.longest_gap, quiet.within), (0, ms(10), true));
    }

    #[test]
    fn silence_to_the_end_is_a_gap_and_a_second_answer_a_duplicate() {
        let dead = finding(&probes(300..1000), &timing(300, 1000), ms(300), ms(10));
        assert_eq!((dead.lost, dead.longest_gap, dead.within), (70, ms(709), false));
        let mut twice = probes(0..0);
        twice[40].answered.push(ms(403));
        assert_eq!(finding(&twice, &timing(300, 1000), ms(0), ms(10)).duplicated, 1);
    }

    proptest! {
        /// Wherever the silence is: what is lost is what was sent in it, and the gap spans it.
        #[test]
        fn a_gap_spans_all_that_is_lost(from in 10..90_u64, length in 0..50_u64) {
            let silent = from * 10..(from + length).min(99) * 10;
            let lost = silent.clone().step_by(10).count();
            let found = finding(&probes(silent), &timing(0, 1001), ms(0), ms(10));
            prop_assert_eq!(found.lost, lost);
            prop_assert_eq!(found.longest_gap, ms(10 * (lost as u64 + 1)));
            prop_assert_eq!(found.within, lost < 2);
        }

        /// Two events beside each other count every probe once.
        #[test]
        fn events_share_no_probe(middle in 0..1000_u64) {
            let probes = probes(200..400);
            let halves = [timing(0, middle), timing(middle, 1000)].map(|half| finding(&probes, &half, ms(0), ms(10)));
            prop_assert_eq!(halves.iter().map(|half| half.sent).sum::<usize>(), 100);
            prop_assert_eq!(halves.iter().map(|half| half.lost).sum::<usize>(), 20);
        }
    }
}
