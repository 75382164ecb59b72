//! `ipadm show-addr`: the addresses.
//!
//! In: its parseable output. Out: [`Address`]es by interface. `0.0.0.0` and `::` are not in it.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use mpath_core::address::{Duplicate, Lifetime};
use mpath_core::{Address, BackendError};

use crate::parseable::rows;

/// The fields that are asked for.
pub(crate) const FIELDS: &str = "addrobj,type,state,persistent,addr";

/// A lease ends, but `ipadm` does not tell when.
const LEASE: Lifetime = Lifetime { valid: u32::MAX, preferred: u32::MAX };

/// An address, and on which interface it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) interface: String,
    pub(crate) kind: Kind,
    /// `None` for an addrconf object without an address; the unspecified one for a DHCP client without a lease.
    pub(crate) address: Option<Address>,
    /// Its address object, as in `net0/v4`; `None` where it was made without one, by `ifconfig`.
    pub(crate) object: Option<String>,
}

/// How an address is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Static,
    Dhcp,
    /// Link-local and router advertisements.
    Addrconf,
}

/// The addresses of the active configuration, where interfaces of these names are out of use.
pub(crate) fn addresses(text: &str, offline: &[&str]) -> Result<Vec<Placed>, BackendError> {
    let rows = rows::<5>("the addresses (ipadm show-addr)", text)?;
    Ok(rows.iter().filter(|row| !is_idle(row, offline)).filter_map(placed).collect())
}

/// Address objects that are there and not in use: disabled until the next boot, or marked down.
pub(crate) fn idle(text: &str, offline: &[&str]) -> Result<Vec<String>, BackendError> {
    let rows = rows::<5>("the addresses (ipadm show-addr)", text)?;
    let idle = rows.into_iter().filter(|row| is_idle(row, offline) && !row[0].ends_with("/?"));
    Ok(idle.map(|[object, ..]| object).collect())
}

/// Whether an address does nothing: `disabled` is in the persistent configuration alone, and what is `down` answers nobody.
/// But a client that waits is there, and so is what is down with a whole interface that was taken out of use
/// (`if_mpadm -d`), and comes up with it again.
fn is_idle([object, kind, state, _, address]: &[String; 5], offline: &[&str]) -> bool {
    let is_offline = || object.split_once('/').is_some_and(|(name, _)| offline.contains(&name));
    state == "disabled" || (state == "down" && !waits(kind, address) && !is_offline())
}

/// Address objects with properties that the system keeps and `ipadm create-addr` does not set: private, deprecated (the
/// positions `Upd` of PERSISTENT).
pub(crate) fn special(text: &str) -> Result<Vec<String>, BackendError> {
    let rows = rows::<5>("the addresses (ipadm show-addr)", text)?;
    Ok(rows.into_iter().filter(|[_, _, _, kept, _]| kept.contains(['p', 'd'])).map(|[object, ..]| object).collect())
}

/// Whether duplicate address detection is still at work on an address of an interface.
pub(crate) fn is_tentative(text: &str, interface: &str) -> bool {
    let of_it = |object: &str| object.split_once('/').is_some_and(|(name, _)| name == interface);
    rows::<5>("the addresses (ipadm show-addr)", text)
        .is_ok_and(|rows| rows.iter().any(|[object, _, state, ..]| state == "tentative" && of_it(object)))
}

/// Whether it is a DHCP client without a lease.
fn waits(kind: &str, address: &str) -> bool {
    kind == "dhcp" && net_of(address).is_none()
}

fn placed([object, kind, state, persistent, address]: &[String; 5]) -> Option<Placed> {
    let (interface, name) = object.split_once('/')?;
    let object = (name != "?").then(|| object.clone());
    let kind = match kind.as_str() {
        "dhcp" => Kind::Dhcp,
        "addrconf" => Kind::Addrconf,
        _ => Kind::Static,
    };
    // A client that waits for its first lease is somebody's all the same, and is there without an address.
    let waiting = (kind == Kind::Dhcp).then(|| IpNet::from(IpAddr::from(Ipv4Addr::UNSPECIFIED)));
    let net = net_of(address).or(waiting);
    let link_local = net.is_some_and(|net| matches!(net, IpNet::V6(net) if net.addr().is_unicast_link_local()));
    let address = net.map(|net| Address {
        // The system's own, as `ipadm` sets no other (`i_ipadm_create_addr`).
        broadcast: match net {
            IpNet::V4(net) if net.prefix_len() < 31 => Some(net.broadcast()),
            _ => None,
        },
        kept: persistent.contains('U'),
        // One without an object is `ifconfig`'s, and is called as `ipadm` calls it.
        label: Some(format!("{interface}/{name}")),
        duplicate: (state == "duplicate").then(Duplicate::default),
        lifetime: (kind == Kind::Dhcp).then_some(LEASE),
        automatic: kind == Kind::Addrconf || link_local,
        ..Address::new(net)
    });
    Some(Placed { interface: interface.to_owned(), kind, address, object })
}

/// `a.b.c.d/len`, `fe80::1%ipmp0/10`, `a->b`; `?` is none.
fn net_of(text: &str) -> Option<IpNet> {
    let (address, length) = text.split_once('/')?;
    let address = address.split_once('%').map_or(address, |(address, _)| address);
    format!("{address}/{length}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_manual_shows_is_read() {
        let text = "lo0/v4:static:ok:U--:127.0.0.1/8\nipmp0/v4:static:ok:---:192.168.1.34/24\n\
                    net0/v4:static:disabled:U--:192.168.1.7/24\nnet0/dhcp:dhcp:ok:U--:192.168.1.9/24\n\
                    ipmp0/v6:addrconf:ok:---:fe80\\:\\:20c\\:29ff\\:fe84\\:3bd8%ipmp0/10\nnet1/d:dhcp:down:---:?\n\
                    net1/?:static:ok:---:192.168.1.35/24\n";
        let found = addresses(text, &[]).unwrap();
        assert_eq!(found.len(), 6);
        assert_eq!(found[1].address.as_ref().unwrap().to_string(), "192.168.1.34/24");
        assert!(!found[1].address.as_ref().unwrap().kept);
        let dhcp = found[2].address.as_ref().unwrap();
        assert!(dhcp.kept && dhcp.lifetime.is_some() && dhcp.label.as_deref() == Some("net0/dhcp"));
        assert!(found[3].address.as_ref().unwrap().automatic);
        assert_eq!(found[4].address.as_ref().unwrap().to_string(), "a DHCP client without a lease");
        let test = found[5].address.as_ref().unwrap();
        assert!(test.label.as_deref() == Some("net1/?") && found[5].object.is_none());
        assert_eq!(idle(text, &[]).unwrap(), ["net0/v4"]);
        assert_eq!(special("net0/v4:static:ok:U-d:192.168.1.7/24\nnet0/v6:addrconf:ok:U--:\n").unwrap(), ["net0/v4"]);
    }

    #[test]
    fn what_is_down_with_an_interface_that_is_out_of_use_is_there() {
        let text = "net0/test:static:down:---:192.168.1.35/24\nnet1/old:static:down:U--:192.168.1.36/24\n";
        let found = addresses(text, &["net0"]).unwrap();
        assert_eq!(found.iter().map(|placed| placed.interface.as_str()).collect::<Vec<_>>(), ["net0"]);
        assert_eq!(idle(text, &["net0"]).unwrap(), ["net1/old"]);
    }
}
