//! Packets with the times at which the kernel received them, and frames of the link layer.

use std::io;
use std::net::UdpSocket;
use std::os::fd::AsRawFd as _;
use std::time::{Duration, SystemTime};

use mpath_core::InterfaceName;
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{
    ControlMessageOwned, LinkAddr, MsgFlags, SockaddrStorage, bind, getsockname, recvmsg, setsockopt, sockopt,
};
use nix::sys::time::TimeSpec;
use socket2::{Domain, Protocol, Socket, Type};

/// Raw sockets get a copy of every segment of TCP (raw(7)).
pub(crate) const RAW_SOCKETS_HEAR_TCP: bool = true;

/// Lets the kernel tell when a packet came (socket(7), `SO_TIMESTAMPNS`). Whether it will.
pub(crate) fn stamp(socket: &UdpSocket) -> bool {
    setsockopt(socket, sockopt::ReceiveTimestampns, &true).is_ok()
}

/// Reads a packet: its length, and when it came, by the kernel's word where it tells.
pub(crate) fn receive(socket: &UdpSocket, packet: &mut [u8]) -> io::Result<(usize, SystemTime)> {
    let mut room = nix::cmsg_space!(TimeSpec);
    let mut pieces = [io::IoSliceMut::new(packet)];
    let message = recvmsg::<()>(socket.as_raw_fd(), &mut pieces, Some(&mut room), MsgFlags::empty())?;
    let stamp = message.cmsgs()?.find_map(|control| match control {
        ControlMessageOwned::ScmTimestampns(time) => Some(SystemTime::UNIX_EPOCH + Duration::from(time)),
        _ => None,
    });
    Ok((message.bytes, stamp.unwrap_or_else(SystemTime::now)))
}

/// The frames of one protocol on one interface (packet(7)). On a bond they are those that it takes itself: what comes to
/// a member that does not carry the traffic is not among them (`bond_handle_frame`, `RX_HANDLER_EXACT`).
#[derive(Debug)]
pub(crate) struct Frames(UdpSocket);

impl Frames {
    /// Opens them, which wants `CAP_NET_RAW`.
    pub(crate) fn open(interface: &InterfaceName, protocol: u16) -> io::Result<Self> {
        // `UdpSocket` is any socket of datagrams that is sent to and read from, and the protocol is in network order.
        let socket = Socket::new(Domain::PACKET, Type::RAW, Some(Protocol::from(i32::from(protocol.to_be()))))?;
        let addresses = getifaddrs()?.filter(|found| found.interface_name == interface.as_str());
        let link = addresses.filter_map(|found| found.address).find_map(|address| address.as_link_addr().copied());
        let link = link.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("there is no {interface}")))?;
        // It names no protocol, and so the socket keeps its own (packet_bind).
        bind(socket.as_raw_fd(), &link)?;
        Ok(Self(UdpSocket::from(socket)))
    }

    /// The socket, to send whole frames and to read them.
    pub(crate) fn socket(&self) -> io::Result<UdpSocket> {
        self.0.try_clone()
    }

    /// The MAC address of the interface now.
    pub(crate) fn mac(&self) -> io::Result<[u8; 6]> {
        // It is as long as the MAC address in it, which is less than what `LinkAddr` takes (packet_getname).
        let link = getsockname::<SockaddrStorage>(self.0.as_raw_fd())?;
        let mac = link.as_link_addr().and_then(LinkAddr::addr);
        mac.ok_or_else(|| io::ErrorKind::AddrNotAvailable.into())
    }
}
