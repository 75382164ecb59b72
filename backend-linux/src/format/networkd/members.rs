//! Who the members of a bond are: the `.network` files with `Bond=` of its name.

use mpath_core::Draft;
use mpath_core::import::Import;

use super::address::{mac_of, member};
use super::unit::{Matches, Unit, is_plain};
use crate::format::bond_option;
use crate::format::unit_file::{Entry, flag};

/// Keys of a member that are understood.
const KNOWN: [(&str, &str); 12] = [
    ("Match", "Name"),
    ("Match", "PermanentMACAddress"),
    ("Match", "MACAddress"),
    ("Link", "RequiredForOnline"),
    ("Network", "Description"),
    ("Network", "Bond"),
    ("Network", "PrimarySlave"),
    ("Network", "ActiveSlave"),
    // As it is for a member anyway, if it is no.
    ("Network", "DHCP"),
    ("Network", "IPv6AcceptRA"),
    ("Network", "LinkLocalAddressing"),
    ("Network", "LLDP"),
];

/// Gives a draft the members that files give the bond `name`.
pub(super) fn take(units: &[Unit], name: &str, draft: &mut Draft, import: &mut Import) {
    for (place, unit) in units.iter().enumerate() {
        if unit.last("Network", "Bond").is_some_and(|entry| entry.value == name) {
            of_file(unit, &units[..place], draft, import);
        }
    }
}

fn of_file(unit: &Unit, earlier: &[Unit], draft: &mut Draft, import: &mut Import) {
    let optional = unit.last("Link", "RequiredForOnline").is_some_and(|entry| flag(&entry.value) == Some(false));
    let names = unit.words("Match", "Name");
    let mut found = Vec::new();
    for (word, entry) in &names {
        if !is_plain(word) {
            import.lose(
                entry.origin.clone(),
                format!("which interfaces {word} matches is known on the host alone; add them to members"),
            );
        } else if is_first(word, earlier, entry, import) {
            draft.push("members", member("name", word, optional), Some(entry.origin.clone()));
            found.push(*word);
        }
    }
    for key in ["PermanentMACAddress", "MACAddress"] {
        for (word, entry) in unit.words("Match", key) {
            match mac_of(word) {
                _ if !names.is_empty() => {
                    import.lose(entry.origin.clone(), "a member is found by its name or by its address, not by both");
                }
                Some(mac) => {
                    draft.push("members", member("mac", &mac.to_string(), optional), Some(entry.origin.clone()));
                    if key == "MACAddress" {
                        import.change(entry.origin.clone(), "mpath looks for the permanent address of an interface");
                    }
                }
                None => import.lose(entry.origin.clone(), "no MAC address"),
            }
        }
    }
    primary(unit, &found, draft, import);
    others(unit, draft, import);
}

/// Whether no earlier file takes the interface; the first that matches counts.
fn is_first(name: &str, earlier: &[Unit], entry: &Entry, import: &mut Import) -> bool {
    for other in earlier {
        match other.matches(name) {
            Matches::Yes => {
                import.lose(
                    entry.origin.clone(),
                    format!("{} comes first and matches {name}, so this file is not used for it", other.file),
                );
                return false;
            }
            // A file for an address is for another interface, as far as one can see.
            Matches::HostKnows if !other.file.contains("lib/") && !other.is_for_an_address() => {
                let why = format!("where {} matches {name}, that file is used for it, and this one is not", other.file);
                import.change(entry.origin.clone(), why);
            }
            Matches::HostKnows | Matches::No => {}
        }
    }
    true
}

fn primary(unit: &Unit, found: &[&str], draft: &mut Draft, import: &mut Import) {
    if let Some(entry) = unit.last("Network", "PrimarySlave").filter(|entry| flag(&entry.value) == Some(true)) {
        match found {
            [name] => draft.set("primary", *name, Some(entry.origin.clone())),
            _ => import.lose(entry.origin.clone(), "a primary is one member that is given by its name"),
        }
    }
    if let Some(entry) = unit.last("Network", "ActiveSlave").filter(|entry| flag(&entry.value) == Some(true))
        && let Err((_, why)) = bond_option::set(draft, "active_slave", "", &entry.origin)
    {
        import.lose(entry.origin.clone(), why);
    }
}

/// What else the file says.
fn others(unit: &Unit, draft: &Draft, import: &mut Import) {
    for section in &unit.sections {
        for entry in section.entries.iter().filter(|entry| !entry.value.is_empty()) {
            let place = (section.name.as_str(), entry.key.as_str());
            let is_no = flag(&entry.value) == Some(false);
            match place {
                ("Network", "DHCP" | "IPv6AcceptRA" | "LinkLocalAddressing") if !is_no => {
                    import.lose(entry.origin.clone(), "a member has no addresses of its own");
                }
                ("Network", "Description") => import.leave(entry.origin.clone(), "for people"),
                ("Link", "RequiredForOnline") if !is_no => {
                    import.leave(entry.origin.clone(), "for systemd-networkd-wait-online; see mpath wait-online");
                }
                ("Network", "Address" | "Gateway" | "DNS") | ("Address" | "Route", _) => {
                    import.lose(entry.origin.clone(), "a member has no addresses of its own");
                }
                ("Link", "MTUBytes" | "MACAddress") => {
                    import.lose(entry.origin.clone(), format!("the members take {} from the group", entry.key));
                }
                ("Network", "LLDP") if !is_no => {
                    import.lose(entry.origin.clone(), "mpath listens to no LLDP: that needs somebody else");
                }
                _ if KNOWN.contains(&place) => {}
                (section, key) => import.lose(
                    entry.origin.clone(),
                    format!("mpath has no key for {key} in [{section}] of a member of {}", draft.name()),
                ),
            }
        }
    }
}
