//! Operations as rtnetlink messages.
//!
//! In: an [`Op`] and the numbers of the interfaces that it names. Out: one message with its flags, or nothing where
//! the operation is not one for netlink. Sending it is the business of [`netlink`](crate::netlink).

use std::net::IpAddr;

use ipnet::IpNet;
use mpath_core::detection::ProbeValidation;
use mpath_core::{Address, InterfaceName, Route};
use netlink_packet_core::{
    DefaultNla, NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::address::{
    AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage, AddressScope, CacheInfo,
};
use netlink_packet_route::link::{
    BondArpAllTargets, InfoBond, InfoBondPort, InfoData, InfoKind, InfoPortData, InfoPortKind, LinkAttribute,
    LinkFlags, LinkInfo, LinkMessage,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType, RouteVia,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use crate::op::Op;
use crate::option::BondOption;

/// `IFLA_IFALIAS`.
const IFLA_IFALIAS: u16 = 20;
/// `RT_SCOPE_NOWHERE`: any scope, in `RTM_DELROUTE` (`fib_table_delete`).
const ANY_SCOPE: u8 = 255;
/// `IP6_RT_PRIO_USER`: the metric that an IPv6 route without one gets.
pub(crate) const DEFAULT_METRIC_V6: u32 = 1024;

/// The message of an operation; `index_of` gives the number of an interface or fails in its own way.
pub(crate) fn message_of<E>(
    op: &Op,
    mut index_of: impl FnMut(&InterfaceName) -> Result<u32, E>,
) -> Result<Option<NetlinkMessage<RouteNetlinkMessage>>, E> {
    let (inner, flags) = match op {
        Op::CreateBond { device, options, mac, mtu } => {
            let mut link = LinkMessage::default();
            link.attributes.push(LinkAttribute::IfName(device.to_string()));
            link.attributes.extend(mac.map(|mac| LinkAttribute::Address(mac.bytes().to_vec())));
            link.attributes.extend(mtu.map(LinkAttribute::Mtu));
            link.attributes.push(bond_info(options, &mut index_of)?);
            (RouteNetlinkMessage::NewLink(link), NLM_F_CREATE | NLM_F_EXCL)
        }
        Op::ChangeBond { device, options } => {
            let mut link = link(index_of(device)?);
            link.attributes.push(bond_info(options, &mut index_of)?);
            (RouteNetlinkMessage::NewLink(link), 0)
        }
        Op::DeleteBond { device } => (RouteNetlinkMessage::DelLink(link(index_of(device)?)), 0),
        Op::SetAlias { device, alias } => {
            // Without the NUL that `LinkAttribute::IfAlias` adds: it would count as text (`dev_set_alias`), and an
            // alias of one NUL is not the same as none.
            let alias = LinkAttribute::Other(DefaultNla::new(IFLA_IFALIAS, alias.clone().into_bytes()));
            set_link(index_of(device)?, alias)
        }
        Op::Enslave { port, device } => set_link(index_of(port)?, LinkAttribute::Controller(index_of(device)?)),
        Op::Release { port } => set_link(index_of(port)?, LinkAttribute::Controller(0)),
        Op::SetMtu { interface, mtu } => set_link(index_of(interface)?, LinkAttribute::Mtu(*mtu)),
        Op::SetMac { interface, mac } => set_link(index_of(interface)?, LinkAttribute::Address(mac.bytes().to_vec())),
        Op::SetPortPriority { port, prio } => {
            let mut link = link(index_of(port)?);
            link.attributes.push(LinkAttribute::LinkInfo(vec![
                LinkInfo::PortKind(InfoPortKind::Bond),
                LinkInfo::PortData(InfoPortData::BondPort(vec![InfoBondPort::Prio(*prio)])),
            ]));
            // As with a bond's options, RTM_SETLINK would ignore it.
            (RouteNetlinkMessage::NewLink(link), 0)
        }
        Op::SetUp { interface, up } => {
            let mut link = link(index_of(interface)?);
            link.header.change_mask = LinkFlags::Up;
            link.header.flags = if *up { LinkFlags::Up } else { LinkFlags::empty() };
            (RouteNetlinkMessage::SetLink(link), 0)
        }
        Op::AddAddress { interface, address } => {
            let message = address_message(index_of(interface)?, address, true);
            (RouteNetlinkMessage::NewAddress(message), NLM_F_CREATE | NLM_F_EXCL)
        }
        Op::DeleteAddress { interface, address } => {
            (RouteNetlinkMessage::DelAddress(address_message(index_of(interface)?, address, false)), 0)
        }
        Op::AddRoute { interface, route } => {
            let message = route_message(index_of(interface)?, route, true);
            (RouteNetlinkMessage::NewRoute(message), NLM_F_CREATE | NLM_F_EXCL)
        }
        Op::DeleteRoute { interface, route } => {
            (RouteNetlinkMessage::DelRoute(route_message(index_of(interface)?, route, false)), 0)
        }
        Op::LoadModule | Op::SetAcceptRa { .. } | Op::StartDhcp { .. } | Op::StopDhcp { .. } => return Ok(None),
    };
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | NLM_F_ACK | flags;
    Ok(Some(NetlinkMessage::new(header, NetlinkPayload::InnerMessage(inner))))
}

fn link(index: u32) -> LinkMessage {
    let mut link = LinkMessage::default();
    link.header.index = index;
    link
}

fn set_link(index: u32, attribute: LinkAttribute) -> (RouteNetlinkMessage, u16) {
    let mut link = link(index);
    link.attributes.push(attribute);
    (RouteNetlinkMessage::SetLink(link), 0)
}

fn bond_info<E>(
    options: &[BondOption],
    mut index_of: impl FnMut(&InterfaceName) -> Result<u32, E>,
) -> Result<LinkAttribute, E> {
    let data = options.iter().map(|option| attribute_of(option, &mut index_of)).collect::<Result<Vec<_>, E>>()?;
    Ok(LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Bond), LinkInfo::Data(InfoData::Bond(data))]))
}

