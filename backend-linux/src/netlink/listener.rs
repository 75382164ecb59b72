//! Ears for the addresses of one interface.

use std::time::{Duration, Instant};

use mpath_core::BackendError;
use netlink_packet_core::{NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressMessage, AddressScope};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use rustix::io::Errno;

use super::portion::{PORTION, is_told, messages, receive};
use crate::lenient::Lenient;

/// `RTNLGRP_IPV4_IFADDR` and `RTNLGRP_IPV6_IFADDR`, each by its bit.
const ADDRESSES_V4: u32 = 1 << 4;
const ADDRESSES_V6: u32 = 1 << 8;

/// Events about the addresses of one interface.
pub(crate) struct Listener {
    socket: Socket,
    index: u32,
}

impl Listener {
    /// Listens for addresses of one interface from now on.
    pub(crate) fn open(index: u32, v6: bool) -> Result<Self, BackendError> {
        let open = || {
            let mut socket = Socket::new(NETLINK_ROUTE)?;
            socket.bind(&SocketAddr::new(0, if v6 { ADDRESSES_V6 } else { ADDRESSES_V4 }))?;
            Ok(socket)
        };
        open().map(|socket| Self { socket, index }).map_err(|source| BackendError::Io {
            action: "listen on",
            object: "the rtnetlink socket".to_owned(),
            source,
        })
    }

    /// Waits until an address that is good for more than its own link comes, or the time is up; tells which.
    pub(crate) fn lease(&mut self, limit: Duration) -> bool {
        self.wait(limit, |address| address.header.scope == AddressScope::Universe)
    }

    /// Waits until an address of the link is known to be nobody else's (RFC 4862, 5.4), or the time is up; tells which.
    pub(crate) fn settled_link_local(&mut self, limit: Duration) -> bool {
        self.wait(limit, is_settled_link_local)
    }

    fn wait(&mut self, limit: Duration, is_it: impl Fn(&AddressMessage) -> bool) -> bool {
        let end = Instant::now() + limit;
        let mut buffer = Vec::with_capacity(PORTION);
        loop {
            match is_told(&self.socket, Some(end.saturating_duration_since(Instant::now()))) {
                Ok(true) => {}
                Ok(false) | Err(_) => return false,
            }
            match receive(&self.socket, &mut buffer) {
                Ok(_) => {}
                // What was lost is not waited for any longer than what does not come.
                Err(error) if error.raw_os_error() == Some(Errno::NOBUFS.raw_os_error()) => continue,
                Err(_) => return false,
            }
            let decoded = messages(&buffer).filter_map(|m| NetlinkMessage::<Lenient>::deserialize(m).ok());
            let mut is_here = decoded.filter_map(|message| match message.payload {
                NetlinkPayload::InnerMessage(Lenient(RouteNetlinkMessage::NewAddress(address))) => Some(address),
                _ => None,
            });
            if is_here.any(|address| address.header.index == self.index && is_it(&address)) {
                return true;
            }
        }
    }
}

/// Whether it is an address of the link that may be used.
pub(crate) fn is_settled_link_local(address: &AddressMessage) -> bool {
    let flags = address.attributes.iter().find_map(|attribute| match attribute {
        AddressAttribute::Flags(flags) => Some(*flags),
        _ => None,
    });
    let waits = flags.is_some_and(|flags| flags.intersects(AddressFlags::Tentative | AddressFlags::Dadfailed));
    address.header.scope == AddressScope::Link && !waits
}
