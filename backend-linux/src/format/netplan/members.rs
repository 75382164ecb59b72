//! Who the members of a bond are: the definitions that its `interfaces` name.

use mpath_core::Draft;
use mpath_core::draft::Value;
use mpath_core::import::Import;

use crate::format::yaml::Node;

/// Kinds of definitions that can be members, besides others that only netplan knows.
pub(super) const KINDS: [&str; 4] = ["ethernets", "wifis", "modems", "vlans"];

/// Gives a draft its members, and returns the definitions that they are.
pub(super) fn take<'n>(bond: &Node, network: &'n Node, draft: &mut Draft, import: &mut Import) -> Vec<&'n Node> {
    let primary = bond.get("parameters").and_then(|parameters| parameters.get("primary"));
    let mut used = Vec::new();
    for entry in bond.get("interfaces").map(Node::values).unwrap_or_default() {
        let Some(id) = entry.text() else {
            import.lose(entry.origin.clone(), "no name of a definition");
            continue;
        };
        let definition = KINDS.iter().find_map(|kind| network.get(kind)?.get(id));
        used.extend(definition);
        let is_primary = primary.and_then(Node::text) == Some(id);
        let Some(name) = member(id, entry, definition, is_primary, draft, import) else { continue };
        if let Some(primary) = primary.filter(|_| is_primary) {
            draft.set("primary", name, Some(primary.origin.clone()));
        }
    }
    if let Some(primary) = primary.filter(|_| draft.get("primary").is_none()) {
        import.lose(primary.origin.clone(), "a primary is a member that is given by its name");
    }
    used
}

/// Adds a member, and returns its name if that is known.
fn member<'n>(
    id: &'n str,
    entry: &Node,
    definition: Option<&'n Node>,
    is_primary: bool,
    draft: &mut Draft,
    import: &mut Import,
) -> Option<&'n str> {
    let get = |key: &str| definition.and_then(|definition| definition.get(key));
    let optional = get("optional").and_then(Node::flag) == Some(true);
    if let Some(definition) = definition {
        others(definition, import);
    }
    let mac = get("match").and_then(|found| found.get("macaddress"));
    let name = match definition {
        Some(definition) => super::document::interface(id, definition),
        None => Some(id),
    };
    let set_name = get("set-name");
    let (selector, value) = match (mac.and_then(Node::text), name) {
        // The primary is known by its name alone.
        (Some(mac), _) if !is_primary || set_name.is_none() => ("mac", mac),
        (_, Some(name)) => ("name", name),
        _ => {
            let why = format!("which interfaces {id} matches is known on the host alone; add them to members");
            import.lose(entry.origin.clone(), why);
            return None;
        }
    };
    if let Some(set_name) = set_name {
        let why = "mpath gives no interface a name; netplan, or udev, must go on doing it";
        match selector {
            "mac" => import.lose(set_name.origin.clone(), why),
            _ => import.change(set_name.origin.clone(), format!("the primary is found by this name, and {why}")),
        }
    }
    let mut entries = vec![(selector, Value::from(value))];
    if optional {
        entries.push(("optional", true.into()));
    }
    let plain = entries.len() == 1 && selector == "name";
    let value = if plain { Value::from(value) } else { Value::Table(entries) };
    draft.push("members", value, Some(entry.origin.clone()));
    (selector == "name").then_some(name).flatten()
}

/// What else the definition of a member says.
fn others(definition: &Node, import: &mut Import) {
    for (key, value) in definition.entries() {
        let is_no = value.is_null() || value.flag() == Some(false) || (value.text().is_none() && is_empty(value));
        match key.text().unwrap_or_default() {
            "set-name" | "optional" | "renderer" => {}
            "match" => {
                let name = |key: &Node| matches!(key.text(), Some("macaddress" | "name"));
                for (key, _) in value.entries().iter().filter(|(key, _)| !name(key)) {
                    import.lose(key.origin.clone(), "a member is found by its name or its permanent MAC address");
                }
            }
            _ if is_no => {}
            "dhcp4" | "dhcp6" | "addresses" | "gateway4" | "gateway6" | "routes" | "accept-ra" | "nameservers" => {
                import.lose(key.origin.clone(), "a member has no addresses of its own");
            }
            key_text @ ("mtu" | "macaddress") => {
                import.lose(key.origin.clone(), format!("the members take the {key_text} of the group"));
            }
            "access-points" | "auth" | "regulatory-domain" => {
                let why = "mpath joins no network: netplan, or another, must go on letting wpa_supplicant do it";
                import.lose(key.origin.clone(), why);
            }
            other => import.lose(key.origin.clone(), format!("mpath has no key for {other} of a member")),
        }
    }
}

fn is_empty(value: &Node) -> bool {
    value.entries().is_empty() && value.values().is_empty()
}
