//! An IP address as an interface carries it, with all that is needed to put it back as it was.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::MacAddress;

/// An address on an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The local address with the length of its prefix; unspecified where a DHCP client waits for one.
    pub net: IpNet,
    /// The other end of a point-to-point address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<IpAddr>,
    /// The broadcast address that was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broadcast: Option<Ipv4Addr>,
    /// Its label, where that is not just the interface's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// How far it is valid, as the platform numbers it; 0 is the whole world (`rt_scope_t`).
    #[serde(default)]
    pub scope: u8,
    /// The metric of its connected route, where one was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<u32>,
    /// Whether it has no connected route of its own.
    #[serde(default)]
    pub no_prefix_route: bool,
    /// Whether it is used without asking the segment whether somebody has it already (RFC 4862, 5.4).
    #[serde(default)]
    pub no_dad: bool,
    /// Whether only probes come from it (`IFF_NOFAILOVER`), and it never moves to another interface.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub probe_only: bool,
    /// Whether it is off with its interface, which somebody took out of use (`if_mpadm -d`), and comes up with it again.
    /// Changes by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub out_of_use: bool,
    /// Whether the system brings it back after a boot by itself: taken away, it is put aside, not forgotten.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kept: bool,
    /// Another host of the segment has it, so that this one does not answer for it. Changes by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate: Option<Duplicate>,
    /// When it ends; `None` is never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<Lifetime>,
    /// Whether the system made it by itself (link-local, router advertisement) and will make it again.
    #[serde(default)]
    pub automatic: bool,
}

/// How long an address is still there, from the moment of the observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifetime {
    /// Seconds until it goes.
    pub valid: u32,
    /// Seconds until no new connection uses it.
    pub preferred: u32,
}

/// Duplicate address detection (RFC 4862, 5.4; RFC 5227) found that an address is another host's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Duplicate {
    /// The MAC address of that host, where the system tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<MacAddress>,
}

impl Address {
    /// A static address with nothing special about it.
    pub fn new(net: IpNet) -> Self {
        Self {
            net,
            peer: None,
            broadcast: None,
            label: None,
            scope: 0,
            metric: None,
            no_prefix_route: false,
            no_dad: false,
            probe_only: false,
            out_of_use: false,
            kept: false,
            duplicate: None,
            lifetime: None,
            automatic: false,
        }
    }

    /// Whether both are the same address for the system: same local address, length and peer.
    pub fn same(&self, other: &Self) -> bool {
        self.net == other.net && self.peer == other.peer
    }

    /// Whether both come from one DHCP client, by the name that the platform gives it: the lease may be another.
    pub(crate) fn same_client(&self, other: &Self) -> bool {
        self.lifetime.is_some() && other.lifetime.is_some() && self.label.is_some() && self.label == other.label
    }

    /// Whether it is an IPv6 address.
    pub fn is_ipv6(&self) -> bool {
        matches!(self.net, IpNet::V6(_))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.net.addr().is_unspecified() {
            return f.write_str("a DHCP client without a lease");
        }
        match self.peer {
            Some(peer) => write!(f, "{} peer {peer}", self.net),
            None => fmt::Display::fmt(&self.net, f),
        }
    }
}
