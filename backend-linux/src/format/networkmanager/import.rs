//! Profiles of bonds and of their ports, as groups.

use mpath_core::draft::Value;
use mpath_core::import::{Fate, Files, Import, Leftover};
use mpath_core::{Draft, MacAddress};

use super::ip;
use super::profile::{Profile, name_of, profiles};
use crate::format::bond_option;
use crate::format::key_file::Key;

/// A key of a profile that no key of mpath says: its section, its name (with `*` for the rest of it), and what becomes of it.
struct Unsaid(&'static str, &'static str, Fate, &'static str);

/// Of a bond; a port's is asked for.
const ABOVE: &str = "mpath puts a group in no bridge or other device: that needs somebody else";

/// What stands in profiles beside what a group is. The first that matches counts.
const UNSAID: &[Unsaid] = &[
    Unsaid("connection", "timestamp", Fate::LeftAlone, "NetworkManager's own note"),
    Unsaid(
        "connection",
        "autoconnect-*",
        Fate::LeftAlone,
        "when NetworkManager begins; mpath up begins when it is run",
    ),
    Unsaid("connection", "permissions", Fate::Lost, "who may switch the profile; mpath is for root"),
    Unsaid("connection", "zone", Fate::Lost, "the zone of a firewall; let the firewall name the device"),
    Unsaid("connection", "secondaries", Fate::Lost, "nothing else comes up with a group"),
    Unsaid("connection", "controller", Fate::Lost, ABOVE),
    Unsaid("connection", "master", Fate::Lost, ABOVE),
    Unsaid("connection", "*", Fate::Lost, "mpath has no key for it"),
    Unsaid("ethernet", "*", Fate::Lost, "mpath leaves the settings of cards alone"),
    Unsaid("user", "*", Fate::LeftAlone, "the user's own notes"),
    Unsaid("proxy", "*", Fate::LeftAlone, "no matter of an interface"),
    Unsaid("bond-port", "queue-id", Fate::Lost, "mpath has no key for queues"),
    Unsaid("vlan", "*", Fate::LeftAlone, "the VLAN must be there before the group: mpath makes none"),
    Unsaid(
        "wifi",
        "*",
        Fate::LeftAlone,
        "the association stays with whoever makes it, and must be there without this profile",
    ),
    Unsaid("wifi-security", "*", Fate::LeftAlone, "the association stays with whoever makes it"),
    Unsaid("802-1x", "*", Fate::LeftAlone, "the authentication stays with whoever makes it"),
];

/// Sections that may hold secrets: their keys are told without their values.
const SECRET: [&str; 2] = ["wifi-security", "802-1x"];

/// A bond that became a group, as other profiles know it.
struct Bond {
    device: String,
    uuid: Option<String>,
    /// The device that it is a port of, as a bridge, or the UUID of its profile.
    controller: Option<String>,
}

impl Bond {
    /// Whether this is what it is called by: its device or the UUID of its profile.
    fn is(&self, name: &str) -> bool {
        self.device == name || self.uuid.as_deref() == Some(name)
    }

    /// Whether a profile is of a device on top of it: of one that it is below, as of a VLAN, or of one that it is a port of.
    fn is_below(&self, profile: &Profile) -> bool {
        let names = ["interface-name", "uuid"].into_iter().filter_map(|key| profile.get("connection", key));
        profile.parent().is_some_and(|parent| self.is(parent))
            || names.into_iter().any(|name| self.controller.as_deref() == Some(name))
    }
}

/// Groups from the profiles of a host.
pub fn import(files: &dyn Files) -> Import {
    let mut import = Import::default();
    let (bonds, others): (Vec<_>, Vec<_>) =
        profiles(files, &mut import).into_iter().partition(|profile| profile.kind() == "bond");
    let mut groups: Vec<Bond> = Vec::new();
    for mut bond in bonds {
        let Some(device) = bond.take("connection", "interface-name") else {
            import.lose(bond.origin(), "a bond without interface-name, which NetworkManager does not take either");
            continue;
        };
        if groups.iter().any(|known| known.device == device.value) {
            import.lose(bond.origin(), format!("there is another profile for {}: only one can be up", device.value));
            continue;
        }
        let get = |key| bond.get("connection", key).map(str::to_owned);
        let (uuid, controller) = (get("uuid"), get("controller").or_else(|| get("master")));
        group(bond, &device, &mut import);
        groups.push(Bond { device: device.value, uuid, controller });
    }
    for profile in others {
        match profile.bond().map(|name| groups.iter().find(|bond| bond.is(name))) {
            Some(Some(bond)) => port(profile, &bond.device, &mut import),
            Some(None) => import.lose(profile.origin(), "a port of a bond for which there is no profile"),
            None => {
                let on = groups.iter().find(|bond| bond.is_below(&profile)).map(|bond| bond.device.as_str());
                import.leave_other(profile.origin(), on, "NetworkManager");
            }
        }
    }
    import
}

/// The profile of the bond itself.
fn group(mut bond: Profile, device: &Key, import: &mut Import) {
    let mut draft = Draft::new(&device.value);
    for key in ["id", "uuid", "type"] {
        bond.take("connection", key);
    }
    if let Some(key) = bond.take("connection", "autoconnect").filter(|key| !is_true(&key.value)) {
        import.change(key.origin, "it did not come up by itself; mpath up brings it up when it is run");
    }
    options(&mut bond, &mut draft, import);
    if let Some(key) = bond.take("ethernet", "mtu") {
        match key.value.parse::<i64>() {
            Ok(0) => {}
            Ok(mtu) => draft.set("mtu", mtu, Some(key.origin)),
            Err(_) => import.lose(key.origin, "no number"),
        }
    }
    if let Some(key) = bond.take("ethernet", "cloned-mac-address") {
        if draft.get("mac").is_some_and(|mac| *mac != Value::from("shared")) {
            import.lose(key.origin, "the members keep addresses of their own, as fail_over_mac says");
        } else if key.value.parse::<MacAddress>().is_ok() {
            draft.set("mac", key.value, Some(key.origin));
        } else {
            import.lose(key.origin, "mpath pins the MAC address of a member, or one that is written out");
        }
    }
    ip::ipv4(&mut bond, &mut draft, import);
    ip::ipv6(&mut bond, &mut draft, import);
    rest(bond, import);
    import.drafts.push(draft);
}

/// The options of the bond, by the kernel's names.
fn options(bond: &mut Profile, draft: &mut Draft, import: &mut Import) {
    let options = bond.take_all("bond");
    let number = |name| options.iter().find(|key| key.name == name).and_then(|key| key.value.parse::<u32>().ok());
    // `bond_get_option_normalized`: the link wins where both are asked for.
    let runs = |name| number(name).is_some_and(|interval| interval > 0);
    let only_probes = runs("arp_interval") && !runs("miimon");
    let primary = options.iter().any(|key| key.name == "primary");
    if !options.iter().any(|key| key.name == "mode") {
        // `nm_setting_bond_init`.
        draft.set("mode", "balance-rr", None);
    }
    for Key { name, value, origin } in options {
        if only_probes && matches!(name.as_str(), "miimon" | "updelay" | "downdelay") && value == "0" {
            continue;
        }
        // An older name (`NM_SETTING_BOND_OPTION_ACTIVE_SLAVE`).
        let name = if name == "active_slave" && !primary { "primary" } else { &name };
        if let Err((fate, why)) = bond_option::set(draft, name, &value, &origin) {
            import.leftovers.push(Leftover { origin, fate, why });
        }
    }
    bond_option::probes(draft, import);
}

/// The profile of a port.
fn port(mut profile: Profile, device: &str, import: &mut Import) {
    for key in ["id", "uuid", "controller", "master", "port-type", "slave-type"] {
        profile.take("connection", key);
    }
    if let Some(key) = profile.take("connection", "autoconnect").filter(|key| !is_true(&key.value)) {
        import.change(key.origin, "it did not join by itself; it is a member whenever the group is up");
    }
    let kind = profile.kind().to_owned();
    let origin = profile.origin();
    profile.take("connection", "type");
    let name = profile.take("connection", "interface-name");
    let hardware = profile.take(if kind == "wifi" { "wifi" } else { "ethernet" }, "mac-address");
    let (key, found) = match (name, hardware) {
        (Some(name), hardware) => {
            if let Some(hardware) = hardware {
                import.change(hardware.origin, format!("{} is found by its name", name.value));
            }
            ("name", name)
        }
        (None, Some(hardware)) => ("mac", hardware),
        (None, None) => {
            import.lose(origin, "it is for any interface: a member needs its name or its MAC address");
            return;
        }
    };
    let mut entries = vec![(key, Value::from(found.value.clone()))];
    if let Some(prio) = profile.take("bond-port", "prio") {
        match prio.value.parse::<i64>() {
            Ok(0) => {}
            Ok(number) => entries.push(("prio", number.into())),
            Err(_) => import.lose(prio.origin, "no number"),
        }
    }
    let member = match entries.as_slice() {
        [("name", name)] => name.clone(),
        _ => Value::Table(entries),
    };
    import.draft(device).push("members", member, Some(found.origin));
    rest(profile, import);
}

/// What nobody has asked for.
fn rest(profile: Profile, import: &mut Import) {
    for section in profile.rest() {
        for Key { name, mut origin, .. } in section.keys {
            if SECRET.contains(&name_of(&section.name)) {
                origin.text = format!("{name}=…");
            }
            let matches = |Unsaid(of, key, ..): &&Unsaid| {
                *of == name_of(&section.name)
                    && key.strip_suffix('*').map_or(*key == name, |head| name.starts_with(head))
            };
            let (fate, why) = match UNSAID.iter().find(matches) {
                Some(Unsaid(_, _, fate, why)) => (*fate, (*why).to_owned()),
                None => (Fate::Lost, format!("mpath has no key for [{}]", section.name)),
            };
            import.leftovers.push(Leftover { origin, fate, why });
        }
    }
}

/// As GLib and NetworkManager take it.
pub(super) fn is_true(value: &str) -> bool {
    matches!(value, "true" | "1" | "yes" | "on")
}
