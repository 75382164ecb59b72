//! Who a host is, as far as a configuration can hang on it.
//!
//! Found by the command line, on this host or in what was captured of another one. What one file says to one host is
//! the business of [`validate`](mod@crate::validate).

use std::collections::BTreeMap;

use crate::mode::words;
use crate::{InterfaceName, MacAddress, Snapshot};

words! {
    /// A system, by the word that files have for it.
    Os {
        /// Linux.
        Linux = "linux",
        /// illumos, in any of its distributions.
        Illumos = "illumos",
        /// Oracle Solaris.
        Solaris = "solaris",
    }
}

/// Who a host is. What is not known of it is `None`; then nothing that asks for it holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// Its name, as uname(1) tells it.
    pub name: Option<String>,
    /// Its number.
    pub index: Option<u64>,
    /// Its system.
    pub os: Option<Os>,
    /// The MAC addresses of its interfaces.
    pub links: Links,
}

/// What is known of the interfaces of a host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Links {
    /// Nobody has looked.
    #[default]
    Unknown,
    /// These are there, each with the address that it was made with.
    Known(BTreeMap<InterfaceName, Option<MacAddress>>),
    /// Whichever is asked for is there, with this address: a host of which only an example is needed.
    Any(MacAddress),
}

impl Identity {
    /// A host of this name.
    pub fn named(name: impl Into<String>, os: Os) -> Self {
        let name = name.into();
        Self { index: index_of(&name), name: Some(name), os: Some(os), links: Links::Unknown }
    }

    /// The same, with the interfaces of a snapshot.
    #[must_use]
    pub fn with_links(mut self, host: &Snapshot) -> Self {
        let mac = |interface: &crate::snapshot::Interface| interface.permanent_mac.or(interface.mac);
        self.links =
            Links::Known(host.interfaces.iter().map(|(name, interface)| (name.clone(), mac(interface))).collect());
        self
    }
}

/// The number of a host: the digits at the end of its name, of which only what stands before the first dot counts.
pub fn index_of(name: &str) -> Option<u64> {
    let first = name.split('.').next().unwrap_or_default();
    let digits = first.len() - first.bytes().rev().take_while(u8::is_ascii_digit).count();
    first.get(digits..)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_host_is_at_the_end_of_its_name() {
        for (name, index) in [
            ("web7", Some(7)),
            ("web07.paris.example", Some(7)),
            ("rack2-db", None),
            ("rack2-db11", Some(11)),
            ("42", Some(42)),
            ("", None),
            ("web99999999999999999999", None),
        ] {
            assert_eq!(index_of(name), index, "{name}");
        }
    }
}
