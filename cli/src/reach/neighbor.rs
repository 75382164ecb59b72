//! Who has an address on this segment: the messages of ARP (RFC 826) and of neighbor discovery (RFC 4861).

use std::net::{Ipv4Addr, Ipv6Addr};

/// `ETH_P_ARP`.
pub(super) const ARP: u16 = 0x0806;

/// The frame of an ARP request, to everybody: whoever has the address answers, also after it went to another host.
pub(super) fn arp_request(mac: [u8; 6], from: Ipv4Addr, to: Ipv4Addr) -> Vec<u8> {
    let mut frame = vec![0xff; 6];
    frame.extend(mac);
    frame.extend(ARP.to_be_bytes());
    // Ethernet, IPv4, the lengths of their addresses, a request.
    frame.extend([0, 1, 0x08, 0x00, 6, 4, 0, 1]);
    frame.extend(mac);
    frame.extend(from.octets());
    frame.extend([0; 6]);
    frame.extend(to.octets());
    frame
}

/// Whether a frame is an ARP reply from this address to that of ours.
pub(super) fn is_arp_reply(frame: &[u8], from: Ipv4Addr, to: Ipv4Addr) -> bool {
    frame.len() >= 42
        && frame[12..22] == [0x08, 0x06, 0, 1, 0x08, 0x00, 6, 4, 0, 2]
        && frame[28..32] == from.octets()
        && frame[38..42] == to.octets()
}

/// A neighbor solicitation (RFC 4861, 4.3). The kernel sums it up.
pub(super) fn solicitation(mac: [u8; 6], of: Ipv6Addr) -> Vec<u8> {
    let mut message = vec![135, 0, 0, 0, 0, 0, 0, 0];
    message.extend(of.octets());
    // The option with the address of its sender, 8 bytes long.
    message.extend([1, 1]);
    message.extend(mac);
    message
}

/// Whether a message of ICMPv6 is an advertisement of this address that somebody asked for (RFC 4861, 4.4).
pub(super) fn is_advertisement(message: &[u8], of: Ipv6Addr) -> bool {
    const SOLICITED: u8 = 0x40;
    message.len() >= 24 && message[..2] == [136, 0] && message[4] & SOLICITED != 0 && message[8..24] == of.octets()
}

/// Where solicitations for an address go: all that share its last three bytes (RFC 4291, 2.7.1).
pub(super) fn solicited_node(of: Ipv6Addr) -> Ipv6Addr {
    let [.., a, b] = of.segments();
    Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00 | (a & 0xff), b)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
    const HERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
    const THERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
    const ADDRESS: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0x1234, 0x5678);

    #[test]
    fn a_request_goes_to_everybody_and_a_reply_comes_to_us() {
        let mut frame = arp_request(MAC, HERE, THERE);
        assert_eq!((frame.len(), &frame[..6]), (42, &[0xff; 6][..]));
        assert_eq!(frame[22..32], [2, 0, 0, 0, 0, 1, 192, 0, 2, 1]);
        assert_eq!(frame[38..42], THERE.octets());
        assert!(!is_arp_reply(&frame, HERE, THERE), "a request is no reply");
        frame[21] = 2;
        assert!(is_arp_reply(&frame, HERE, THERE) && !is_arp_reply(&frame, THERE, HERE));
        assert!(!is_arp_reply(&frame[..41], HERE, THERE), "half a reply");
        frame.extend([0; 18]);
        assert!(is_arp_reply(&frame, HERE, THERE), "filled up to the least length of a frame");
    }

    #[test]
    fn an_advertisement_answers_a_solicitation() {
        let solicitation = solicitation(MAC, ADDRESS);
        assert_eq!((solicitation.len(), solicitation[0]), (32, 135));
        assert_eq!(solicitation[24..], [1, 1, 2, 0, 0, 0, 0, 1]);
        let mut message = solicitation.clone();
        assert!(!is_advertisement(&message, ADDRESS));
        (message[0], message[4]) = (136, 0x60);
        assert!(is_advertisement(&message, ADDRESS) && !is_advertisement(&message, Ipv6Addr::LOCALHOST));
        assert!(!is_advertisement(&message[..23], ADDRESS), "half a message");
        message[4] = 0x20;
        assert!(!is_advertisement(&message, ADDRESS), "nobody asked for it");
    }

    #[test]
    fn those_who_share_its_end_are_asked() {
        assert_eq!(solicited_node(ADDRESS).to_string(), "ff02::1:ff34:5678");
    }
}
