//! What a host offers for a group that is not there yet.
//!
//! In: a [`Snapshot`], and the groups that are described already. Out: a [`Proposal`], the cards that can be members and what is
//! likely wanted of them; and the [`Draft`] of what was chosen. Whether two cards are on one segment no host can tell: cards
//! with addresses of another network are offered, but not proposed.

use std::cmp::Reverse;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::Serialize;

use crate::group::{Addressing, MemberSelector};
use crate::snapshot::{Controller, Interface, Kind, Manager};
use crate::{Address, Draft, Group, GroupName, InterfaceName, Route, Snapshot};

/// What a host offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// The cards that can be members: wired before wireless, and then those that work.
    pub cards: Vec<Card>,
    /// All other interfaces.
    pub left_out: Vec<LeftOut>,
}

/// A network card that can be a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Card {
    /// Its name.
    pub name: InterfaceName,
    /// Whether it is a radio.
    pub wireless: bool,
    /// Whether it is on.
    pub up: bool,
    /// Whether it has a link; one that is off never has.
    pub link: bool,
    /// Its speed in Mbit/s, where it tells.
    pub speed: Option<u32>,
    /// Who manages it now.
    pub manager: Option<Manager>,
    /// Everybody who manages it or would at a boot, in the platform's words.
    pub managers: Vec<String>,
    /// What the world knows it by.
    #[serde(flatten)]
    pub given: Given,
    /// The metric of its best default route.
    #[serde(skip)]
    leads_out: Option<u32>,
    /// The networks that it has addresses of.
    #[serde(skip)]
    networks: Vec<IpNet>,
}

/// What a group is known by: taken over from a member, or given by somebody.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Given {
    /// Static addresses.
    pub addresses: Vec<IpNet>,
    /// The ways out, one of each family at most.
    pub gateways: Vec<IpAddr>,
    /// Other static routes.
    pub routes: Vec<Route>,
    /// Whether a DHCP client leases an address.
    pub dhcp: bool,
    /// Whether one does for IPv6.
    pub dhcp6: bool,
}

/// An interface that can be no member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its name.
    pub name: InterfaceName,
    /// Why not.
    #[serde(flatten)]
    pub why: WhyLeftOut,
}

/// Why an interface can be no member of a new group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum WhyLeftOut {
    /// It is the host itself.
    #[error("loopback")]
    Loopback,
    /// It stands on another.
    #[error("stands on {}", .on.as_ref().map_or("another interface", |name| name.as_str()))]
    Stacked {
        /// On which.
        on: Option<InterfaceName>,
    },
    /// It is a group's device.
    #[error("a group's device")]
    Group,
    /// It is a member already.
    #[error("works for the group's device {device}")]
    Member {
        /// The group's device.
        device: InterfaceName,
    },
    /// It works for something else.
    #[error("works for {controller}, a {kind}")]
    Taken {
        /// For what.
        controller: InterfaceName,
        /// What that is, in the system's word.
        kind: String,
    },
    /// It is no network card.
    #[error("{kind}")]
    NoCard {
        /// What it is, in the system's word.
        kind: String,
    },
    /// A file of mpath's has it in a group.
    #[error("a member of the group {group} in mpath's own configuration")]
    Described {
        /// The group.
        group: GroupName,
    },
}

/// What was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The name of the group.
    pub name: GroupName,
    /// The members, in the order of the file.
    pub members: Vec<InterfaceName>,
    /// The preferred one.
    pub primary: Option<InterfaceName>,
    /// What the group is known by.
    pub given: Given,
    /// The card that this was taken over from.
    pub taken_from: Option<InterfaceName>,
}

impl Proposal {
    /// What a host offers, beside the groups that are described already.
    pub fn of(host: &Snapshot, described: &[Group]) -> Self {
        let mut proposal = Self { cards: vec![], left_out: vec![] };
        for (name, interface) in &host.interfaces {
            match why_not(name, interface, described) {
                Some(why) => proposal.left_out.push(LeftOut { name: name.clone(), why }),
                None => proposal.cards.push(Card::new(name, interface)),
            }
        }
        proposal.cards.sort_by_key(|card| {
            (card.wireless, !card.link, card.networks.is_empty(), Reverse(card.speed), card.name.clone())
        });
        proposal
    }

