//! A step as native operations.
//!
//! In: a [`Step`]. Out: [`Op`]s, each one netlink message, one file written or one program run, and as text what an
//! administrator could type instead. The same list is printed and carried out.
//!
//! Every step is one operation: the kernel takes a message as a whole or, but for the options of an existing bond
//! (`bond_changelink`), not at all, so that a failed step leaves nothing half done.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use mpath_core::shell::word;
use mpath_core::snapshot::AcceptRa;
use mpath_core::step::{Family, NewGroup};
use mpath_core::{Address, InterfaceName, MacAddress, Route, Step};
use serde::Serialize;

use crate::change::{changes, options_of};
use crate::option::BondOption;

/// One native operation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "op")]
pub(crate) enum Op {
    /// Loads the module without its `bond0` (`max_bonds`).
    LoadModule,
    /// `RTM_NEWLINK` with `NLM_F_CREATE`.
    CreateBond {
        /// The bond.
        device: InterfaceName,
        /// Its options.
        options: Vec<BondOption>,
        /// `IFLA_ADDRESS`.
        mac: Option<MacAddress>,
        /// `IFLA_MTU`.
        mtu: Option<u32>,
    },
    /// `RTM_DELLINK`.
    DeleteBond {
        /// The bond.
        device: InterfaceName,
    },
    /// `RTM_NEWLINK` without `NLM_F_CREATE`: `RTM_SETLINK` says yes and ignores the options.
    ChangeBond {
        /// The bond.
        device: InterfaceName,
        /// The options that differ.
        options: Vec<BondOption>,
    },
    /// `IFLA_IFALIAS`; empty is none.
    SetAlias {
        /// The bond.
        device: InterfaceName,
        /// The text.
        alias: String,
    },
    /// `IFLA_MASTER`.
    Enslave {
        /// The port.
        port: InterfaceName,
        /// The bond.
        device: InterfaceName,
    },
    /// `IFLA_MASTER` 0.
    Release {
        /// The port.
        port: InterfaceName,
    },
    /// `IFLA_BOND_SLAVE_PRIO`.
    SetPortPriority {
        /// The port.
        port: InterfaceName,
        /// The number; more wins.
        prio: i32,
    },
    /// `IFF_UP`.
    SetUp {
        /// The interface.
        interface: InterfaceName,
        /// On or off.
        up: bool,
    },
    /// `IFLA_MTU`.
    SetMtu {
        /// The interface.
        interface: InterfaceName,
        /// Bytes.
        mtu: u32,
    },
    /// `IFLA_ADDRESS`.
    SetMac {
        /// The interface.
        interface: InterfaceName,
        /// The address.
        mac: MacAddress,
    },
    /// Writes `net.ipv6.conf.IF.accept_ra`.
    SetAcceptRa {
        /// The interface.
        interface: InterfaceName,
        /// 0, 1 or 2.
        accept: AcceptRa,
    },
    /// `RTM_NEWADDR`.
    AddAddress {
        /// The interface.
        interface: InterfaceName,
        /// The address.
        address: Address,
    },
    /// `RTM_DELADDR`.
    DeleteAddress {
        /// The interface.
        interface: InterfaceName,
        /// The address.
        address: Address,
    },
    /// `RTM_NEWROUTE`.
    AddRoute {
        /// The interface.
        interface: InterfaceName,
        /// The route.
        route: Route,
    },
    /// `RTM_DELROUTE`.
    DeleteRoute {
        /// The interface.
        interface: InterfaceName,
        /// The route.
        route: Route,
    },
    /// Starts the first DHCP client that is installed.
    StartDhcp {
        /// The interface.
        interface: InterfaceName,
        /// The family.
        family: Family,
    },
    /// Makes that client give its lease back and end.
    StopDhcp {
        /// The interface.
        interface: InterfaceName,
        /// The family.
        family: Family,
    },
}

