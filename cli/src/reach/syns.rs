//! SYNs to one TCP port, on a raw socket: the times of their answers are the kernel's.
//!
//! No connection comes about. The kernel knows nothing of the SYN, so that it answers a SYN/ACK with a reset, and the
//! other host forgets the attempt at once.

use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use super::Place;
use super::inquirer::{Heard, Inquirer};
use super::receiver::Receiver;
use super::segment;
use crate::platform;

/// From how many ports is asked in turn. An attempt of which the other host has not heard the end would make it answer
/// the next one from the same port with something else (RFC 9293, 3.10.7.4).
const PORTS: usize = 32;

pub(super) struct Syns {
    receiver: Receiver,
    /// Bound and without a connection: nobody else gets their ports.
    ports: Vec<(Socket, u16)>,
    from: IpAddr,
    to: SocketAddr,
    /// The sequence number of the first.
    sequence: u32,
}

impl Syns {
    pub(super) fn open(place: &Place, port: u16) -> io::Result<Self> {
        if !platform::RAW_SOCKETS_HEAR_TCP {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let to = place.to(port)?;
        let domain = Domain::for_address(to);
        let socket = Socket::new(domain, Type::RAW, Some(Protocol::TCP))?;
        // Only what comes from there is heard (raw(7)). A port means nothing there, and IPv6 wants none.
        socket.connect(&place.to(0)?.into())?;
        let nowhere = || io::Error::from(io::ErrorKind::AddrNotAvailable);
        let from = socket.local_addr()?.as_socket().ok_or_else(nowhere)?;
        let ports = (0..PORTS).map(|_| {
            let reserved = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
            let mut any = from;
            any.set_port(0);
            reserved.bind(&any.into())?;
            let port = reserved.local_addr()?.as_socket().ok_or_else(nowhere)?.port();
            Ok::<_, io::Error>((reserved, port))
        });
        let ports = ports.collect::<io::Result<_>>()?;
        let sequence = (RandomState::new().hash_one(to) & 0xffff_ffff) as u32;
        Ok(Self { receiver: Receiver::new(UdpSocket::from(socket))?, ports, from: from.ip(), to, sequence })
    }
}

impl Inquirer for Syns {
    fn send(&mut self, number: usize) {
        let port = self.ports[number % PORTS].1;
        let sequence = self.sequence.wrapping_add((number & 0xffff_ffff) as u32);
        let segment = segment::syn((self.from, port), (self.to.ip(), self.to.port()), sequence);
        let _ = self.receiver.socket().send(&segment);
    }

    fn listen(&mut self, limit: Duration) -> Vec<Heard> {
        let (to, first) = ((self.to.ip(), self.to.port()), self.sequence);
        let ports = &self.ports;
        let heard = self.receiver.next(limit).and_then(|(packet, at)| {
            let (port, sequence) = segment::answered(packet, to)?;
            let number = sequence.wrapping_sub(first) as usize;
            (ports[number % PORTS].1 == port).then_some(Heard { number: Some(number), at })
        });
        heard.into_iter().collect()
    }

    fn is_stamped(&self) -> bool {
        self.receiver.is_stamped()
    }
}
