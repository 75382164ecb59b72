//! Questions to several targets at the same time: who was asked over which socket, and what came back.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use super::echo::{self, Mark};
use super::{Answer, Question, Target, name_query};

/// After this time without an answer a connection is tried anew: what became of the first attempt may have been decided
/// while the network did not work yet, and the kernel takes ever longer to repeat it (RFC 6298, 5.5).
const PATIENCE: Duration = Duration::from_secs(1);

/// How many attempts to connect are kept open for an answer that takes its time.
const ATTEMPTS: usize = 4;

/// The port of name servers.
const DOMAIN: u16 = 53;

/// Who was asked, and what came back.
pub(super) struct Sockets<'t> {
    asked: Vec<Asked<'t>>,
    datagrams: BTreeMap<Kind, Result<Datagrams, String>>,
    connections: Vec<Connection>,
    round: u16,
}

struct Asked<'t> {
    target: &'t Target,
    mark: Mark,
    answered: bool,
}

/// One socket of each kind serves all targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    echo: bool,
    ipv6: bool,
}

struct Datagrams {
    socket: UdpSocket,
    /// Whether it hands over everything of its protocol.
    is_raw: bool,
}

struct Connection {
    /// The number of the target.
    of: usize,
    address: SocketAddr,
    socket: Socket,
    since: Instant,
}

impl Kind {
    fn of(target: &Target, address: IpAddr) -> Option<Self> {
        let echo = match target.question {
            Question::Echo => true,
            Question::NameQuery => false,
            Question::Connect(_) => return None,
        };
        Some(Self { echo, ipv6: address.is_ipv6() })
    }

    fn open(self) -> io::Result<Datagrams> {
        let any = if self.ipv6 { IpAddr::V6(Ipv6Addr::UNSPECIFIED) } else { IpAddr::V4(Ipv4Addr::UNSPECIFIED) };
        let (socket, is_raw) = if self.echo {
            let (domain, protocol) =
                if self.ipv6 { (Domain::IPV6, Protocol::ICMPV6) } else { (Domain::IPV4, Protocol::ICMPV4) };
            let open = |kind: Type| Socket::new(domain, kind, Some(protocol));
            let (socket, is_raw) = match open(Type::RAW) {
                Ok(socket) => (socket, true),
                // Linux lets some send echo requests who may not have a raw socket (icmp(7), ping_group_range).
                Err(error) => (open(Type::DGRAM).map_err(|_| error)?, false),
            };
            // `UdpSocket` is any socket of datagrams whose addresses are IP's.
            (UdpSocket::from(socket), is_raw)
        } else {
            (UdpSocket::bind((any, 0))?, false)
        };
        socket.set_nonblocking(true)?;
        Ok(Datagrams { socket, is_raw })
    }
}

impl<'t> Sockets<'t> {
    pub(super) fn new(targets: &'t [Target]) -> Self {
        // The keys of a RandomState come from the system's random numbers.
        let random = |number: usize| {
            let mut hasher = RandomState::new().build_hasher();
            hasher.write_usize(number);
            hasher.finish()
        };
        let identifier = (random(targets.len()) & 0xffff) as u16;
        let asked = targets.iter().enumerate().map(|(number, target)| Asked {
            target,
            mark: Mark { identifier, nonce: random(number) },
            answered: false,
        });
        Self { asked: asked.collect(), datagrams: BTreeMap::new(), connections: vec![], round: 0 }
    }

    pub(super) fn all_answered(&self) -> bool {
        self.asked.iter().all(|asked| asked.answered)
    }

    /// Asks all that have not answered. What cannot be sent now may be sent in the next round.
    pub(super) fn send(&mut self) {
        self.round = self.round.wrapping_add(1);
        for number in 0..self.asked.len() {
            let Asked { target, mark, answered } = self.asked[number];
            for place in target.places.iter().filter(|_| !answered) {
                let port = match target.question {
                    Question::Echo => 0,
                    Question::NameQuery => DOMAIN,
                    Question::Connect(port) => port,
                };
                let Some(address) = place.socket_address(port) else { continue };
                let Some(kind) = Kind::of(target, place.address) else {
                    self.connect(number, address);
                    continue;
                };
                let message = match target.question {
                    Question::Echo => echo::request(place.address, mark, self.round),
                    _ => name_query::request(name_query_id(mark)),
                };
                let open = || kind.open().map_err(|error| error.to_string());
                if let Ok(datagrams) = self.datagrams.entry(kind).or_insert_with(open) {
                    let _ = datagrams.socket.send_to(&message, address);
                }
            }
        }
    }