/// The native operations of a step.
pub(crate) fn ops_for(step: &Step) -> Vec<Op> {
    let op = match step.clone() {
        Step::LoadDriver => Op::LoadModule,
        Step::CreateGroup(NewGroup { device, settings, label, mac, mtu }) => {
            let create = Op::CreateBond { device: device.clone(), options: options_of(&settings), mac, mtu };
            // rtnl_create_link does not look at IFLA_IFALIAS: the mark is a message of its own.
            let mark = label.map(|alias| Op::SetAlias { device, alias });
            return [create].into_iter().chain(mark).collect();
        }
        Step::DeleteGroup(NewGroup { device, .. }) => Op::DeleteBond { device },
        Step::SetLabel { device, to, .. } => Op::SetAlias { device, alias: to.unwrap_or_default() },
        Step::ChangeSettings { device, from, to } => {
            let options = changes(&from, &to);
            // Settings that mean nothing in this mode, such as the primary of balance-rr, need no change.
            if options.is_empty() {
                return Vec::new();
            }
            Op::ChangeBond { device, options }
        }
        Step::AddMember { device, member } => Op::Enslave { port: member, device },
        Step::RemoveMember { member, .. } => Op::Release { port: member },
        Step::Activate { device, member, .. } => {
            Op::ChangeBond { device, options: vec![BondOption::ActiveSlave(member)] }
        }
        // Bonding says neither of a member nor of a host what it says of a device.
        Step::SetStandby { .. } | Step::SetInUse { .. } | Step::SetHostWide { .. } => return Vec::new(),
        Step::SetPriority { member, to, .. } => Op::SetPortPriority { port: member, prio: to },
        Step::SetUp { interface, up } => Op::SetUp { interface, up },
        Step::SetMtu { interface, to, .. } => Op::SetMtu { interface, mtu: to },
        Step::SetMac { interface, to, .. } => Op::SetMac { interface, mac: to },
        Step::SetAcceptRa { interface, to, .. } => Op::SetAcceptRa { interface, accept: to },
        Step::AddAddress { interface, address } => Op::AddAddress { interface, address },
        Step::RemoveAddress { interface, address } => Op::DeleteAddress { interface, address },
        Step::AddRoute { interface, route } => Op::AddRoute { interface, route },
        Step::RemoveRoute { interface, route } => Op::DeleteRoute { interface, route },
        Step::StartDhcp { interface, family } => Op::StartDhcp { interface, family },
        Step::StopDhcp { interface, family } => Op::StopDhcp { interface, family },
        // Nothing lasts here, and the capabilities keep such steps out of plans.
        Step::Persistent { .. } => return vec![],
    };
    vec![op]
}

/// A step as commands that an administrator could type.
pub fn explain(step: &Step) -> Vec<String> {
    ops_for(step).iter().map(Op::to_string).collect()
}

/// The number in `net.ipv6.conf.*.accept_ra`.
pub(crate) fn accept_ra_number(accept: AcceptRa) -> u8 {
    match accept {
        AcceptRa::No => 0,
        AcceptRa::Unless => 1,
        AcceptRa::Always => 2,
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LoadModule => write!(f, "modprobe bonding max_bonds=0"),
            Self::CreateBond { device, options, mac, mtu } => {
                write!(f, "ip link add name {}", name(device))?;
                if let Some(mac) = mac {
                    write!(f, " address {mac}")?;
                }
                if let Some(mtu) = mtu {
                    write!(f, " mtu {mtu}")?;
                }
                write!(f, " type bond")?;
                options.iter().try_for_each(|option| write!(f, " {option}"))
            }
            Self::DeleteBond { device } => write!(f, "ip link delete dev {}", name(device)),
            Self::ChangeBond { device, options } => write_change(f, device, options),
            Self::SetAlias { device, alias } => write!(f, "ip link set dev {} alias {}", name(device), quoted(alias)),
            Self::Enslave { port, device } => write!(f, "ip link set dev {} master {}", name(port), name(device)),
            Self::Release { port } => write!(f, "ip link set dev {} nomaster", name(port)),
            Self::SetPortPriority { port, prio } => {
                write!(f, "ip link set dev {} type bond_slave prio {prio}", name(port))
            }
            Self::SetUp { interface, up } => {
                write!(f, "ip link set dev {} {}", name(interface), if *up { "up" } else { "down" })
            }
            Self::SetMtu { interface, mtu } => write!(f, "ip link set dev {} mtu {mtu}", name(interface)),
            Self::SetMac { interface, mac } => write!(f, "ip link set dev {} address {mac}", name(interface)),
            Self::SetAcceptRa { interface, accept } => {
                // With slashes, as a name such as bond0.5 has a dot (sysctl(8)).
                let setting = format!("net/ipv6/conf/{interface}/accept_ra={}", accept_ra_number(*accept));
                write!(f, "sysctl -w {}", word(&setting))
            }
            Self::AddAddress { interface, address } => write_address(f, interface, address),
            Self::DeleteAddress { interface, address } => {
                write!(f, "ip address del {} dev {}", local_and_peer(address), name(interface))
            }
            Self::AddRoute { interface, route } => write_route(f, "add", interface, route),
            Self::DeleteRoute { interface, route } => write_route(f, "del", interface, route),
            Self::StartDhcp { interface, family } => write!(f, "dhcpcd {} {}", dhcp_flags(*family), name(interface)),
            Self::StopDhcp { interface, family } => write!(f, "dhcpcd {} -k {}", short_flag(*family), name(interface)),
        }
    }
}

/// The flags of dhcpcd(8) for one family; the other clients have their own, see [`dhcp`](crate::dhcp).
pub(crate) fn dhcp_flags(family: Family) -> &'static str {
    match family {
        Family::V4 => "-4 -b --noipv6rs",
        Family::V6 => "-6 -b --noipv6rs --ia_na",
    }
}

