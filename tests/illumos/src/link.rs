//! Datalinks: what dladm shows, and the cable that tests pull.

use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// The medium of a link, as `dladm show-phys` names it (facts §1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Media {
    /// A wire.
    Ether,
    /// Radio. It presents itself to IP as `DL_ETHER` (facts §6), so IPMP takes it beside a wire.
    Wifi,
    /// Another MAC type, which the kernel refuses beside the first member's (facts §2.3).
    Infiniband,
}

/// The MAC address of the hosts on the segments, as the kernel's warning about a duplicate address writes it.
pub(crate) const STRANGER: &str = "02:00:00:00:00:99";

/// A DHCP server on the segment of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The address that it gives, with its prefix: `192.168.1.77/24`.
    pub address: String,
    /// The router that it names.
    pub router: Option<String>,
}

/// One datalink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// `net0`.
    pub name: String,
    /// Wire or radio.
    pub media: Media,
    /// The hardware address without zero padding, as ifconfig prints it: `0:c:29:84:3b:d8` (facts §2.4).
    pub mac: String,
    /// Whether the cable is in (the radio associated).
    pub up: bool,
    /// Whether the driver reports the state of the link: if not, LINK is `unknown` (facts §3).
    pub reports: bool,
    /// Whether probes on it are answered: the network behind the switch.
    pub answers: bool,
    /// Addresses of other hosts on the segment; they answer the all-hosts multicast, the targets where no router is known (facts §4.3).
    pub hosts: Vec<IpAddr>,
    /// The DHCP server on the segment.
    pub lease: Option<Lease>,
    /// Made by `dladm create-* -t`: no persistent interface stands on it (facts §1.4).
    pub temporary: bool,
    /// Given to a zone (facts §1.4).
    pub zone: Option<String>,
    /// Whether the kernel refuses it in a group: no multicast, NOARP, or usesrc in use (facts §2.3).
    pub unfit: bool,
    /// Whether the card is there at all; one that was pulled out is not found at the next boot.
    pub present: bool,
}

impl Link {
    /// A wire that is plugged in.
    pub fn ether(name: &str, mac: &str) -> Self {
        Self {
            name: name.to_owned(),
            media: Media::Ether,
            mac: mac.to_owned(),
            up: true,
            reports: true,
            answers: true,
            hosts: Vec::new(),
            lease: None,
            temporary: false,
            zone: None,
            unfit: false,
            present: true,
        }
    }

    /// A radio that is associated.
    pub fn wifi(name: &str, mac: &str) -> Self {
        Self { media: Media::Wifi, ..Self::ether(name, mac) }
    }

    /// Whether the kernel believes the link to be up: always, where the driver reports nothing.
    pub(crate) fn running(&self) -> bool {
        self.up || !self.reports
    }
}