    fn connect(&mut self, of: usize, address: SocketAddr) {
        let earlier = |connection: &Connection| connection.of == of && connection.address == address;
        if self.connections.iter().any(|connection| earlier(connection) && connection.since.elapsed() < PATIENCE) {
            return;
        }
        if self.connections.iter().filter(|connection| earlier(connection)).count() >= ATTEMPTS
            && let Some(oldest) = self.connections.iter().position(earlier)
        {
            self.connections.remove(oldest);
        }
        let begun = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP)).and_then(|socket| {
            socket.set_nonblocking(true)?;
            match socket.connect(&address.into()) {
                Err(error) if Errno::from_io_error(&error) == Some(Errno::INPROGRESS) => Ok((socket, false)),
                other => other.map(|()| (socket, true)),
            }
        });
        match begun {
            Ok((_, true)) => self.asked[of].answered = true,
            Ok((socket, false)) => {
                self.connections.push(Connection { of, address, socket, since: Instant::now() });
            }
            // No way to it now; the next round tries again.
            Err(_) => {}
        }
    }

    /// Hears answers until a moment, or until all have answered.
    pub(super) fn listen(&mut self, until: Instant) {
        while !self.all_answered() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || !self.hear(left) {
                return;
            }
        }
    }

    /// Waits until something has come, so long at most. Returns whether more can come.
    fn hear(&mut self, longest: Duration) -> bool {
        let open = self.datagrams.iter().filter_map(|(kind, datagrams)| Some((*kind, datagrams.as_ref().ok()?)));
        let open: Vec<_> = open.collect();
        let datagrams = open.iter().map(|(_, datagrams)| PollFd::new(&datagrams.socket, PollFlags::IN));
        let connections = self.connections.iter().map(|open| PollFd::new(&open.socket, PollFlags::OUT));
        let mut waits_for: Vec<_> = datagrams.chain(connections).collect();
        let Ok(longest) = Timespec::try_from(longest) else { return false };
        // A signal is noted by its handler, and whoever asks looks.
        if poll(&mut waits_for, Some(&longest)).is_err() {
            return false;
        }
        let ready: Vec<_> = waits_for.iter().map(|waits| !waits.revents().is_empty()).collect();
        let answered: Vec<_> = open
            .iter()
            .zip(&ready)
            .filter(|(_, ready)| **ready)
            .flat_map(|((kind, from), _)| self.read(*kind, from))
            .collect();
        let decided = ready[open.len()..].to_vec();
        for number in answered {
            self.asked[number].answered = true;
        }
        self.connected(&decided);
        true
    }

    /// The numbers of the targets whose answers have come over a socket.
    fn read(&self, kind: Kind, datagrams: &Datagrams) -> Vec<usize> {
        let (mut packet, mut answered) = ([0; 1500], Vec::new());
        // A raw socket hears what is meant for others too, and a flood of that must not be without end.
        for _ in 0..1000 {
            let Ok((length, from)) = datagrams.socket.recv_from(&mut packet) else { break };
            let (packet, from) = (&packet[..length], from.ip());
            let is_answer = |asked: &Asked<'_>| {
                let asked_so = asked.target.places.iter().any(|place| place.address == from)
                    && Kind::of(asked.target, from) == Some(kind);
                asked_so
                    && match kind.echo {
                        true => echo::is_reply(packet, from, asked.mark, datagrams.is_raw),
                        false => name_query::is_answer(packet, name_query_id(asked.mark)),
                    }
            };
            answered.extend(self.asked.iter().position(is_answer));
        }
        answered
    }

    /// Looks what became of the connections of which something became (connect(2), EINPROGRESS).
    fn connected(&mut self, decided: &[bool]) {
        let mut decided = decided.iter();
        let asked = &mut self.asked;
        self.connections.retain(|connection| {
            if !decided.next().is_some_and(|decided| *decided) {
                return true;
            }
            // The peer's address is there only where there is a peer.
            if matches!(connection.socket.take_error(), Ok(None)) && connection.socket.peer_addr().is_ok() {
                asked[connection.of].answered = true;
            }
            false
        });
    }

    /// What became of each question.
    pub(super) fn answers(&self) -> Vec<Answer> {
        let answer = |asked: &Asked<'_>| {
            let kinds = asked.target.places.iter().map(|place| Kind::of(asked.target, place.address));
            let obstacles: Option<Vec<_>> = kinds.map(|kind| self.datagrams.get(&kind?)?.as_ref().err()).collect();
            match obstacles {
                _ if asked.answered => Answer::Reached,
                Some(obstacles) if !obstacles.is_empty() => Answer::NotAsked(obstacles[0].clone()),
                _ => Answer::Silent,
            }
        };
        self.asked.iter().map(answer).collect()
    }
}

/// The number of a query, which is as hard to guess as the rest of the mark.
fn name_query_id(mark: Mark) -> u16 {
    (mark.nonce & 0xffff) as u16
}
