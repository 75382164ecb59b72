//! An operation as an administrator could type it: in the words of `ip`, `sysctl`, `modprobe` and `dhcpcd`.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use mpath_core::shell::word;
use mpath_core::step::Family;
use mpath_core::{Address, InterfaceName, Route};

use super::{Op, accept_ra_number};
use crate::option::BondOption;

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
