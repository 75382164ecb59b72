//! Groups from `/etc/network/interfaces`, its commands, and the options of the module.

mod find;

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net};
use mpath_core::import::{Files, Import, Origin};

use super::Dialect;
use super::bond::Bond;
use super::effect::{Effect, effects};
use super::module::{self, Module};
use super::shell::commands;
use crate::format::bond_option;
use crate::format::interfaces::{self, Kind, Line, Stanza};

/// Everything that is known until the drafts are made.
struct Reading {
    dialect: Dialect,
    import: Import,
    bonds: Vec<Bond>,
    module: Module,
    stanzas: Vec<Stanza>,
}

/// The groups of a host, in a dialect.
pub(crate) fn import(files: &dyn Files, dialect: Dialect) -> Import {
    let mut import = Import::default();
    let module = module::read(files, &mut import);
    let stanzas = interfaces::read(files);
    let mut reading = Reading { dialect, import, bonds: vec![], module, stanzas };
    reading.find_bonds();
    reading.take_module_options();
    for number in 0..reading.stanzas.len() {
        reading.stanza(number);
    }
    let Reading { mut import, bonds, .. } = reading;
    for bond in bonds {
        let draft = bond.into_draft(&mut import);
        import.drafts.push(draft);
    }
    import
}

/// The key of a line, as all write it in one spelling: `bond_mode` is `bond-mode`.
fn key(line: &Line) -> String {
    line.key.replace('_', "-")
}

/// When the command of a line is run, if it has one: as the interface comes up, or as it goes down.
fn is_up(key: &str) -> Option<bool> {
    match key {
        "pre-up" | "up" | "post-up" => Some(true),
        "pre-down" | "down" | "post-down" => Some(false),
        _ => None,
    }
}

/// What the command of a line does as its interface comes up.
fn effects_of(line: &Line, interface: &str) -> Vec<Effect> {
    let commands = if is_up(&key(line)) == Some(true) { commands(&line.value, interface) } else { None };
    commands.iter().flatten().flat_map(effects).collect()
}

impl Reading {
    fn bond(&mut self, name: &str) -> Option<&mut Bond> {
        self.bonds.iter_mut().find(|bond| bond.name == name)
    }

    /// The lines of a stanza, those that it inherits first.
    fn lines(&self, stanza: &Stanza) -> Vec<Line> {
        let mut lines = Vec::new();
        if let Kind::Iface { inherits, name, .. } = &stanza.kind {
            let template = |stanza: &&Stanza| {
                matches!(&stanza.kind, Kind::Iface { name: other, inherits: deeper, .. }
                    if inherits.contains(other) && other != name && deeper.is_empty())
            };
            self.stanzas.iter().filter(template).for_each(|template| lines.extend(template.lines.iter().cloned()));
        }
        lines.extend(stanza.lines.iter().cloned());
        lines
    }

    fn stanza(&mut self, number: usize) {
        let stanza = self.stanzas[number].clone();
        let name = match &stanza.kind {
            Kind::Iface { name, .. } => name.clone(),
            Kind::Auto(_) | Kind::Source(_) | Kind::SourceDirectory(_) => return,
            Kind::Other(words) => {
                let ours = words.iter().any(|word| self.bond(word).is_some());
                match ours {
                    true => self.import.lose(stanza.origin, "mpath has no key for it"),
                    false => self.import.leave(stanza.origin, "no business of a group"),
                }
                return;
            }
        };
        // `bond0:1` is another address of bond0, as ifconfig(8) had them.
        let (device, label) = name.split_once(':').map_or((name.as_str(), None), |(name, label)| (name, Some(label)));
        if self.bond(device).is_some() {
            if label.is_some() {
                self.import
                    .change(stanza.origin.clone(), format!("its address becomes one of {device}, without the label"));
            }
            self.group_stanza(&stanza, device);
        } else if let Some(bond) = self.bonds.iter().find(|bond| bond.has_member(&name)).map(|bond| bond.name.clone()) {
            self.member_stanza(&stanza, &name, &bond);
        } else if !self.is_template(&name) {
            let on = self.below(&stanza, &name);
            self.import.leave_other(stanza.origin, on.as_deref(), self.dialect.tool());
        }
    }

    /// The bond that a VLAN or a bridge stands on, by its name or by what its stanza says.
    fn below(&self, stanza: &Stanza, name: &str) -> Option<String> {
        let lines = self.lines(stanza);
        let below = lines.iter().filter(|line| matches!(key(line).as_str(), "vlan-raw-device" | "bridge-ports"));
        let below: Vec<_> = below.flat_map(|line| line.value.split_whitespace()).chain([name]).collect();
        // `bond0.5` is a VLAN on bond0, wherever it is named.
        let is_above = |bond: &&Bond| below.iter().any(|word| word.split('.').next() == Some(&bond.name));
        self.bonds.iter().find(is_above).map(|bond| bond.name.clone())
    }

