//! Messages of links whose texts are no UTF-8.
//!
//! In: the bytes of a message. Out: the message, with `?` for every byte that is not part of a character.
//!
//! The kernel takes any byte in an alias (`dev_set_alias`) and nearly any in a name (`dev_valid_name`), while
//! netlink-packet-route refuses the whole message for one that is no UTF-8, and then it is left out: an interface
//! would be missing for the sake of its alias. No [name](mpath_core::InterfaceName) has a `?`, so what is wrong in a name
//! still makes an interface that nobody can name in a file.

use netlink_packet_core::{DecodeError, NetlinkDeserializable, NetlinkHeader, NetlinkPayload, NetlinkSerializable};
use netlink_packet_route::RouteNetlinkMessage;

/// `RTM_NEWLINK`.
const RTM_NEWLINK: u16 = 16;
/// `struct ifinfomsg`, before the attributes.
const HEADER: usize = 16;
/// `IFLA_IFNAME`, `IFLA_QDISC`, `IFLA_IFALIAS`, `IFLA_PHYS_PORT_NAME`, `IFLA_PARENT_DEV_NAME`,
/// `IFLA_PARENT_DEV_BUS_NAME`.
const TEXTS: [u16; 6] = [3, 6, 20, 38, 56, 57];

/// A message that was readable, or was made so.
#[derive(Debug, Clone)]
pub(crate) struct Lenient(pub(crate) RouteNetlinkMessage);

impl NetlinkDeserializable for Lenient {
    type Error = DecodeError;

    fn deserialize(header: &NetlinkHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        let message = match RouteNetlinkMessage::deserialize(header, payload) {
            Err(_) if header.message_type == RTM_NEWLINK => {
                RouteNetlinkMessage::deserialize(header, &readable(payload.to_vec()))
            }
            message => message,
        };
        message.map(Self)
    }
}

impl NetlinkSerializable for Lenient {
    fn message_type(&self) -> u16 {
        self.0.message_type()
    }

    fn buffer_len(&self) -> usize {
        NetlinkSerializable::buffer_len(&self.0)
    }

    fn serialize(&self, buffer: &mut [u8]) {
        self.0.serialize(buffer);
    }
}

impl From<Lenient> for NetlinkPayload<Lenient> {
    fn from(message: Lenient) -> Self {
        Self::InnerMessage(message)
    }
}

/// The payload of a link message with texts that are UTF-8.
fn readable(mut payload: Vec<u8>) -> Vec<u8> {
    let mut at = HEADER;
    while let Some(&[a, b, c, d]) = payload.get(at..at + 4) {
        let length = usize::from(u16::from_ne_bytes([a, b]));
        let kind = u16::from_ne_bytes([c, d]);
        let Some(value) = payload.get_mut(at + 4..at + length) else { break };
        if TEXTS.contains(&kind) {
            mend(value);
        }
        at += length.next_multiple_of(4);
    }
    payload
}

/// Puts `?` in the place of every byte that is no part of a character.
fn mend(mut text: &mut [u8]) {
    while let Err(error) = std::str::from_utf8(text) {
        let wrong = error.valid_up_to();
        let end = error.error_len().map_or(text.len(), |length| wrong + length);
        text[wrong..end].fill(b'?');
        text = &mut text[end..];
    }
}

#[cfg(test)]
mod tests;
