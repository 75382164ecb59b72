//! A packet every millisecond from the far side, and which of them came back: what an interruption costs, as one who
//! talks to the host sees it.

use std::collections::BTreeSet;
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, setns};
use nix::time::{ClockId, clock_gettime};

use crate::network::{PATIENCE, wait_until};

/// The port of the echo service (RFC 862).
const ECHO: u16 = 7;

/// Who talks to the host and is answered.
pub(crate) struct Flood {
    stop: Arc<AtomicBool>,
    heard: Receiver<Event>,
    sent: Vec<Instant>,
    answered: BTreeSet<usize>,
}

enum Event {
    /// A packet went out; they are numbered in this order.
    Sent(Instant),
    /// The answer to one came in.
    Answered(usize),
}

impl Flood {
    /// Begins to talk to an address of this thread's network from the namespace `sw`, and waits for the first answers.
    pub(crate) fn start(address: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let echo = UdpSocket::bind(("0.0.0.0", ECHO)).unwrap();
        echo.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let ended = Arc::clone(&stop);
        std::thread::spawn(move || {
            let mut buffer = [0; 8];
            while !ended.load(Ordering::Relaxed) {
                if let Ok((length, from)) = echo.recv_from(&mut buffer) {
                    // What cannot be answered is lost, and that is the question.
                    let _ = echo.send_to(&buffer[..length], from);
                }
            }
        });
        let (sender, heard) = channel();
        let (target, ended) = ((address.to_owned(), ECHO), Arc::clone(&stop));
        let talk = move || {
            let namespace = std::fs::File::open("/run/netns/sw").unwrap();
            setns(namespace, CloneFlags::CLONE_NEWNET).unwrap();
            let socket = UdpSocket::bind(("0.0.0.0", 0)).unwrap();
            socket.set_nonblocking(true).unwrap();
            let mut buffer = [0; 8];
            for number in 0_u64.. {
                let mut told = sender.send(Event::Sent(Instant::now()));
                let _ = socket.send_to(&number.to_be_bytes(), &target);
                std::thread::sleep(until(Duration::from_millis(1), Duration::from_micros(500)));
                while let Ok(8) = socket.recv(&mut buffer) {
                    told = told.and(sender.send(Event::Answered(usize::try_from(u64::from_be_bytes(buffer)).unwrap())));
                }
                if told.is_err() || ended.load(Ordering::Relaxed) {
                    break;
                }
            }
        };
        std::thread::spawn(talk);
        let mut flood = Self { stop, heard, sent: vec![], answered: BTreeSet::new() };
        wait_until("the echo answers", || flood.listen().answered.len() > 20);
        flood
    }

    fn listen(&mut self) -> &Self {
        for event in self.heard.try_iter() {
            match event {
                Event::Sent(at) => self.sent.push(at),
                Event::Answered(number) => drop(self.answered.insert(number)),
            }
        }
        self
    }

    /// Waits until the host answers what is sent from now on. What was sent before the moment that is returned had its
    /// time to be answered.
    pub(crate) fn wait_for_answers(&mut self) -> Instant {
        let first = self.listen().sent.len();
        wait_until("the host answers again", || self.listen().answered.range(first..).count() > 20);
        let end = Instant::now();
        // Far more than the way there and back takes.
        std::thread::sleep(Duration::from_millis(20));
        self.listen();
        end
    }

    /// How many of the packets sent between two moments were never answered.
    pub(crate) fn lost(&self, from: Instant, to: Instant) -> usize {
        let sent = self.sent.iter().enumerate().filter(|(_, at)| **at >= from && **at < to);
        sent.filter(|(number, _)| !self.answered.contains(number)).count()
    }

    /// The longest time between two packets that were answered, of which the later was sent after a moment and the earlier
    /// before another: the first packet after that moment may be lost already.
    pub(crate) fn longest_gap(&self, from: Instant, to: Instant) -> Duration {
        let answered = self.sent.iter().enumerate().filter(|(number, _)| self.answered.contains(number));
        let times: Vec<_> = answered.map(|(_, at)| *at).filter(|at| *at < to).collect();
        let gaps = times.windows(2).filter(|pair| pair[1] >= from).map(|pair| pair[1] - pair[0]);
        gaps.max().unwrap_or_else(|| panic!("nothing was answered in {PATIENCE:?}"))
    }
}

/// How long it is until the system's clock, since its start, is this much beyond a multiple of a period. What happens at such
/// moments is as far apart in every run as the runs are alike, and ticks of the kernel are not among them by chance.
pub(crate) fn until(period: Duration, beyond: Duration) -> Duration {
    let now = Duration::from(clock_gettime(ClockId::CLOCK_MONOTONIC).unwrap());
    let into = (now + period - beyond).as_nanos() % period.as_nanos();
    period - Duration::from_nanos(u64::try_from(into).unwrap())
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
