//! Which interfaces the kernel has told of: those that may be others than when they were looked at.
//!
//! In: messages that nobody asked for. Out: the numbers of interfaces. What the messages say is not believed any further:
//! whoever knows the number looks at the interface. Where messages were lost (ENOBUFS, netlink(7)), any may be another.

use std::collections::BTreeSet;
use std::io;

use mpath_core::BackendError;
use netlink_packet_core::{NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::route::{RouteAttribute, RouteMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use rustix::io::Errno;
use rustix::net::sockopt::{set_socket_recv_buffer_size, set_socket_recv_buffer_size_force};

use crate::lenient::Lenient;
use crate::monitor::{AT_ONCE, GROUPS, OF_A_LINK};
use crate::netlink::{kind_and_flags, messages};

/// `RTM_NEWADDR` and `RTM_DELADDR`.
const OF_AN_ADDRESS: [u16; 2] = [20, 21];
/// Where the number is in `struct ifinfomsg` and `struct ifaddrmsg`, the header of the message counted in.
const INDEX: usize = 16 + 4;
/// What is told between two looks, a group's steps and links that come up, takes the kernel less than that.
const ROOM: usize = 4 << 20;

/// A socket that hears of changes.
pub(crate) struct Told {
    socket: Socket,
    buffer: Vec<u8>,
}

/// What may be another.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Other {
    /// The interfaces of these numbers.
    These(BTreeSet<u32>),
    /// Nobody knows what.
    Anything,
}

impl Told {
    /// Listens from now on.
    pub(crate) fn new() -> Result<Self, BackendError> {
        let open = || {
            let mut socket = Socket::new(NETLINK_ROUTE)?;
            // Without CAP_NET_ADMIN net.core.rmem_max is the limit, and what does not fit makes for a longer look.
            if set_socket_recv_buffer_size_force(&socket, ROOM).is_err() {
                set_socket_recv_buffer_size(&socket, ROOM)?;
            }
            socket.bind(&SocketAddr::new(0, GROUPS))?;
            Ok(Self { socket, buffer: Vec::with_capacity(1 << 16) })
        };
        open().map_err(error)
    }

    /// What may be another than when this was asked last, or than at the beginning. The kernel tells before it answers
    /// whoever made the change, so that nothing of that is still on its way.
    pub(crate) fn other(&mut self) -> Result<Other, BackendError> {
        let mut other = Other::These(BTreeSet::new());
        loop {
            self.buffer.clear();
            match self.socket.recv(&mut self.buffer, AT_ONCE) {
                Ok(_) => messages(&self.buffer).for_each(|message| other.take(message)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(other),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.raw_os_error() == Some(Errno::NOBUFS.raw_os_error()) => other = Other::Anything,
                Err(source) => return Err(error(source)),
            }
        }
    }
}

impl Other {
    fn take(&mut self, message: &[u8]) {
        let Self::These(numbers) = self else { return };
        let (kind, _) = kind_and_flags(message);
        if OF_A_LINK.contains(&kind) || OF_AN_ADDRESS.contains(&kind) {
            match message.get(INDEX..).and_then(|rest| rest.first_chunk()) {
                Some(number) => drop(numbers.insert(u32::from_ne_bytes(*number))),
                None => *self = Self::Anything,
            }
            return;
        }
        match NetlinkMessage::<Lenient>::deserialize(message).map(|message| message.payload) {
            Ok(NetlinkPayload::InnerMessage(Lenient(
                RouteNetlinkMessage::NewRoute(route) | RouteNetlinkMessage::DelRoute(route),
            ))) => match numbers_of(&route) {
                Some(over) => numbers.extend(over),
                None => *self = Self::Anything,
            },
            _ => *self = Self::Anything,
        }
    }
}

/// The interfaces that a route leads over; `None` where it does not say. A blackhole leads nowhere.
fn numbers_of(route: &RouteMessage) -> Option<Vec<u32>> {
    let mut numbers = Vec::new();
    for attribute in &route.attributes {
        match attribute {
            RouteAttribute::Oif(index) => numbers.push(*index),
            RouteAttribute::MultiPath(hops) => numbers.extend(hops.iter().map(|hop| hop.interface_index)),
            RouteAttribute::NhId(_) => return None,
            _ => {}
        }
    }
    Some(numbers)
}

/// What messages tell of, whatever they are.
#[cfg(feature = "fuzzing")]
pub(crate) fn take_all(bytes: &[u8]) {
    let mut other = Other::These(BTreeSet::new());
    messages(bytes).for_each(|message| other.take(message));
}

fn error(source: io::Error) -> BackendError {
    BackendError::Io { action: "listen on", object: "the rtnetlink socket".to_owned(), source }
}

#[cfg(test)]
mod tests;
