//! Echo requests to one place.

use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::net::UdpSocket;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use super::Place;
use super::echo::{self, Mark};
use super::inquirer::{Heard, Inquirer};
use super::receiver::Receiver;

pub(super) struct Echoes {
    receiver: Receiver,
    place: Place,
    is_raw: bool,
    mark: Mark,
}

impl Echoes {
    pub(super) fn open(place: &Place) -> io::Result<Self> {
        let to = place.to(0)?;
        let protocol = if to.is_ipv6() { Protocol::ICMPV6 } else { Protocol::ICMPV4 };
        let open = |kind| Socket::new(Domain::for_address(to), kind, Some(protocol));
        let (socket, is_raw) = match open(Type::RAW) {
            Ok(socket) => (socket, true),
            Err(error) => (open(Type::DGRAM).map_err(|_| error)?, false),
        };
        // Only what comes from there is heard (raw(7)).
        socket.connect(&to.into())?;
        let random = RandomState::new().hash_one(to);
        // Room for as many numbers as there can be probes.
        let mark = Mark { identifier: (random & 0xffff) as u16, nonce: random & !0xffff_ffff };
        Ok(Self { receiver: Receiver::new(UdpSocket::from(socket))?, place: place.clone(), is_raw, mark })
    }
}

impl Inquirer for Echoes {
    fn send(&mut self, number: usize) {
        let mark = Mark { nonce: self.mark.nonce | number as u64, ..self.mark };
        let request = echo::request(self.place.address, mark, (number & 0xffff) as u16);
        let _ = self.receiver.socket().send(&request);
    }

    fn listen(&mut self, limit: Duration) -> Vec<Heard> {
        let (from, mark, is_raw) = (self.place.address, self.mark, self.is_raw);
        let heard = self.receiver.next(limit).and_then(|(packet, at)| {
            let nonce = echo::nonce_of(packet, from, mark.identifier, is_raw)?;
            Some(Heard { number: Some(usize::try_from(nonce ^ mark.nonce).ok()?), at })
        });
        heard.into_iter().collect()
    }

    fn is_stamped(&self) -> bool {
        self.receiver.is_stamped()
    }
}
