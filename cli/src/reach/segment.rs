//! The segments of a TCP probe: a SYN, and what answers it (RFC 9293, 3.1).

use std::net::IpAddr;

use super::checksum::with_pseudo_header;

/// The number of the protocol.
const TCP: u8 = 6;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// A SYN. Its checksum covers the addresses that it will have.
pub(super) fn syn(from: (IpAddr, u16), to: (IpAddr, u16), sequence: u32) -> Vec<u8> {
    let mut segment = Vec::with_capacity(20);
    segment.extend(from.1.to_be_bytes());
    segment.extend(to.1.to_be_bytes());
    segment.extend(sequence.to_be_bytes());
    segment.extend([0; 4]);
    // Five words of header, and some room: nothing will come.
    segment.extend([5 << 4, SYN, 0xfa, 0xf0, 0, 0, 0, 0]);
    let checksum = with_pseudo_header(from.0, to.0, TCP, &segment);
    segment[16..18].copy_from_slice(&checksum.to_be_bytes());
    segment
}

/// The port of ours that a segment answers, and the sequence number of the SYN: the host takes the connection or
/// refuses it, and in both cases it is there. An IPv4 packet has its header before it (raw(7)).
pub(super) fn answered(packet: &[u8], from: (IpAddr, u16)) -> Option<(u16, u32)> {
    let segment = match packet.first() {
        Some(first) if from.0.is_ipv4() => packet.get(usize::from(first & 0x0f) * 4..)?,
        _ => packet,
    };
    let number = |at: usize| Some(u16::from_be_bytes(segment.get(at..at + 2)?.try_into().ok()?));
    let flags = *segment.get(13)?;
    let is_answer = number(0)? == from.1 && flags & ACK != 0 && flags & (SYN | RST) != 0;
    let acknowledged = u32::from_be_bytes(segment.get(8..12)?.try_into().ok()?);
    if is_answer { Some((number(2)?, acknowledged.wrapping_sub(1))) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: (IpAddr, u16) = (IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)), 40000);
    const THERE: (IpAddr, u16) = (IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2)), 22);

    #[test]
    fn a_syn_has_a_sum_that_comes_out() {
        let syn = syn(HERE, THERE, 0x0102_0304);
        assert_eq!(syn[..8], [0x9c, 0x40, 0, 22, 1, 2, 3, 4]);
        assert_eq!((syn.len(), syn[13]), (20, SYN));
        assert_eq!(with_pseudo_header(HERE.0, THERE.0, TCP, &syn), 0);
    }

    #[test]
    fn both_yes_and_no_are_answers() {
        let mut packet = vec![0x45; 20];
        packet.extend([0, 22, 0x9c, 0x40, 9, 9, 9, 9, 0, 0, 1, 0, 5 << 4, SYN | ACK, 0, 0, 0, 0, 0, 0]);
        assert_eq!(answered(&packet, THERE), Some((40000, 0xff)));
        packet[33] = RST | ACK;
        assert_eq!(answered(&packet, THERE), Some((40000, 0xff)));
        for flags in [SYN, ACK, RST, 0] {
            packet[33] = flags;
            assert_eq!(answered(&packet, THERE), None, "{flags:#x}");
        }
        packet[33] = SYN | ACK;
        assert_eq!(answered(&packet, (THERE.0, 23)), None, "another port");
        assert_eq!(answered(&packet[..33], THERE), None, "half a header");
        assert_eq!(answered(&[], THERE), None);
        let v6 = IpAddr::V6(std::net::Ipv6Addr::LOCALHOST);
        assert_eq!(answered(&packet[20..], (v6, 22)), Some((40000, 0xff)), "no header");
    }

    #[test]
    fn the_number_after_the_last_is_the_first() {
        let segment = [0, 22, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 5 << 4, RST | ACK, 0, 0, 0, 0, 0, 0];
        assert_eq!(answered(&segment, (IpAddr::V6(std::net::Ipv6Addr::LOCALHOST), 22)), Some((1, u32::MAX)));
    }
}
