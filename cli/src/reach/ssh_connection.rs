//! The other end of the SSH connection that mpath is called over.

use super::Place;

/// The client's address in the value of `SSH_CONNECTION` (ssh(1)): its address and port, the server's address and
/// port. Where it is anything else, it is nobody's address.
pub(super) fn client(value: &str) -> Option<Place> {
    let words: Vec<_> = value.split(' ').collect();
    let [client, client_port, server, server_port] = words[..] else { return None };
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok();
    let (client, _) = (Place::parse(client)?, Place::parse(server)?);
    (is_port(client_port) && is_port(server_port)).then_some(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_is_the_first_of_two_addresses_with_ports() {
        let client = |value: &str| client(value).map(|place| place.to_string());
        assert_eq!(client("192.0.2.7 51234 192.0.2.1 22").as_deref(), Some("192.0.2.7"));
        assert_eq!(client("fe80::7%eth0 51234 fe80::1%eth0 22").as_deref(), Some("fe80::7%eth0"));
        for value in [
            "",
            "192.0.2.7",
            "192.0.2.7 51234 192.0.2.1",
            "192.0.2.7 51234 192.0.2.1 22 x",
            "192.0.2.7  51234 192.0.2.1 22",
            "example.org 51234 192.0.2.1 22",
            "192.0.2.7 -1 192.0.2.1 22",
            "192.0.2.7 65536 192.0.2.1 22",
            "192.0.2.7 51234 UNKNOWN 22",
        ] {
            assert_eq!(client(value), None, "{value:?}");
        }
    }
}
