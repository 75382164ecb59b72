//! The files of a host as one document (netplan-generate(8)): in the order of their names, whatever the folder, with maps joined,
//! lists appended and other values replaced.

use std::collections::BTreeMap;

use mpath_core::import::{Files, Origin};

use crate::format::yaml::{self, Content, NoYaml, Node};

/// Where the files lie, from the strongest to the weakest: a file hides those of the same name in later folders.
const FOLDERS: [&str; 3] = ["run/netplan", "etc/netplan", "lib/netplan"];

/// The document, and what cannot be read of it.
pub(crate) fn read(files: &dyn Files) -> (Node, Vec<NoYaml>) {
    let mut places = BTreeMap::new();
    for folder in FOLDERS {
        for name in files.list(folder).into_iter().filter(|name| name.ends_with(".yaml")) {
            places.entry(name.clone()).or_insert(format!("{folder}/{name}"));
        }
    }
    let mut document = Node { origin: Origin::of_file("etc/netplan", ""), content: Content::Map(vec![]) };
    let mut unread = Vec::new();
    for file in places.into_values() {
        match files.read(&file).map(|text| yaml::read(&file, &text)) {
            Some(Ok(Some(node))) if !node.entries().is_empty() => document.merge(node),
            Some(Ok(Some(node))) if !node.is_null() => unread.push((node.origin, "here is no map of keys".to_owned())),
            Some(Ok(_)) | None => {}
            Some(Err(error)) => unread.push(error),
        }
    }
    (document, unread)
}

/// The interface that a definition is for, where its name is known: that of its `match`, else its own.
pub(crate) fn interface<'n>(id: &'n str, definition: &'n Node) -> Option<&'n str> {
    let Some(found) = definition.get("match") else { return Some(id) };
    let name = definition.get("set-name").or_else(|| found.get("name")).and_then(Node::text);
    name.filter(|name| !name.contains(['*', '?', '[']))
}
