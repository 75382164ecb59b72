//! netplan: the sections of its files (netplan(5)).
//!
//! A file of netplan is YAML, of which this reads the form that people and installers write, one key on a line, by its
//! indentation. What is written in braces is not seen here; what netplan made of it is, by networkd's own word.

use std::collections::BTreeMap;

use mpath_core::InterfaceName;
use mpath_core::finding::{Cure, Evidence};
use mpath_core::shell::word;

use crate::facts::{Claim, Claimant};
use crate::sysfs::Root;

/// Where they lie, from the strongest to the weakest: a file hides those of the same name in later folders.
const FOLDERS: [&str; 3] = ["etc/netplan", "run/netplan", "lib/netplan"];
/// The kinds whose sections give something to an interface.
const KINDS: [&str; 3] = ["ethernets", "wifis", "bonds"];
/// The keys of a section that do.
const GIFTS: [&str; 4] = ["dhcp4", "dhcp6", "addresses", "routes"];

/// What a section gives an interface, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) interface: String,
    /// The lines of what it gives, from 1, with their texts.
    pub(crate) gifts: Vec<(usize, String)>,
}

/// What the files claim.
pub(super) fn claims(root: &Root) -> Vec<Claim> {
    let mut files = BTreeMap::new();
    for folder in FOLDERS {
        for entry in std::fs::read_dir(root.path(folder)).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".yaml") {
                files.entry(name.clone()).or_insert(format!("{folder}/{name}"));
            }
        }
    }
    let of_file = |file: String| {
        let sections = sections(&root.read(&file).unwrap_or_default());
        sections.into_iter().filter_map(move |section| claim(&file, section)).collect::<Vec<_>>()
    };
    files.into_values().flat_map(of_file).collect()
}

fn claim(file: &str, section: Section) -> Option<Claim> {
    let name = InterfaceName::new(section.interface.as_str()).ok()?;
    let path = format!("/{file}");
    let evidence =
        section.gifts.into_iter().map(|(line, seen)| Evidence { source: path.clone(), line: Some(line), seen });
    let gift = |gift| format!("netplan set {}", word(&format!("ethernets.{name}.{gift}=null")));
    Some(Claim {
        by: Claimant::Netplan,
        evidence: evidence.collect(),
        cure: vec![Cure {
            text: "take what it gives to the interface out of the file, and apply that".to_owned(),
            commands: GIFTS.into_iter().map(gift).chain(["netplan apply".to_owned()]).collect(),
        }],
        interface: name,
    })
}

/// The sections of a file that give something.
pub(crate) fn sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    // The keys that a line stands below, each with its indentation.
    let mut above: Vec<(usize, String)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let content = line.trim();
        let Some((key, value)) = content.split_once(':').filter(|_| !content.starts_with(['#', '-'])) else { continue };
        let indent = line.len() - line.trim_start().len();
        above.retain(|(other, _)| *other < indent);
        let key = key.trim_matches(['"', '\'']).to_owned();
        let path: Vec<_> = above.iter().map(|(_, key)| key.as_str()).collect();
        if let ["network", kind, interface] = path.as_slice()
            && KINDS.contains(kind)
            && GIFTS.contains(&key.as_str())
            && !is_no(value)
        {
            let gift = (number, content.to_owned());
            match sections.iter_mut().find(|section| section.interface == *interface) {
                Some(section) => section.gifts.push(gift),
                None => sections.push(Section { interface: (*interface).to_owned(), gifts: vec![gift] }),
            }
        }
        above.push((indent, key));
    }
    sections
}

/// YAML's ways to say no (netplan(5) takes all of them).
fn is_no(value: &str) -> bool {
    let value = value.split('#').next().unwrap_or_default().trim().to_lowercase();
    matches!(value.as_str(), "no" | "false" | "off" | "n" | "[]" | "null")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_that_give_something_are_found_with_their_lines() {
        let text = "# made by the installer\nnetwork:\n  version: 2\n  ethernets:\n    eth0:\n      dhcp4: true\n\
            \x20     dhcp6: no   # not here\n    \"eth1\":\n      dhcp4: false\n      addresses:\n        - 10.0.0.1/8\n\
            \x20   eth2: {}\n  vlans:\n    eth3:\n      dhcp4: true\n";
        let found: Vec<_> = sections(text).into_iter().map(|s| (s.interface, s.gifts)).collect();
        assert_eq!(
            found,
            [
                ("eth0".to_owned(), vec![(6, "dhcp4: true".to_owned())]),
                ("eth1".to_owned(), vec![(10, "addresses:".to_owned())]),
            ]
        );
        assert_eq!(sections("network: {ethernets: {eth0: {dhcp4: true}}}\n:\n\t:::"), []);
    }
}
