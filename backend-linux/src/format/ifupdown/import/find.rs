//! Which bonds there are, who is a member of each, and which options of the module they have, wherever that is said.

use mpath_core::import::Origin;

use super::{Reading, effects_of, key};
use crate::format::ifupdown::bond::Bond;
use crate::format::ifupdown::effect::Effect;
use crate::format::interfaces::Line;

impl Reading {
    /// Finds every bond, and then its members, wherever that is said: a member may stand above its bond.
    pub(super) fn find_bonds(&mut self) {
        let stanzas = self.stanzas.clone();
        for stanza in &stanzas {
            let Some(interface) = stanza.interface() else { continue };
            let lines = self.lines(stanza);
            let has = |wanted: &[&str]| lines.iter().any(|line| wanted.contains(&key(line).as_str()));
            let is_bond = has(&["slaves", "bond-slaves", "bond-ports", "bond-mode"]) && !has(&["bond-master"]);
            if is_bond && self.is_template(interface) {
                continue;
            }
            if is_bond || self.module.aliases.contains(interface) {
                self.declare(interface, &stanza.origin);
            }
            for line in &lines {
                if key(line) == "bond-master" {
                    self.declare(&line.value, &line.origin);
                }
                for effect in effects_of(line, interface) {
                    if let Effect::Bond(name) = effect {
                        self.declare(&name, &line.origin);
                    }
                }
            }
        }
        for stanza in &stanzas {
            let Some(interface) = stanza.interface() else { continue };
            for line in self.lines(stanza) {
                self.find_members(&line, interface);
            }
        }
    }

    fn declare(&mut self, name: &str, origin: &Origin) {
        if self.bond(name).is_none() {
            self.bonds.push(Bond::new(name, origin.clone()));
        }
    }

    fn find_members(&mut self, line: &Line, interface: &str) {
        match key(line).as_str() {
            "slaves" | "bond-slaves" | "bond-ports" => self.slaves(line, interface),
            "bond-master" => {
                if let Some(bond) = self.bond(&line.value) {
                    bond.member(interface, &line.origin);
                }
            }
            _ => {}
        }
        for effect in effects_of(line, interface) {
            if let Effect::Member { bond, member } = effect
                && let Some(bond) = self.bond(&bond)
            {
                bond.member(&member, &line.origin);
            }
        }
    }

    fn slaves(&mut self, line: &Line, interface: &str) {
        let patterns =
            line.value.contains(['*', '?', '[']) || line.value.starts_with("glob ") || line.value.starts_with("regex ");
        if patterns || line.value.trim() == "all" {
            let why = "a group names its members; a pattern may find others on another day";
            self.import.lose(line.origin.clone(), why);
            return;
        }
        let Some(bond) = self.bond(interface) else { return };
        for member in line.value.split_whitespace().filter(|member| *member != "none") {
            bond.member(member, &line.origin);
        }
    }

    /// The weakest first: what holds for every bond, and then what is for one.
    pub(super) fn take_module_options(&mut self) {
        let mut options = std::mem::take(&mut self.module.options);
        options.sort_by_key(|option| option.bond.is_some());
        if let (Some(option), true) = (options.first(), self.bonds.is_empty()) {
            self.import.lose(option.origin.clone(), "no file says which interfaces are members of a bond");
        }
        for option in options {
            for bond in &mut self.bonds {
                if option.bond.as_ref().is_none_or(|name| *name == bond.name) {
                    bond.option(&option.name, &option.value, false, &option.origin);
                }
            }
        }
        // Those of commands are the module's too.
        for stanza in self.stanzas.clone() {
            for line in &stanza.lines {
                for effect in effects_of(line, stanza.interface().unwrap_or_default()) {
                    if let Effect::Module { name, value } = effect
                        && name != "max_bonds"
                    {
                        self.bonds.iter_mut().for_each(|bond| bond.option(&name, &value, false, &line.origin));
                    }
                }
            }
        }
    }
}
