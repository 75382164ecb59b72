//! Changes of the network as the kernel tells them: rtnetlink's multicast groups, as `ip monitor` hears them.
//!
//! In: messages that nobody asked for. Out: that it is time to look again. What the messages say is not believed any
//! further: some are lost where many come at once (ENOBUFS, netlink(7)), and none tells all of a bond.

use std::io;
use std::time::{Duration, Instant};

use mpath_core::{BackendError, Changes};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use rustix::io::Errno;

use crate::netlink::is_told;

/// `RTNLGRP_LINK`, `RTNLGRP_IPV4_IFADDR`, `RTNLGRP_IPV4_ROUTE`, `RTNLGRP_IPV6_IFADDR`, `RTNLGRP_IPV6_ROUTE`, each by its
/// bit (`linux/rtnetlink.h`).
pub(crate) const GROUPS: u32 = 1 << 0 | 1 << 4 | 1 << 6 | 1 << 8 | 1 << 10;
/// How long addresses and routes are gathered: a router has thousands of them, and no failover is among them.
const CALM: Duration = Duration::from_millis(100);
/// `RTM_NEWLINK` and `RTM_DELLINK`.
pub(crate) const OF_A_LINK: [u16; 2] = [16, 17];
/// `MSG_DONTWAIT`.
pub(crate) const AT_ONCE: i32 = 0x40;

/// A socket that hears of changes.
pub(crate) struct Monitor(Socket);

impl Monitor {
    /// Listens from now on.
    pub(crate) fn new() -> Result<Self, BackendError> {
        let open = || {
            let mut socket = Socket::new(NETLINK_ROUTE)?;
            socket.bind(&SocketAddr::new(0, GROUPS))?;
            Ok(socket)
        };
        open().map(Self).map_err(error)
    }

    /// Hears all that there is by now, and tells whether a link is among it, or may be.
    fn hear(&self) -> io::Result<bool> {
        let mut of_a_link = false;
        loop {
            let mut message = Vec::with_capacity(1 << 15);
            match self.0.recv(&mut message, AT_ONCE) {
                Ok(_) => of_a_link |= is_of_a_link(&message),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(of_a_link),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Whatever was lost may have been of a link.
                Err(error) if error.raw_os_error() == Some(Errno::NOBUFS.raw_os_error()) => of_a_link = true,
                Err(error) => return Err(error),
            }
        }
    }
}

/// Whether a message is of a link, by the type in its header (`struct nlmsghdr`).
fn is_of_a_link(message: &[u8]) -> bool {
    matches!(message, [_, _, _, _, a, b, ..] if OF_A_LINK.contains(&u16::from_ne_bytes([*a, *b])))
}

fn error(source: io::Error) -> BackendError {
    BackendError::Io { action: "listen on", object: "the rtnetlink socket".to_owned(), source }
}

impl Changes for Monitor {
    /// Links are told at once, anything else once it has been gathered for a moment.
    fn wait(&mut self) -> Result<(), BackendError> {
        let (mut end, mut limit) = (None, None);
        loop {
            if !is_told(&self.0, limit).map_err(error)? || self.hear().map_err(error)? {
                return Ok(());
            }
            // The same end for all that is gathered.
            let end = *end.get_or_insert_with(|| Instant::now() + CALM);
            limit = Some(end.saturating_duration_since(Instant::now()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_of_a_link;

    #[test]
    fn links_are_told_from_the_rest() {
        let message = |kind: u16| [&[32, 0, 0, 0][..], &kind.to_ne_bytes(), &[0; 26]].concat();
        let kinds = [16, 17, 20, 21, 24, 25].map(|kind| is_of_a_link(&message(kind)));
        assert_eq!(kinds, [true, true, false, false, false, false]);
        assert!(!is_of_a_link(&[0; 4]));
    }
}
