//! `dladm`: the datalinks below the IP interfaces.
//!
//! In: the parseable outputs of `show-link`, `show-phys` and `show-phys -m`. Out: what each link is, its MTU, its speed,
//! its MAC address.

use std::collections::BTreeMap;

use mpath_core::snapshot::Kind;
use mpath_core::{BackendError, InterfaceName, MacAddress};

use crate::parseable::rows;

/// The fields of `show-link`.
pub(crate) const LINK_FIELDS: &str = "link,class,mtu,state,over";
/// The fields of `show-phys`.
pub(crate) const PHYS_FIELDS: &str = "link,media,state,speed";
/// The fields of `show-phys -m`.
pub(crate) const MAC_FIELDS: &str = "link,address";

/// A datalink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Datalink {
    pub(crate) kind: Kind,
    pub(crate) mtu: u32,
    pub(crate) up: bool,
    /// In Mbit/s.
    pub(crate) speed: Option<u32>,
    pub(crate) mac: Option<MacAddress>,
}

/// All datalinks, by name.
pub(crate) fn datalinks(links: &str, phys: &str, macs: &str) -> Result<BTreeMap<String, Datalink>, BackendError> {
    let mut found = BTreeMap::new();
    for [name, class, mtu, state, over] in rows::<5>("the links (dladm show-link)", links)? {
        let kind = match class.as_str() {
            "phys" | "vnic" | "simnet" | "aggr" => Kind::Ethernet,
            "vlan" => Kind::Stacked(InterfaceName::new(over).ok()),
            other => Kind::Other(other.to_owned()),
        };
        let datalink = Datalink { kind, mtu: mtu.parse().unwrap_or(1500), up: state != "down", speed: None, mac: None };
        found.insert(name, datalink);
    }
    for [name, media, _, speed] in rows::<4>("the network cards (dladm show-phys)", phys)? {
        let Some(datalink) = found.get_mut(&name) else { continue };
        match media.as_str() {
            "Ethernet" => {}
            // The wireless plugin of the kernel shows itself to IP as Ethernet (`mac_wifi.c`).
            "WiFi" => datalink.kind = Kind::Wireless,
            other => datalink.kind = Kind::Other(other.to_owned()),
        }
        datalink.speed = speed.parse().ok().filter(|speed| *speed > 0);
    }
    for [name, address] in rows::<2>("the MAC addresses (dladm show-phys -m)", macs)? {
        if let Some(datalink) = found.get_mut(&name) {
            datalink.mac = datalink.mac.or(mac_of(&address));
        }
    }
    Ok(found)
}

/// A MAC address as the system's programs write it: without leading zeros (`revarp.c` of `ifconfig`).
pub(crate) fn mac_of(text: &str) -> Option<MacAddress> {
    let mut bytes = [0; 6];
    let mut parts = text.split(':');
    for byte in &mut bytes {
        *byte = u8::from_str_radix(parts.next()?, 16).ok()?;
    }
    parts.next().is_none().then(|| MacAddress::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wireless_card_and_a_vlan_are_told_from_wired_ones() {
        let links = "net0:phys:1500:up:\nwlan0:phys:1500:unknown:\nnet0v7:vlan:1500:down:net0\n";
        let phys = "net0:Ethernet:up:1000\nwlan0:WiFi:up:54\n";
        let macs = "net0:0\\:c\\:29\\:84\\:3b\\:d8\n";
        let found = datalinks(links, phys, macs).unwrap();
        assert_eq!((&found["net0"].kind, found["net0"].speed), (&Kind::Ethernet, Some(1000)));
        assert_eq!(found["net0"].mac.unwrap().to_string(), "00:0c:29:84:3b:d8");
        assert_eq!(found["wlan0"].kind, Kind::Wireless);
        assert!(found["wlan0"].up && !found["net0v7"].up);
        assert_eq!(found["net0v7"].kind, Kind::Stacked(InterfaceName::new("net0").ok()));
    }
}
