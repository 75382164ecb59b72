//! A draft as the text of a configuration.

use std::fmt::Write as _;

use super::{Draft, Value, number};

/// Tables that are written on one line, below a table of their own or below the group.
const INLINE: [(&str, &str, &str); 3] =
    [("detection.link", "detection", "link"), ("detection.probe", "detection", "probe"), ("lacp", "", "lacp")];

/// A key, its value as it is written, and what stands above it.
struct Line<'d> {
    key: &'d str,
    value: String,
    comment: Option<&'d str>,
}

impl Draft {
    /// The tables of the group, ready to be parsed.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        self.remarks.iter().for_each(|remark| comment_line(&mut text, remark));
        let header = crate::spec::header(&self.name);
        let comment = |number: usize| self.comments.get(&number).map(String::as_str);
        let plain =
            self.keys.iter().filter_map(|(number, entry)| Some((plain(*number, &entry.value)?, comment(*number))));
        let mut own: Vec<Line<'_>> = plain.map(|((key, value), comment)| Line { key, value, comment }).collect();
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
            let line = Line { key, value, comment: comment(number(path)) };
            if table.is_empty() { own.push(line) } else { detection.push(line) }
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

fn table(text: &mut String, header: &str, lines: &[Line<'_>]) {
    let _ = writeln!(text, "[{header}]");
    let width = lines.iter().map(|line| line.key.len()).max().unwrap_or_default();
    for Line { key, value, comment } in lines {
        comment.iter().for_each(|comment| comment_line(text, comment));
        let _ = writeln!(text, "{key:width$} = {value}");
    }
}

/// TOML takes no control characters in comments but the tab.
fn comment_line(text: &mut String, comment: &str) {
    let _ = writeln!(text, "# {}", comment.replace(|c: char| c.is_control(), " "));
}