/// The flag of dhcpcd(8) that names a family.
pub(crate) fn short_flag(family: Family) -> &'static str {
    match family {
        Family::V4 => "-4",
        Family::V6 => "-6",
    }
}

/// `ip link` can set a primary but not take it away: it looks the name up and finds no interface called ''.
fn write_change(f: &mut fmt::Formatter<'_>, device: &InterfaceName, options: &[BondOption]) -> fmt::Result {
    let unset = BondOption::Primary(None);
    let others: Vec<_> = options.iter().filter(|option| **option != unset).collect();
    if !others.is_empty() {
        write!(f, "ip link set dev {} type bond", name(device))?;
        others.iter().try_for_each(|option| write!(f, " {option}"))?;
    }
    if options.contains(&unset) {
        let and = if others.is_empty() { "" } else { " && " };
        let file = format!("/sys/class/net/{device}/bonding/primary");
        write!(f, "{and}echo > {}", word(&file))?;
    }
    Ok(())
}

/// `ip-address(8)` takes the length of a prefix at the peer, where there is one.
fn local_and_peer(address: &Address) -> String {
    match address.peer {
        Some(peer) => format!("{} peer {peer}/{}", address.net.addr(), address.net.prefix_len()),
        None => address.net.to_string(),
    }
}

fn write_address(f: &mut fmt::Formatter<'_>, interface: &InterfaceName, address: &Address) -> fmt::Result {
    write!(f, "ip address add {}", local_and_peer(address))?;
    match address.broadcast {
        Some(broadcast) if Some(broadcast) == usual_broadcast(&address.net) => write!(f, " brd +")?,
        Some(broadcast) => write!(f, " brd {broadcast}")?,
        None => {}
    }
    write!(f, " dev {}", name(interface))?;
    if let Some(label) = &address.label {
        write!(f, " label {}", quoted(label))?;
    }
    if address.scope != 0 {
        write!(f, " scope {}", scope_word(address.scope))?;
    }
    if let Some(metric) = address.metric {
        write!(f, " metric {metric}")?;
    }
    if let Some(lifetime) = address.lifetime {
        write!(f, " valid_lft {} preferred_lft {}", seconds(lifetime.valid), seconds(lifetime.preferred))?;
    }
    if address.no_prefix_route {
        write!(f, " noprefixroute")?;
    }
    if address.no_dad {
        write!(f, " nodad")?;
    }
    Ok(())
}

fn write_route(f: &mut fmt::Formatter<'_>, verb: &str, interface: &InterfaceName, route: &Route) -> fmt::Result {
    let family = if route.is_ipv6() { " -6" } else { "" };
    write!(f, "ip{family} route {verb} ")?;
    match route.is_default() {
        true => write!(f, "default")?,
        false => write!(f, "{}", route.to)?,
    }
    match route.via {
        Some(via @ IpAddr::V6(_)) if !route.is_ipv6() => write!(f, " via inet6 {via}")?,
        Some(via) => write!(f, " via {via}")?,
        None => {}
    }
    write!(f, " dev {}", name(interface))?;
    if let Some(table) = route.table {
        write!(f, " table {table}")?;
    }
    write!(f, " proto {}", protocol_word(route.protocol))?;
    if let Some(scope) = route.scope {
        write!(f, " scope {}", scope_word(scope))?;
    }
    if let Some(source) = route.source {
        write!(f, " src {source}")?;
    }
    if let Some(metric) = route.metric {
        write!(f, " metric {metric}")?;
    }
    if route.onlink && verb == "add" {
        write!(f, " onlink")?;
    }
    Ok(())
}

fn usual_broadcast(net: &IpNet) -> Option<Ipv4Addr> {
    match net {
        IpNet::V4(net) => Some(net.broadcast()),
        IpNet::V6(_) => None,
    }
}

fn seconds(seconds: u32) -> String {
    if seconds == u32::MAX { "forever".to_owned() } else { seconds.to_string() }
}

/// The words that `ip` has without any file (`rtnl_rtscope_initialize` in `lib/rt_names.c` of iproute2).
fn scope_word(scope: u8) -> String {
    match scope {
        0 => "global".to_owned(),
        200 => "site".to_owned(),
        253 => "link".to_owned(),
        254 => "host".to_owned(),
        255 => "nowhere".to_owned(),
        other => other.to_string(),
    }
}

/// The words that `ip` has without any file (`rtnl_rtprot_tab` in `lib/rt_names.c` of iproute2).
fn protocol_word(protocol: u8) -> String {
    match protocol {
        2 => "kernel".to_owned(),
        3 => "boot".to_owned(),
        4 => "static".to_owned(),
        9 => "ra".to_owned(),
        16 => "dhcp".to_owned(),
        other => other.to_string(),
    }
}

/// A name as one word of a POSIX shell.
fn name(interface: &InterfaceName) -> Cow<'_, str> {
    word(interface.as_str())
}

/// The text as one word of a POSIX shell, always in quotes: it is a text to people.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests;
