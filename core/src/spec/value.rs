//! The texts that keys take, each turned into a value of the model or into a fault that says what is allowed.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::Destination;
use super::keys::nearest;
use crate::detection::ProbeValidation;
use crate::group::MacPolicy;
use crate::millis::MillisError;
use crate::mode::ModeName;
use crate::problem::{either, quoted};
use crate::{Event, GroupName, Hook, InterfaceName, MacAddress, Millis};

/// What is wrong with a text, wherever it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// See [`crate::Problem::code`].
    pub(super) code: &'static str,
    /// See [`crate::Problem::message`].
    pub(super) message: String,
    /// See [`crate::Problem::allowed`].
    pub(super) allowed: Option<String>,
    /// See [`crate::Problem::hint`].
    pub(super) hint: Option<String>,
}

impl Fault {
    fn new(code: &'static str, message: String) -> Self {
        Self { code, message, allowed: None, hint: None }
    }

    fn allowed(mut self, allowed: impl Into<String>) -> Self {
        self.allowed = Some(allowed.into());
        self
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

pub(super) fn group_name(text: &str) -> Result<GroupName, Fault> {
    GroupName::new(text).map_err(|error| {
        Fault::new("bad-name", format!("{} cannot name a group: {error}", quoted(text)))
            .allowed("1 to 63 of a-z A-Z 0-9 _ . -, beginning with a letter or a digit")
    })
}

pub(super) fn interface_name(text: &str) -> Result<InterfaceName, Fault> {
    InterfaceName::new(text).map_err(|error| {
        Fault::new("bad-name", format!("{} cannot name an interface: {error}", quoted(text)))
            .allowed("1 to 31 visible ASCII characters except / : % * ? \" ' \\, beginning with a letter, a digit or _")
    })
}

pub(super) fn member_name(text: &str) -> Result<InterfaceName, Fault> {
    interface_name(text).map_err(|fault| match text.parse::<MacAddress>() {
        Ok(mac) => fault.hint(format!("to choose a member by its permanent MAC address, write {{ mac = \"{mac}\" }}")),
        Err(_) => fault,
    })
}

pub(super) fn primary(text: &str) -> Result<InterfaceName, Fault> {
    interface_name(text).map_err(|fault| match text.parse::<MacAddress>() {
        Ok(_) => fault.hint("the primary is a member's name: give the member by its name, and write that name here"),
        Err(_) => fault,
    })
}

pub(super) fn mode(text: &str) -> Result<ModeName, Fault> {
    text.parse().map_err(|()| {
        let mut words = ModeName::words();
        let allowed = format!("{}; or its number, 0 to 6", either(&words));
        let fault = Fault::new("bad-value", format!("{} is no mode", quoted(text))).allowed(allowed);
        words.extend(["lacp", "round-robin", "failover"]);
        match nearest(&text.to_ascii_lowercase(), words) {
            Some(near) => fault.hint(format!("did you mean \"{near}\"?")),
            None => fault,
        }
    })
}

/// One of a fixed set of words.
pub(super) fn word<T: Copy>(all: &[T], name: fn(T) -> &'static str, text: &str) -> Result<T, Fault> {
    if let Some(value) = all.iter().find(|value| name(**value) == text) {
        return Ok(*value);
    }
    let words: Vec<_> = all.iter().map(|value| name(*value)).collect();
    let fault = Fault::new("bad-value", format!("found {}", quoted(text))).allowed(either(&words));
    Err(match nearest(&text.to_ascii_lowercase().replace('_', "-"), words) {
        Some(near) => fault.hint(format!("did you mean \"{near}\"?")),
        None => fault,
    })
}

/// Takes the kernel's words too: `backup` for `standby`, and `_` for `-`.
pub(super) fn probe_validation(text: &str) -> Result<ProbeValidation, Fault> {
    match ProbeValidation::from_any_word(text) {
        Some(value) => Ok(value),
        None => word(ProbeValidation::ALL, ProbeValidation::word, text),
    }
}

const TIME: &str = "a whole number with a unit, as in \"100ms\", \"2s\" or \"1m\"; at most \"2147483647ms\"";

pub(super) fn millis(text: &str) -> Result<Millis, Fault> {
    text.parse::<Millis>().map_err(|error| match error {
        MillisError::TooLong => Fault::new("out-of-range", format!("{} is too long", quoted(text))).allowed(TIME),
        MillisError::Form if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            let fault = Fault::new("missing-unit", format!("{} has no unit", quoted(text))).allowed(TIME);
            if text.len() <= 10 { fault.hint(format!("write \"{text}ms\"")) } else { fault }
        }
        MillisError::Form => Fault::new("bad-value", format!("{} is not a length of time", quoted(text))).allowed(TIME),
    })
}

/// The name of an event.
pub(super) fn event(text: &str) -> Result<&'static str, Fault> {
    word(&Event::WORDS, |word| word, text)
}

