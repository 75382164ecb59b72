//! netplan: the definitions in its files (netplan(5)).

use mpath_core::InterfaceName;
use mpath_core::finding::{Cure, Evidence};
use mpath_core::import::{Files, Origin};
use mpath_core::shell::word;

use crate::facts::{Claim, Claimant};
use crate::format::netplan::document;
use crate::format::yaml::Node;
use crate::sysfs::Root;

/// The kinds whose definitions give something to an interface.
const KINDS: [&str; 3] = ["ethernets", "wifis", "bonds"];
/// The keys of a definition that do.
const GIFTS: [&str; 6] = ["dhcp4", "dhcp6", "addresses", "gateway4", "gateway6", "routes"];

/// What a definition gives an interface, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) interface: String,
    /// Its kind and its name, as `netplan set` takes them.
    pub(crate) path: String,
    /// The keys with what they give, each with its line.
    pub(crate) gifts: Vec<(&'static str, Origin)>,
}

/// What the files claim.
pub(super) fn claims(root: &Root) -> Vec<Claim> {
    sections(root).into_iter().filter_map(claim).collect()
}

fn claim(section: Section) -> Option<Claim> {
    let name = InterfaceName::new(section.interface.as_str()).ok()?;
    let take = |(gift, _): &(&str, Origin)| format!("netplan set {}", word(&format!("{}.{gift}=null", section.path)));
    let commands = section.gifts.iter().map(take).chain(["netplan apply".to_owned()]).collect();
    let evidence = section.gifts.into_iter().map(|(_, Origin { file, line, text })| Evidence {
        source: format!("/{file}"),
        line,
        seen: text,
    });
    Some(Claim {
        by: Claimant::Netplan,
        evidence: evidence.collect(),
        cure: vec![Cure {
            text: "take what it gives to the interface out of the file, and apply that".to_owned(),
            commands,
        }],
        interface: name,
    })
}

/// The definitions that give something to an interface whose name is known.
pub(crate) fn sections(files: &dyn Files) -> Vec<Section> {
    let (document, _) = document::read(files);
    let mut sections = Vec::new();
    for kind in KINDS {
        let definitions = document.get("network").and_then(|network| network.get(kind));
        for (id, definition) in definitions.map(Node::entries).unwrap_or_default() {
            let Some(id) = id.text() else { continue };
            let given = definition.entries().iter().filter(|(_, value)| !is_nothing(value));
            let gifts: Vec<_> = given
                .filter_map(|(key, _)| Some((*GIFTS.iter().find(|gift| key.text() == Some(gift))?, key.origin.clone())))
                .collect();
            if let Some(interface) = document::interface(id, definition).filter(|_| !gifts.is_empty()) {
                sections.push(Section { interface: interface.to_owned(), path: format!("{kind}.{id}"), gifts });
            }
        }
    }
    sections
}

/// No, or an empty list.
fn is_nothing(value: &Node) -> bool {
    let is_empty = value.text().is_none() && value.values().is_empty() && value.entries().is_empty();
    value.is_null() || value.flag() == Some(false) || is_empty
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The interfaces of a file, each with the lines of what it is given.
    fn found(text: &str) -> Vec<(String, Vec<usize>)> {
        let files = BTreeMap::from([("etc/netplan/a.yaml".to_owned(), text.to_owned())]);
        let lines = |section: &Section| section.gifts.iter().filter_map(|(_, origin)| origin.line).collect();
        sections(&files).iter().map(|section| (section.interface.clone(), lines(section))).collect()
    }

    #[test]
    fn definitions_that_give_something_are_found_with_their_lines() {
        let text = "# made by the installer\nnetwork:\n  version: 2\n  ethernets:\n    eth0:\n      dhcp4: true\n\
            \x20     dhcp6: no   # not here\n    \"eth1\":\n      dhcp4: false\n      addresses:\n        - 10.0.0.1/8\n\
            \x20   eth2: {}\n  vlans:\n    eth3:\n      dhcp4: true\n";
        assert_eq!(found(text), [("eth0".to_owned(), vec![6]), ("eth1".to_owned(), vec![10])]);
    }

    #[test]
    fn every_style_of_yaml_is_seen_and_names_are_those_of_the_match() {
        assert_eq!(found("network: {ethernets: {eth0: {dhcp4: true}}}"), [("eth0".to_owned(), vec![1])]);
        let text = "network:\n  wifis:\n    any: {match: {name: \"wl*\"}, dhcp4: true}\n    one: {match: {macaddress: \"02:00:00:00:00:01\"}, \
            set-name: wlan0, gateway4: 10.0.0.1}\n";
        assert_eq!(found(text), [("wlan0".to_owned(), vec![4])]);
        assert_eq!(found(":\n\t:::"), []);
    }

    #[test]
    fn the_cure_names_the_definition_and_what_it_gives() {
        let files = BTreeMap::from([(
            "etc/netplan/a.yaml".to_owned(),
            "network: {wifis: {home: {match: {name: wlan0}, dhcp4: true}}}".to_owned(),
        )]);
        let claim = claim(sections(&files).remove(0)).unwrap();
        assert_eq!(claim.cure[0].commands, ["netplan set wifis.home.dhcp4=null", "netplan apply"]);
        assert_eq!(claim.evidence[0].source, "/etc/netplan/a.yaml");
    }
}
