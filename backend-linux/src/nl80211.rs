//! What a radio tells of itself by generic netlink (`linux/nl80211.h`): whether it sleeps between packets.
//!
//! In: the number of an interface. Out: its power save, where it has one. Two questions and two answers, for which no
//! client with its runtime is needed.

use std::io;
use std::time::Duration;

use netlink_sys::protocols::NETLINK_GENERIC;
use netlink_sys::{Socket, SocketAddr};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// `struct nlmsghdr` and `struct genlmsghdr`.
const HEADERS: usize = 16 + 4;
/// `NLM_F_REQUEST`.
const REQUEST: u16 = 1;
/// `NLMSG_ERROR`.
const ERROR: u16 = 2;
/// `GENL_ID_CTRL`, `CTRL_CMD_GETFAMILY`, `CTRL_ATTR_FAMILY_ID` and `CTRL_ATTR_FAMILY_NAME` (`linux/genetlink.h`).
const CONTROLLER: u16 = 16;
const GET_FAMILY: u8 = 3;
const FAMILY_ID: u16 = 1;
const FAMILY_NAME: u16 = 2;
/// `NL80211_CMD_GET_POWER_SAVE`, `NL80211_ATTR_IFINDEX` and `NL80211_ATTR_PS_STATE`.
const GET_POWER_SAVE: u8 = 62;
const INDEX: u16 = 3;
const POWER_SAVE_STATE: u16 = 93;
/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(2);

/// Whether the radio of an interface sleeps between packets; `None` where it does not tell.
pub(crate) fn power_save(index: u32) -> Option<bool> {
    let mut socket = Socket::new(NETLINK_GENERIC).ok()?;
    socket.bind(&SocketAddr::new(0, 0)).ok()?;
    let family = ask(&socket, &message(CONTROLLER, GET_FAMILY, FAMILY_NAME, b"nl80211\0")).ok()?;
    let family = u16::from_ne_bytes(*attribute(&family, FAMILY_ID)?.first_chunk()?);
    let answer = ask(&socket, &message(family, GET_POWER_SAVE, INDEX, &index.to_ne_bytes())).ok()?;
    Some(u32::from_ne_bytes(*attribute(&answer, POWER_SAVE_STATE)?.first_chunk()?) != 0)
}

/// A question with one attribute.
fn message(family: u16, command: u8, kind: u16, value: &[u8]) -> Vec<u8> {
    let length = 4 + value.len();
    let mut message = Vec::new();
    let whole = u32::try_from(HEADERS + length.next_multiple_of(4)).unwrap_or(u32::MAX);
    message.extend(whole.to_ne_bytes());
    message.extend(family.to_ne_bytes());
    message.extend(REQUEST.to_ne_bytes());
    message.extend([0; 8]);
    message.extend([command, 1, 0, 0]);
    message.extend(u16::try_from(length).unwrap_or(u16::MAX).to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
    message
}

fn ask(socket: &Socket, message: &[u8]) -> io::Result<Vec<u8>> {
    socket.send(message, 0)?;
    let limit = Timespec::try_from(LIMIT).map_err(io::Error::other)?;
    if poll(&mut [PollFd::new(socket, PollFlags::IN)], Some(&limit))? == 0 {
        return Err(io::ErrorKind::TimedOut.into());
    }
    let mut answer = Vec::with_capacity(1 << 15);
    socket.recv(&mut answer, 0)?;
    match answer.get(4..6) {
        Some(kind) if kind != ERROR.to_ne_bytes() => Ok(answer),
        _ => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// The value of an attribute of an answer.
fn attribute(answer: &[u8], wanted: u16) -> Option<&[u8]> {
    let mut rest = answer.get(HEADERS..)?;
    while let [a, b, c, d, ..] = *rest {
        let length = usize::from(u16::from_ne_bytes([a, b]));
        let value = rest.get(4..length)?;
        // The upper bits say what the value is (NLA_F_NESTED, NLA_F_NET_BYTEORDER).
        if u16::from_ne_bytes([c, d]) & 0x3fff == wanted {
            return Some(value);
        }
        rest = rest.get(length.next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_is_found_behind_others_and_not_behind_the_end() {
        let mut answer = message(28, 1, 7, &[1, 2, 3]);
        answer.extend(message(0, 0, POWER_SAVE_STATE, &1u32.to_ne_bytes()).split_off(HEADERS));
        assert_eq!(attribute(&answer, POWER_SAVE_STATE), Some(&[1, 0, 0, 0][..]));
        assert_eq!(attribute(&answer, 7), Some(&[1, 2, 3][..]));
        assert_eq!(attribute(&answer, 9), None);
        answer.truncate(answer.len() - 1);
        assert_eq!(attribute(&answer, POWER_SAVE_STATE), None);
        assert_eq!(attribute(&[], 1), None);
    }

    #[test]
    fn what_is_no_radio_tells_nothing() {
        assert_eq!(power_save(1), None);
    }
}