/// How long a hook may take.
pub(super) fn hook_timeout(text: &str) -> Result<Millis, Fault> {
    let time = millis(text)?;
    if (Hook::SHORTEST_TIMEOUT..=Hook::LONGEST_TIMEOUT).contains(&time) {
        return Ok(time);
    }
    let allowed = format!("\"{}\" to \"{}\", an hour", Hook::SHORTEST_TIMEOUT, Hook::LONGEST_TIMEOUT);
    Err(Fault::new("out-of-range", format!("found {}", quoted(text))).allowed(allowed))
}

/// The name of a user, whom this host may have or not.
pub(super) fn user(text: &str) -> Result<String, Fault> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '$');
    if !text.is_empty() && text.len() <= 32 && text.chars().all(is_name) && !text.starts_with('-') {
        return Ok(text.to_owned());
    }
    Err(Fault::new("bad-name", format!("{} cannot name a user", quoted(text)))
        .allowed("1 to 32 of a-z A-Z 0-9 _ . $ -, not beginning with -"))
}

/// A program or an argument, which ends with a NUL byte for the system (execve(2)).
pub(super) fn word_of_a_command(text: &str) -> Result<String, Fault> {
    if !text.contains('\0') {
        return Ok(text.to_owned());
    }
    Err(Fault::new("bad-value", format!("{} has a NUL character", quoted(text))).allowed("any other character"))
}

/// A length of time in seconds, as the kernel's `lp_interval` takes it.
pub(super) fn seconds(text: &str) -> Result<u32, Fault> {
    let allowed = "whole seconds, \"1s\" to \"2147483s\"";
    let time = millis(text).map_err(|fault| fault.allowed(allowed))?;
    match time.get() {
        0 => Err(Fault::new("out-of-range", format!("found {}", quoted(text))).allowed(allowed).hint("write \"1s\"")),
        milliseconds if milliseconds % 1000 == 0 => Ok(milliseconds / 1000),
        milliseconds => {
            let up = format!("write \"{}s\"", milliseconds.div_ceil(1000));
            Err(Fault::new("bad-value", format!("{} is not a whole number of seconds", quoted(text)))
                .allowed(allowed)
                .hint(up))
        }
    }
}

fn parse_mac(text: &str) -> Result<MacAddress, Fault> {
    text.parse::<MacAddress>().map_err(|_| {
        Fault::new("bad-value", format!("{} is not a MAC address", quoted(text)))
            .allowed("six bytes in hexadecimal, as in 52:54:00:12:34:56")
    })
}

/// The MAC address of one station.
pub(super) fn mac(text: &str) -> Result<MacAddress, Fault> {
    let mac = parse_mac(text)?;
    if mac.is_station() {
        return Ok(mac);
    }
    let why = if mac.bytes() == [0; 6] { "is all zero" } else { "is a group (multicast) address" };
    Err(Fault::new("unusable-address", format!("{} {why}", quoted(text)))
        .allowed("the MAC address of one station: not all zero, and its first byte even"))
}

pub(super) fn mac_policy(text: &str) -> Result<MacPolicy, Fault> {
    match text {
        "auto" => return Ok(MacPolicy::Auto),
        "shared" => return Ok(MacPolicy::Shared),
        "active" => return Ok(MacPolicy::Active),
        "follow" => return Ok(MacPolicy::Follow),
        _ => {}
    }
    if let Some(name) = text.strip_prefix("member:") {
        return interface_name(name).map(MacPolicy::Member);
    }
    if parse_mac(text).is_ok() {
        return mac(text).map(MacPolicy::Fixed);
    }
    let fault = Fault::new("bad-value", format!("found {}", quoted(text)))
        .allowed("auto, shared, active, follow, member:NAME or a MAC address as in 52:54:00:12:34:56");
    Err(match text {
        "none" => fault.hint("what the kernel calls fail_over_mac=none is \"shared\" here"),
        _ => match nearest(&text.to_ascii_lowercase(), ["auto", "shared", "active", "follow"]) {
            Some(near) => fault.hint(format!("did you mean \"{near}\"?")),
            None => fault,
        },
    })
}

const CIDR: &str = "an address with the length of its prefix, as in \"192.168.1.34/24\" or \"2001:db8::34/64\"";

fn network(text: &str, bare_length: fn(IpAddr) -> u8) -> Result<IpNet, Fault> {
    if let Ok(net) = text.parse::<IpNet>() {
        return Ok(net);
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        let length = bare_length(address);
        return Err(Fault::new("address-without-prefix", format!("{address} has no length of a prefix"))
            .allowed(CIDR)
            .hint(format!("add the length of the prefix, as in \"{address}/{length}\"")));
    }
    let fault = Fault::new("bad-value", format!("{} is not an address with a prefix", quoted(text))).allowed(CIDR);
    let masked = text.split_once('/').and_then(|(address, mask)| {
        let length = ipnet::ipv4_mask_to_prefix(mask.parse().ok()?).ok()?;
        Some(format!("write \"{}/{length}\"", address.parse::<Ipv4Addr>().ok()?))
    });
    Err(match masked {
        Some(hint) => fault.hint(hint),
        None => fault,
    })
}

