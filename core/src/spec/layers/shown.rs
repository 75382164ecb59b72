//! What files say to one host, value by value, each with the place that it was written at.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Layers;
use crate::draft::Value;
use crate::identity::Identity;
use crate::problem::Place;
use crate::spec::header;
use crate::{SourceFile, Span};

/// A table of the result.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownTable {
    /// The name of the group; `None` for a hook.
    pub group: Option<String>,
    /// Its values, in the order of the places that they were written at.
    pub values: Vec<ShownValue>,
}

/// A value of the result.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownValue {
    /// Its path below the table, with dots.
    pub key: String,
    /// The value, facts put in.
    pub value: Value,
    /// Where it is written.
    pub span: Span,
    /// How it is written, where that is with facts.
    pub written: Option<String>,
}

impl ShownTable {
    /// Its header.
    pub fn header(&self) -> String {
        self.group.as_ref().map_or_else(|| "[[hook]]".to_owned(), |name| format!("[{}]", header(name)))
    }
}

impl Layers<'_> {
    /// The groups and the hooks of a host.
    pub fn shown(&self, identity: &Identity) -> Vec<ShownTable> {
        let mut tables = Vec::new();
        for file in &self.files {
            let root = self.root_of(file, identity, &mut Vec::new(), &mut Vec::new());
            let mut groups = Vec::new();
            let named = root.get("group").and_then(|groups| groups.get_ref().as_table());
            for (name, group) in named.into_iter().flatten() {
                let Some(entries) = group.get_ref().as_table() else { continue };
                let shown = ShownTable { group: Some(name.get_ref().to_string()), values: self.values(entries) };
                groups.push((name.span().start, shown));
            }
            groups.sort_by_key(|(start, _)| *start);
            tables.extend(groups.into_iter().map(|(_, shown)| shown));
            let hooks = root.get("hook").and_then(|hooks| hooks.get_ref().as_array());
            let hooks = hooks.into_iter().flat_map(|hooks| hooks.iter()).filter_map(|hook| hook.get_ref().as_table());
            tables.extend(hooks.map(|hook| ShownTable { group: None, values: self.values(hook) }));
        }
        tables
    }

    /// The files.
    pub fn sources(&self) -> &[SourceFile] {
        &self.texts.sources
    }

    fn values(&self, table: &DeTable<'_>) -> Vec<ShownValue> {
        let mut values = Vec::new();
        self.gather(table, &Place::default(), &mut values);
        values.sort_by_key(|value| (value.span.source, value.span.bytes.start));
        values
    }

    fn gather(&self, table: &DeTable<'_>, above: &Place, values: &mut Vec<ShownValue>) {
        for (name, value) in table {
            let key = above.path_of(name.get_ref());
            match value.get_ref() {
                DeValue::Table(inner) if !inner.is_empty() => {
                    self.gather(inner, &Place { key, ..Place::default() }, values);
                }
                _ => values.push(self.shown_value(key, value)),
            }
        }
    }

    fn shown_value(&self, key: String, value: &Spanned<DeValue<'_>>) -> ShownValue {
        let span = self.bases.span(value.span());
        let written = self.written(&span);
        let written = super::fact::is_asked_for(written).then(|| written.to_owned());
        ShownValue { key, value: value_of(value.get_ref()), span, written }
    }
}

fn value_of(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Integer(number) => {
            let number = i64::from_str_radix(number.as_str(), number.radix());
            number.map_or_else(|_| Value::Text(String::new()), Value::Number)
        }
        // No key takes these, so that they are complained of before anybody is shown them.
        DeValue::Float(number) => Value::Text(number.to_string()),
        DeValue::Datetime(time) => Value::Text(time.to_string()),
        DeValue::Array(array) => Value::List(array.iter().map(|entry| value_of(entry.get_ref())).collect()),
        DeValue::Table(table) => {
            let mut entries: Vec<_> = table.iter().collect();
            entries.sort_by_key(|(key, _)| key.span().start);
            Value::Table(known(entries))
        }
    }
}

/// The entries of a table within a list, by the keys that the reference has.
fn known(entries: Vec<(&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)>) -> Vec<(&'static str, Value)> {
    let name = |key: &str| {
        let last = |path: &'static str| path.rsplit(['.', ']']).next().unwrap_or(path);
        crate::spec::keys::KEYS.iter().map(|known| last(known.path)).find(|known| *known == key)
    };
    entries.into_iter().filter_map(|(key, value)| Some((name(key.get_ref())?, value_of(value.get_ref())))).collect()
}