    fn is_template(&self, name: &str) -> bool {
        let inherits = |stanza: &Stanza| matches!(&stanza.kind, Kind::Iface { inherits, .. } if inherits.iter().any(|other| other == name));
        self.stanzas.iter().any(inherits)
    }

    /// What a member has for itself.
    fn member_stanza(&mut self, stanza: &Stanza, member: &str, bond: &str) {
        if stanza.gives() {
            let why = format!("a member has no addresses of its own: those of the group are on {bond}");
            self.import.lose(stanza.origin.clone(), why);
        }
        for line in self.lines(stanza) {
            let key = key(&line);
            match key.as_str() {
                "bond-master" => {}
                // ifenslave sets the bond up by them too, where the member comes first.
                _ if key.starts_with("bond-") && bond_option::is_known(&key) => {
                    if let Some(bond) = self.bond(bond) {
                        bond.option(&key, &line.value, false, &line.origin);
                    }
                }
                "bond-give-a-chance" => self
                    .import
                    .lose(line.origin, "mpath has no key for it; with mac = \"active\" a wireless member needs none"),
                _ if is_up(&key).is_some() => self.command(&line, member, member),
                _ => {
                    self.import.leave(line.origin, format!("of {member} alone; it stays with {}", self.dialect.tool()))
                }
            }
        }
    }

    fn group_stanza(&mut self, stanza: &Stanza, device: &str) {
        let Kind::Iface { family, method, .. } = &stanza.kind else { return };
        let v6 = family.as_deref() == Some("inet6");
        let lines = self.lines(stanza);
        let value = |wanted: &str| lines.iter().find(|line| key(line) == wanted).map(|line| line.value.as_str());
        let (netmask, metric) = (value("netmask").map(str::to_owned), value("metric").map(str::to_owned));
        let said = value("accept-ra").is_some() || value("autoconf").is_some();
        let gateway = value("gateway").is_some();
        let leased = matches!(method.as_deref(), Some("dhcp" | "auto"));
        if let (Some(unused), true) = (lines.iter().find(|line| key(line) == "metric"), leased && !gateway) {
            self.import
                .lose(unused.origin.clone(), "mpath leaves the metric of what a lease or a router brings as it is");
        }
        match (method.as_deref(), v6) {
            (Some("static" | "manual" | "loopback") | None, _) => {}
            (Some("dhcp"), false) => self.give(device, "dhcp", &stanza.origin),
            (Some("dhcp"), true) => self.give(device, "dhcp6", &stanza.origin),
            (Some("auto"), true) if !said => self.give(device, "accept-ra", &stanza.origin),
            (Some("auto"), true) => {}
            (Some(method), _) => {
                self.import.lose(stanza.origin.clone(), format!("mpath has no counterpart of {method}"))
            }
        }
        // Its default there is to take no addresses from routers (interfaces(5)), which is no setting of mpath's.
        if (method.as_deref(), v6, said, self.dialect) == (Some("static"), true, false, Dialect::Ifenslave) {
            let (set, why) = match gateway {
                true => (
                    true,
                    "takes no addresses from router advertisements (autoconf 0): accept-ra = false, which takes no routes either",
                ),
                false => (
                    false,
                    "takes routes, but no addresses from router advertisements (autoconf 0): without accept-ra both may come",
                ),
            };
            self.import.change(stanza.origin.clone(), why);
            if let Some(bond) = self.bond(device).filter(|_| set) {
                bond.set("accept-ra", false, &stanza.origin);
            }
        }
        // A broadcast address is compared with the addresses.
        let mut ordered: Vec<_> = lines.iter().collect();
        ordered.sort_by_key(|line| key(line) != "address");
        for line in ordered {
            match self.group_line(line, device, netmask.as_deref(), metric.as_deref()) {
                Ok(()) => {}
                Err(why) => self.import.lose(line.origin.clone(), why),
            }
        }
    }

    fn give(&mut self, device: &str, what: &str, origin: &Origin) {
        if let Some(bond) = self.bond(device) {
            bond.set(what, true, origin);
        }
    }

