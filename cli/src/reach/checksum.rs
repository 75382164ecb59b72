//! The checksum of the Internet's protocols.

use std::net::IpAddr;

/// The Internet checksum (RFC 1071) of some bytes, in which the place of the checksum itself is zero.
pub(super) fn checksum(message: &[u8]) -> u16 {
    let words = message.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)));
    let sum = words.fold(0_u32, |sum, word| {
        let sum = sum + word;
        (sum & 0xffff) + (sum >> 16)
    });
    !u16::try_from(sum).unwrap_or_default()
}

/// The same with the pseudo-header before it that TCP wants (RFC 9293, 3.1; RFC 8200, 8.1). Both addresses are of one
/// family.
pub(super) fn with_pseudo_header(from: IpAddr, to: IpAddr, protocol: u8, message: &[u8]) -> u16 {
    let length = u16::try_from(message.len()).unwrap_or(u16::MAX).to_be_bytes();
    let octets = |address| match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    // What IPv6 has between is zeros, so that the sum is the same for both.
    checksum(&[&octets(from)[..], &octets(to), &[0, protocol], &length, message].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_rfc_1071() {
        // The example of its section 3: the sum is ddf2.
        assert_eq!(checksum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), !0xddf2);
        assert_eq!(checksum(&[0xff]), !0xff00, "an odd byte is the upper half of a word");
    }

    #[test]
    fn the_pseudo_header_is_summed_up_with_the_message() {
        let (from, to) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let header = [192, 0, 2, 1, 192, 0, 2, 2, 0, 6, 0, 2, 1, 2];
        assert_eq!(with_pseudo_header(from, to, 6, &[1, 2]), checksum(&header));
        let (from, to) = ("2001:db8::1".parse().unwrap(), "2001:db8::2".parse().unwrap());
        let mut header = vec![0; 42];
        header[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
        header[16..20].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
        // RFC 8200, 8.1: the addresses, four bytes of length, three of zero, the next header.
        (header[15], header[31], header[35], header[39]) = (1, 2, 2, 6);
        (header[40], header[41]) = (1, 2);
        assert_eq!(with_pseudo_header(from, to, 6, &[1, 2]), checksum(&header));
    }
}
