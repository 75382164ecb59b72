//! `netstat -rnv`: the routes.
//!
//! In: its output for one family. Out: [`Route`]s, with their interface where the system tells. Made for people, in
//! columns that are not always filled: a default route without `-ifp` has no interface (`ire_report_item_v4` in
//! `netstat.c`), which [`interface_of`] then finds by the next hop.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use mpath_core::Route;

/// A route, and the interface that the system names with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) route: Route,
    pub(crate) interface: Option<String>,
}

/// The routes of an output of `netstat -rnv -f inet` or `-f inet6`.
pub(crate) fn routes(text: &str) -> Vec<Row> {
    text.lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<Row> {
    let words: Vec<_> = line.split_whitespace().collect();
    let (to, rest) = destination(&words)?;
    // An on-link route shows the interface's own address as its next hop, or none (`pr_addrnz`).
    let (via, rest) = match rest.split_first() {
        Some((word, rest)) if word.parse::<IpAddr>().is_ok() => (word.parse().ok(), rest),
        Some((&"--", rest)) => (None, rest),
        _ => (None, rest),
    };
    let is_name = |word: &&str| word.starts_with(|c: char| c.is_ascii_alphabetic());
    let (interface, rest) = match rest.split_first() {
        Some((word, rest)) if is_name(word) => (Some((*word).to_owned()), rest),
        _ => (None, rest),
    };
    let flags = rest.iter().find(|word| word.starts_with('U') && word.chars().all(|c| c.is_ascii_uppercase()))?;
    let over_a_hop = flags.contains('G');
    if interface.as_deref().is_some_and(|name| name.starts_with("lo")) || flags.contains('D') {
        return None;
    }
    let interface = interface.map(|name| name.split(':').next().unwrap_or_default().to_owned());
    let via = via.filter(|_| over_a_hop);
    Some(Row { route: Route { automatic: !over_a_hop, ..Route::new(to, via) }, interface })
}

/// IPv4 has the mask in a column of its own, IPv6 behind a slash.
fn destination<'w, 't>(words: &'w [&'t str]) -> Option<(IpNet, &'w [&'t str])> {
    let (first, rest) = words.split_first()?;
    if let Ok(net) = first.parse::<IpNet>() {
        return Some((net, rest));
    }
    let (second, rest_of_v4) = rest.split_first()?;
    if *first == "default" {
        return match second.parse::<Ipv4Addr>() {
            // In an IPv6 table the next hop follows at once.
            Ok(_) => Some((IpNet::from(ipnet::Ipv4Net::default()), rest_of_v4)),
            Err(_) => Some((IpNet::from(ipnet::Ipv6Net::default()), rest)),
        };
    }
    let (address, mask) = (first.parse::<Ipv4Addr>().ok()?, second.parse::<Ipv4Addr>().ok()?);
    Some((IpNet::with_netmask(address.into(), mask.into()).ok()?, rest_of_v4))
}

/// The interface that a next hop is reached over: that of which an address has it in its subnet; of several with
/// subnets of one length, the last.
pub(crate) fn interface_of<'n>(via: IpAddr, addresses: impl Iterator<Item = (&'n str, IpNet)>) -> Option<&'n str> {
    let reached = addresses.filter(|(_, net)| net.contains(&via));
    reached.max_by_key(|(_, net)| net.prefix_len()).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const V4: &str = "\nIRE Table: IPv4\n  Destination             Mask           Gateway          Device  MTU  Ref Flg  Out  In/Fwd \n-------------------- --------------- -------------------- ------ ----- --- --- ----- ------ \ndefault              0.0.0.0         192.168.1.24                    0    2 UG    5201      0 \n10.0.0.0             255.0.0.0       192.168.1.25         ipmp0   1500    1 UG       0      0 \n192.168.1.0          255.255.255.0   192.168.1.34         ipmp0   1500    3 U      102      0 \n127.0.0.1            255.255.255.255 127.0.0.1            lo0     8232    2 UH      38     38 \n";

    #[test]
    fn a_default_route_without_an_interface_is_read_too() {
        let found = routes(V4);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[0].route, Route::default_via([192, 168, 1, 24].into()));
        assert_eq!(found[0].interface, None);
        assert_eq!(found[1].route.to_string(), "10.0.0.0/8 via 192.168.1.25");
        assert_eq!(found[1].interface.as_deref(), Some("ipmp0"));
        assert!(found[2].route.automatic && found[2].route.via.is_none());
    }

    #[test]
    fn ipv6_has_its_prefix_behind_a_slash() {
        let text = "default                     fe80::1                     ipmp0   1500     0   2 UG         0      0 \n2001:db8:2::/48             2001:db8::1                 ipmp0   1500     0   2 UG         0      0 \n";
        let found = routes(text);
        assert_eq!(found[0].route, Route::default_via("fe80::1".parse().unwrap()));
        assert_eq!(found[1].route.to_string(), "2001:db8:2::/48 via 2001:db8::1");
    }

    #[test]
    fn a_next_hop_is_reached_over_the_nearest_subnet() {
        let nets = [("net0", "10.0.0.1/8".parse().unwrap()), ("ipmp0", "10.1.0.1/16".parse().unwrap())];
        assert_eq!(interface_of([10, 1, 0, 9].into(), nets.into_iter()), Some("ipmp0"));
        assert_eq!(interface_of([192, 168, 1, 1].into(), nets.into_iter()), None);
    }
}
