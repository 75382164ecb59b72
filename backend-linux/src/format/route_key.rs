//! Routes as values of keys, from their parts.

use ipnet::IpNet;
use mpath_core::Draft;
use mpath_core::draft::Value;
use mpath_core::import::Origin;

/// An entry of `routes`. Bits behind the prefix mean nothing to a kernel.
pub(crate) fn entry(to: IpNet, via: Option<String>, metric: Option<u32>) -> Value {
    let to = if to.prefix_len() == 0 { "default".to_owned() } else { to.trunc().to_string() };
    let mut entries = vec![("to", Value::from(to))];
    entries.extend(via.map(|via| ("via", Value::from(via))));
    entries.extend(metric.map(|metric| ("metric", Value::from(i64::from(metric)))));
    Value::Table(entries)
}

/// Adds a gateway, beside that of the other family.
pub(crate) fn add_gateway(via: String, origin: Origin, draft: &mut Draft) {
    match draft.remove("gateway") {
        Some(Value::Text(other)) => draft.set("gateway", vec![other, via], Some(origin)),
        _ => draft.set("gateway", via, Some(origin)),
    }
}
