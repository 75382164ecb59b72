//! A socket whose packets are read with the times at which they came.

use std::io;
use std::net::UdpSocket;
use std::time::{Duration, SystemTime};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::platform;

/// The socket, and room for one packet.
pub(super) struct Receiver {
    socket: UdpSocket,
    stamped: bool,
    packet: [u8; 1500],
}

impl Receiver {
    /// Takes a socket of datagrams, whatever they are.
    pub(super) fn new(socket: UdpSocket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let stamped = platform::stamp(&socket);
        Ok(Self { socket, stamped, packet: [0; 1500] })
    }

    pub(super) fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    /// Whether the times are the kernel's own.
    pub(super) fn is_stamped(&self) -> bool {
        self.stamped
    }

    /// The next packet, and when it came; none where there is none so long, or where it was an error: what is reported
    /// of an earlier packet, as that it found no way, is read off like a packet.
    pub(super) fn next(&mut self, limit: Duration) -> Option<(&[u8], SystemTime)> {
        let limit = Timespec::try_from(limit).ok()?;
        if !poll(&mut [PollFd::new(&self.socket, PollFlags::IN)], Some(&limit)).is_ok_and(|ready| ready > 0) {
            return None;
        }
        let (length, at) = platform::receive(&self.socket, &mut self.packet).ok()?;
        Some((&self.packet[..length], at))
    }
}