    /// A card by its name.
    pub fn card(&self, name: &InterfaceName) -> Option<&Card> {
        self.cards.iter().find(|card| card.name == *name)
    }

    /// The members that are likely wanted: all that have no address of another network than the one that leads out.
    pub fn members(&self) -> Vec<InterfaceName> {
        let home = self.in_use(&self.cards.iter().collect::<Vec<_>>()).map(|card| card.networks.clone());
        let home = home.unwrap_or_default();
        let at_home = |card: &&Card| {
            home.is_empty() || card.networks.is_empty() || card.networks.iter().any(|network| home.contains(network))
        };
        self.cards.iter().filter(at_home).map(|card| card.name.clone()).collect()
    }

    /// What the group of these members is likely known by: what the one of them that is in use has, or else a lease.
    pub fn given(&self, members: &[InterfaceName]) -> (Given, Option<InterfaceName>) {
        let cards: Vec<_> = members.iter().filter_map(|name| self.card(name)).collect();
        match self.in_use(&cards).filter(|card| card.given.is_enough()) {
            Some(card) => (card.given.clone(), Some(card.name.clone())),
            None => (Given { dhcp: true, ..Given::default() }, None),
        }
    }

    /// The one that leads out, or at least has addresses.
    fn in_use<'c>(&self, cards: &[&'c Card]) -> Option<&'c Card> {
        let used = cards.iter().filter(|card| !card.networks.is_empty());
        used.min_by_key(|card| (card.leads_out.is_none(), card.leads_out)).copied()
    }

    /// The way out of these addresses that a card has now.
    pub fn gateways(&self, addresses: &[IpNet]) -> Vec<IpAddr> {
        let known = self.cards.iter().flat_map(|card| &card.given.gateways);
        let within = known.copied().filter(|gateway| addresses.iter().any(|address| address.contains(gateway)));
        one_of_each_family(within)
    }

    /// The group that was chosen, with comments. Platforms whose groups have no timers get none.
    pub fn draft(&self, choice: &Choice, has_timers: bool) -> Draft {
        let Choice { name, members, primary, given, taken_from } = choice;
        let mut draft = Draft::new(name.as_str());
        draft.remark("One of the members carries the traffic; when it fails, another takes over the same address.");
        draft.remark(format!("`mpath plan {name}` shows what would be done, `mpath up {name}` does it."));
        draft.set("members", members.iter().map(InterfaceName::as_str).collect::<Vec<_>>(), None);
        let kinds = members.iter().map(|member| {
            let wireless = self.card(member).is_some_and(|card| card.wireless);
            format!("{member}: {}", if wireless { "wireless" } else { "wired" })
        });
        draft.comment("members", kinds.collect::<Vec<_>>().join(", "));
        if let Some(primary) = primary {
            draft.set("primary", primary.as_str(), None);
            draft.comment("primary", "carries the traffic as long as it works");
        }
        if has_timers {
            draft.set("detection.link.interval", "100ms", None);
            draft.set("detection.link.up-delay", "200ms", None);
            draft.set("detection.link.down-delay", "200ms", None);
            let text = "how often the links are looked at; how long one must be back, or gone, before that counts";
            draft.comment("detection.link", text);
        }
        let Given { addresses, gateways, routes, dhcp, dhcp6 } = given.clone();
        draft.addressing(&Addressing { addresses, gateways, routes, dhcp, dhcp6, accept_ra: None });
        if let Some(member) = taken_from {
            let text = format!("as {member} has them now; `mpath up` moves them, and `mpath down` moves them back");
            draft.comment("addresses", text);
        }
        for key in ["dhcp", "dhcp6"] {
            draft.comment(key, "a DHCP client of the group leases the address");
        }
        draft
    }
}

