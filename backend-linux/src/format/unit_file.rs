//! Files in the syntax of systemd's units (systemd.syntax(7)).
//!
//! In: a text. Out: its sections, as often as they occur, with their assignments in order, each with its line.
//!
//! Sections and keys may occur several times here, and each time counts; a line may go on in the next one, with comments
//! between. The crates for INI files keep one value for a key or know nothing of lines.

use mpath_core::import::Origin;

/// A section of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) name: String,
    pub(crate) entries: Vec<Entry>,
}

/// An assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) origin: Origin,
}

/// The sections of a file, and lines that are none of a section.
pub(crate) fn read(file: &str, text: &str) -> (Vec<Section>, Vec<Origin>) {
    let (mut sections, mut strays): (Vec<Section>, _) = (Vec::new(), Vec::new());
    for (number, line) in logical_lines(text.trim_start_matches('\u{feff}')) {
        let origin = Origin::line(file, number, &line);
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            sections.push(Section { name: name.to_owned(), entries: vec![] });
        } else if let (Some((key, value)), Some(section)) = (line.split_once('='), sections.last_mut()) {
            let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
            section.entries.push(Entry { key, value, origin });
        } else {
            strays.push(origin);
        }
    }
    (sections, strays)
}

/// Lines that say something, each with its number; a backslash at the end joins the next one that is no comment.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut begun: Option<(usize, String)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let content = line.trim_start();
        if content.starts_with(['#', ';']) || (content.is_empty() && begun.is_none()) {
            continue;
        }
        let (start, before) = begun.take().unwrap_or((number, String::new()));
        let backslashes = line.len() - line.trim_end_matches('\\').len();
        if backslashes % 2 == 1 {
            begun = Some((start, format!("{before}{} ", &line[..line.len() - 1])));
        } else {
            lines.push((start, before + line));
        }
    }
    lines.extend(begun);
    lines.retain(|(_, line)| !line.trim().is_empty());
    lines
}

/// What systemd takes for yes and for no.
pub(crate) fn flag(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "yes" | "y" | "true" | "t" | "on" => Some(true),
        "0" | "no" | "n" | "false" | "f" | "off" => Some(false),
        _ => None,
    }
}

/// A span of time in milliseconds (systemd.time(7)): numbers with units, added up; a bare number is seconds.
pub(crate) fn milliseconds(span: &str) -> Option<u32> {
    const UNITS: [(&[&str], f64); 9] = [
        (&["us", "usec", "µs", "μs"], 0.001),
        (&["ms", "msec"], 1.0),
        (&["", "s", "sec", "second", "seconds"], 1000.0),
        (&["m", "min", "minute", "minutes"], 60_000.0),
        (&["h", "hr", "hour", "hours"], 3_600_000.0),
        (&["d", "day", "days"], 86_400_000.0),
        (&["w", "week", "weeks"], 604_800_000.0),
        (&["M", "month", "months"], 2_629_800_000.0),
        (&["y", "year", "years"], 31_557_600_000.0),
    ];
    let mut rest = span.trim();
    let mut total = if rest.is_empty() { return None } else { 0.0 };
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| c.is_whitespace() || c.is_ascii_digit()).unwrap_or(rest.len());
        let (_, scale) = UNITS.iter().find(|(names, _)| names.contains(&&rest[..letters]))?;
        total += number * scale;
        rest = rest[letters..].trim_start();
    }
    // What is beyond any length of time that a group can have is taken for the longest.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped, and never negative")]
    Some(total.clamp(0.0, f64::from(u32::MAX)) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_come_as_often_as_they_stand_there_and_lines_go_on() {
        let text = "\u{feff}stray=1\n# one\n[Match]\r\nName=eth0 \\\n ; between\n  eth1\n\n[Address]\nAddress = a=b\nwhat\n[Address]\nAddress=\n";
        let (sections, strays) = read("f", text);
        let told: Vec<_> = sections
            .iter()
            .flat_map(|section| {
                let of = |entry: &Entry| (section.name.clone(), entry.value.clone(), entry.origin.line.unwrap());
                section.entries.iter().map(of).collect::<Vec<_>>()
            })
            .collect();
        let expected = [("Match", "eth0    eth1", 4), ("Address", "a=b", 9), ("Address", "", 12)];
        assert_eq!(told, expected.map(|(name, value, line)| (name.to_owned(), value.to_owned(), line)));
        assert_eq!(strays, [Origin::line("f", 1, "stray=1"), Origin::line("f", 10, "what")]);
        assert_eq!(read("f", "[A]\nb=c\\").0[0].entries[0].value, "c");
        assert_eq!(read("f", "[A]\nb=c\\\\\nd=e").0[0].entries.len(), 2, "two backslashes are one that stands there");
    }

    #[test]
    fn spans_of_time_have_units_and_bare_numbers_are_seconds() {
        for (span, wanted) in [
            ("100ms", Some(100)),
            ("0.2", Some(200)),
            ("2", Some(2000)),
            ("1min 30s", Some(90_000)),
            ("1min30s", Some(90_000)),
            ("500us", Some(0)),
            ("2 sec", Some(2000)),
            ("", None),
            ("soon", None),
            ("5 fortnights", None),
            ("infinity", None),
            ("9999999y", Some(u32::MAX)),
        ] {
            assert_eq!(milliseconds(span), wanted, "{span:?}");
        }
    }
}