    fn group_line(
        &mut self,
        line: &Line,
        device: &str,
        netmask: Option<&str>,
        metric: Option<&str>,
    ) -> Result<(), String> {
        let Line { value, origin, .. } = line;
        let key = key(line);
        if is_up(&key).is_some() {
            self.command(line, device, device);
            return Ok(());
        }
        if matches!(key.as_str(), "dad-attempts" | "dad-interval" | "ll-attempts" | "ll-interval") {
            // How long ifupdown waits, which mpath does not.
            return Ok(());
        }
        let tool = self.dialect.tool();
        let Some(bond) = self.bond(device) else { return Ok(()) };
        match key.as_str() {
            "slaves" | "bond-slaves" | "bond-ports" => {}
            "address" => bond.address(&with_mask(value, netmask)?, origin),
            "netmask" | "metric" | "network" => {}
            "broadcast" if value == "+" || is_usual(value, bond) => {}
            "gateway" => bond.route("default", Some(value), metric, origin)?,
            "mtu" => bond.number("mtu", value, origin)?,
            "hwaddress" if value == "random" => return Err("a group keeps its MAC address".to_owned()),
            "hwaddress" => bond.set("mac", value.trim_start_matches("ether").trim(), origin),
            "accept-ra" => bond.accept_ra(value, origin)?,
            "autoconf" if value == "1" => {}
            "autoconf" => bond.accept_ra("0", origin)?,
            "privext" if value == "0" => {}
            "scope" if value == "global" => {}
            "bond-use-carrier" => bond.option(&key, if value == "yes" { "1" } else { value }, false, origin),
            "bond-ad-sys-priority" => bond.option("ad_actor_sys_prio", value, false, origin),
            "bond-ad-sys-mac-addr" => bond.option("ad_actor_system", value, false, origin),
            _ if key.starts_with("bond-") && bond_option::is_known(&key) => {
                bond.option(&key, value, false, origin);
                if !self.dialect.knows(&key) {
                    let why = format!("{tool} has no such option, so that it did nothing; here it does");
                    self.import.change(origin.clone(), why);
                }
            }
            _ if key.starts_with("dns-") => {
                return Err("mpath configures no name servers: write them to /etc/resolv.conf".to_owned());
            }
            _ => return Err(format!("mpath has no key for {}", line.key)),
        }
        Ok(())
    }

    /// A line with a command, in the stanza of an interface: what it does for the bond, or why not.
    fn command(&mut self, line: &Line, interface: &str, owner: &str) {
        let up = is_up(&key(line)) == Some(true);
        let Some(commands) = commands(&line.value, interface) else {
            let why = "more than a simple command; mpath runs none of its own when a group comes up";
            self.import.lose(line.origin.clone(), why);
            return;
        };
        for effect in commands.iter().flat_map(effects) {
            if let Err(why) = self.effect(effect, up, owner, &line.origin) {
                self.import.lose(line.origin.clone(), why);
            }
        }
    }

    fn effect(&mut self, effect: Effect, up: bool, owner: &str, origin: &Origin) -> Result<(), String> {
        // Where no bond is meant, it is a member's own affair, which ends with the group's beginning.
        match effect {
            Effect::Undo if up => return Err("mpath takes nothing away when a group comes up".to_owned()),
            Effect::Undo | Effect::Itself | Effect::Bond(_) | Effect::Module { .. } => {}
            Effect::Member { bond, .. } => {
                self.of(&bond)?;
            }
            Effect::Unknown(why) => return Err(why.to_owned()),
            _ if !up => return Err("mpath runs no commands of its own when a group goes down".to_owned()),
            Effect::Wait => self.import.change(origin.clone(), "mpath waits by itself for what it needs"),
            Effect::Priority { member, prio } => {
                if let Some(bond) = self.bonds.iter_mut().find(|bond| bond.has_member(&member)) {
                    bond.priority(&member, &prio)?;
                }
            }
            Effect::Option { bond, name, value, more } => self.of(&bond)?.option(&name, &value, more, origin),
            Effect::MacOf { bond, member } => self.of(&bond)?.mac_of(&member, origin),
            Effect::Mac { interface, value } => self.of(&interface)?.set("mac", value, origin),
            Effect::Mtu { interface, value } => self.of(&interface)?.number("mtu", &value, origin)?,
            Effect::AcceptRa { interface, value } => self.of(&interface)?.accept_ra(&value, origin)?,
            Effect::Address { interface, net, without } => {
                self.of(&interface)?.address(&net, origin);
                if !without.is_empty() {
                    return Err(format!("the rest of it is taken over, {} is not", without.join(", ")));
                }
            }
            Effect::Route { interface, to, via, metric } => {
                let interface = interface.unwrap_or_else(|| owner.to_owned());
                self.of(&interface)?.route(&to, via.as_deref(), metric.as_deref(), origin)?;
            }
        }
        Ok(())
    }

    fn of(&mut self, interface: &str) -> Result<&mut Bond, String> {
        self.bond(interface).ok_or_else(|| format!("{interface} is no group, and mpath leaves it as it is"))
    }
}

/// An address with the length of its prefix, where a mask tells it.
fn with_mask(address: &str, netmask: Option<&str>) -> Result<String, String> {
    let Some(mask) = netmask.filter(|_| !address.contains('/')) else { return Ok(address.to_owned()) };
    if mask.parse::<u8>().is_ok() {
        return Ok(format!("{address}/{mask}"));
    }
    let wrong = || format!("{address} with the mask {mask} is no address");
    let length = mask.parse::<Ipv4Addr>().ok().and_then(|mask| Ipv4Net::with_netmask(Ipv4Addr::UNSPECIFIED, mask).ok());
    Ok(format!("{address}/{}", length.ok_or_else(wrong)?.prefix_len()))
}

/// Whether a broadcast address is that of an address's subnet, which it has anyway.
fn is_usual(value: &str, bond: &Bond) -> bool {
    let nets = bond.addresses().into_iter().filter_map(|net| net.parse::<IpNet>().ok());
    nets.into_iter().any(|net| net.broadcast().to_string() == value)
}
