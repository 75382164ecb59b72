//! A group as it is being written down: keys with values that nobody has checked yet, each with the place that it comes from.
//!
//! In: keys of the [reference](crate::spec::keys), from another format, from a host, or from a [`Group`](crate::Group). Out: the text of a
//! `[group.NAME]`, and by [`settle`](Draft::settle) what of it is right. Which words of other formats become which keys is the
//! business of each format.

mod of_group;
mod of_state;
mod settle;
mod text;

pub use settle::Settled;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};
use toml_writer::{TomlStringBuilder, WriteTomlValue as _};

use crate::import::Origin;
use crate::spec::keys::KEYS;

/// A group as it is being written down.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft {
    name: String,
    remarks: Vec<String>,
    comments: BTreeMap<usize, String>,
    keys: BTreeMap<usize, Entry>,
}

/// A key that has a value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    value: Value,
    origin: Option<Origin>,
    /// Where each value of a list comes from that was added by itself.
    origins: Vec<Option<Origin>>,
}

/// A value, as TOML has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
    /// `true` or `false`.
    Flag(bool),
    /// A list.
    List(Vec<Value>),
    /// A table of one line, its keys in this order.
    Table(Vec<(&'static str, Value)>),
}

impl Draft {
    /// A group without keys.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The name of the group.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Gives the group another name.
    pub fn rename(&mut self, name: impl Into<String>) {
        self.name = name.into();
    }

    /// A comment above the group; each line of its own.
    pub fn remark(&mut self, text: impl Into<String>) {
        self.remarks.push(text.into());
    }

    /// A comment above a key, which is written only where the key is; of what is written on one line as a table, the table's.
    pub(crate) fn comment(&mut self, key: &str, text: impl Into<String>) {
        self.comments.insert(number(key), text.into());
    }

    /// Gives a key a value, in place of the one it has. The key is its path below `group.NAME`, as in
    /// `detection.link.interval`; another than those of [`KEYS`] is a mistake of the caller's.
    pub fn set(&mut self, key: &str, value: impl Into<Value>, origin: Option<Origin>) {
        let entry = Entry { value: value.into(), origin, origins: vec![] };
        self.keys.insert(number(key), entry);
    }

    /// Adds an entry to a list, which is begun where it is not there.
    pub fn push(&mut self, key: &str, value: impl Into<Value>, origin: Option<Origin>) {
        let begun = || Entry { value: Value::List(vec![]), origin: origin.clone(), origins: vec![] };
        let entry = self.keys.entry(number(key)).or_insert_with(begun);
        if let Value::List(values) = &mut entry.value {
            // Those before it that came all at once have the place of the list.
            entry.origins.resize(values.len(), entry.origin.clone());
            values.push(value.into());
            entry.origins.push(origin);
        }
    }

    /// Adds a value to a key that takes one or several: one is written as itself, several as a list.
    pub fn add(&mut self, key: &str, value: impl Into<Value>, origin: Option<Origin>) {
        match self.keys.get_mut(&number(key)).map(|entry| &mut entry.value) {
            None => return self.set(key, value, origin),
            Some(Value::List(_)) => {}
            Some(one) => *one = Value::List(vec![one.clone()]),
        }
        self.push(key, value, origin);
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.keys.get(&number(key)).map(|entry| &entry.value)
    }

    /// Where the value of a key comes from.
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        self.keys.get(&number(key)).and_then(|entry| entry.origin.as_ref())
    }

    /// Names the files that keys come from as somebody else knows them.
    pub fn rename_files(&mut self, shown: impl Fn(&str) -> String) {
        let origins = self.keys.values_mut().flat_map(|entry| entry.origins.iter_mut().chain([&mut entry.origin]));
        origins.flatten().for_each(|origin| origin.file = shown(&origin.file));
    }

    /// Takes a key away.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.keys.remove(&number(key)).map(|entry| entry.value)
    }

    /// Every key that has a value, in the order of the reference.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.keys.keys().map(|number| KEYS[*number].path)
    }

    /// Keys that begin with `head.`.
    fn below(&self, head: &str) -> Vec<(&'static str, &Value)> {
        let rest = |number: &usize| KEYS[*number].path.strip_prefix(head)?.strip_prefix('.');
        self.keys.iter().filter_map(|(number, entry)| Some((rest(number)?, &entry.value))).collect()
    }
}

/// The place of a key in the reference.
fn number(key: &str) -> usize {
    let place = KEYS.iter().position(|known| known.path == key);
    debug_assert!(place.is_some(), "{key} is no key of a group");
    place.unwrap_or_default()
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl<V: Into<Value>> From<Vec<V>> for Value {
    fn from(values: Vec<V>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

impl Serialize for Value {
    /// As JSON has it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::List(values) => serializer.collect_seq(values),
            Self::Table(entries) => serializer.collect_map(entries.iter().map(|(key, value)| (key, value))),
        }
    }
}

impl fmt::Display for Value {
    /// As TOML writes it, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => TomlStringBuilder::new(text).as_default().write_toml_value(f),
            Self::Number(number) => write!(f, "{number}"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::List(values) => {
                f.write_str("[")?;
                for (number, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if number == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Table(entries) => {
                f.write_str("{")?;
                for (number, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{key} = {value}", if number == 0 { " " } else { ", " })?;
                }
                f.write_str(" }")
            }
        }
    }
}

#[cfg(test)]
mod tests;
