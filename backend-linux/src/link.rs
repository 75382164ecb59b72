//! One link of a dump as an interface.
//!
//! In: `RTM_NEWLINK` messages. Out: [`Interface`]s, without what netlink does not tell (see [`sysfs`](crate::sysfs)).

use std::collections::{BTreeSet, HashMap};

use mpath_core::snapshot::{AcceptRa, Controller, Dhcp, GroupState, Interface, Kind, MemberState, Membership};
use mpath_core::{InterfaceName, MacAddress};
use netlink_packet_route::link::{
    AfSpecInet6, AfSpecUnspec, BondPortState, InfoBond, InfoBondPort, InfoData, InfoKind, InfoPortData, LinkAttribute,
    LinkFlags, LinkInfo, LinkLayerType, LinkMessage, MiiStatus,
};

use crate::settings::settings_of;

/// A message without what nobody here asks for, which is most of it: a host may have thousands of links, and all are kept
/// until the dump is whole.
pub(crate) fn pared(mut link: LinkMessage) -> LinkMessage {
    let is_bond = is_bond(&link);
    link.attributes.retain_mut(|attribute| match attribute {
        LinkAttribute::IfName(_)
        | LinkAttribute::IfAlias(_)
        | LinkAttribute::Address(_)
        | LinkAttribute::PermAddress(_)
        | LinkAttribute::Mtu(_)
        | LinkAttribute::Carrier(_)
        | LinkAttribute::Controller(_)
        | LinkAttribute::Link(_)
        | LinkAttribute::LinkNetNsId(_)
        | LinkAttribute::LinkInfo(_) => true,
        LinkAttribute::AfSpecUnspec(families) if is_bond => {
            families.retain_mut(|family| match family {
                AfSpecUnspec::Inet6(attributes) => {
                    attributes.retain(|attribute| matches!(attribute, AfSpecInet6::DevConf(_)));
                    attributes.shrink_to_fit();
                    true
                }
                _ => false,
            });
            families.shrink_to_fit();
            true
        }
        _ => false,
    });
    link.attributes.shrink_to_fit();
    link
}

/// The links of one dump, by number.
#[derive(Debug, Default)]
pub(crate) struct Links<'a> {
    by_index: HashMap<u32, (InterfaceName, &'a LinkMessage)>,
}

