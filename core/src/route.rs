//! A route over an interface, with all that is needed to put it back as it was.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// A route whose way out is one interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Where it leads; a prefix of length 0 is the default route.
    pub to: IpNet,
    /// The next hop; `None` is the segment itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<IpAddr>,
    /// Its metric; `None` is the family's default (0 for IPv4, 1024 for IPv6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<u32>,
    /// Its table; `None` is the main one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<u32>,
    /// The source address that it prefers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<IpAddr>,
    /// Who made it, as the platform numbers it (Linux `rtm_protocol`: 3 boot, 4 static, 16 DHCP).
    pub protocol: u8,
    /// How far away it leads, as the platform numbers it; `None` follows from `via`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<u8>,
    /// Whether the next hop is taken for reachable without a connected route.
    #[serde(default)]
    pub onlink: bool,
    /// Whether the system made it by itself (connected, router advertisement) and will make it again.
    #[serde(default)]
    pub automatic: bool,
    /// Whether the system brings it back after a boot by itself: taken away for a while, it is not forgotten.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kept: bool,
    /// What of it cannot be put back, in words; such a route is never removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opaque: Option<String>,
}

impl Route {
    /// The number of routes made by an administrator (`RTPROT_STATIC`).
    pub const STATIC: u8 = 4;
    /// The number of routes that a DHCP client adds with a lease, and takes away with it (`RTPROT_DHCP`).
    pub const OF_A_LEASE: u8 = 16;

    /// A static route in the main table.
    pub fn new(to: IpNet, via: Option<IpAddr>) -> Self {
        Self {
            to,
            via,
            metric: None,
            table: None,
            source: None,
            protocol: Self::STATIC,
            scope: None,
            onlink: false,
            automatic: false,
            kept: false,
            opaque: None,
        }
    }

    /// The default route over a next hop.
    pub fn default_via(via: IpAddr) -> Self {
        let everything = match via {
            IpAddr::V4(_) => IpNet::from(ipnet::Ipv4Net::default()),
            IpAddr::V6(_) => IpNet::from(ipnet::Ipv6Net::default()),
        };
        Self::new(everything, Some(via))
    }

    /// Whether both lead the same way: destination, next hop, metric and table agree.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.same_place(other) && self.via == other.via
    }

    /// Whether the system has room for only one of both: destination, metric and table agree.
    pub(crate) fn same_place(&self, other: &Self) -> bool {
        self.to == other.to && self.metric == other.metric && self.table == other.table
    }

    /// Whether a DHCP client added it by itself, so that it comes and goes with the lease.
    pub fn goes_with_lease(&self) -> bool {
        self.automatic && self.protocol == Self::OF_A_LEASE
    }

    /// Whether it is a default route.
    pub fn is_default(&self) -> bool {
        self.to.prefix_len() == 0
    }

    /// Whether it is an IPv6 route.
    pub fn is_ipv6(&self) -> bool {
        matches!(self.to, IpNet::V6(_))
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_default() {
            true => write!(f, "default")?,
            false => write!(f, "{}", self.to)?,
        }
        if let Some(via) = self.via {
            write!(f, " via {via}")?;
        }
        if let Some(metric) = self.metric {
            write!(f, " metric {metric}")?;
        }
        if let Some(table) = self.table {
            write!(f, " table {table}")?;
        }
        Ok(())
    }
}
