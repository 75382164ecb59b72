//! The messages of ping: an echo request, and what is a reply to it (RFC 792, RFC 4443).

use std::net::IpAddr;

use super::checksum::checksum;

/// What of a message is this process's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// Tells the processes of a host apart. Linux puts one of its own in its place where a socket is not raw.
    pub(super) identifier: u16,
    /// What a reply must carry back.
    pub(super) nonce: u64,
}

/// An echo request to an address.
pub(super) fn request(to: IpAddr, mark: Mark, sequence: u16) -> Vec<u8> {
    let kind = if to.is_ipv6() { 128 } else { 8 };
    let mut message = vec![kind, 0, 0, 0];
    message.extend(mark.identifier.to_be_bytes());
    message.extend(sequence.to_be_bytes());
    message.extend(mark.nonce.to_be_bytes());
    // For ICMPv6 the kernel does it: the checksum covers the addresses, and it knows which of its own it takes (RFC
    // 3542, 3.1).
    if to.is_ipv4() {
        let checksum = checksum(&message);
        message[2..4].copy_from_slice(&checksum.to_be_bytes());
    }
    message
}

/// Whether what came from an address is a reply to a request of this mark. A raw IPv4 socket gives the header too
/// (raw(7)), others do not.
pub(super) fn is_reply(packet: &[u8], from: IpAddr, mark: Mark, is_raw: bool) -> bool {
    nonce_of(packet, from, mark.identifier, is_raw) == Some(mark.nonce)
}

/// What a reply to a request of this identifier carries back; none where it is no such reply.
pub(super) fn nonce_of(packet: &[u8], from: IpAddr, identifier: u16, is_raw: bool) -> Option<u64> {
    let message = match packet.first() {
        Some(first) if from.is_ipv4() && is_raw => packet.get(usize::from(first & 0x0f) * 4..).unwrap_or_default(),
        _ => packet,
    };
    let kind = if from.is_ipv6() { 129 } else { 0 };
    let is_reply =
        message.len() >= 16 && message[..2] == [kind, 0] && (!is_raw || message[4..6] == identifier.to_be_bytes());
    let nonce = message.get(8..16)?.try_into().ok()?;
    is_reply.then(|| u64::from_be_bytes(nonce))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Mark = Mark { identifier: 0x1234, nonce: 0x0102_0304_0506_0708 };
    const V4: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const V6: IpAddr = IpAddr::V6(std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));

    #[test]
    fn the_checksum_over_a_whole_request_is_zero() {
        let request = request(V4, MARK, 7);
        assert_eq!(request[..2], [8, 0]);
        assert_eq!(request[4..8], [0x12, 0x34, 0, 7]);
        assert_eq!(checksum(&request), 0);
    }

    #[test]
    fn the_kernel_sums_up_icmpv6() {
        assert_eq!(request(V6, MARK, 7)[..8], [128, 0, 0, 0, 0x12, 0x34, 0, 7]);
    }

    #[test]
    fn a_reply_carries_the_mark_back() {
        let mut reply = request(V4, MARK, 7);
        assert!(!is_reply(&reply, V4, MARK, false), "a request is no reply");
        reply[0] = 0;
        assert!(is_reply(&reply, V4, MARK, false));
        assert!(!is_reply(&reply, V4, Mark { nonce: 9, ..MARK }, false), "a reply to somebody else");
        assert!(!is_reply(&reply[..15], V4, MARK, false), "half a reply");
        let mut with_header = vec![0x46; 24];
        with_header.extend(&reply);
        assert!(is_reply(&with_header, V4, MARK, true), "a header of 24 bytes");
        assert!(!is_reply(&with_header, V4, Mark { identifier: 1, ..MARK }, true));
        assert!(is_reply(&with_header[24..], V4, Mark { identifier: 1, ..MARK }, false), "the kernel's own identifier");
        assert!(!is_reply(&[0x4f], V4, MARK, true) && !is_reply(&[], V4, MARK, true));
        let mut reply = request(V6, MARK, 7);
        reply[0] = 129;
        assert!(is_reply(&reply, V6, MARK, true), "no header");
    }
}
