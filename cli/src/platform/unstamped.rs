//! Packets without a time of the kernel's: they came when they were read.

use std::io;
use std::net::UdpSocket;
use std::time::SystemTime;

/// Whether the kernel will tell when a packet came. `SO_TIMESTAMP` is there, but no safe way to read what it tells.
pub(crate) fn stamp(_: &UdpSocket) -> bool {
    false
}

/// Reads a packet: its length, and when it came.
pub(crate) fn receive(socket: &UdpSocket, packet: &mut [u8]) -> io::Result<(usize, SystemTime)> {
    Ok((socket.recv(packet)?, SystemTime::now()))
}
