//! What a drill sends to its target, all the time.

use std::fmt;
use std::str::FromStr;

/// What a probe is, and so what counts as an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeKind {
    /// An echo request; an echo reply is an answer (RFC 792, RFC 4443).
    Icmp,
    /// An ARP request for an IPv4 address (RFC 826), a neighbor solicitation for an IPv6 address (RFC 4861): answered by
    /// who has it on the same segment.
    Arp,
    /// A SYN to this TCP port, 1 to 65535; a SYN/ACK and a reset are answers (RFC 9293, 3.10.7).
    Tcp(u16),
}

/// Why a text is none of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeKindError {
    /// It is none of the three words.
    #[error("icmp, arp and tcp:PORT are possible")]
    Word,
    /// The port is none.
    #[error("{0:?} is no port; 1 to 65535 are possible")]
    Port(String),
}

impl FromStr for ProbeKind {
    type Err = ProbeKindError;

    fn from_str(text: &str) -> Result<Self, ProbeKindError> {
        match text.split_once(':') {
            None if text == "icmp" => Ok(Self::Icmp),
            None if text == "arp" => Ok(Self::Arp),
            Some(("tcp", port)) => match port.parse() {
                Ok(number) if number > 0 && port.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Self::Tcp(number)),
                _ => Err(ProbeKindError::Port(port.to_owned())),
            },
            _ => Err(ProbeKindError::Word),
        }
    }
}

impl fmt::Display for ProbeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Icmp => f.write_str("icmp"),
            Self::Arp => f.write_str("arp"),
            Self::Tcp(port) => write!(f, "tcp:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_read_as_it_is_written() {
        for text in ["icmp", "arp", "tcp:1", "tcp:65535"] {
            assert_eq!(text.parse::<ProbeKind>().unwrap().to_string(), text);
        }
        for text in ["", "ICMP", "ping", "arp:1", "tcp", "udp:53"] {
            assert_eq!(text.parse::<ProbeKind>(), Err(ProbeKindError::Word), "{text}");
        }
        for port in ["", "0", "65536", "+22", "ssh"] {
            assert_eq!(format!("tcp:{port}").parse::<ProbeKind>(), Err(ProbeKindError::Port(port.to_owned())));
        }
    }
}
