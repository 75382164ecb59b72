//! The walk over a tree of TOML: types, known keys, and a problem for each that is wrong.

use std::ops::{Range, RangeInclusive};

use toml::de::{DeTable, DeValue};

use super::layers::{self, Bases};
use super::value::Fault;
use super::{At, Field, GroupSpec, HookSpec, List, group, hook, keys};
use crate::problem::{Place, quoted};
use crate::{Problem, Span};

/// The walk over one file, and what it found.
pub(super) struct Walk {
    files: Files,
    pub(super) problems: Vec<Problem>,
}

/// The files that the places of a tree are in.
enum Files {
    /// The one of this number.
    One(usize),
    /// Several, with their places in one row.
    Row(Bases),
}

/// A value of the tree and its place.
pub(super) struct Node<'a> {
    value: &'a DeValue<'a>,
    pub(super) place: Place,
}

/// A table of the tree, with the path of its keys in [`keys::KEYS`].
pub(super) struct Table<'a> {
    entries: &'a DeTable<'a>,
    path: &'static str,
    pub(super) place: Place,
}

/// The groups and the hooks of a file.
pub(super) fn top(walk: &mut Walk, root: &DeTable<'_>) -> (Vec<GroupSpec>, Vec<HookSpec>) {
    const KNOWN: [&str; 2] = ["group", "hook"];
    let (mut groups, mut hooks) = (Vec::new(), Vec::new());
    for (name, place, node) in walk.entries(root, &Place::default()) {
        match name {
            "group" => groups.extend(group::groups(walk, &node)),
            "hook" => hooks.extend(hook::hooks(walk, &node)),
            _ => {
                let near = keys::nearest(name, KNOWN).filter(|_| node.entries().is_some() || node.is_list());
                let hint = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if node.entries().is_some() => {
                        format!("a group's table is called [{}]", group::in_group(name))
                    }
                    None => "the keys of a group stand below its header, as in [group.home-lan]".to_owned(),
                };
                let message = format!("the key {} is not known here", quoted(name));
                let problem = Problem::new("unknown-key", &place, message);
                walk.problems.push(problem.allowed(KNOWN.join(", ")).hint(hint));
            }
        }
    }
    (groups, hooks)
}

impl Walk {
    pub(super) fn new(source: usize, problems: Vec<Problem>) -> Self {
        Self { files: Files::One(source), problems }
    }

    /// A walk over a tree that several files have a part in.
    pub(super) fn over(bases: Bases) -> Self {
        Self { files: Files::Row(bases), problems: vec![] }
    }

    pub(super) fn place(&self, bytes: Range<usize>, key: String) -> Place {
        let span = match &self.files {
            Files::One(source) => Span { source: *source, bytes },
            Files::Row(bases) => bases.span(bytes),
        };
        Place { span, key }
    }

