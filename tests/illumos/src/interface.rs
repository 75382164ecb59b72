//! IP interfaces as the kernel keeps them: two families, logical interfaces, flags.

use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One of the two address families.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// `inet`
    V4,
    /// `inet6`
    V6,
}

impl Family {
    /// Both, the first listed first: v4 comes first everywhere (facts §1.4).
    pub const BOTH: [Self; 2] = [Self::V4, Self::V6];

    /// The family of an address.
    pub fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }

    /// `0.0.0.0` or `::`.
    pub fn unspecified(self) -> IpAddr {
        match self {
            Self::V4 => Ipv4Addr::UNSPECIFIED.into(),
            Self::V6 => Ipv6Addr::UNSPECIFIED.into(),
        }
    }
}

/// CLASS of `ipadm show-if` (facts §1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// On a datalink.
    Ip,
    /// An IPMP interface.
    Ipmp,
    /// Loopback.
    Virtual,
}

/// A logical interface: an address and its flags (facts §2.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lif {
    /// `0` for `net0`, 1 for `net0:1`.
    pub number: u32,
    /// The address; unspecified for the stub of a fresh interface.
    pub address: IpAddr,
    /// The length of the prefix.
    pub prefix: u8,
    /// UP
    pub up: bool,
    /// NOFAILOVER: a test address.
    pub nofailover: bool,
    /// DEPRECATED
    pub deprecated: bool,
    /// DHCP: dhcpagent owns it.
    pub dhcp: bool,
    /// ADDRCONF: in.ndpd owns it.
    pub addrconf: bool,
    /// How many runs of `ipadm show-addr` still find duplicate address detection at work on it.
    pub tentative: usize,
    /// DUPLICATE: duplicate address detection found another owner.
    pub duplicate: bool,
    /// The address object of ipadm that it belongs to, `net0/v4`.
    pub object: Option<String>,
    /// On an IPMP interface: the member that receives for it (facts §6).
    pub bound: Option<String>,
}

impl Lif {
    /// A stub without an address.
    pub(crate) fn stub(family: Family, number: u32) -> Self {
        Self {
            number,
            address: family.unspecified(),
            prefix: 0,
            up: false,
            nofailover: false,
            deprecated: false,
            dhcp: false,
            addrconf: false,
            tentative: 0,
            duplicate: false,
            object: None,
            bound: None,
        }
    }

    /// Whether it has no address.
    pub fn is_stub(&self) -> bool {
        self.address.is_unspecified()
    }

    /// fe80::/10.
    pub fn is_link_local(&self) -> bool {
        matches!(self.address, IpAddr::V6(address) if address.is_unicast_link_local())
    }

    /// Whether the kernel moves it to the IPMP interface when it comes up on a member (facts §2.2): unless
    /// NOFAILOVER, IPv6 link-local, or without an address.
    pub(crate) fn migrates(&self) -> bool {
        !self.nofailover && !self.is_link_local() && !self.is_stub()
    }
}

/// The interface in one family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Half {
    /// Set by `ifconfig IF mtu`: FIXEDMTU.
    pub fixed_mtu: Option<u32>,
    /// In order of their numbers; the first is 0.
    pub lifs: Vec<Lif>,
}

impl Half {
    pub(crate) fn fresh(family: Family) -> Self {
        Self { fixed_mtu: None, lifs: vec![Lif::stub(family, 0)] }
    }

    /// The lif of that number.
    pub fn lif(&self, number: u32) -> Option<&Lif> {
        self.lifs.iter().find(|lif| lif.number == number)
    }

    pub(crate) fn lif_mut(&mut self, number: u32) -> Option<&mut Lif> {
        self.lifs.iter_mut().find(|lif| lif.number == number)
    }

    /// A place for an address: lif 0 while it is a stub, else the next number that is free.
    pub(crate) fn place(&mut self, family: Family) -> &mut Lif {
        if self.lifs.first().is_some_and(|first| first.is_stub() && !first.dhcp && first.object.is_none()) {
            return &mut self.lifs[0];
        }
        let number = (1..).find(|number| self.lif(*number).is_none()).unwrap_or(u32::MAX);
        let index = self.lifs.partition_point(|lif| lif.number < number);
        self.lifs.insert(index, Lif::stub(family, number));
        &mut self.lifs[index]
    }

    /// Takes an address away: lif 0 becomes a stub again, others go.
    pub(crate) fn clear(&mut self, family: Family, number: u32) {
        if number == 0 {
            self.lifs[0] = Lif::stub(family, 0);
        } else {
            self.lifs.retain(|lif| lif.number != number);
        }
    }
}

/// An interface. FAILED, STANDBY, INACTIVE and OFFLINE belong to both families at once, as the kernel's phyint does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// `net0`
    pub name: String,
    /// Its index, shared by the families.
    pub index: u32,
    /// What it stands on.
    pub class: Class,
    /// Its IPv4 half, if plumbed.
    pub v4: Option<Half>,
    /// Its IPv6 half, if plumbed.
    pub v6: Option<Half>,
    /// The name of the group that it is in, as a member or as the IPMP interface.
    pub group: Option<String>,
    /// STANDBY
    pub standby: bool,
    /// INACTIVE
    pub inactive: bool,
    /// FAILED
    pub failed: bool,
    /// OFFLINE
    pub offline: bool,
    /// RUNNING, kept up to date by the rules of the kernel.
    pub running: bool,
}

impl Interface {
    pub(crate) fn half(&self, family: Family) -> Option<&Half> {
        match family {
            Family::V4 => self.v4.as_ref(),
            Family::V6 => self.v6.as_ref(),
        }
    }

    pub(crate) fn half_mut(&mut self, family: Family) -> Option<&mut Half> {
        self.slot(family).as_mut()
    }

    pub(crate) fn slot(&mut self, family: Family) -> &mut Option<Half> {
        match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }

    /// All its lifs, IPv4 first.
    pub fn lifs(&self) -> impl Iterator<Item = (Family, &Lif)> {
        Family::BOTH
            .into_iter()
            .flat_map(|family| self.half(family).into_iter().flat_map(|half| &half.lifs).map(move |lif| (family, lif)))
    }

    pub(crate) fn lifs_mut(&mut self) -> impl Iterator<Item = (Family, &mut Lif)> {
        let v4 = self.v4.iter_mut().flat_map(|half| &mut half.lifs).map(|lif| (Family::V4, lif));
        let v6 = self.v6.iter_mut().flat_map(|half| &mut half.lifs).map(|lif| (Family::V6, lif));
        v4.chain(v6)
    }

    /// Whether it is a member of a group.
    pub fn is_member(&self) -> bool {
        self.class != Class::Ipmp && self.group.is_some()
    }

    /// Whether the kernel sends through it in that family (facts §2.3): an UP address, and none of OFFLINE,
    /// INACTIVE, FAILED.
    pub fn is_active(&self, family: Family) -> bool {
        !(self.offline || self.inactive || self.failed)
            && self.half(family).is_some_and(|half| half.lifs.iter().any(|lif| lif.up))
    }

    /// Whether any address is up, a stub included (facts §3).
    pub fn has_up(&self) -> bool {
        self.lifs().any(|(_, lif)| lif.up)
    }
}