impl<'a> Links<'a> {
    /// A name that [`InterfaceName`] refuses (the kernel takes any but '/', ':' and white space, `dev_valid_name`) can
    /// be no member's in any configuration; such an interface is not there for mpath.
    pub(crate) fn new(links: &'a [LinkMessage]) -> Self {
        let named = |link: &'a LinkMessage| {
            let name = link.attributes.iter().find_map(|attribute| match attribute {
                LinkAttribute::IfName(name) => InterfaceName::new(name.as_str()).ok(),
                _ => None,
            })?;
            Some((link.header.index, (name, link)))
        };
        Self { by_index: links.iter().filter_map(named).collect() }
    }

    pub(crate) fn name(&self, index: u32) -> Option<&InterfaceName> {
        self.by_index.get(&index).map(|(name, _)| name)
    }

    /// The interfaces that links speak of by their numbers and that are not among these: without them nobody could tell
    /// what a member is a member of.
    pub(crate) fn missing(&self) -> BTreeSet<u32> {
        let named = self.by_index.values().flat_map(|(_, link)| references(link));
        named.filter(|index| !self.by_index.contains_key(index)).collect()
    }

    pub(crate) fn indices(&self) -> HashMap<InterfaceName, u32> {
        self.by_index.iter().map(|(index, (name, _))| (name.clone(), *index)).collect()
    }

    pub(crate) fn interfaces(&self) -> impl Iterator<Item = (InterfaceName, Interface)> {
        self.by_index.values().map(|(name, link)| (name.clone(), self.interface(link)))
    }

    fn interface(&self, link: &LinkMessage) -> Interface {
        let mut interface = Interface::new(self.kind(link));
        interface.up = link.header.flags.contains(LinkFlags::Up);
        interface.carrier = link.header.flags.contains(LinkFlags::LowerUp);
        for attribute in &link.attributes {
            match attribute {
                LinkAttribute::Address(address) => interface.mac = MacAddress::from_slice(address),
                LinkAttribute::PermAddress(address) => interface.permanent_mac = MacAddress::from_slice(address),
                LinkAttribute::Mtu(mtu) => interface.mtu = *mtu,
                LinkAttribute::Carrier(carrier) => interface.carrier = *carrier != 0,
                LinkAttribute::Controller(index) => interface.controller = self.controller(link, *index),
                _ => {}
            }
        }
        if interface.group().is_some() {
            interface.accept_ra = accept_ra(link);
        }
        if interface.permanent_mac.is_none() {
            // Virtual drivers such as veth and dummy tell no IFLA_PERM_ADDRESS, nor does any before Linux 5.6.
            interface.permanent_mac = match interface.kind {
                Kind::Ethernet | Kind::Wireless => enslaved_mac(link).or(interface.mac),
                _ => None,
            };
        }
        interface
    }

    fn kind(&self, link: &LinkMessage) -> Kind {
        let layer = link.header.link_layer_type;
        if layer == LinkLayerType::Loopback && !is_bond(link) {
            return Kind::Loopback;
        }
        let ethernet = layer == LinkLayerType::Ether;
        match info_kind(link) {
            Some(InfoKind::Bond) => self.bond(link),
            None
            | Some(
                InfoKind::Veth
                | InfoKind::Dummy
                // A tap device; a tun device is no Ethernet.
                | InfoKind::Tun
                | InfoKind::Netdevsim
                | InfoKind::VirtWifi
                | InfoKind::Dsa,
            ) if ethernet => Kind::Ethernet,
            Some(InfoKind::Vlan | InfoKind::MacVlan | InfoKind::MacVtap) if ethernet => Kind::Stacked(self.lower(link)),
            Some(other) => Kind::Other(other.to_string()),
            None => Kind::Other(layer.to_string().to_ascii_lowercase()),
        }
    }

    /// What a stacked interface stands on, where that is in this namespace.
    fn lower(&self, link: &LinkMessage) -> Option<InterfaceName> {
        let elsewhere = link.attributes.iter().any(|attribute| matches!(attribute, LinkAttribute::LinkNetNsId(_)));
        let index = link.attributes.iter().find_map(|attribute| match attribute {
            LinkAttribute::Link(index) => Some(*index),
            _ => None,
        });
        index.filter(|_| !elsewhere).and_then(|index| self.name(index).cloned())
    }

    /// A bond with an option that mpath has no word for is not a group: it could not be put back as it was.
    fn bond(&self, link: &LinkMessage) -> Kind {
        let data = bond_data(link).unwrap_or_default();
        let settings = match settings_of(data, |index| self.name(index).cloned()) {
            Ok(settings) => settings,
            Err(unknown) => return Kind::Other(format!("bond ({unknown})")),
        };
        let active = data.iter().find_map(|info| match info {
            InfoBond::ActivePort(index) => self.name(*index).cloned(),
            _ => None,
        });
        let label = link.attributes.iter().find_map(|attribute| match attribute {
            LinkAttribute::IfAlias(alias) if !alias.is_empty() => Some(alias.clone()),
            _ => None,
        });
        Kind::Group(Box::new(GroupState { settings, label, active, dhcp: Dhcp::default() }))
    }

    fn controller(&self, link: &LinkMessage, index: u32) -> Option<Controller> {
        let Some((name, controller)) = self.by_index.get(&index) else {
            // A controller whose name is beyond mpath is a controller all the same: IFLA_MASTER would steal from it.
            let name = InterfaceName::new(format!("number-{index}")).ok()?;
            return Some(Controller::Other { name, kind: "interface".to_owned() });
        };
        if let Kind::Group(_) = self.kind(controller) {
            return Some(Controller::Group(membership(name.clone(), link)));
        }
        let kind = info_kind(controller).map_or_else(|| "unknown".to_owned(), InfoKind::to_string);
        Some(Controller::Other { name: name.clone(), kind })
    }
}

