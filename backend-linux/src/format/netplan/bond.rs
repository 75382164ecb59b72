//! What a definition in `bonds` says besides its members and their parameters.

use mpath_core::Draft;
use mpath_core::draft::Value;
use mpath_core::import::{Import, Origin};

use crate::format::route_entry::RouteEntry;
use crate::format::yaml::Node;

/// Gives a draft what the definition says.
pub(super) fn take(bond: &Node, draft: &mut Draft, import: &mut Import) {
    for (key, value) in bond.entries() {
        let name = key.text().unwrap_or_default();
        let origin = || Some(key.origin.clone());
        if value.is_null() {
            continue;
        }
        match name {
            // Who does it for netplan, which the defaults follow from.
            "interfaces" | "parameters" | "renderer" => {}
            "addresses" => value.values().iter().for_each(|value| address(value, draft, import)),
            "gateway4" | "gateway6" => {
                let route = RouteEntry { via: value.text(), origin: key.origin.clone(), ..RouteEntry::default() };
                route.add(draft, import);
            }
            "routes" => value.values().iter().for_each(|value| route(value, draft, import)),
            "dhcp4" | "dhcp6" | "accept-ra" => match value.flag() {
                Some(on) if name == "accept-ra" => draft.set("accept-ra", on, origin()),
                Some(true) if name == "dhcp4" => draft.set("dhcp", true, origin()),
                Some(true) => {
                    draft.set("dhcp6", true, origin());
                    let why = "netplan has an IPv6 lease asked for where a router tells to, mpath always; where nobody leases \
                        any, dhcp6 is to go";
                    import.change(key.origin.clone(), why);
                }
                Some(false) => {}
                None => import.lose(key.origin.clone(), "neither true nor false"),
            },
            "mtu" => match value.text().and_then(|text| text.parse::<i64>().ok()) {
                Some(mtu) => draft.set("mtu", mtu, origin()),
                None => import.lose(key.origin.clone(), "no number of bytes"),
            },
            "macaddress" => draft.set("mac", value.text().unwrap_or_default(), origin()),
            "link-local" if matches!(value.values(), [one] if one.text() == Some("ipv6")) => {}
            "link-local" => {
                import.lose(key.origin.clone(), "link-local addresses of a group are the kernel's, for IPv6 alone");
            }
            "ignore-carrier" if value.flag() == Some(true) => {}
            "ignore-carrier" => {
                import.change(key.origin.clone(), "the addresses of a group stay while no member has a link");
            }
            "optional" | "optional-addresses" => {
                import.leave(key.origin.clone(), "for those who wait for the network at boot; see mpath wait-online");
            }
            "nameservers" => {
                import.lose(key.origin.clone(), "mpath leaves names to others, such as systemd-resolved");
            }
            "openvswitch" => import.lose(key.origin.clone(), "a bond of Open vSwitch is not one of the kernel"),
            _ => import.lose(key.origin.clone(), format!("mpath has no key for {name}")),
        }
    }
}

/// An address, which may have options below it.
fn address(value: &Node, draft: &mut Draft, import: &mut Import) {
    if let Some(text) = value.text() {
        draft.push("addresses", text, Some(value.origin.clone()));
    }
    for (key, options) in value.entries() {
        draft.push("addresses", key.text().unwrap_or_default(), Some(key.origin.clone()));
        for (option, _) in options.entries() {
            let name = option.text().unwrap_or_default();
            import.lose(option.origin.clone(), format!("mpath has no key for {name} of an address"));
        }
    }
}

/// A route; one that says more than a route of mpath does would be another one, and is not taken.
fn route(value: &Node, draft: &mut Draft, import: &mut Import) {
    let text = |key: &str| value.get(key).and_then(Node::text);
    let said = || value.entries().iter().filter(|(_, value)| !value.is_null());
    let more = said().find(|(key, value)| match key.text() {
        Some("to" | "via" | "metric") => false,
        Some("type") => value.text() != Some("unicast"),
        Some("on-link") => value.flag() != Some(false),
        _ => true,
    });
    if let Some((key, _)) = more {
        let name = key.text().unwrap_or_default();
        let why = format!("mpath has no key for {name} of a route, and without it the route is another one");
        said().for_each(|(key, _)| import.lose(key.origin.clone(), why.clone()));
        return;
    }
    let Some((first, _)) = value.entries().first() else { return };
    let mut texts: Vec<_> = said().map(|(key, _)| key.origin.text.trim_start_matches("- ")).collect();
    texts.dedup();
    let origin = Origin { text: texts.join(", "), ..first.origin.clone() };
    let to = text("to").filter(|to| *to != "0/0");
    RouteEntry { to, via: text("via"), metric: text("metric"), origin }.add(draft, import);
}

/// Whether the bond shows the address of a member, as a group does unless its file says otherwise.
pub(super) fn made_up_address(key: &Node, draft: &Draft, import: &mut Import) {
    let follows = draft.get("mac").is_some_and(|mac| *mac != Value::from("shared"));
    if !follows {
        let why = "without macaddress, systemd makes up a MAC address for the bond; a group shows that of a member";
        import.change(key.origin.clone(), why);
    }
}