/// The attribute of an option. The numbers of mpath's words are their places, as in `bond_opts[]` of the kernel.
pub(crate) fn attribute_of<E>(
    option: &BondOption,
    mut index_of: impl FnMut(&InterfaceName) -> Result<u32, E>,
) -> Result<InfoBond, E> {
    Ok(match option {
        BondOption::Mode(mode) => InfoBond::Mode(mode.number().into()),
        BondOption::Miimon(interval) => InfoBond::MiiMon(interval.get()),
        BondOption::Updelay(delay) => InfoBond::UpDelay(delay.get()),
        BondOption::Downdelay(delay) => InfoBond::DownDelay(delay.get()),
        BondOption::ArpInterval(interval) => InfoBond::ArpInterval(interval.get()),
        BondOption::ArpIpTarget(targets) => InfoBond::ArpIpTarget(targets.clone()),
        BondOption::NsIp6Target(targets) => InfoBond::NsIp6Target(targets.clone()),
        BondOption::ArpValidate(validate) => InfoBond::ArpValidate(validate_number(*validate).into()),
        BondOption::ArpAllTargets(true) => InfoBond::ArpAllTargets(BondArpAllTargets::All),
        BondOption::ArpAllTargets(false) => InfoBond::ArpAllTargets(BondArpAllTargets::Any),
        BondOption::ArpMissedMax(missed) => InfoBond::MissedMax(*missed),
        BondOption::ActiveSlave(port) => InfoBond::ActivePort(index_of(port)?),
        BondOption::Primary(Some(primary)) => InfoBond::Primary(index_of(primary)?),
        BondOption::Primary(None) => InfoBond::Primary(0),
        BondOption::PrimaryReselect(failback) => InfoBond::PrimaryReselect((*failback as u8).into()),
        BondOption::FailOverMac(sharing) => InfoBond::FailOverMac((*sharing as u8).into()),
        BondOption::NumGratArp(count) => InfoBond::NumPeerNotif(*count),
        BondOption::XmitHashPolicy(hash) => InfoBond::XmitHashPolicy((*hash as u8).into()),
        BondOption::PacketsPerSlave(packets) => InfoBond::PacketsPerPort(u32::from(*packets)),
        BondOption::LpInterval(seconds) => InfoBond::LpInterval(*seconds),
        BondOption::TlbDynamicLb(dynamic) => InfoBond::TlbDynamicLb(*dynamic),
        BondOption::MinLinks(links) => InfoBond::MinLinks(*links),
        BondOption::LacpActive(active) => InfoBond::AdLacpActive(*active),
        BondOption::LacpRate(rate) => InfoBond::AdLacpRate((*rate as u8).into()),
        BondOption::AdSelect(select) => InfoBond::AdSelect((*select as u8).into()),
        BondOption::AdActorSysPrio(priority) => InfoBond::AdActorSysPrio(*priority),
        BondOption::AdUserPortKey(key) => InfoBond::AdUserPortKey(*key),
        BondOption::AdActorSystem(system) => {
            InfoBond::AdActorSystem(system.map_or([0; 6], mpath_core::MacAddress::bytes))
        }
    })
}

