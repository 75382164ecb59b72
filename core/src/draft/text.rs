//! A draft as the text of a configuration.

use std::fmt::Write as _;

use super::{Draft, Value};

/// Tables that are written on one line, below a table of their own or below the group.
const INLINE: [(&str, &str, &str); 3] =
    [("detection.link", "detection", "link"), ("detection.probe", "detection", "probe"), ("lacp", "", "lacp")];

impl Draft {
    /// The tables of the group, ready to be parsed.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        for remark in &self.remarks {
            let _ = writeln!(text, "# {}", remark.replace(['\n', '\r'], " "));
        }
        let header = crate::spec::header(&self.name);
        let mut own: Vec<(&str, String)> =
            self.keys.iter().filter_map(|(number, entry)| plain(*number, &entry.value)).collect();
        let mut detection = Vec::new();
        for (path, table, key) in INLINE {
            let below = self.below(path);
            if below.is_empty() && self.get(path).is_none() {
                continue;
            }
            let value = Value::Table(below.into_iter().map(|(key, value)| (key, value.clone())).collect());
            let value = if let Value::Table(entries) = &value
                && entries.is_empty()
            {
                "{}".to_owned()
            } else {
                value.to_string()
            };
            if table.is_empty() { own.push((key, value)) } else { detection.push((key, value)) }
        }
        table(&mut text, &header, &own);
        if !detection.is_empty() {
            text.push('\n');
            table(&mut text, &format!("{header}.detection"), &detection);
        }
        text
    }
}

/// A key that stands in the group's own table.
fn plain(number: usize, value: &Value) -> Option<(&'static str, String)> {
    let path = crate::spec::keys::KEYS[number].path;
    let nested = path.contains('.') || INLINE.iter().any(|(table, ..)| *table == path);
    (!nested).then(|| (path, value.to_string()))
}

fn table(text: &mut String, header: &str, entries: &[(&str, String)]) {
    let _ = writeln!(text, "[{header}]");
    let width = entries.iter().map(|(key, _)| key.len()).max().unwrap_or_default();
    for (key, value) in entries {
        let _ = writeln!(text, "{key:width$} = {value}");
    }
}
