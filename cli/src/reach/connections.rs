//! Connections to one TCP port, each given up as soon as it is taken or refused: what is left where a process sees no
//! segments. The times are those at which it noticed.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use super::Place;
use super::inquirer::{Heard, Inquirer};

/// After this time an attempt is lost: the system would repeat it after a second (RFC 6298, 2.1), and then the answer
/// would be to that.
const PATIENCE: Duration = Duration::from_millis(900);

/// How many attempts are open at most; a process may have only so many files, and others need some as well.
const ROOM: usize = 200;

pub(super) struct Connections {
    to: SocketAddr,
    open: VecDeque<Attempt>,
    /// Those that were decided as soon as they were made.
    decided: Vec<Heard>,
}

struct Attempt {
    number: usize,
    since: Instant,
    socket: Socket,
}

impl Connections {
    pub(super) fn to(place: &Place, port: u16) -> io::Result<Self> {
        Ok(Self { to: place.to(port)?, open: VecDeque::new(), decided: vec![] })
    }

    fn connect(&self) -> io::Result<(Socket, Option<io::Error>)> {
        let socket = Socket::new(Domain::for_address(self.to), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        // It ends with a reset, and leaves nothing that waits for its end (socket(7), SO_LINGER).
        socket.set_linger(Some(Duration::ZERO))?;
        let result = socket.connect(&self.to.into()).err();
        Ok((socket, result))
    }
}

/// Whether the other host decided what becomes of an attempt: it took it, or refused it itself.
fn is_answer(error: Option<&io::Error>) -> bool {
    error.is_none_or(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

impl Inquirer for Connections {
    fn send(&mut self, number: usize) {
        let over = |attempt: &Attempt| attempt.since.elapsed() >= PATIENCE;
        while self.open.front().is_some_and(over) || self.open.len() >= ROOM {
            self.open.pop_front();
        }
        match self.connect() {
            Ok((socket, Some(error))) if Errno::from_io_error(&error) == Some(Errno::INPROGRESS) => {
                self.open.push_back(Attempt { number, since: Instant::now(), socket });
            }
            Ok((_, error)) if is_answer(error.as_ref()) => {
                self.decided.push(Heard { number: Some(number), at: SystemTime::now() });
            }
            _ => {}
        }
    }

    fn listen(&mut self, limit: Duration) -> Vec<Heard> {
        if !self.decided.is_empty() {
            return std::mem::take(&mut self.decided);
        }
        let Ok(limit) = Timespec::try_from(limit) else { return vec![] };
        let mut waits_for: Vec<_> =
            self.open.iter().map(|attempt| PollFd::new(&attempt.socket, PollFlags::OUT)).collect();
        if poll(&mut waits_for, Some(&limit)).is_err() {
            return vec![];
        }
        let at = SystemTime::now();
        let mut ready = waits_for.iter().map(|waits| !waits.revents().is_empty()).collect::<Vec<_>>().into_iter();
        let mut heard = Vec::new();
        self.open.retain(|attempt| {
            if !ready.next().unwrap_or(false) {
                return true;
            }
            // connect(2), EINPROGRESS. The peer's address is there only where there is a peer.
            let answered = match attempt.socket.take_error() {
                Ok(None) => attempt.socket.peer_addr().is_ok(),
                Ok(error) => is_answer(error.as_ref()),
                Err(_) => false,
            };
            if answered {
                heard.push(Heard { number: Some(attempt.number), at });
            }
            false
        });
        heard
    }

    fn is_stamped(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, TcpListener};

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    /// The numbers of the probes that are answered within a while.
    fn answered(port: u16, probes: usize) -> Vec<usize> {
        let mut connections = Connections::to(&Place::new(HERE), port).unwrap();
        let end = Instant::now() + Duration::from_secs(20);
        let mut numbers = Vec::new();
        for number in 0..probes {
            connections.send(number);
            while numbers.len() <= number && Instant::now() < end {
                numbers.extend(connections.listen(Duration::from_secs(1)).into_iter().filter_map(|heard| heard.number));
            }
        }
        assert!(connections.open.is_empty());
        numbers
    }

    #[test]
    fn a_port_that_accepts_and_one_that_refuses_both_answer() {
        let listener = TcpListener::bind((HERE, 0)).unwrap();
        assert_eq!(answered(listener.local_addr().unwrap().port(), 3), [0, 1, 2]);
        // Bound and not listening: nobody else gets it meanwhile.
        let closed = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        closed.bind(&SocketAddr::from((HERE, 0)).into()).unwrap();
        assert_eq!(answered(closed.local_addr().unwrap().as_socket().unwrap().port(), 3), [0, 1, 2]);
    }

    #[test]
    fn attempts_that_nobody_answers_do_not_use_up_all_files() {
        let mut connections = Connections::to(&Place::new(HERE), 9).unwrap();
        for number in 0..ROOM {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            connections.open.push_back(Attempt { number, since: Instant::now(), socket });
        }
        connections.send(ROOM);
        assert!(connections.open.len() <= ROOM);
        assert!(connections.open.front().is_none_or(|attempt| attempt.number > 0), "the oldest went");
    }
}
