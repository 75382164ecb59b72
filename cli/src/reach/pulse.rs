//! Echo requests to one place, one after the other at a fixed time, and when each was answered.

use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use mpath_core::drill::Probe;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, Protocol, Socket, Type};

use super::Place;
use super::echo::{self, Mark};
use crate::platform;

/// How long answers are waited for after the last request.
const LATE: Duration = Duration::from_millis(500);

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

/// Echo requests from a thread of their own.
pub(crate) struct Echoes {
    begin: SystemTime,
    stamped: bool,
    answered: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    sender: Option<JoinHandle<Vec<Probe>>>,
}

impl Echoes {
    /// Begins.
    pub(crate) fn start(place: &Place, interval: Duration) -> io::Result<Self> {
        let nowhere = || io::Error::new(io::ErrorKind::AddrNotAvailable, format!("{place} is not to be asked"));
        let to = place.socket_address(0).ok_or_else(nowhere)?;
        let protocol = if to.is_ipv6() { Protocol::ICMPV6 } else { Protocol::ICMPV4 };
        let open = |kind| Socket::new(Domain::for_address(to), kind, Some(protocol));
        let (socket, is_raw) = match open(Type::RAW) {
            Ok(socket) => (socket, true),
            Err(error) => (open(Type::DGRAM).map_err(|_| error)?, false),
        };
        // Only what comes from there is heard (raw(7)).
        socket.connect(&to.into())?;
        let socket = UdpSocket::from(socket);
        socket.set_nonblocking(true)?;
        let stamped = platform::stamp(&socket);
        let begin = SystemTime::now();
        let (answered, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let random = RandomState::new().hash_one(to);
        let work = Work {
            socket,
            place: place.clone(),
            is_raw,
            begin,
            // Room for as many numbers as there can be probes.
            mark: Mark { identifier: (random & 0xffff) as u16, nonce: random & !0xffff_ffff },
            answered: Arc::clone(&answered),
            stop: Arc::clone(&stop),
            probes: vec![],
        };
        let sender = std::thread::Builder::new().name("probes".to_owned()).spawn(move || work.run(interval))?;
        Ok(Self { begin, stamped, answered, stop, sender: Some(sender) })
    }
}

impl Pulse for Echoes {
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

impl Drop for Echoes {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

struct Work {
    socket: UdpSocket,
    place: Place,
    is_raw: bool,
    /// Stamps of the kernel are of the clock of the day (socket(7)), and so is everything here.
    begin: SystemTime,
    mark: Mark,
    answered: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    probes: Vec<Probe>,
}

impl Work {
    fn run(mut self, interval: Duration) -> Vec<Probe> {
        let mut next = Instant::now();
        while !self.stop.load(Ordering::SeqCst) {
            self.send();
            next += interval;
            // Who was held up does not make up for it with a burst.
            next = next.max(Instant::now());
            self.listen(next);
        }
        self.listen(Instant::now() + LATE);
        self.probes
    }

    fn send(&mut self) {
        let number = self.probes.len();
        let mark = Mark { nonce: self.mark.nonce | number as u64, ..self.mark };
        let request = echo::request(self.place.address, mark, (number & 0xffff) as u16);
        let sent = self.begin.elapsed().unwrap_or_default();
        // One that cannot be sent is lost.
        let _ = self.socket.send(&request);
        self.probes.push(Probe { sent, answered: vec![] });
    }

    fn listen(&mut self, until: Instant) {
        let mut packet = [0; 1500];
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let (Ok(limit), false) = (Timespec::try_from(left), left.is_zero()) else { return };
            if !poll(&mut [PollFd::new(&self.socket, PollFlags::IN)], Some(&limit)).is_ok_and(|ready| ready > 0) {
                continue;
            }
            // What is reported of an earlier request, as that it found no way, is read off like a packet.
            let Ok((length, at)) = platform::receive(&self.socket, &mut packet) else { continue };
            let nonce = echo::nonce_of(&packet[..length], self.place.address, self.mark.identifier, self.is_raw);
            let number = nonce.map(|nonce| nonce ^ self.mark.nonce).and_then(|number| usize::try_from(number).ok());
            let Some(probe) = number.and_then(|number| self.probes.get_mut(number)) else { continue };
            probe.answered.push(at.duration_since(self.begin).unwrap_or_default());
            self.answered.fetch_add(1, Ordering::SeqCst);
        }
    }
}