/// Why no host can have an address, or be reached by it on a segment.
fn unusable(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) if address.octets()[0] == 0 => Some("is an address of \"this network\" (0.0.0.0/8)"),
        IpAddr::V4(Ipv4Addr::BROADCAST) => Some("is the broadcast address"),
        _ if address.is_unspecified() => Some("is the unspecified address"),
        _ if address.is_loopback() => Some("is a loopback address"),
        _ if address.is_multicast() => Some("is a multicast address"),
        _ => None,
    }
}

/// Why an address cannot be a host's in its prefix.
pub(crate) fn not_a_host(net: IpNet) -> Option<&'static str> {
    let is_first = net.addr() == net.network() && net.prefix_len() < net.max_prefix_len();
    match net {
        // Both addresses of a /31 are hosts' (RFC 3021), and those of a /127 too (RFC 6164).
        _ if net.prefix_len() + 1 >= net.max_prefix_len() => None,
        IpNet::V4(_) if is_first => Some("is the address of the network itself"),
        IpNet::V4(net) if net.addr() == net.broadcast() => Some("is the network's broadcast address"),
        IpNet::V6(_) if is_first => Some("is the anycast address of the routers (RFC 4291, 2.6.1)"),
        _ => None,
    }
}

/// The address of a host with the length of its prefix.
pub(super) fn address(text: &str) -> Result<IpNet, Fault> {
    let net = network(text, |address| if address.is_ipv4() { 24 } else { 64 })?;
    if net.prefix_len() == 0 {
        return Err(Fault::new("unusable-address", format!("{net} has a prefix of length 0"))
            .allowed("a prefix of 1 to 32 bits for IPv4, 1 to 128 for IPv6"));
    }
    match unusable(net.addr()).or_else(|| not_a_host(net)) {
        Some(why) => {
            Err(Fault::new("unusable-address", format!("{net} {why}"))
                .allowed("the address of one host with its prefix"))
        }
        None => Ok(net),
    }
}

/// The address of another host.
pub(super) fn host(text: &str) -> Result<IpAddr, Fault> {
    let allowed = "the address of one host, without a prefix, as in \"192.168.1.24\" or \"2001:db8::24\"";
    let Ok(address) = text.parse::<IpAddr>() else {
        let fault = Fault::new("bad-value", format!("{} is not an address", quoted(text))).allowed(allowed);
        return Err(match text.parse::<IpNet>() {
            Ok(net) => fault.hint(format!("write \"{}\"", net.addr())),
            Err(_) => fault,
        });
    };
    match unusable(address) {
        Some(why) => Err(Fault::new("unusable-address", format!("{address} {why}")).allowed(allowed)),
        None => Ok(address),
    }
}

/// The address of another host, of IPv6.
pub(super) fn host6(text: &str) -> Result<IpAddr, Fault> {
    let address = host(text)?;
    if address.is_ipv6() {
        return Ok(address);
    }
    Err(Fault::new("mixed-families", format!("{address} is an IPv4 address"))
        .allowed("an IPv6 address")
        .hint(format!("write gateway = \"{address}\"")))
}

pub(super) fn destination(text: &str) -> Result<Destination, Fault> {
    if text == "default" {
        return Ok(Destination::Default);
    }
    let net = network(text, |address| if address.is_ipv4() { 32 } else { 128 })
        .map_err(|fault| fault.allowed("a network as in \"10.0.0.0/8\" or \"2001:db8::/32\", or \"default\""))?;
    if net.addr() == net.network() {
        return Ok(Destination::Net(net));
    }
    let length = net.prefix_len();
    Err(Fault::new("host-bits", format!("{net} has bits set behind its first {length}"))
        .allowed("a network, whose bits behind the prefix are zero")
        .hint(format!("write \"{}\"", net.trunc())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_that_no_host_can_have_is_taken() {
        for text in [
            "192.168.1.0/24",
            "192.168.1.255/24",
            "224.0.0.1/4",
            "127.0.0.1/8",
            "0.0.0.0/24",
            "0.1.2.3/8",
            "255.255.255.255/32",
            "10.0.0.1/0",
            "::/64",
            "::1/128",
            "ff02::1/64",
            "2001:db8::/64",
        ] {
            assert_eq!(address(text).map_err(|fault| fault.code), Err("unusable-address"), "{text}");
        }
        for text in ["192.168.1.1/24", "10.0.0.0/31", "10.0.0.1/31", "10.0.0.0/32", "fe80::1/64", "2001:db8::/127"] {
            assert!(address(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_netmask_is_answered_with_the_length_of_its_prefix() {
        let fault = address("192.168.1.34/255.255.255.0").unwrap_err();
        assert_eq!(fault.hint.as_deref(), Some("write \"192.168.1.34/24\""));
    }

    #[test]
    fn the_kernels_words_for_validation_are_taken() {
        for (text, expected) in [
            ("backup", ProbeValidation::Standby),
            ("filter_active", ProbeValidation::FilterActive),
            ("filter-backup", ProbeValidation::FilterStandby),
            ("filter_backup", ProbeValidation::FilterStandby),
            ("standby", ProbeValidation::Standby),
        ] {
            assert_eq!(probe_validation(text), Ok(expected));
        }
    }
}
