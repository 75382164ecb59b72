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

/// Adds a gateway, beside those that there are.
pub(crate) fn add_gateway(via: String, origin: Origin, draft: &mut Draft) {
    draft.add("gateway", via, Some(origin));
}

/// The gateways of a draft.
pub(crate) fn gateways(draft: &Draft) -> Vec<String> {
    let text = |value: &Value| if let Value::Text(text) = value { Some(text.clone()) } else { None };
    match draft.get("gateway") {
        Some(Value::List(several)) => several.iter().filter_map(text).collect(),
        one => one.and_then(text).into_iter().collect(),
    }
}
