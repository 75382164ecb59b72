//! The parsers of what programs print, for `tests/fuzz` alone.

use std::collections::BTreeMap;

use mpath_core::Snapshot;

use crate::boot::Boot;
use crate::observe::Rows;
use crate::{address, datalink, group, ifconfig, interface, mpathd, route};

/// A host, of the outputs in the order of their use here; one that is not there is empty.
pub fn observed(outputs: &[String]) -> Option<Snapshot> {
    let output = |number: usize| outputs.get(number).map_or("", String::as_str);
    let mut interfaces = interface::interfaces(output(0)).ok()?;
    interfaces.extend(interface::interfaces_without_class(output(1)).ok()?);
    let mut routes = route::routes(output(7));
    routes.extend(route::routes(output(8)));
    let _ = group::groups(output(9));
    let host_wide = mpathd::settings(output(12));
    let changes = mpathd::changes(&host_wide, &mpathd::shipped_settings());
    assert_eq!(mpathd::settings(&mpathd::with(output(12), &changes)), mpathd::shipped_settings());
    let mark = |interface: &interface::IpInterface| (interface.name.clone(), output(13).trim_end().to_owned());
    let hostname = |interface: &interface::IpInterface| (interface.name.clone(), output(15).to_owned());
    let boot = Boot::of(interfaces.iter().map(hostname).collect(), output(16), output(14));
    let addresses = address::addresses(output(5)).ok()?;
    let routers = |text: &str| text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let leased = addresses.iter().filter(|placed| placed.kind == address::Kind::Dhcp);
    let rows = Rows {
        links: datalink::datalinks(output(2), output(3), output(4)).ok()?,
        leases: leased.map(|placed| (placed.interface.clone(), routers(output(17)))).collect(),
        addresses,
        idle: address::idle(output(5)).ok()?,
        special: address::special(output(5)).ok()?,
        boot,
        blocks: ifconfig::blocks(output(6)),
        routes,
        underlying: group::underlying(output(10)).ok()?,
        inbound: group::inbound(output(11)).ok()?,
        host_wide,
        marks: interfaces.iter().filter(|interface| interface.is_ipmp).map(mark).collect::<BTreeMap<_, _>>(),
        interfaces,
    };
    Some(rows.snapshot())
}
