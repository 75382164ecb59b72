//! What the `.network` of a bond gives it: addresses, routes and the rest (systemd.network(5)).

use mpath_core::draft::Value;
use mpath_core::import::{Import, Origin};
use mpath_core::{Draft, MacAddress};

use super::unit::Unit;
use crate::format::route_entry::RouteEntry;
use crate::format::unit_file::{Entry, Section, flag};

/// Keys of `[Network]` and `[Link]` that are understood, each wherever it is.
const KNOWN: [(&str, &str); 16] = [
    ("Match", "Name"),
    ("Link", "MTUBytes"),
    ("Link", "MACAddress"),
    ("Network", "Description"),
    ("Network", "DHCP"),
    ("Network", "Address"),
    ("Network", "Gateway"),
    ("Network", "IPv6AcceptRA"),
    ("Network", "LinkLocalAddressing"),
    ("Network", "ConfigureWithoutCarrier"),
    ("Network", "IgnoreCarrierLoss"),
    ("DHCPv6", "WithoutRA"),
    // Taken apart as whole sections.
    ("Address", ""),
    ("Route", ""),
    // For systemd-networkd-wait-online and networkctl.
    ("Link", "RequiredForOnline"),
    ("Link", "RequiredFamilyForOnline"),
];

/// Gives a draft what the file says.
pub(super) fn take(unit: &Unit, draft: &mut Draft, import: &mut Import) {
    link(unit, draft, import);
    leases(unit, draft, import);
    for (word, entry) in unit.words("Network", "Address") {
        address(word, entry, draft, import);
    }
    for section in unit.sections.iter().filter(|section| section.name == "Address") {
        address_section(section, draft, import);
    }
    for entry in unit.all("Network", "Gateway") {
        let route = RouteEntry { via: Some(&entry.value), origin: entry.origin.clone(), ..RouteEntry::default() };
        route.add(draft, import);
    }
    for section in unit.sections.iter().filter(|section| section.name == "Route") {
        route_section(section, draft, import);
    }
    for section in &unit.sections {
        let unknown = section.entries.iter().filter(|entry| !is_known(&section.name, &entry.key));
        unknown.filter(|entry| !entry.value.is_empty()).for_each(|entry| lose(&section.name, entry, import));
    }
}

fn is_known(section: &str, key: &str) -> bool {
    KNOWN.iter().any(|(of, known)| *of == section && (known.is_empty() || *known == key))
}

/// Why a key has no place in a group.
fn lose(section: &str, entry: &Entry, import: &mut Import) {
    let key = &entry.key;
    let why = match (section, key.as_str()) {
        ("Match", _) => "a group has its device by name alone".to_owned(),
        ("Network", "DNS" | "Domains" | "NTP" | "LLMNR" | "MulticastDNS" | "DNSSEC" | "DNSOverTLS") => {
            "mpath leaves names and time to others, such as systemd-resolved".to_owned()
        }
        ("Network", "VLAN" | "MACVLAN" | "IPVLAN" | "Bridge" | "VRF" | "Tunnel") => {
            format!("mpath makes no other device on a group or below it: {key} needs somebody else")
        }
        _ => format!("mpath has no key for {key} in [{section}]"),
    };
    import.lose(entry.origin.clone(), why);
}

fn link(unit: &Unit, draft: &mut Draft, import: &mut Import) {
    if let Some(entry) = unit.last("Link", "MTUBytes") {
        mtu(entry, draft, import);
    }
    if let Some(entry) = unit.last("Link", "MACAddress") {
        mac(entry, draft, import);
    }
    for key in ["RequiredForOnline", "RequiredFamilyForOnline"] {
        if let Some(entry) = unit.last("Link", key) {
            import.leave(entry.origin.clone(), "for systemd-networkd-wait-online; see mpath wait-online");
        }
    }
    if let Some(entry) = unit.last("Network", "Description") {
        import.leave(entry.origin.clone(), "for people");
    }
}

/// A number of bytes, with a suffix of a power of 1024.
pub(super) fn mtu(entry: &Entry, draft: &mut Draft, import: &mut Import) {
    let (digits, scale) = match entry.value.strip_suffix(['K', 'M']) {
        Some(digits) => (digits, if entry.value.ends_with('K') { 1024 } else { 1024 * 1024 }),
        None => (entry.value.as_str(), 1),
    };
    match digits.trim().parse::<i64>().ok().and_then(|number| number.checked_mul(scale)) {
        Some(number) => draft.set("mtu", number, Some(entry.origin.clone())),
        None => import.lose(entry.origin.clone(), "no number of bytes"),
    }
}

/// An address of a device, with colons, with hyphens, or in words of four digits with dots.
pub(super) fn mac_of(text: &str) -> Option<MacAddress> {
    if !text.contains('.') {
        return text.parse().ok();
    }
    let words: Vec<_> = text.split('.').map(|word| u16::from_str_radix(word, 16)).collect::<Result<_, _>>().ok()?;
    MacAddress::from_slice(&words.into_iter().flat_map(u16::to_be_bytes).collect::<Vec<_>>())
}

