//! Probes to one place, one after the other at a fixed time, and when each was answered.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use mpath_core::InterfaceName;
use mpath_core::drill::Probe;

use super::connections::Connections;
use super::echoes::Echoes;
use super::inquirer::{Heard, Inquirer};
use super::neighbors::{ArpRequests, Solicitations};
use super::syns::Syns;
use super::{Place, ProbeKind};

/// How long answers are waited for after the last probe.
const LATE: Duration = Duration::from_millis(500);

/// How old a probe may be that an answer without a number is counted for.
const RECENT: Duration = Duration::from_millis(100);

/// Probes that go out all the time, and the clock that they go by.
pub trait Pulse {
    /// The time since it began.
    fn now(&self) -> Duration;

    /// Lets time pass.
    fn pass(&mut self, time: Duration);

    /// How many probes were answered until now.
    fn answered(&self) -> usize;

    /// Whether the times of answers are the kernel's own, not those at which they were read.
    fn is_stamped(&self) -> bool;

    /// Ends it, and tells of each probe.
    fn end(self: Box<Self>) -> Vec<Probe>;
}

/// Probes from a thread of their own.
pub(super) struct Probes {
    begin: SystemTime,
    stamped: bool,
    answered: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    sender: Option<JoinHandle<Vec<Probe>>>,
}

/// Who sends probes of a kind to a place. Neighbours are asked for over an interface.
pub(super) fn inquirer(kind: ProbeKind, place: &Place, over: &InterfaceName) -> io::Result<Box<dyn Inquirer>> {
    Ok(match (kind, place.address) {
        (ProbeKind::Icmp, _) => Box::new(Echoes::open(place)?),
        (ProbeKind::Arp, std::net::IpAddr::V4(address)) => Box::new(ArpRequests::open(address, over)?),
        (ProbeKind::Arp, std::net::IpAddr::V6(address)) => Box::new(Solicitations::open(address, over)?),
        (ProbeKind::Tcp(port), _) => match Syns::open(place, port) {
            Ok(syns) => Box::new(syns),
            // Who may not do that, or whose system does not hand segments over, still has connections.
            Err(_) => Box::new(Connections::to(place, port)?),
        },
    })
}

impl Probes {
    /// Begins.
    pub(super) fn start(inquirer: Box<dyn Inquirer>, interval: Duration) -> io::Result<Self> {
        let stamped = inquirer.is_stamped();
        let begin = SystemTime::now();
        let (answered, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (counted, end) = (Arc::clone(&answered), Arc::clone(&stop));
        let work = Work { inquirer, begin, answered: counted, stop: end, probes: vec![] };
        let sender = std::thread::Builder::new().name("probes".to_owned()).spawn(move || work.run(interval))?;
        Ok(Self { begin, stamped, answered, stop, sender: Some(sender) })
    }
}

impl Pulse for Probes {
    fn now(&self) -> Duration {
        self.begin.elapsed().unwrap_or_default()
    }

    fn pass(&mut self, time: Duration) {
        std::thread::sleep(time);
    }

    fn answered(&self) -> usize {
        self.answered.load(Ordering::SeqCst)
    }

    fn is_stamped(&self) -> bool {
        self.stamped
    }

    fn end(mut self: Box<Self>) -> Vec<Probe> {
        self.stop.store(true, Ordering::SeqCst);
        self.sender.take().and_then(|sender| sender.join().ok()).unwrap_or_default()
    }
}

impl Drop for Probes {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

struct Work {
    inquirer: Box<dyn Inquirer>,
    /// Stamps of the kernel are of the clock of the day (socket(7)), and so is everything here.
    begin: SystemTime,
    answered: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    probes: Vec<Probe>,
}

impl Work {
    fn run(mut self, interval: Duration) -> Vec<Probe> {
        let mut next = Instant::now();
        while !self.stop.load(Ordering::SeqCst) {
            let sent = self.begin.elapsed().unwrap_or_default();
            self.inquirer.send(self.probes.len());
            self.probes.push(Probe { sent, answered: vec![] });
            next += interval;
            // Who was held up does not make up for it with a burst.
            next = next.max(Instant::now());
            self.listen(next);
        }
        self.listen(Instant::now() + LATE);
        self.probes
    }

    fn listen(&mut self, until: Instant) {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            for Heard { number, at } in self.inquirer.listen(left) {
                let at = at.duration_since(self.begin).unwrap_or_default();
                let number = number.or_else(|| newest(&self.probes, at));
                let Some(probe) = number.and_then(|number| self.probes.get_mut(number)) else { continue };
                probe.answered.push(at);
                self.answered.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}

/// The probe that an answer without a number is counted for: the newest that waits for one, if it is not long ago that
/// it was sent; or else the newest, and it has one too many.
fn newest(probes: &[Probe], at: Duration) -> Option<usize> {
    let sent = probes.iter().rposition(|probe| probe.sent <= at)?;
    let recent = |probe: &&Probe| at.saturating_sub(probe.sent) <= RECENT;
    let count = probes[..=sent].iter().rev().take_while(recent).position(|probe| probe.answered.is_empty());
    Some(sent - count.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(time: u64) -> Duration {
        Duration::from_millis(time)
    }

    /// Probes every 10 ms; the answers as they come.
    fn counted(probes: usize, answers: &[u64]) -> Vec<usize> {
        let mut list: Vec<_> =
            (0..probes).map(|number| Probe { sent: ms(10 * number as u64), answered: vec![] }).collect();
        for answer in answers {
            let number = newest(&list, ms(*answer)).unwrap();
            list[number].answered.push(ms(*answer));
        }
        list.iter().map(|probe| probe.answered.len()).collect()
    }

    #[test]
    fn an_answer_without_a_number_counts_for_the_newest_probe_that_waits() {
        assert_eq!(counted(3, &[1, 11, 21]), [1, 1, 1]);
        assert_eq!(counted(3, &[1, 22, 23]), [1, 1, 1], "two that came together");
        assert_eq!(counted(3, &[1, 2, 21]), [2, 0, 1], "twice");
        assert_eq!(newest(&[], ms(1)), None);
        assert_eq!(newest(&[Probe { sent: ms(5), answered: vec![] }], ms(1)), None, "before it was sent");
    }

    #[test]
    fn what_was_lost_long_ago_is_not_answered_by_what_comes_twice() {
        let mut answers = vec![1];
        answers.extend((15..30).map(|number| 10 * number + 1));
        answers.push(292);
        let found = counted(30, &answers);
        assert_eq!(found[1..15], [0; 14]);
        assert_eq!(found[29], 2, "{found:?}");
    }
}
