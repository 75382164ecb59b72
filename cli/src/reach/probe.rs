//! A target of the user's own: `--probe HOST[:PORT]`.

use std::str::FromStr;

use super::{Place, Prober, Question, Role, Target};

/// A target as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Probe {
    text: String,
    host: Host,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    Address(Place),
    Name(String),
}

/// Why a text is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProbeError {
    #[error("{0:?} is neither an address nor the name of a host; an IPv6 address with a port is [2001:db8::1]:443")]
    Host(String),
    #[error("{0:?} is no port; 1 to 65535 are possible")]
    Port(String),
}

impl FromStr for Probe {
    type Err = ProbeError;

    fn from_str(text: &str) -> Result<Self, ProbeError> {
        let not_a_host = || ProbeError::Host(text.to_owned());
        let port = |port: &str| match port.parse() {
            Ok(number) if number > 0 && port.bytes().all(|byte| byte.is_ascii_digit()) => Ok(number),
            _ => Err(ProbeError::Port(port.to_owned())),
        };
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (address, rest) = rest.split_once(']').ok_or_else(not_a_host)?;
            let place = Place::parse(address).filter(|place| place.address.is_ipv6()).ok_or_else(not_a_host)?;
            let rest = match rest {
                "" => None,
                rest => Some(port(rest.strip_prefix(':').ok_or_else(not_a_host)?)?),
            };
            (Host::Address(place), rest)
        } else if let Some(place) = Place::parse(text) {
            (Host::Address(place), None)
        } else {
            let (host, rest) = match text.split_once(':') {
                Some((host, rest)) => (host, Some(port(rest)?)),
                None => (text, None),
            };
            let host = match Place::parse(host) {
                Some(place) => Host::Address(place),
                None if is_name(host) => Host::Name(host.to_owned()),
                None => return Err(not_a_host()),
            };
            (host, rest)
        };
        Ok(Self { text: text.to_owned(), host, port })
    }
}

/// Whether it may be the name of a host (RFC 1123, 2.1), or at least is in use as one.
fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let of_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=63).contains(&label.len()) && label.bytes().all(of_name) && !label.starts_with('-')
    };
    let name = text.strip_suffix('.').unwrap_or(text);
    // What looks like an IPv4 address and is none would be taken for one in another notation (inet_aton(3)).
    name.len() <= 253 && name.split('.').all(is_label) && name.bytes().any(|byte| byte.is_ascii_alphabetic())
}

impl Probe {
    /// The target with its addresses, which are asked for now and then kept.
    pub(super) fn target(&self, prober: &mut dyn Prober) -> std::io::Result<Target> {
        let places = match &self.host {
            Host::Address(place) => vec![place.clone()],
            Host::Name(name) => prober.resolve(name)?,
        };
        let question = self.port.map_or(Question::Echo, Question::Connect);
        Ok(Target { role: Role::Probe, name: Some(self.text.clone()), places, question })
    }

    /// As it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<String>, Option<String>, Option<u16>) {
        let probe: Probe = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        match probe.host {
            Host::Address(place) => (Some(place.to_string()), None, probe.port),
            Host::Name(name) => (None, Some(name), probe.port),
        }
    }

    #[test]
    fn a_host_is_an_address_or_a_name_with_or_without_a_port() {
        let address = |text: &str| (Some(text.to_owned()), None);
        let name = |text: &str| (None, Some(text.to_owned()));
        for (text, (address, name), port) in [
            ("192.0.2.1", address("192.0.2.1"), None),
            ("192.0.2.1:22", address("192.0.2.1"), Some(22)),
            ("2001:db8::1", address("2001:db8::1"), None),
            ("[2001:db8::1]", address("2001:db8::1"), None),
            ("[2001:db8::1]:443", address("2001:db8::1"), Some(443)),
            ("[fe80::1%eth0]:22", address("fe80::1%eth0"), Some(22)),
            ("fe80::1%eth0", address("fe80::1%eth0"), None),
            ("example.org", name("example.org"), None),
            ("example.org.:65535", name("example.org."), Some(65535)),
            ("nas", name("nas"), None),
        ] {
            assert_eq!(read(text), (address, name, port), "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in
            ["", ":22", "[192.0.2.1]:22", "[2001:db8::1", "[2001:db8::1]22", "a b", "-x", "192.0.2", "1.2.3.400"]
        {
            assert!(matches!(text.parse::<Probe>(), Err(ProbeError::Host(_))), "{text}");
        }
        for text in ["a:", "a:0", "a:65536", "a:+22", "a:ssh", "[2001:db8::1]:"] {
            assert!(matches!(text.parse::<Probe>(), Err(ProbeError::Port(_))), "{text}");
        }
    }
}
