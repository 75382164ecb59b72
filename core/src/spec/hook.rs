//! The tables `[[hook]]` of a file, key by key.

use super::walk::{Node, Walk};
use super::{HookSpec, value};

/// Every hook of a file.
pub(super) fn hooks(walk: &mut Walk, node: &Node<'_>) -> Vec<HookSpec> {
    const EXAMPLE: &str = "tables with double brackets, as in [[hook]]";
    if !node.is_list() {
        let hint = node.entries().map(|_| "write [[hook]], as there can be several".to_owned());
        walk.wrong_type(node, EXAMPLE, hint);
        return vec![];
    }
    let list = walk.list(node, EXAMPLE, hook);
    list.into_iter().flat_map(|list| list.items).map(|at| at.value).collect()
}

fn hook(walk: &mut Walk, node: &Node<'_>) -> Option<HookSpec> {
    let table = &walk.table(node, "hook[]", "a table, as in [[hook]]")?;
    Some(HookSpec {
        header: table.place.clone(),
        on: walk.field(table, "on", |walk, node| {
            walk.list(node, "[\"failover\"]", |walk, node| walk.text(node, "\"failover\"", value::event))
        }),
        groups: walk.field(table, "groups", |walk, node| {
            walk.list(node, "[\"home-lan\"]", |walk, node| walk.text(node, "\"home-lan\"", value::group_name))
        }),
        run: walk.field(table, "run", |walk, node| {
            let example = "[\"/usr/local/bin/tell\"]";
            walk.list(node, example, |walk, node| walk.text(node, "\"/usr/local/bin/tell\"", value::word_of_a_command))
        }),
        timeout: walk.field(table, "timeout", |walk, node| walk.text(node, "\"10s\"", value::hook_timeout)),
        user: walk.field(table, "user", |walk, node| walk.text(node, "\"nobody\"", value::user)),
    })
}
