use netlink_packet_route::link::LinkAttribute;

use super::*;

/// A link message with these attributes: of which kind, and what is in it.
fn message(attributes: &[(u16, &[u8])]) -> (NetlinkHeader, Vec<u8>) {
    let mut payload = vec![0; HEADER];
    for (kind, value) in attributes {
        payload.extend(u16::try_from(value.len() + 4).unwrap().to_ne_bytes());
        payload.extend(kind.to_ne_bytes());
        payload.extend(*value);
        payload.resize(payload.len().next_multiple_of(4), 0);
    }
    let mut header = NetlinkHeader::default();
    header.message_type = RTM_NEWLINK;
    (header, payload)
}

fn attributes(of: &[(u16, &[u8])]) -> Vec<LinkAttribute> {
    let (header, payload) = message(of);
    let Lenient(RouteNetlinkMessage::NewLink(link)) = Lenient::deserialize(&header, &payload).unwrap() else {
        panic!()
    };
    link.attributes
}

#[test]
fn an_alias_that_is_no_text_does_not_hide_its_interface() {
    let found = attributes(&[(3, b"eth0\0"), (20, b"\xffhome\xe2\x80\0")]);
    let texts = [LinkAttribute::IfName("eth0".to_owned()), LinkAttribute::IfAlias("?home??".to_owned())];
    assert_eq!(found, texts);
}

#[test]
fn a_text_that_is_one_stays_as_it_is() {
    assert_eq!(attributes(&[(20, "ä\u{1b}".as_bytes())]), [LinkAttribute::IfAlias("ä\u{1b}".to_owned())]);
}

#[test]
fn an_attribute_that_is_cut_off_or_has_no_length_is_an_error_and_not_an_endless_loop() {
    for length in [0_u16, 3, 200] {
        let (header, mut payload) = message(&[(3, b"\xff\0")]);
        payload[HEADER..HEADER + 2].copy_from_slice(&length.to_ne_bytes());
        assert!(Lenient::deserialize(&header, &payload).is_err(), "{length}");
    }
}
