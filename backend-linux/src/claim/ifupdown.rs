//! ifupdown and its kin: the stanzas of `/etc/network/interfaces` (interfaces(5)).

use std::path::{Path, PathBuf};

use mpath_core::InterfaceName;
use mpath_core::finding::{Cure, Evidence};
use mpath_core::shell::word;

use crate::facts::{Claim, Claimant};
use crate::sysfs::Root;

/// The file that all others are named in.
const INTERFACES: &str = "etc/network/interfaces";
/// A file that sources itself ends somewhere.
const DEEPEST: usize = 8;

/// A stanza that gives an interface something: its lines, from the first to the last, both from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stanza {
    pub(crate) interface: String,
    pub(crate) first: usize,
    pub(crate) last: usize,
    pub(crate) text: String,
}

/// What a file has, and names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) stanzas: Vec<Stanza>,
    /// Files and patterns that it sources.
    pub(crate) sources: Vec<String>,
    /// Folders that it sources.
    pub(crate) folders: Vec<String>,
}

/// What the files claim.
pub(super) fn claims(root: &Root) -> Vec<Claim> {
    // ifupdown that is not installed does nothing with its file.
    if !["usr/sbin/ifup", "sbin/ifup"].iter().any(|program| root.path(program).exists()) {
        return vec![];
    }
    let mut claims = Vec::new();
    read(root, INTERFACES, DEEPEST, &mut claims);
    claims
}

fn read(root: &Root, file: &str, deeper: usize, claims: &mut Vec<Claim>) {
    let Some(text) = std::fs::read_to_string(root.path(file)).ok().filter(|_| deeper > 0) else { return };
    let Parsed { stanzas, sources, folders } = parse(&text);
    claims.extend(stanzas.iter().filter_map(|stanza| claim(file, stanza)));
    let patterns = folders.into_iter().map(|folder| format!("{folder}/*")).chain(sources);
    for pattern in patterns {
        for file in matching(root, file, &pattern) {
            read(root, &file, deeper - 1, claims);
        }
    }
}

/// The files that a pattern stands for, of which only the last part may have a `*`. A relative one begins at the file's
/// own folder.
fn matching(root: &Root, file: &str, pattern: &str) -> Vec<String> {
    let here = Path::new(file).parent().unwrap_or(Path::new(""));
    let path = pattern.strip_prefix('/').map_or_else(|| here.join(pattern), PathBuf::from);
    let (Some(folder), Some(last)) = (path.parent(), path.file_name()) else { return vec![] };
    let last = last.to_string_lossy();
    let Some((head, tail)) = last.split_once('*') else { return vec![path.to_string_lossy().into_owned()] };
    let entries = std::fs::read_dir(root.path(folder)).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    // Editors' copies and those of packages have other characters (interfaces(5), "source-directory").
    let plain = |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let fits = |name: &String| name.len() >= head.len() + tail.len() && name.starts_with(head) && name.ends_with(tail);
    let mut names: Vec<_> = names.filter(|name| plain(name) && !name.starts_with('.') && fits(name)).collect();
    names.sort();
    names.iter().map(|name| folder.join(name).to_string_lossy().into_owned()).collect()
}

fn claim(file: &str, stanza: &Stanza) -> Option<Claim> {
    let Stanza { interface, first, last, text, .. } = stanza;
    let name = InterfaceName::new(interface.as_str()).ok()?;
    let path = format!("/{file}");
    let comment = format!("sed -i '{first},{last}s/^/# /' {}", word(&path));
    Some(Claim {
        by: Claimant::Ifupdown,
        evidence: vec![Evidence { source: path, line: Some(*first), seen: text.clone() }],
        cure: vec![
            Cure { text: "put its lines into comments".to_owned(), commands: vec![comment] },
            Cure {
                text: "and take away what it has given already".to_owned(),
                commands: vec![format!("ip address flush dev {} scope global", word(interface))],
            },
        ],
        interface: name,
    })
}

/// Takes a file apart into its stanzas.
pub(crate) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut open: Option<Stanza> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut words = line.split_whitespace();
        let (keyword, first) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let begins =
            matches!(keyword, "iface" | "mapping" | "auto" | "source" | "source-directory" | "rename" | "template")
                || keyword.starts_with("allow-")
                || keyword.starts_with("no-auto-down")
                || keyword.starts_with("no-scripts");
        if !begins {
            if let Some(stanza) = &mut open {
                stanza.last = number;
            }
            continue;
        }
        parsed.stanzas.extend(open.take());
        match keyword {
            "source" => parsed.sources.push(first.to_owned()),
            "source-directory" => parsed.folders.push(first.trim_end_matches('/').to_owned()),
            // `iface NAME FAMILY METHOD`; ifupdown2 and ifupdown-ng do without the last two.
            "iface" => {
                let method = words.nth(1);
                let gives = !first.is_empty() && !matches!(method, Some("manual" | "loopback"));
                open = gives.then(|| Stanza {
                    interface: first.to_owned(),
                    first: number,
                    last: number,
                    text: line.to_owned(),
                });
            }
            _ => {}
        }
    }
    parsed.stanzas.extend(open);
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stanzas_that_give_something_are_found_with_their_lines() {
        let text = "source /etc/network/interfaces.d/*\nsource-directory more/\nauto lo eth0\niface lo inet loopback\n\
            iface eth0 inet static\n    address 192.168.1.7/24\n\n    # so\n    gateway 192.168.1.1\n\niface eth1 inet manual\n\
            allow-hotplug eth2\niface eth2 inet dhcp\niface bond0 inet static\n  bond-slaves eth0 eth1\n";
        let parsed = parse(text);
        let lines: Vec<_> = parsed.stanzas.iter().map(|s| (s.interface.as_str(), s.first, s.last)).collect();
        assert_eq!(lines, [("eth0", 5, 9), ("eth2", 13, 13), ("bond0", 14, 15)]);
        assert_eq!(parsed.stanzas[0].text, "iface eth0 inet static");
        assert_eq!((parsed.sources, parsed.folders), (vec!["/etc/network/interfaces.d/*".into()], vec!["more".into()]));
    }

    #[test]
    fn nonsense_is_no_stanza() {
        assert_eq!(parse("iface\n\u{0}\n  x"), Parsed { stanzas: vec![], ..Parsed::default() });
    }
}