fn validate_number(validate: ProbeValidation) -> u32 {
    validate as u32
}

fn family_of(net: &IpNet) -> AddressFamily {
    match net {
        IpNet::V4(_) => AddressFamily::Inet,
        IpNet::V6(_) => AddressFamily::Inet6,
    }
}

/// An address, with all about it to make it (`inet_rtm_newaddr`), or as little as finds it to delete it.
fn address_message(index: u32, address: &Address, make: bool) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.family = family_of(&address.net);
    message.header.prefix_len = address.net.prefix_len();
    message.header.scope = AddressScope::from(address.scope);
    message.header.index = index;
    message.attributes.push(AddressAttribute::Local(address.net.addr()));
    message.attributes.push(AddressAttribute::Address(address.peer.unwrap_or(address.net.addr())));
    message.attributes.extend(address.label.clone().map(AddressAttribute::Label));
    if !make {
        return message;
    }
    message.attributes.extend(address.broadcast.map(AddressAttribute::Broadcast));
    message.attributes.extend(address.metric.map(AddressAttribute::RoutePriority));
    let wanted = [(address.no_prefix_route, AddressFlags::Noprefixroute), (address.no_dad, AddressFlags::Nodad)];
    let flags: AddressFlags = wanted.into_iter().filter(|(wanted, _)| *wanted).map(|(_, flag)| flag).collect();
    if !flags.is_empty() {
        // The header has room for eight flags only; where this attribute is, it alone counts.
        message.header.flags = AddressHeaderFlags::empty();
        message.attributes.push(AddressAttribute::Flags(flags));
    }
    if let Some(lifetime) = address.lifetime {
        let mut cache = CacheInfo::default();
        cache.ifa_valid = lifetime.valid;
        cache.ifa_preferred = lifetime.preferred;
        message.attributes.push(AddressAttribute::CacheInfo(cache));
    }
    message
}

/// The scope of an IPv4 route that says none: the segment without a next hop, else the world (iproute2's `iproute_modify`).
pub(crate) fn usual_scope(via: Option<IpAddr>) -> u8 {
    if via.is_some() { 0 } else { 253 }
}

fn route_message(index: u32, route: &Route, make: bool) -> RouteMessage {
    let v6 = route.is_ipv6();
    let mut message = RouteMessage::default();
    let table = route.table.unwrap_or(u32::from(RouteHeader::RT_TABLE_MAIN));
    let scope = match (v6, make, route.scope) {
        (true, _, scope) => scope.unwrap_or(0),
        (false, _, Some(scope)) => scope,
        (false, true, None) => usual_scope(route.via),
        (false, false, None) => ANY_SCOPE,
    };
    message.header.address_family = family_of(&route.to);
    message.header.destination_prefix_length = route.to.prefix_len();
    // rtm_table has eight bits; RTA_TABLE says the rest (`rtm_get_table`).
    message.header.table = u8::try_from(table).unwrap_or(RouteHeader::RT_TABLE_UNSPEC);
    message.header.protocol = RouteProtocol::from(route.protocol);
    message.header.scope = RouteScope::from(scope);
    message.header.kind = RouteType::Unicast;
    if route.onlink {
        message.header.flags = RouteFlags::Onlink;
    }
    let attributes = &mut message.attributes;
    attributes.push(RouteAttribute::Table(table));
    if route.to.prefix_len() > 0 {
        attributes.push(RouteAttribute::Destination(RouteAddress::from(route.to.network())));
    }
    match route.via {
        Some(IpAddr::V6(via)) if !v6 => attributes.push(RouteAttribute::Via(RouteVia::Inet6(via))),
        Some(via) => attributes.push(RouteAttribute::Gateway(RouteAddress::from(via))),
        None => {}
    }
    attributes.push(RouteAttribute::Oif(index));
    attributes.extend(route.source.map(|source| RouteAttribute::PrefSource(RouteAddress::from(source))));
    match route.metric {
        Some(metric) => attributes.push(RouteAttribute::Priority(metric)),
        // To `ip6_route_del` no metric is any metric.
        None if v6 && !make => attributes.push(RouteAttribute::Priority(DEFAULT_METRIC_V6)),
        None => {}
    }
    message
}

#[cfg(test)]
mod tests;
