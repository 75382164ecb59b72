//! What is received at once: a portion of an answer, with messages one behind the other.

use std::io;
use std::time::Duration;

use netlink_sys::Socket;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// `MSG_TRUNC`: tells how long a message is of which a part did not fit.
const WHOLE_LENGTH: i32 = 0x20;
/// Twice what the kernel puts into one portion: a single link with many virtual functions may be longer.
pub(super) const PORTION: usize = 1 << 16;
/// The length of `struct nlmsghdr`, which comes before the attributes of an answer.
pub(super) const HEADER: usize = 16;

/// How much of a portion was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Portion {
    Whole,
    /// What did not fit is lost; the next time it fits.
    Cut,
}

/// Receives once, into an empty buffer.
pub(crate) fn receive(socket: &Socket, buffer: &mut Vec<u8>) -> io::Result<Portion> {
    loop {
        buffer.clear();
        match socket.recv(buffer, WHOLE_LENGTH) {
            Ok(length) if length > buffer.len() => {
                buffer.reserve(length);
                return Ok(Portion::Cut);
            }
            Ok(_) => return Ok(Portion::Whole),
            // SO_RCVTIMEO says it so (socket(7)).
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(io::ErrorKind::TimedOut.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Waits until there is something to receive, for as long as given; without that for ever. Tells whether there is.
pub(crate) fn is_told(socket: &Socket, limit: Option<Duration>) -> io::Result<bool> {
    let limit = limit.map(Timespec::try_from).transpose().map_err(io::Error::other)?;
    loop {
        match poll(&mut [PollFd::new(socket, PollFlags::IN)], limit.as_ref()) {
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(ready) => return Ok(ready > 0),
        }
    }
}

/// The messages of one portion, each with its header.
pub(crate) fn messages(mut portion: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let length = usize::try_from(u32::from_ne_bytes(*portion.first_chunk()?)).ok()?;
        let message = portion.get(..length.max(HEADER))?;
        portion = portion.get(length.max(HEADER).next_multiple_of(4)..).unwrap_or_default();
        Some(message)
    })
}

/// The type and the flags of a message.
pub(crate) fn kind_and_flags(message: &[u8]) -> (u16, u16) {
    let at = |place: usize| message.get(place..place + 2).and_then(|two| two.first_chunk().copied());
    (at(4).map_or(0, u16::from_ne_bytes), at(6).map_or(0, u16::from_ne_bytes))
}

/// The number of the question that a message answers.
pub(super) fn number_of(message: &[u8]) -> Option<u32> {
    Some(u32::from_ne_bytes(*message.get(8..)?.first_chunk()?))
}
