//! Groups from the files of systemd-networkd.

use mpath_core::Draft;
use mpath_core::import::{Files, Import, Origin};

use super::unit::{Matches, Unit, units};
use super::{address, bond, members};

/// The bonds of a host, and what becomes of every other line.
pub fn import(files: &dyn Files) -> Import {
    let mut import = Import::default();
    let netdevs = units(files, ".netdev", &mut import);
    let networks = units(files, ".network", &mut import);
    let links = units(files, ".link", &mut import);
    let mut drafts: Vec<Draft> = Vec::new();
    // The networks that something was taken from.
    let mut used = Vec::new();
    for netdev in &netdevs {
        let Some(name) = device(netdev, &mut import) else { continue };
        if drafts.iter().any(|draft| draft.name() == name) {
            import.lose(Origin::of_file(&netdev.file, name.clone()), "an earlier file makes a device of this name");
            continue;
        }
        let mut draft = Draft::new(name.as_str());
        members::take(&networks, &name, &mut draft, &mut import);
        netdev_keys(netdev, &mut draft, &mut import);
        bond::take(netdev, &mut draft, &mut import);
        let matching = |unit: &&Unit| unit.matches(&name) != Matches::No && names(unit, &name);
        if let Some(network) = networks.iter().find(matching) {
            address::take(network, &mut draft, &mut import);
            used.push(network.file.clone());
        }
        let link = links.iter().find(|unit| unit.words("Match", "OriginalName").iter().any(|(word, _)| *word == name));
        mac_policy(netdev, link, &mut draft, &mut import);
        drafts.push(draft);
    }
    let is_member = |unit: &Unit| {
        let bond = unit.last("Network", "Bond");
        bond.is_some_and(|bond| drafts.iter().any(|draft| draft.name() == bond.value))
    };
    for unit in networks.iter().filter(|unit| !used.contains(&unit.file) && !is_member(unit)) {
        match unit.last("Network", "Bond") {
            Some(bond) => import.lose(bond.origin.clone(), format!("no .netdev makes the bond {}", bond.value)),
            None => leave(unit, &mut import),
        }
    }
    import.drafts = drafts;
    import
}

/// The name of the bond that a file makes; another kind of device is nobody's business here.
fn device(netdev: &Unit, import: &mut Import) -> Option<String> {
    let kind = netdev.last("NetDev", "Kind");
    let name = netdev.last("NetDev", "Name");
    match (kind, name) {
        (Some(kind), Some(name)) if kind.value == "bond" => return Some(name.value.clone()),
        (Some(kind), _) if kind.value != "bond" => {
            import.leave(kind.origin.clone(), format!("a device of the kind {} is no group", kind.value));
        }
        _ => import.lose(
            Origin::of_file(&netdev.file, "the file"),
            "without Name= and Kind= it makes no device (systemd.netdev(5))",
        ),
    }
    None
}

/// Whether a file names a device, rather than matching everything that comes.
fn names(unit: &Unit, name: &str) -> bool {
    !unit.words("Match", "Name").is_empty() || unit.matches(name) == Matches::Yes
}

/// `[NetDev]` and `[Match]` of a bond.
fn netdev_keys(netdev: &Unit, draft: &mut Draft, import: &mut Import) {
    if let Some(entry) = netdev.last("NetDev", "MTUBytes") {
        address::mtu(entry, draft, import);
    }
    if let Some(entry) = netdev.last("NetDev", "MACAddress").filter(|entry| entry.value != "none") {
        address::mac(entry, draft, import);
    }
    for section in &netdev.sections {
        for entry in section.entries.iter().filter(|entry| !entry.value.is_empty()) {
            match (section.name.as_str(), entry.key.as_str()) {
                ("NetDev", "Name" | "Kind" | "MTUBytes" | "MACAddress") | ("Bond", _) => {}
                ("NetDev", "Description") => import.leave(entry.origin.clone(), "for people"),
                ("Match", _) => import.lose(entry.origin.clone(), "a group is for every host that has its file"),
                (section, key) => {
                    import.lose(entry.origin.clone(), format!("mpath has no key for {key} in [{section}]"));
                }
            }
        }
    }
}

/// Whether the bond shows the address of a member, as a group does unless its file says otherwise. systemd makes up an
/// address of its own unless both files say that it shall not (`MACAddress=` in systemd.netdev(5)).
fn mac_policy(netdev: &Unit, link: Option<&Unit>, draft: &mut Draft, import: &mut Import) {
    let policy = link.and_then(|link| link.last("Link", "MACAddressPolicy"));
    let is_members = netdev.last("NetDev", "MACAddress").is_some_and(|entry| entry.value == "none")
        && policy.is_some_and(|entry| entry.value == "none");
    let follows =
        draft.get("mac").is_some_and(|mac| !matches!(mac, mpath_core::draft::Value::Text(word) if word == "shared"));
    if !is_members && !follows {
        let said = netdev.last("NetDev", "MACAddress").map(|entry| entry.origin.clone());
        let origin = said.unwrap_or_else(|| Origin::of_file(&netdev.file, "[NetDev] without MACAddress="));
        let why =
            "systemd makes up a MAC address for the bond; a group shows that of a member, unless mac gives it one";
        import.change(origin, why);
    }
    let Some(link) = link else { return };
    for section in &link.sections {
        for entry in section.entries.iter().filter(|entry| !entry.value.is_empty()) {
            match (section.name.as_str(), entry.key.as_str(), entry.value.as_str()) {
                ("Match", "OriginalName", _) | ("Link", "MACAddressPolicy", "none" | "persistent") => {}
                (section, key, _) => {
                    import.lose(entry.origin.clone(), format!("mpath has no key for {key} in [{section}]"));
                }
            }
        }
    }
}

/// A file that is no business of a group, or of which nobody can say that here.
fn leave(unit: &Unit, import: &mut Import) {
    let origin = unit.section("Match").next().map(|entry| entry.origin.clone());
    let origin = origin.unwrap_or_else(|| Origin::of_file(&unit.file, "the file"));
    let by_host = unit.words("Match", "Name").is_empty() && !unit.is_for_an_address();
    if by_host && !unit.file.contains("lib/") {
        let why = "whom it matches is known on the host alone; what it gives the device of a group is not in the group";
        return import.lose(origin, why);
    }
    import.leave_other(origin, None, "systemd-networkd");
}

#[cfg(test)]
mod tests;
