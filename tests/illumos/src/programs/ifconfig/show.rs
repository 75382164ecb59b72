//! `ifconfig -a` and `ifconfig IF` (facts §2.4).

use std::fmt::Write as _;

use crate::interface::{Class, Family, Half, Interface, Lif};
use crate::state::State;

/// Bits and names in ifconfig's order. NOLINKLOCAL has a bit and no name.
const NAMES: [(u64, &str); 20] = [
    (0x1, "UP"),
    (0x2, "BROADCAST"),
    (0x8, "LOOPBACK"),
    (0x10, "POINTOPOINT"),
    (0x40, "RUNNING"),
    (0x800, "MULTICAST"),
    (0x4000, "DHCP"),
    (0x4_0000, "DEPRECATED"),
    (0x8_0000, "ADDRCONF"),
    (0x100_0000, "IPv4"),
    (0x200_0000, "IPv6"),
    (0x800_0000, "NOFAILOVER"),
    (0x1000_0000, "FAILED"),
    (0x2000_0000, "STANDBY"),
    (0x4000_0000, "INACTIVE"),
    (0x8000_0000, "OFFLINE"),
    (0x10_0000_0000, "FIXEDMTU"),
    (0x20_0000_0000, "VIRTUAL"),
    (0x40_0000_0000, "DUPLICATE"),
    (0x80_0000_0000, "IPMP"),
];
const NOLINKLOCAL: u64 = 0x200_0000_0000;

/// All interfaces: IPv4 first, then IPv6, each in the kernel's order.
pub(super) fn all(state: &State, families: &[Family]) -> String {
    let mut text = String::new();
    for family in families {
        for interface in state.listed() {
            for lif in interface.half(*family).into_iter().flat_map(|half| &half.lifs) {
                write(state, interface, *family, lif, &mut text);
            }
        }
    }
    text
}

/// One logical interface.
pub(super) fn one(state: &State, name: &str, family: Family, number: u32) -> Option<String> {
    let interface = state.interface(name)?;
    let lif = interface.half(family)?.lif(number)?;
    let mut text = String::new();
    write(state, interface, family, lif, &mut text);
    Some(text)
}

fn flags(interface: &Interface, family: Family, half: &Half, lif: &Lif) -> u64 {
    let v4 = family == Family::V4;
    let stands = interface.class;
    let set = [
        (lif.up, "UP"),
        (v4 && stands != Class::Virtual, "BROADCAST"),
        (stands == Class::Virtual, "LOOPBACK"),
        (interface.running, "RUNNING"),
        (true, "MULTICAST"),
        (lif.dhcp, "DHCP"),
        (lif.deprecated, "DEPRECATED"),
        (lif.addrconf, "ADDRCONF"),
        (v4, "IPv4"),
        (!v4, "IPv6"),
        (lif.nofailover, "NOFAILOVER"),
        (interface.failed, "FAILED"),
        (interface.standby, "STANDBY"),
        (interface.inactive, "INACTIVE"),
        (interface.offline, "OFFLINE"),
        (half.fixed_mtu.is_some(), "FIXEDMTU"),
        (stands == Class::Virtual, "VIRTUAL"),
        (lif.duplicate, "DUPLICATE"),
        (stands == Class::Ipmp, "IPMP"),
    ];
    let bit = |name: &str| NAMES.iter().find(|(_, there)| *there == name).map_or(0, |(bit, _)| *bit);
    let named = set.iter().filter(|(set, _)| *set).fold(0, |flags, (_, name)| flags | bit(name));
    // An IPv6 IPMP interface has no link-local address of itself (facts §1.4).
    let bare = stands == Class::Ipmp && !v4 && half.lifs.first().is_some_and(Lif::is_stub);
    if bare { named | NOLINKLOCAL } else { named }
}

/// Members have 1500; an IPMP interface the least of its members, or the least at all (facts §2.3).
fn mtu(state: &State, interface: &Interface, family: Family, half: &Half) -> u32 {
    if let Some(mtu) = half.fixed_mtu {
        return mtu;
    }
    match (interface.class, family) {
        (Class::Virtual, Family::V4) => 8232,
        (Class::Virtual, Family::V6) => 8252,
        (Class::Ip, _) => 1500,
        (Class::Ipmp, _) => {
            let members = state.group_of(&interface.name).map(|group| group.members.as_slice()).unwrap_or_default();
            let members = members.iter().filter_map(|member| state.interface(member));
            let sizes = members.filter_map(|member| Some(mtu(state, member, family, member.half(family)?)));
            sizes.min().unwrap_or(if family == Family::V4 { 68 } else { 1280 })
        }
    }
}

fn write(state: &State, interface: &Interface, family: Family, lif: &Lif, text: &mut String) {
    let Some(half) = interface.half(family) else { return };
    let name = &interface.name;
    let name = if lif.number == 0 { name.clone() } else { format!("{name}:{}", lif.number) };
    let flags = flags(interface, family, half, lif);
    let names: Vec<&str> = NAMES.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| *name).collect();
    let mtu = mtu(state, interface, family, half);
    let _ = writeln!(text, "{name}: flags={flags:x}<{}> mtu {mtu} index {}", names.join(","), interface.index);
    match ipnet::IpNet::new(lif.address, lif.prefix) {
        Ok(ipnet::IpNet::V4(net)) => {
            let _ = write!(text, "\tinet {} netmask {:x} ", net.addr(), u32::from(net.netmask()));
            if interface.class != Class::Virtual && !lif.is_stub() {
                let _ = write!(text, "broadcast {}", net.broadcast());
            }
        }
        Ok(ipnet::IpNet::V6(net)) => {
            let _ = write!(text, "\tinet6 {net} ");
        }
        Err(_) => {}
    }
    text.push('\n');
    if lif.number > 0 {
        return;
    }
    if let Some(group) = &interface.group {
        let _ = writeln!(text, "\tgroupname {group}");
    }
    // For root only, not for IPMP and loopback, and with a space at the end.
    if state.privileged()
        && let Some(link) = state.link(&interface.name).filter(|_| interface.class == Class::Ip)
    {
        let _ = writeln!(text, "\tether {} ", link.mac);
    }
}