/// The interfaces that a link speaks of, but for a peer such as veth's.
fn references(link: &LinkMessage) -> Vec<u32> {
    let elsewhere = link.attributes.iter().any(|attribute| matches!(attribute, LinkAttribute::LinkNetNsId(_)));
    let is_stacked = matches!(info_kind(link), Some(InfoKind::Vlan | InfoKind::MacVlan | InfoKind::MacVtap));
    let mut indices = Vec::new();
    for attribute in &link.attributes {
        match attribute {
            LinkAttribute::Controller(index) => indices.push(*index),
            LinkAttribute::Link(index) if is_stacked && !elsewhere => indices.push(*index),
            _ => {}
        }
    }
    let of_bond = bond_data(link).into_iter().flatten().filter_map(|info| match info {
        InfoBond::ActivePort(index) | InfoBond::Primary(index) => Some(*index),
        _ => None,
    });
    indices.extend(of_bond);
    indices.retain(|index| *index != 0);
    indices
}

/// What an interface makes of router advertisements; without IPv6 there is nobody who could listen.
fn accept_ra(link: &LinkMessage) -> AcceptRa {
    let families = link.attributes.iter().filter_map(|attribute| match attribute {
        LinkAttribute::AfSpecUnspec(families) => Some(families),
        _ => None,
    });
    let ipv6 = families.flatten().filter_map(|family| match family {
        AfSpecUnspec::Inet6(attributes) => Some(attributes),
        _ => None,
    });
    let said = ipv6.flatten().find_map(|attribute| match attribute {
        AfSpecInet6::DevConf(conf) => Some(conf.accept_ra),
        _ => None,
    });
    match said {
        Some(1) => AcceptRa::Unless,
        Some(2) => AcceptRa::Always,
        _ => AcceptRa::No,
    }
}

fn membership(device: InterfaceName, link: &LinkMessage) -> Membership {
    let mut membership = Membership::new(device, enslaved_mac(link));
    for data in port_data(link) {
        match data {
            InfoBondPort::Prio(prio) => membership.priority = *prio,
            InfoBondPort::LinkFailureCount(count) => membership.failures = *count,
            InfoBondPort::BondPortState(state) => membership.active = *state == BondPortState::Active,
            InfoBondPort::MiiStatus(status) => {
                membership.state = match status {
                    MiiStatus::Up => MemberState::Ok,
                    MiiStatus::GoingDown => MemberState::Failing,
                    MiiStatus::Down => MemberState::Failed,
                    MiiStatus::GoingBack => MemberState::Recovering,
                    _ => MemberState::Unknown,
                }
            }
            _ => {}
        }
    }
    membership
}

/// The MAC address that the port had when it was enslaved, and gets back.
fn enslaved_mac(link: &LinkMessage) -> Option<MacAddress> {
    port_data(link).iter().find_map(|data| match data {
        InfoBondPort::PermHwaddr(address) => MacAddress::from_slice(address),
        _ => None,
    })
}

fn link_info(link: &LinkMessage) -> &[LinkInfo] {
    let info = link.attributes.iter().find_map(|attribute| match attribute {
        LinkAttribute::LinkInfo(info) => Some(info.as_slice()),
        _ => None,
    });
    info.unwrap_or_default()
}

fn info_kind(link: &LinkMessage) -> Option<&InfoKind> {
    link_info(link).iter().find_map(|info| match info {
        LinkInfo::Kind(kind) => Some(kind),
        _ => None,
    })
}

fn is_bond(link: &LinkMessage) -> bool {
    info_kind(link) == Some(&InfoKind::Bond)
}

/// The options of a bond.
pub(crate) fn bond_data(link: &LinkMessage) -> Option<&[InfoBond]> {
    link_info(link).iter().find_map(|info| match info {
        LinkInfo::Data(InfoData::Bond(data)) => Some(data.as_slice()),
        _ => None,
    })
}

/// What a bond knows of a port.
pub(crate) fn port_data(link: &LinkMessage) -> &[InfoBondPort] {
    let data = link_info(link).iter().find_map(|info| match info {
        LinkInfo::PortData(InfoPortData::BondPort(data)) => Some(data.as_slice()),
        _ => None,
    });
    data.unwrap_or_default()
}

#[cfg(test)]
mod tests;
