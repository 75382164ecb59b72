//! Keys that a layer takes out of what it is laid over: `unset = ["mtu", "detection.probe"]`.
//!
//! TOML has no value that stands for none, and an empty list is a value, so that it is a key of its own. It comes before all
//! else that the layer says: a table that is taken out and written again is not merged.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::KEYS;
use crate::Problem;
use crate::problem::{Place, quoted};
use crate::spec::keys::{self, nearest};
use crate::spec::walk::{Node, Walk};

/// The key.
pub(crate) const KEY: &str = "unset";

/// Takes the key itself out of the table of a layer: what it names, in order.
pub(super) fn take(table: &mut DeTable<'_>, layer: &Place, can_be_for_some: bool, walk: &mut Walk) -> Vec<String> {
    let Some((_, value)) = table.remove_entry(KEY) else { return vec![] };
    let node = Node::new(value.get_ref(), walk.place(value.span(), layer.path_of(KEY)));
    let of_layers = if can_be_for_some { &KEYS[..] } else { &[] };
    let read = |walk: &mut Walk, node: &Node<'_>| {
        let name = walk.text(node, "\"mtu\"", |text| Ok(text.to_owned()))?;
        let known = || keys::KEYS.iter().map(|key| key.path).chain(of_layers.iter().copied());
        let known = || known().filter(|path| !path.contains('['));
        if known().any(|known| known == name) {
            return Some(name);
        }
        let mut problem = Problem::new("unknown-key", &node.place, format!("the key {} is not known", quoted(&name)));
        problem.allowed = Some("a key of the group, as in \"mtu\" or \"detection.probe\"".to_owned());
        problem.hint = nearest(&name, known()).map(|near| format!("did you mean `{near}`?"));
        walk.problems.push(problem);
        None
    };
    let names = walk.list(&node, "[\"mtu\", \"detection.probe\"]", read);
    names.map(|names| names.items.into_iter().map(|at| at.value).collect()).unwrap_or_default()
}

/// Takes it out of the groups of a drop-in, and what it names out of those of the file below. What is for some hosts in the
/// drop-in is still to be laid over their group, and keeps its own.
pub(super) fn drop_in(below: &mut DeTable<'_>, above: &mut DeTable<'_>, walk: &mut Walk) {
    let Some(DeValue::Table(groups)) = above.get_mut("group").map(Spanned::get_mut) else { return };
    for (name, group) in groups.iter_mut() {
        let place = walk.place(name.span(), crate::spec::header(name.get_ref()));
        let DeValue::Table(group) = group.get_mut() else { continue };
        let names = take(group, &place, true, walk);
        let mut path = vec!["group", name.get_ref().as_ref()];
        if let Some(there) = table_at(below, &path) {
            out_of(there, &names);
        }
        for kind in ["os", "host"] {
            let Some(DeValue::Table(layers)) = group.get(kind).map(Spanned::get_ref) else { continue };
            for (hosts, layer) in layers {
                path.truncate(2);
                path.extend([kind, hosts.get_ref().as_ref()]);
                let names = layer.get_ref().as_table().and_then(|layer| layer.get(KEY)?.get_ref().as_array());
                let names = names.into_iter().flat_map(|names| names.iter()).filter_map(|name| name.get_ref().as_str());
                if let Some(there) = table_at(below, &path) {
                    out_of(there, &names.map(str::to_owned).collect::<Vec<_>>());
                }
            }
        }
    }
}

/// Refuses it where nothing is below.
pub(super) fn refuse(root: &mut DeTable<'_>, walk: &mut Walk) {
    let Some(DeValue::Table(groups)) = root.get_mut("group").map(Spanned::get_mut) else { return };
    for (name, group) in groups.iter_mut() {
        let DeValue::Table(group) = group.get_mut() else { continue };
        if let Some((key, _)) = group.remove_entry(KEY) {
            let header = crate::spec::header(name.get_ref());
            let place = walk.place(key.span(), format!("{header}.{KEY}"));
            let message = format!("`{KEY}` takes keys out of what is below, and below the file is nothing");
            let hint = format!("take the keys themselves out; or write it in a drop-in or [{header}.host…]");
            walk.problems.push(Problem::new("unknown-key", &place, message).hint(hint));
        }
    }
}

/// Takes keys out of a group's table, or out of what some hosts have over it.
pub(super) fn out_of(table: &mut DeTable<'_>, names: &[String]) {
    for name in names {
        let mut path: Vec<_> = name.split('.').collect();
        let Some(last) = path.pop() else { continue };
        if let Some(table) = table_at(table, &path) {
            table.remove(last);
        }
    }
}

fn table_at<'v, 't>(table: &'v mut DeTable<'t>, path: &[&str]) -> Option<&'v mut DeTable<'t>> {
    path.iter().try_fold(table, |table, key| match table.get_mut(*key)?.get_mut() {
        DeValue::Table(inner) => Some(inner),
        _ => None,
    })
}
