//! Packets without a time of the kernel's: they came when they were read. And no frames of the link layer.

use std::io;
use std::net::UdpSocket;
use std::time::SystemTime;

use mpath_core::InterfaceName;

/// A segment goes to the connection that it is for, and to nobody else (ip(4P) of illumos).
pub(crate) const RAW_SOCKETS_HEAR_TCP: bool = false;

/// Whether the kernel will tell when a packet came. `SO_TIMESTAMP` is there, but no safe way to read what it tells.
pub(crate) fn stamp(_: &UdpSocket) -> bool {
    false
}

/// Reads a packet: its length, and when it came.
pub(crate) fn receive(socket: &UdpSocket, packet: &mut [u8]) -> io::Result<(usize, SystemTime)> {
    Ok((socket.recv(packet)?, SystemTime::now()))
}

/// The frames of one protocol on one interface. There are none: they would be those of dlpi(4P), for which there is no
/// safe way in Rust.
#[derive(Debug)]
pub(crate) struct Frames(std::convert::Infallible);

impl Frames {
    /// Says so.
    pub(crate) fn open(_: &InterfaceName, _: u16) -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "frames of the link layer can be sent on Linux only"))
    }

    /// The socket.
    pub(crate) fn socket(&self) -> io::Result<UdpSocket> {
        match self.0 {}
    }

    /// The MAC address of the interface.
    pub(crate) fn mac(&self) -> io::Result<[u8; 6]> {
        match self.0 {}
    }
}