pub(super) fn mac(entry: &Entry, draft: &mut Draft, import: &mut Import) {
    match mac_of(&entry.value) {
        Some(mac) => draft.set("mac", mac.to_string(), Some(entry.origin.clone())),
        None => import.lose(entry.origin.clone(), "no MAC address"),
    }
}

/// What the network gives.
fn leases(unit: &Unit, draft: &mut Draft, import: &mut Import) {
    if let Some(entry) = unit.last("Network", "DHCP") {
        let origin = || Some(entry.origin.clone());
        let both = match entry.value.as_str() {
            "ipv4" | "v4" => Some((true, false)),
            "ipv6" | "v6" => Some((false, true)),
            "both" => Some((true, true)),
            "none" => Some((false, false)),
            other => flag(other).map(|both| (both, both)),
        };
        match both {
            Some((v4, v6)) => {
                [("dhcp", v4), ("dhcp6", v6)].into_iter().filter(|(_, on)| *on).for_each(|(key, on)| {
                    draft.set(key, on, origin());
                });
                let asks = unit.last("DHCPv6", "WithoutRA").is_some_and(|entry| entry.value == "solicit");
                if v6 && !asks {
                    let why = "systemd-networkd asks for an IPv6 lease where a router tells it to, mpath always; \
                        where nobody leases any, dhcp6 is to go";
                    import.change(entry.origin.clone(), why);
                }
            }
            None => import.lose(entry.origin.clone(), "neither yes, no, ipv4 nor ipv6"),
        }
    }
    if let Some(entry) = unit.last("DHCPv6", "WithoutRA").filter(|entry| entry.value != "solicit") {
        import.lose(entry.origin.clone(), "mpath has no key for it");
    }
    if let Some(entry) = unit.last("Network", "IPv6AcceptRA") {
        match flag(&entry.value) {
            Some(accept) => draft.set("accept-ra", accept, Some(entry.origin.clone())),
            None => import.lose(entry.origin.clone(), "neither yes nor no"),
        }
    }
    if let Some(entry) = unit.last("Network", "LinkLocalAddressing").filter(|entry| entry.value != "ipv6") {
        import.lose(entry.origin.clone(), "link-local addresses of a group are the kernel's, for IPv6 alone");
    }
    for key in ["ConfigureWithoutCarrier", "IgnoreCarrierLoss"] {
        if let Some(entry) = unit.last("Network", key).filter(|entry| flag(&entry.value) != Some(true)) {
            import.change(entry.origin.clone(), "the addresses of a group stay while no member has a link");
        }
    }
}

/// An address; one without a prefix is that of a single host.
fn address(word: &str, entry: &Entry, draft: &mut Draft, import: &mut Import) {
    let bare = word.parse::<std::net::IpAddr>().ok();
    let net = bare.map_or_else(|| word.to_owned(), |address| ipnet::IpNet::from(address).to_string());
    if bare.is_some() {
        import.change(entry.origin.clone(), format!("without a prefix it is {net}"));
    }
    draft.push("addresses", net, Some(entry.origin.clone()));
}

fn address_section(section: &Section, draft: &mut Draft, import: &mut Import) {
    for entry in section.entries.iter().filter(|entry| !entry.value.is_empty()) {
        match entry.key.as_str() {
            "Address" => address(&entry.value, entry, draft, import),
            key => import.lose(entry.origin.clone(), format!("mpath has no key for {key} of an address")),
        }
    }
}

/// A route; one that says more than a route of mpath does would be another one, and is not taken.
fn route_section(section: &Section, draft: &mut Draft, import: &mut Import) {
    let entries: Vec<_> = section.entries.iter().filter(|entry| !entry.value.is_empty()).collect();
    let value = |key: &str| entries.iter().rev().find(|entry| entry.key == key).map(|entry| entry.value.as_str());
    let more: Vec<_> =
        entries.iter().filter(|entry| !["Destination", "Gateway", "Metric"].contains(&entry.key.as_str())).collect();
    if let Some(first) = more.first() {
        let why = format!("mpath has no key for {} of a route, and without it the route is another one", first.key);
        entries.iter().for_each(|entry| import.lose(entry.origin.clone(), why.clone()));
        return;
    }
    let Some(first) = entries.first() else { return };
    let text = entries.iter().map(|entry| entry.origin.text.as_str()).collect::<Vec<_>>().join(", ");
    let origin = Origin { text, ..first.origin.clone() };
    RouteEntry { to: value("Destination"), via: value("Gateway"), metric: value("Metric"), origin }.add(draft, import);
}

/// The name of a member as a value of `members`.
pub(super) fn member(key: &'static str, name: &str, optional: bool) -> Value {
    let mut entries = vec![(key, Value::from(name))];
    if optional {
        entries.push(("optional", true.into()));
    }
    if entries.len() == 1 && key == "name" { Value::from(name) } else { Value::Table(entries) }
}
