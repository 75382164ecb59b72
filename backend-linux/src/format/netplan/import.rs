//! Groups from the files of netplan.

use mpath_core::Draft;
use mpath_core::import::{Files, Import};

use super::{bond, document, members, parameters};
use crate::format::bond_option;
use crate::format::yaml::Node;

/// The bonds of a host, and what becomes of every other line.
pub fn import(files: &dyn Files) -> Import {
    let mut import = Import::default();
    let (document, unread) = document::read(files);
    unread
        .into_iter()
        .for_each(|(origin, why)| import.lose(origin, format!("this is no YAML that netplan takes: {why}")));
    for (key, _) in document.entries().iter().filter(|(key, _)| key.text() != Some("network")) {
        import.lose(key.origin.clone(), "netplan has nothing but `network` here");
    }
    let Some(network) = document.get("network") else { return import };
    let mut used = Vec::new();
    let bonds = network.get("bonds").map(Node::entries).unwrap_or_default();
    for (key, definition) in bonds.iter().filter(|(key, _)| key.text() != Some("renderer")) {
        let mut draft = Draft::new(key.text().unwrap_or_default());
        used.extend(members::take(definition, network, &mut draft, &mut import));
        if let Some(parameters) = definition.get("parameters") {
            parameters::take(parameters, &mut draft, &mut import);
        }
        bond::take(definition, &mut draft, &mut import);
        if renderer(definition, network) == Some("NetworkManager") {
            monitored(&mut draft);
        } else {
            bond::made_up_address(key, &draft, &mut import);
        }
        bond_option::unsaid(&mut draft, &key.origin.file, &mut import);
        import.drafts.push(draft);
    }
    others(network, &used, &mut import);
    import
}

/// NetworkManager monitors every bond unless it is told not to (`miimon` in nm-settings(5)).
fn monitored(draft: &mut Draft) {
    if ["detection.link.interval", "detection.probe.interval"].iter().all(|key| draft.get(key).is_none()) {
        draft.set("detection.link.interval", "100ms", None);
    }
}

/// Who does it for netplan: the word of the definition, of the kind, or of all.
fn renderer<'n>(definition: &'n Node, network: &'n Node) -> Option<&'n str> {
    let of_kind = || network.get("bonds").and_then(|bonds| bonds.get("renderer"));
    definition.get("renderer").or_else(of_kind).or_else(|| network.get("renderer")).and_then(Node::text)
}

/// Definitions that are none of a group's.
fn others(network: &Node, used: &[&Node], import: &mut Import) {
    let groups: Vec<_> = import.drafts.iter().map(|draft| draft.name().to_owned()).collect();
    for (kind, definitions) in network.entries() {
        match kind.text().unwrap_or_default() {
            "version" | "renderer" | "bonds" => continue,
            _ if definitions.is_null() => continue,
            _ if definitions.entries().is_empty() => {
                import.leave_other(kind.origin.clone(), None, "netplan");
            }
            _ => {}
        }
        for (id, definition) in definitions.entries() {
            if used.iter().any(|used| std::ptr::eq(*used, definition)) || id.text() == Some("renderer") {
                continue;
            }
            let below = definition.get("interfaces").map(Node::values).unwrap_or_default();
            let mut below = below.iter().chain(definition.get("link")).filter_map(Node::text);
            match below.find(|name| groups.iter().any(|group| group == name)) {
                Some(group) => import.lose(
                    id.origin.clone(),
                    format!("it stands on {group}, and netplan makes it only while it knows {group} too"),
                ),
                None => import.leave_other(id.origin.clone(), None, "netplan"),
            }
        }
    }
}

#[cfg(test)]
mod tests;
