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
    /// Whether NetworkManager is to do it; systemd-networkd otherwise.
    pub(crate) by_network_manager: bool,
    /// The keys with what they give, each with its line.
    pub(crate) gifts: Vec<(&'static str, Origin)>,
}

/// What the files claim.
pub(super) fn claims(root: &Root) -> Vec<Claim> {
    sections(root).into_iter().filter(|section| !is_left_alone(root, section)).filter_map(claim).collect()
}

/// Whether the one who would do it is told not to, in a file that comes before what netplan makes for it: as `mpath adopt` does.
fn is_left_alone(files: &dyn Files, section: &Section) -> bool {
    let name = &section.interface;
    let texts = |folder: &str, counts: &dyn Fn(&str) -> bool| {
        let names = files.list(folder).into_iter().filter(|file| counts(file));
        names.filter_map(|file| files.read(&format!("{folder}/{file}"))).collect::<Vec<_>>()
    };
    if section.by_network_manager {
        let is_named =
            |line: &str| line.split(['=', ';', ',']).any(|word| word.trim() == format!("interface-name:{name}"));
        let texts = texts("etc/NetworkManager/conf.d", &|file| file.ends_with(".conf"));
        return texts
            .iter()
            .flat_map(|text| text.lines())
            .any(|line| line.starts_with("unmanaged-devices") && is_named(line));
    }
    let made = format!("10-netplan-{name}.network");
    let texts = texts("etc/systemd/network", &|file| file.ends_with(".network") && file < made.as_str());
    let says = |text: &String, wanted: &str| text.lines().any(|line| line.trim() == wanted);
    texts.iter().any(|text| says(text, &format!("Name={name}")) && says(text, "Unmanaged=yes"))
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
        let network = document.get("network");
        let renderer = network.and_then(|network| network.get("renderer"));
        let definitions = network.and_then(|network| network.get(kind));
        for (id, definition) in definitions.map(Node::entries).unwrap_or_default() {
            let Some(id) = id.text() else { continue };
            let given = definition.entries().iter().filter(|(_, value)| !is_nothing(value));
            let gifts: Vec<_> = given
                .filter_map(|(key, _)| Some((*GIFTS.iter().find(|gift| key.text() == Some(gift))?, key.origin.clone())))
                .collect();
            if let Some(interface) = document::interface(id, definition).filter(|_| !gifts.is_empty()) {
                let renderer = definition.get("renderer").or(renderer).and_then(Node::text);
                sections.push(Section {
                    interface: interface.to_owned(),
                    path: format!("{kind}.{id}"),
                    by_network_manager: renderer == Some("NetworkManager"),
                    gifts,
                });
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
    fn what_the_one_who_would_do_it_leaves_alone_is_no_claim() {
        let text = "network: {ethernets: {eth0: {dhcp4: true}, eth1: {dhcp4: true, renderer: NetworkManager}, eth2: {dhcp4: true}}}";
        let unmanaged = |name: &str| format!("[Match]\nName={name}\n\n[Link]\nUnmanaged=yes\n");
        let files = [
            ("etc/netplan/a.yaml", text.to_owned()),
            ("etc/systemd/network/10-mpath-eth0.network", unmanaged("eth0")),
            ("etc/systemd/network/10-mpath-eth1.network", unmanaged("eth1")),
            // Behind what netplan makes.
            ("etc/systemd/network/20-eth2.network", unmanaged("eth2")),
            (
                "etc/NetworkManager/conf.d/a.conf",
                "[keyfile]\nunmanaged-devices+=interface-name:eth0;interface-name:eth2\n".to_owned(),
            ),
        ];
        let mut files = BTreeMap::from(files.map(|(path, text)| (path.to_owned(), text)));
        let claimed = |files: &BTreeMap<_, _>| {
            let sections = sections(files).into_iter().filter(|section| !is_left_alone(files, section));
            sections.map(|section| section.interface).collect::<Vec<_>>()
        };
        assert_eq!(claimed(&files), ["eth1", "eth2"]);
        let other = "[keyfile]\nunmanaged-devices=interface-name:eth1\n".to_owned();
        files.insert("etc/NetworkManager/conf.d/b.conf".to_owned(), other);
        assert_eq!(claimed(&files), ["eth2"]);
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
