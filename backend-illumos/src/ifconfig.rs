//! `ifconfig -a`: what `ipadm` does not tell.
//!
//! In: its output, made for people. Out: flags, addresses with NOFAILOVER, MAC addresses (which only root sees). Logical
//! interfaces (`net0:1`) have blocks of their own.

use std::net::IpAddr;

use mpath_core::MacAddress;

use crate::address::Placed;
use crate::datalink::mac_of;

/// `IFF_NOFAILOVER`.
const NOFAILOVER: u64 = 0x0800_0000;
/// `IFF_STANDBY`.
const STANDBY: u64 = 0x2000_0000;
/// `IFF_OFFLINE`.
const OFFLINE: u64 = 0x8000_0000;
/// `IFF_UP`.
const UP: u64 = 1;

/// One block: a logical interface of one family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// The interface, without the number of a logical one.
    pub(crate) interface: String,
    /// The name with that number: `net0:1`, or `net0` of the first.
    pub(crate) logical: String,
    flags: u64,
    pub(crate) address: Option<IpAddr>,
    pub(crate) mac: Option<MacAddress>,
    pub(crate) groupname: Option<String>,
}

impl Block {
    /// Whether its address never moves, so that probes come from it as long as the interface is in use.
    pub(crate) fn is_test(&self) -> bool {
        self.flags & NOFAILOVER != 0 && (self.flags & UP != 0 || self.is_offline())
    }

    /// Whether the interface was taken out of use; its addresses are down then.
    pub(crate) fn is_offline(&self) -> bool {
        self.flags & OFFLINE != 0
    }

    /// Whether it is a link-local IPv6 address in use.
    pub(crate) fn is_link_local(&self) -> bool {
        self.flags & UP != 0 && matches!(self.address, Some(IpAddr::V6(own)) if own.is_unicast_link_local())
    }

    /// Whether the interface stands by.
    pub(crate) fn is_standby(&self) -> bool {
        self.flags & STANDBY != 0
    }
}

/// The logical interface that an address is on.
pub(crate) fn logical<'b>(blocks: &'b [Block], placed: &'b Placed) -> &'b str {
    let address = placed.address.as_ref().map(|address| address.net.addr());
    let mut own = blocks.iter().filter(|block| block.interface == placed.interface && block.address == address);
    own.next().map_or(&placed.interface, |block| &block.logical)
}

/// The blocks of the output. Lines that are not known are left alone: there are many more.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in text.lines() {
        if let Some((name, flags)) = line.split_once(": flags=") {
            let interface = name.split(':').next().unwrap_or(name).to_owned();
            let hexadecimal = flags.split('<').next().unwrap_or_default();
            let flags = u64::from_str_radix(hexadecimal, 16).unwrap_or(0);
            let logical = name.to_owned();
            blocks.push(Block { interface, logical, flags, address: None, mac: None, groupname: None });
            continue;
        }
        let Some(block) = blocks.last_mut() else { continue };
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("inet" | "inet6"), Some(address)) => {
                block.address = address.split('/').next().and_then(|address| address.parse().ok());
            }
            (Some("ether"), Some(mac)) => block.mac = mac_of(mac),
            (Some("groupname"), Some(name)) => block.groupname = Some(name.to_owned()),
            _ => {}
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NexentaStor, probes on; the pages of the vendor's users.
    const REAL: &str = "ipmp0: flags=8001000843<UP,BROADCAST,RUNNING,MULTICAST,IPv4,IPMP> mtu 1500 index 2\n        inet 172.16.35.92 netmask ffffff00 broadcast 172.16.35.255\n        groupname 10g-failover\ne1000g1: flags=69040843<UP,BROADCAST,RUNNING,MULTICAST,DEPRECATED,IPv4,NOFAILOVER,STANDBY,INACTIVE> mtu 1500 index 4\n        inet 172.16.35.94 netmask ffffff00 broadcast 172.16.35.255\n        groupname 10g-failover\n        ether 0:c:29:84:3b:d8 \n";

    #[test]
    fn a_test_address_and_a_standby_show_in_the_flags() {
        let found = blocks(REAL);
        assert_eq!(found.len(), 2);
        assert!(!found[0].is_test() && !found[0].is_standby());
        assert!(found[1].is_test() && found[1].is_standby());
        assert_eq!(found[1].address, Some([172, 16, 35, 94].into()));
        assert_eq!(found[1].mac.unwrap().to_string(), "00:0c:29:84:3b:d8");
        assert_eq!(found[1].groupname.as_deref(), Some("10g-failover"));
    }

    #[test]
    fn a_logical_interface_belongs_to_its_interface() {
        let text = "net0:1: flags=1000843<UP,BROADCAST,RUNNING,MULTICAST,IPv4> mtu 1500 index 2\n\tinet 10.0.0.1 netmask ff000000 \n";
        assert_eq!(blocks(text)[0].interface, "net0");
    }
}
