//! Interface files of bonds and of their members, as groups.

use mpath_core::draft::Value;
use mpath_core::import::{Fate, Files, Import, Leftover};
use mpath_core::{Draft, MacAddress};

use super::FOLDER;
use super::assignment::{Assignment, Assignments, is_true};
use super::{global, ip, route};
use crate::format::bond_option;

/// Names that say nothing of a group, or what is so by itself: name, values (none: any).
const SILENT: &[(&str, &[&str])] = &[
    ("DEVICE", &[]),
    ("NAME", &[]),
    ("UUID", &[]),
    ("TYPE", &[]),
    ("BONDING_MASTER", &[]),
    ("MASTER", &[]),
    ("MASTER_UUID", &[]),
    ("SLAVE", &[]),
    ("ONBOOT", &["yes"]),
    ("USERCTL", &["no"]),
    ("PROXY_METHOD", &["none"]),
    ("BROWSER_ONLY", &["no"]),
    ("IPV4_FAILURE_FATAL", &["no"]),
    ("IPV6_FAILURE_FATAL", &["no"]),
    ("IPV6_ADDR_GEN_MODE", &["eui64", "default"]),
    ("IPV6_DEFROUTE", &["yes"]),
    ("PEERDNS", &["yes"]),
    ("PEERROUTES", &["yes"]),
    ("IPV6_PEERDNS", &["yes"]),
    ("IPV6_PEERROUTES", &["yes"]),
];

/// Names of which no key tells: with `*` for the rest of a name, what becomes of them, and why.
const UNSAID: &[(&str, Fate, &str)] = &[
    ("ONBOOT", Fate::Changed, "it did not come up by itself; mpath up brings it up when it is run"),
    ("NM_CONTROLLED", Fate::LeftAlone, "which of the two tools reads the file"),
    ("HOTPLUG", Fate::LeftAlone, "when the scripts begin; mpath up begins when it is run"),
    ("AUTOCONNECT_*", Fate::LeftAlone, "when NetworkManager begins; mpath up begins when it is run"),
    ("DNS*", Fate::Lost, "mpath leaves name servers alone: /etc/resolv.conf, or whoever writes it"),
    ("DOMAIN", Fate::Lost, "mpath leaves name servers alone: /etc/resolv.conf, or whoever writes it"),
    ("PEERDNS", Fate::Lost, "mpath leaves name servers alone: /etc/resolv.conf, or whoever writes it"),
    ("ZONE", Fate::Lost, "the zone of a firewall; let the firewall name the device"),
    ("BRIDGE", Fate::Lost, "mpath puts a group in no bridge: that needs somebody else"),
    ("ETHTOOL_*", Fate::Lost, "mpath leaves the settings of cards alone"),
];

/// Groups from the interface files of a host.
pub fn import(files: &dyn Files) -> Import {
    let mut import = Import::default();
    let names = files.list(FOLDER).into_iter().filter(|name| is_interface_file(name));
    let mut read = Vec::new();
    for name in names {
        let path = format!("{FOLDER}/{name}");
        let Some(text) = files.read(&path) else { continue };
        let mut strange = Import::default();
        let file = Assignments::read(&path, &text, &mut strange);
        // The name of the file stands in for the device's.
        let device = match (file.get("DEVICE"), file.get("HWADDR")) {
            (Some(device), _) => Some(device.to_owned()),
            (None, Some(_)) => None,
            (None, None) => name.strip_prefix("ifcfg-").map(str::to_owned),
        };
        read.push((device, file, strange));
    }
    let mut bonds: Vec<String> = Vec::new();
    for (device, file, _) in &read {
        let says = file.says("BONDING_MASTER") || file.get("BONDING_OPTS").is_some();
        let itself = device.clone().filter(|_| says || file.get("TYPE").is_some_and(|kind| kind == "Bond"));
        bonds.extend(itself.or_else(|| file.get("MASTER").map(str::to_owned)));
    }
    let is_of = |device: &Option<String>, file: &Assignments| {
        let of = |name: &str| bonds.iter().any(|bond| bond == name);
        let base = device.as_deref().map(|device| device.split(':').next().unwrap_or_default());
        base.is_some_and(of) || file.get("MASTER").is_some_and(of)
    };
    let (ours, others): (Vec<_>, Vec<_>) = read.into_iter().partition(|(device, file, _)| is_of(device, file));
    // The bonds before their members and their aliases.
    let (own, rest): (Vec<_>, Vec<_>) =
        ours.into_iter().partition(|(device, ..)| device.as_ref().is_some_and(|device| bonds.contains(device)));
    let bridged = |(device, file, _): &(Option<String>, Assignments, _)| {
        Some((file.get("BRIDGE")?.to_owned(), device.clone().unwrap_or_default()))
    };
    let bridges: Vec<_> = own.iter().filter_map(bridged).collect();
    let global = if bonds.is_empty() { None } else { global::read(files, &mut import) };
    for (device, mut file, strange) in own {
        import.leftovers.extend(strange.leftovers);
        let device = device.unwrap_or_default();
        if import.drafts.iter().any(|draft| draft.name() == device) {
            import.lose(file.origin(), format!("there is another file for {device}"));
            continue;
        }
        global.iter().for_each(|global| global::inherit(global, &mut file));
        bond(&device, file, files, &mut import);
    }
    global.into_iter().for_each(|global| global::tell(global, &mut import));
    for (device, file, strange) in rest {
        import.leftovers.extend(strange.leftovers);
        match file.get("MASTER").map(str::to_owned) {
            Some(master) => member(device, &master, file, &mut import),
            None => alias(&device.unwrap_or_default(), file, &mut import),
        }
    }
    for (device, file, _) in others {
        let device = device.unwrap_or_default();
        // A VLAN by its name, or by the one that it is on (`PHYSDEV`); a bridge by what the bond says.
        let base = file.get("PHYSDEV").or(device.split_once('.').map(|(base, _)| base));
        let base = base.filter(|base| bonds.iter().any(|bond| bond == base));
        let port = || bridges.iter().find(|(bridge, _)| *bridge == device).map(|(_, bond)| bond.as_str());
        import.leave_other(file.origin(), base.or_else(port), "the scripts");
    }
    import
}