    /// The tree's own entries, in the order of the file: key, its place, and its value.
    pub(super) fn entries<'a>(&self, entries: &'a DeTable<'a>, above: &Place) -> Vec<(&'a str, Place, Node<'a>)> {
        let mut found: Vec<_> = entries
            .iter()
            .map(|(key, value)| {
                let path = above.path_of(key.get_ref());
                let node = Node { value: value.get_ref(), place: self.place(value.span(), path.clone()) };
                (key.get_ref().as_ref(), self.place(key.span(), path), node)
            })
            .collect();
        found.sort_by_key(|(_, place, _)| (place.span.source, place.span.bytes.start));
        found
    }

    /// A value that must be a table with known keys.
    pub(super) fn table<'a>(&mut self, node: &Node<'a>, path: &'static str, example: &str) -> Option<Table<'a>> {
        let DeValue::Table(entries) = node.value else {
            self.wrong_type(node, example, None);
            return None;
        };
        // What says for which hosts something is has been taken out where that matters.
        let of_layers = if path.is_empty() { &layers::KEYS[..] } else { &[] };
        for (name, place, _) in self.entries(entries, &node.place) {
            if keys::names(path).any(|known| known == name) || of_layers.contains(&name) {
                continue;
            }
            let known: Vec<_> = keys::names(path).chain(of_layers.iter().copied()).collect();
            let problem = Problem::new("unknown-key", &place, format!("the key {} is not known here", quoted(name)));
            let mut problem = problem.allowed(known.join(", "));
            problem.hint = keys::suggestion(path, name);
            self.problems.push(problem);
        }
        Some(Table { entries, path, place: node.place.clone() })
    }

    /// What a table has for one of its known keys.
    pub(super) fn field<T>(
        &mut self,
        table: &Table<'_>,
        name: &'static str,
        read: impl FnOnce(&mut Self, &Node<'_>) -> Option<T>,
    ) -> Field<T> {
        debug_assert!(keys::names(table.path).any(|known| known == name), "{name} is not among the known keys");
        let Some((key, value)) = table.entries.get_key_value(name) else {
            return Field::default();
        };
        let path = table.place.path_of(name);
        let node = Node { value: value.get_ref(), place: self.place(value.span(), path.clone()) };
        let value = read(self, &node).map(|value| At { value, place: node.place });
        Field { key: Some(self.place(key.span(), path)), value }
    }

    /// A text in a form of its own; `example` is one, as it is written in the file.
    pub(super) fn text<T>(
        &mut self,
        node: &Node<'_>,
        example: &str,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let DeValue::String(text) = node.value else {
            let number = integer(node.value).filter(|number| *number >= 0);
            let unit = match example {
                "\"100ms\"" => Some("ms"),
                "\"1s\"" => Some("s"),
                _ => None,
            };
            match number.zip(unit) {
                Some((number, unit)) => self.problems.push(
                    Problem::new("missing-unit", &node.place, format!("found {}", described(node.value)))
                        .allowed(format!("a text with a unit, as in {example}"))
                        .hint(format!("write \"{number}{unit}\"")),
                ),
                None => self.wrong_type(node, &format!("a text, as in {example}"), None),
            }
            return None;
        };
        parse(text).map_err(|fault| self.fault(fault, &node.place)).ok()
    }

    /// A whole number of a range.
    pub(super) fn number<T: TryFrom<i128>>(
        &mut self,
        node: &Node<'_>,
        range: RangeInclusive<i128>,
        unit: &str,
    ) -> Option<T> {
        let allowed = format!("{} to {}{}{unit}", range.start(), range.end(), if unit.is_empty() { "" } else { " " });
        let DeValue::Integer(written) = node.value else {
            let hint = match node.value {
                DeValue::String(text) => text.parse::<i128>().ok().filter(|number| range.contains(number)),
                _ => None,
            };
            let hint = hint.map(|number| format!("write {number} without quotes"));
            self.wrong_type(node, &format!("a whole number, {allowed}"), hint);
            return None;
        };
        let number = integer(node.value).filter(|number| range.contains(number));
        if let Some(number) = number.and_then(|number| T::try_from(number).ok()) {
            return Some(number);
        }
        let message = format!("found {}", shortened(&written.to_string()));
        self.problems.push(Problem::new("out-of-range", &node.place, message).allowed(allowed));
        None
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, node: &Node<'_>) -> Option<bool> {
        let hint = match node.value {
            DeValue::Boolean(flag) => return Some(*flag),
            DeValue::String(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => Some("write true"),
                "false" | "no" | "off" | "0" => Some("write false"),
                _ => None,
            },
            _ => None,
        };
        self.wrong_type(node, "true or false", hint.map(str::to_owned));
        None
    }

    /// A list; `example` is one.
    pub(super) fn list<T>(
        &mut self,
        node: &Node<'_>,
        example: &str,
        mut item: impl FnMut(&mut Self, &Node<'_>) -> Option<T>,
    ) -> Option<List<T>> {
        let DeValue::Array(array) = node.value else {
            let hint = match node.value {
                DeValue::String(text) => Some(format!("write [{}]", quoted(text))),
                _ => None,
            };
            self.wrong_type(node, &format!("a list, as in {example}"), hint);
            return None;
        };
        let mut list = List { items: Vec::with_capacity(array.len()), complete: true };
        for (index, entry) in array.iter().enumerate() {
            let place = self.place(entry.span(), format!("{}[{index}]", node.place.key));
            let node = Node { value: entry.get_ref(), place };
            match item(self, &node) {
                Some(value) => list.items.push(At { value, place: node.place }),
                None => list.complete = false,
            }
        }
        Some(list)
    }

    /// The entries of a list, or the one that stands in place of it; `None` where it is neither, or one is wrong.
    pub(super) fn one_or_list<T>(
        &mut self,
        node: &Node<'_>,
        example: &str,
        mut item: impl FnMut(&mut Self, &Node<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        if node.is_text() {
            return Some(vec![item(self, node)?]);
        }
        let list = self.list(node, example, item)?;
        list.complete.then(|| list.items.into_iter().map(|at| at.value).collect())
    }

    pub(super) fn fault(&mut self, fault: Fault, place: &Place) {
        let mut problem = Problem::new(fault.code, place, fault.message);
        (problem.allowed, problem.hint) = (fault.allowed, fault.hint);
        self.problems.push(problem);
    }

    pub(super) fn wrong_type(&mut self, node: &Node<'_>, allowed: &str, hint: Option<String>) {
        let mut problem = Problem::new("wrong-type", &node.place, format!("found {}", described(node.value)));
        problem.allowed = Some(allowed.to_owned());
        problem.hint = hint;
        self.problems.push(problem);
    }
}

impl<'a> Node<'a> {
    pub(super) fn new(value: &'a DeValue<'a>, place: Place) -> Self {
        Self { value, place }
    }

    pub(super) fn entries(&self) -> Option<&'a DeTable<'a>> {
        self.value.as_table()
    }

    pub(super) fn is_text(&self) -> bool {
        self.value.is_str()
    }

    pub(super) fn is_integer(&self) -> bool {
        self.value.is_integer()
    }

    pub(super) fn is_list(&self) -> bool {
        self.value.is_array()
    }

    /// The whole number that it is, if that is of a sensible size.
    pub(super) fn integer(&self) -> Option<i128> {
        integer(self.value)
    }
}

fn integer(value: &DeValue<'_>) -> Option<i128> {
    let integer = value.as_integer()?;
    i128::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// A value as one says it.
fn described(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text {}", quoted(text)),
        DeValue::Integer(number) => format!("the number {}", shortened(&number.to_string())),
        DeValue::Float(number) => format!("the number {}", shortened(number.as_str())),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(_) => "a date or time".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

fn shortened(number: &str) -> String {
    match number.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &number[..end]),
        None => number.to_owned(),
    }
}
