//! Addresses, as operations: objects of `ipadm`, or logical interfaces of `ifconfig`.

use std::net::IpAddr;

use ipnet::IpNet;
use mpath_core::{Address, InterfaceName};

use super::client::FIRST_LEASE;
use super::{Op, hostname_file, ifconfig, ipadm};
use crate::boot_file::Edit;
use crate::way::Way;

/// Who manages an address.
enum Keeper {
    /// `ipadm`, under this name.
    Object(String),
    /// Nobody: it was made by `ifconfig`.
    Nobody,
}

fn keeper(interface: &InterfaceName, address: &Address, way: Way) -> Keeper {
    match &address.label {
        Some(label) if label.ends_with("/?") => Keeper::Nobody,
        Some(label) => Keeper::Object(label.clone()),
        // `ipadm` takes an interface out of its group to give it an address, and loses temporary ones when it joins again
        // (`i_ipadm_set_groupname_active`), so temporary test addresses are ifconfig's.
        None if way.by_ifconfig() || (address.probe_only && !way.lasting) => Keeper::Nobody,
        None => Keeper::Object(format!("{interface}/{}", object_name(&address.net))),
    }
}

/// The name of an address object: a letter and at most 31 letters and digits more, nothing else.
pub(crate) fn object_name(net: &IpNet) -> String {
    let text: String =
        net.addr().to_string().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { 'x' }).collect();
    match net.addr() {
        IpAddr::V6(address) if text.len() > 31 => {
            // The first digit of a global address is 2 (RFC 4291, 2.4), and of 32 digits there is room for 31.
            format!("v{}", &format!("{:032x}", u128::from(address))[1..])
        }
        _ => format!("v{text}"),
    }
}

pub(super) fn add_address(interface: &InterfaceName, address: &Address, way: Way) -> Vec<Op> {
    let object = match keeper(interface, address, way) {
        Keeper::Object(object) => object,
        Keeper::Nobody => {
            let line = addif(address);
            let words = line.iter().map(String::as_str);
            // What is given to a member that is out of use comes up with it (`undo_offline` of if_mpadm.c).
            let words: Vec<_> = words.filter(|word| !address.out_of_use || *word != "up").collect();
            let now = ifconfig(&[&interface_words(interface, address)[..], &words].concat());
            let file = hostname_file(way, interface.as_str(), || Edit::Add(line.join(" ")));
            return [now].into_iter().chain(file).collect();
        }
    };
    // What is only put aside is still in what the system keeps.
    vec![if address.kept && !way.ipadm_keeps() {
        ipadm(&["enable-addr", "-t", &object])
    } else if is_link_local(address) {
        way.ipadm("create-addr", &["-T", "addrconf", &object])
    } else if address.lifetime.is_some() {
        way.ipadm("create-addr", &["-T", "dhcp", "-w", FIRST_LEASE, &object])
    } else {
        way.ipadm("create-addr", &["-T", "static", "-a", &address.net.to_string(), &object])
    }]
}

/// The interface, and the family where it is not IPv4.
fn interface_words<'w>(interface: &'w InterfaceName, address: &Address) -> Vec<&'w str> {
    [interface.as_str()].into_iter().chain(address.is_ipv6().then_some("inet6")).collect()
}

/// What `ifconfig` is told to give an address. `-failover` stands before `up`: what comes up without it moves to the
/// IPMP interface (ifconfig(8)).
pub(crate) fn addif(address: &Address) -> Vec<String> {
    let failover = address.probe_only.then_some("-failover");
    let net = address.net.to_string();
    ["addif", &net].into_iter().chain(failover).chain(["up"]).map(str::to_owned).collect()
}

/// Whether it is the address of an addrconf object: no other is link-local.
fn is_link_local(address: &Address) -> bool {
    matches!(address.net, IpNet::V6(net) if net.addr().is_unicast_link_local())
}

pub(super) fn remove_address(interface: &InterfaceName, address: &Address, way: Way) -> Vec<Op> {
    match keeper(interface, address, way) {
        Keeper::Object(object) if address.kept && !way.ipadm_keeps() => {
            vec![ipadm(&["disable-addr", "-t", &object])]
        }
        Keeper::Object(object) => vec![ipadm(&["delete-addr", &object])],
        Keeper::Nobody => {
            let local = address.net.addr().to_string();
            let now = ifconfig(&[&interface_words(interface, address)[..], &["removeif", &local]].concat());
            let file = hostname_file(way, interface.as_str(), || Edit::Drop(addif(address).join(" ")));
            file.into_iter().chain([now]).collect()
        }
    }
}
