//! Requests for who has an address on the segment. Their answers carry no number.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use mpath_core::InterfaceName;
use socket2::{Domain, Protocol, Socket, Type};

use super::Place;
use super::inquirer::{Heard, Inquirer};
use super::neighbor;
use super::receiver::Receiver;
use crate::platform::Frames;

/// ARP requests for an IPv4 address.
pub(super) struct ArpRequests {
    receiver: Receiver,
    frames: Frames,
    from: Ipv4Addr,
    to: Ipv4Addr,
}

impl ArpRequests {
    pub(super) fn open(to: Ipv4Addr, over: &InterfaceName) -> io::Result<Self> {
        let frames = Frames::open(over, neighbor::ARP)?;
        // Nothing is sent: it is asked which address of ours would be used.
        let route = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        route.connect((to, 9))?;
        let IpAddr::V4(from) = route.local_addr()?.ip() else {
            return Err(io::ErrorKind::AddrNotAvailable.into());
        };
        Ok(Self { receiver: Receiver::new(frames.socket()?)?, frames, from, to })
    }
}

impl Inquirer for ArpRequests {
    fn send(&mut self, _: usize) {
        // The group may have another address since the last one.
        let Ok(mac) = self.frames.mac() else { return };
        let _ = self.receiver.socket().send(&neighbor::arp_request(mac, self.from, self.to));
    }

    fn listen(&mut self, limit: Duration) -> Vec<Heard> {
        let (from, to) = (self.to, self.from);
        let heard = self.receiver.next(limit).filter(|(frame, _)| neighbor::is_arp_reply(frame, from, to));
        heard.map(|(_, at)| Heard { number: None, at }).into_iter().collect()
    }

    fn is_stamped(&self) -> bool {
        self.receiver.is_stamped()
    }
}

/// Neighbor solicitations for an IPv6 address.
pub(super) struct Solicitations {
    receiver: Receiver,
    frames: Frames,
    group: SocketAddr,
    of: Ipv6Addr,
}

impl Solicitations {
    pub(super) fn open(of: Ipv6Addr, over: &InterfaceName) -> io::Result<Self> {
        /// A protocol that nobody uses (IEEE 802, for experiments): only the interface's own address is wanted.
        const NOTHING: u16 = 0x88b5;
        let frames = Frames::open(over, NOTHING)?;
        let group = Place { address: neighbor::solicited_node(of).into(), interface: Some(over.clone()) }.to(0)?;
        let socket = Socket::new(Domain::IPV6, Type::RAW, Some(Protocol::ICMPV6))?;
        // What has passed a router does not count (RFC 4861, 7.1.1).
        socket.set_multicast_hops_v6(255)?;
        Ok(Self { receiver: Receiver::new(UdpSocket::from(socket))?, frames, group, of })
    }
}

impl Inquirer for Solicitations {
    fn send(&mut self, _: usize) {
        let Ok(mac) = self.frames.mac() else { return };
        let _ = self.receiver.socket().send_to(&neighbor::solicitation(mac, self.of), self.group);
    }

    fn listen(&mut self, limit: Duration) -> Vec<Heard> {
        let of = self.of;
        let heard = self.receiver.next(limit).filter(|(message, _)| neighbor::is_advertisement(message, of));
        heard.map(|(_, at)| Heard { number: None, at }).into_iter().collect()
    }

    fn is_stamped(&self) -> bool {
        self.receiver.is_stamped()
    }
}