impl Card {
    fn new(name: &InterfaceName, interface: &Interface) -> Self {
        let own: Vec<_> = interface.own_addresses().filter(|address| !is_link_local(address)).collect();
        let ways_out = interface.own_routes().filter(|route| route.is_default() && route.table.is_none());
        Self {
            name: name.clone(),
            wireless: interface.kind == Kind::Wireless,
            up: interface.up,
            link: interface.carrier,
            speed: interface.speed,
            manager: interface.manager,
            managers: vec![],
            given: Given::of(&own, interface),
            leads_out: ways_out.map(|route| route.metric.unwrap_or_default()).min(),
            networks: own.iter().map(|address| address.net.trunc()).collect(),
        }
    }
}

impl Given {
    fn of(own: &[&Address], interface: &Interface) -> Self {
        let mut given = Self::default();
        for address in own {
            // What router advertisements gave has a prefix that is shorter than that of a lease (RFC 8415, 18.2.10.1).
            let leased6 = address.is_ipv6() && address.net.prefix_len() == 128;
            match (address.lifetime, address.is_ipv6()) {
                (None, _) if !address.probe_only => given.addresses.push(address.net),
                (Some(_), false) => given.dhcp = true,
                (Some(_), true) if leased6 => given.dhcp6 = true,
                _ => {}
            }
        }
        let of_lease = |route: &Route| route.protocol == Route::OF_A_LEASE || (given.dhcp && !route.is_ipv6());
        let plain = |route: &&Route| route.table.is_none() && route.opaque.is_none() && !of_lease(route);
        let reached = |via: IpAddr| given.addresses.iter().any(|address| address.contains(&via)) || is_local(via);
        let (out, others): (Vec<&Route>, Vec<_>) = interface.own_routes().filter(plain).partition(|r| r.is_default());
        given.gateways = one_of_each_family(out.iter().filter_map(|route| route.via).filter(|via| reached(*via)));
        given.routes = others.into_iter().filter(|route| route.via.is_none_or(reached)).cloned().collect();
        given
    }

    /// Whether a group can be known by it.
    pub(crate) fn is_enough(&self) -> bool {
        !self.addresses.is_empty() || self.dhcp || self.dhcp6
    }
}

fn one_of_each_family(gateways: impl Iterator<Item = IpAddr>) -> Vec<IpAddr> {
    let mut kept: Vec<IpAddr> = Vec::new();
    for gateway in gateways {
        if !kept.iter().any(|other| other.is_ipv6() == gateway.is_ipv6()) {
            kept.push(gateway);
        }
    }
    kept
}

fn is_link_local(address: &Address) -> bool {
    is_local(address.net.addr()) || matches!(address.net.addr(), IpAddr::V4(v4) if v4.is_link_local())
}

/// An address that means something on one segment only (RFC 4291, 2.5.6): a next hop that needs no subnet.
fn is_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local())
}

fn why_not(name: &InterfaceName, interface: &Interface, described: &[Group]) -> Option<WhyLeftOut> {
    match &interface.kind {
        Kind::Loopback => return Some(WhyLeftOut::Loopback),
        Kind::Stacked(on) => return Some(WhyLeftOut::Stacked { on: on.clone() }),
        Kind::Group(_) => return Some(WhyLeftOut::Group),
        Kind::Other(kind) => return Some(WhyLeftOut::NoCard { kind: kind.clone() }),
        Kind::Ethernet | Kind::Wireless => {}
    }
    match &interface.controller {
        Some(Controller::Group(membership)) => {
            return Some(WhyLeftOut::Member { device: membership.device.clone() });
        }
        Some(Controller::Other { name, kind }) => {
            return Some(WhyLeftOut::Taken { controller: name.clone(), kind: kind.clone() });
        }
        None => {}
    }
    let is_it = |selector: &MemberSelector| match selector {
        MemberSelector::Name(member) => member == name,
        MemberSelector::PermanentMac(mac) => interface.permanent_mac == Some(*mac),
    };
    let group = described.iter().find(|group| group.members().iter().any(|member| is_it(&member.selector)))?;
    Some(WhyLeftOut::Described { group: group.name().clone() })
}

#[cfg(test)]
mod tests;