/// Which files are read (`is_ignored_file` of the scripts).
fn is_interface_file(name: &str) -> bool {
    const OTHERS: [&str; 7] = ["~", ".bak", ".old", ".orig", ".rpmnew", ".rpmorig", ".rpmsave"];
    name.starts_with("ifcfg-") && name != "ifcfg-lo" && !OTHERS.iter().any(|ending| name.ends_with(ending))
}

/// The file of the bond itself.
fn bond(device: &str, mut file: Assignments, files: &dyn Files, import: &mut Import) {
    let mut draft = Draft::new(device);
    options(&mut file, &mut draft, import);
    if let Some(Assignment { value, origin, .. }) = file.take("MTU") {
        match value.parse::<i64>() {
            Ok(mtu) => draft.set("mtu", mtu, Some(origin)),
            Err(_) => import.lose(origin, "no number"),
        }
    }
    if let Some(Assignment { value, origin, .. }) = file.take("MACADDR") {
        if draft.get("mac").is_some_and(|mac| *mac != Value::from("shared")) {
            import.lose(origin, "the members keep addresses of their own, as fail_over_mac says");
        } else if value.parse::<MacAddress>().is_ok() {
            draft.set("mac", value, Some(origin));
        } else {
            import.lose(origin, "mpath pins an address that is written out");
        }
    }
    ip::addresses(device, &mut file, &mut draft, import);
    route::routes(device, files, &mut draft, import);
    told(file, import);
    import.drafts.push(draft);
}

/// `BONDING_OPTS`, which the scripts write to the driver as they stand there.
fn options(file: &mut Assignments, draft: &mut Draft, import: &mut Import) {
    let (path, options) = (file.path.clone(), file.take("BONDING_OPTS"));
    if let Some(Assignment { value, origin, .. }) = options {
        for option in value.split_ascii_whitespace() {
            // Whatever is told of it later, it is told of this one among those of the line.
            let mut origin = origin.clone();
            option.clone_into(&mut origin.text);
            let taken = match option.split_once('=') {
                Some((name, value)) => bond_option::set(draft, name, value, &origin),
                None => Err((Fate::Lost, "no option with a value".to_owned())),
            };
            if let Err((fate, why)) = taken {
                import.leftovers.push(Leftover { origin, fate, why });
            }
        }
    }
    bond_option::unsaid(draft, &path, import);
}

/// The file of a member.
fn member(device: Option<String>, master: &str, mut file: Assignments, import: &mut Import) {
    let origin = file.origin();
    let hardware = file.take("HWADDR");
    let value = match (device, hardware) {
        (Some(device), hardware) => {
            if let Some(hardware) = hardware {
                import.change(hardware.origin, format!("{device} is found by its name"));
            }
            Value::from(device)
        }
        (None, Some(hardware)) => Value::Table(vec![("mac", hardware.value.into())]),
        // A file without HWADDR has the device of its name.
        (None, None) => return,
    };
    let none = |known: &Assignment| matches!(known.value.to_ascii_lowercase().as_str(), "none" | "static");
    if let Some(known) = file.take("BOOTPROTO").filter(|known| !none(known)) {
        import.lose(known.origin, "a member of a group has no address of its own");
    }
    if !import.drafts.iter().any(|draft| draft.name() == master) {
        // The old way: the options are those of the module.
        let mut draft = Draft::new(master);
        bond_option::unsaid(&mut draft, &file.path, import);
        import.drafts.push(draft);
    }
    import.draft(master).push("members", value, Some(origin));
    told(file, import);
}

/// The file of an alias, such as `bond0:1`, which gives another address.
fn alias(device: &str, mut file: Assignments, import: &mut Import) {
    let name = device.split(':').next().unwrap_or_default();
    let mut draft = import.draft(name).clone();
    ip::static_ipv4(&mut file, &mut draft, import);
    *import.draft(name) = draft;
    for name in ["NETWORK", "BROADCAST", "BOOTPROTO", "ONPARENT"] {
        file.take(name);
    }
    told(file, import);
}

/// What nobody has asked for.
fn told(file: Assignments, import: &mut Import) {
    for Assignment { name, value, origin } in file.rest() {
        let silent = |(known, values): &(&str, &[&str])| {
            *known == name
                && (values.is_empty()
                    || values.contains(&value.to_ascii_lowercase().as_str())
                    || (values.contains(&"yes") && is_true(&value)))
        };
        if value.is_empty() || SILENT.iter().any(silent) {
            continue;
        }
        let matches = |(known, ..): &&(&str, Fate, &str)| {
            known.strip_suffix('*').map_or(*known == name, |head| name.starts_with(head))
        };
        let (fate, why) = match UNSAID.iter().find(matches) {
            Some((_, fate, why)) => (*fate, (*why).to_owned()),
            None => (Fate::Lost, format!("mpath has no key for {name}")),
        };
        import.leftovers.push(Leftover { origin, fate, why });
    }
}
