//! The parsers of what programs print, for `tests/fuzz` alone.

use std::collections::BTreeMap;

use mpath_core::Snapshot;

use crate::boot::Boot;
use crate::dialect::Dialect;
use crate::observe::Rows;
use crate::{address, datalink, group, ifconfig, interface, mpathd, obstacle, route};

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
    // Each interface has the file, and each a lease, so that whoever is in the other outputs is in these.
    let hostname = |interface: &interface::IpInterface| (interface.name.clone(), output(14).to_owned());
    let addresses = address::addresses(output(5), &[]).ok()?;
    let router = |placed: &address::Placed| Some((placed.interface.clone(), vec![output(17).trim().parse().ok()?]));
    let mark = |interface: &interface::IpInterface| (interface.name.clone(), output(13).trim_end().to_owned());
    let rows = Rows {
        dialect: Dialect::Ipadm,
        links: datalink::datalinks(output(2), output(3), output(4)).ok()?,
        leases: addresses.iter().filter_map(router).collect(),
        addresses,
        idle: address::idle(output(5), &[]).ok()?,
        special: address::special(output(5)).ok()?,
        blocks: ifconfig::blocks(output(6)),
        routes,
        underlying: group::underlying(output(10)).ok()?,
        inbound: group::inbound(output(11)).ok()?,
        host_wide,
        marks: interfaces.iter().filter(|interface| interface.is_ipmp).map(mark).collect::<BTreeMap<_, _>>(),
        boot: Boot::of(interfaces.iter().map(hostname).collect(), output(15), output(16)),
        interfaces,
    };
    let _ = obstacle::of_interfaces(&rows, Dialect::Ipadm);
    Some(rows.snapshot())
}
