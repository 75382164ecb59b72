//! `/etc/network/interfaces` and what it names, as ifupdown and its kin read them (interfaces(5)).
//!
//! In: [`Files`]. Out: [`Stanza`]s, in the order in which they are read, each with its lines. What they mean is not its business.

mod include;

use mpath_core::import::Origin;

pub(crate) use include::{FOLDER, read};

/// A stanza, with the lines that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stanza {
    /// What it is.
    pub(crate) kind: Kind,
    /// Its first line.
    pub(crate) origin: Origin,
    /// The number of its last line, from 1.
    pub(crate) last: usize,
    /// The lines below the first.
    pub(crate) lines: Vec<Line>,
}

/// What a stanza is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `iface NAME FAMILY METHOD`; ifupdown2 and ifupdown-ng do without the last two.
    Iface {
        /// The interface.
        name: String,
        /// `inet`, `inet6` and others.
        family: Option<String>,
        /// `static`, `dhcp` and others.
        method: Option<String>,
        /// The stanzas whose lines are its own too.
        inherits: Vec<String>,
    },
    /// `auto` and `allow-CLASS`: interfaces that come up by themselves.
    Auto(Vec<String>),
    /// `source` and what it stands for was read.
    Source(String),
    /// `source-directory`.
    SourceDirectory(String),
    /// Anything else: `mapping`, `rename`, `no-scripts`, `template` and so on.
    Other(Vec<String>),
}

/// A line of a stanza.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The first word.
    pub(crate) key: String,
    /// All behind it.
    pub(crate) value: String,
    /// Where it stands.
    pub(crate) origin: Origin,
}

impl Stanza {
    /// The interface that the stanza is about.
    pub(crate) fn interface(&self) -> Option<&str> {
        match &self.kind {
            Kind::Iface { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Whether it gives its interface something: not where that is configured by hand, or is the host itself.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux has a host to look at"))]
    pub(crate) fn gives(&self) -> bool {
        matches!(&self.kind, Kind::Iface { name, method, .. }
            if !name.is_empty() && !matches!(method.as_deref(), Some("manual" | "loopback")))
    }
}

/// Takes a text apart. Lines before the first stanza are stanzas of their own, which nobody knows.
pub(crate) fn parse(file: &str, text: &str) -> Vec<Stanza> {
    let mut stanzas: Vec<Stanza> = Vec::new();
    for Logical { first, last, text } in logical_lines(text) {
        let origin = Origin::line(file, first, &text);
        let (key, value) = text.split_once([' ', '\t']).unwrap_or((&text, ""));
        let (key, value) = (key.to_owned(), value.trim().to_owned());
        match kind(&key, &value) {
            Some(kind) => stanzas.push(Stanza { kind, origin, last, lines: vec![] }),
            None => match stanzas.last_mut() {
                Some(stanza) if matches!(stanza.kind, Kind::Iface { .. } | Kind::Other(_)) => {
                    stanza.last = last;
                    stanza.lines.push(Line { key, value, origin });
                }
                _ => stanzas.push(Stanza { kind: Kind::Other(vec![key, value]), origin, last, lines: vec![] }),
            },
        }
    }
    stanzas
}

/// A line as it is meant: with those that a backslash adds to it.
struct Logical {
    first: usize,
    last: usize,
    text: String,
}

fn logical_lines(text: &str) -> Vec<Logical> {
    let mut lines: Vec<Logical> = Vec::new();
    let mut goes_on = false;
    for (number, line) in (1..).zip(text.lines()) {
        let (line, next) = line.strip_suffix('\\').map_or((line, false), |line| (line, true));
        match lines.last_mut().filter(|_| goes_on) {
            Some(open) => {
                open.last = number;
                open.text.push_str(line);
            }
            None => lines.push(Logical { first: number, last: number, text: line.to_owned() }),
        }
        goes_on = next;
    }
    let said = |mut line: Logical| {
        line.text = line.text.trim().to_owned();
        (!line.text.is_empty() && !line.text.starts_with('#')).then_some(line)
    };
    lines.into_iter().filter_map(said).collect()
}

/// What a line begins, if it begins a stanza.
fn kind(key: &str, value: &str) -> Option<Kind> {
    let words = || value.split_whitespace().map(str::to_owned);
    Some(match key {
        "iface" => {
            let mut words = words();
            let name = words.next().unwrap_or_default();
            let rest: Vec<_> = words.collect();
            let end = rest.iter().position(|word| word == "inherits").unwrap_or(rest.len());
            let (family, method) = (rest[..end].first().cloned(), rest[..end].get(1).cloned());
            let inherits = rest.into_iter().skip(end + 1).collect();
            Kind::Iface { name, family, method, inherits }
        }
        "auto" => Kind::Auto(words().collect()),
        "source" => Kind::Source(value.to_owned()),
        "source-directory" => Kind::SourceDirectory(value.trim_end_matches('/').to_owned()),
        "mapping" | "rename" | "template" | "no-auto-down" | "no-scripts" | "vlan" => {
            Kind::Other([key.to_owned()].into_iter().chain(words()).collect())
        }
        key if key.starts_with("allow-") => Kind::Auto(words().collect()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stanzas_that_give_something_are_found_with_their_lines() {
        let text = "source /etc/network/interfaces.d/*\nsource-directory more/\nauto lo eth0\niface lo inet loopback\n\
            iface eth0 inet static\n    address 192.168.1.7/24\n\n    # so\n    gateway 192.168.1.1\n\niface eth1 inet manual\n\
            allow-hotplug eth2\niface eth2 inet dhcp\niface bond0\n  bond-slaves eth0 \\\n   eth1\n";
        let stanzas = parse("interfaces", text);
        let given: Vec<_> = stanzas.iter().filter(|stanza| stanza.gives()).collect();
        let lines: Vec<_> = given.iter().map(|s| (s.interface().unwrap(), s.origin.line.unwrap(), s.last)).collect();
        assert_eq!(lines, [("eth0", 5, 9), ("eth2", 13, 13), ("bond0", 14, 16)]);
        assert_eq!(given[0].origin.text, "iface eth0 inet static");
        assert_eq!((given[2].lines[0].value.as_str(), given[2].lines[0].origin.line), ("eth0    eth1", Some(15)));
        assert_eq!(stanzas[0].kind, Kind::Source("/etc/network/interfaces.d/*".into()));
        assert_eq!(stanzas[1].kind, Kind::SourceDirectory("more".into()));
        assert_eq!(stanzas[2].kind, Kind::Auto(vec!["lo".into(), "eth0".into()]));
    }

    #[test]
    fn nonsense_is_told_and_gives_nothing() {
        let stanzas = parse("interfaces", "address 7\niface\n\u{0}\n  x");
        assert!(!stanzas.iter().any(Stanza::gives), "{stanzas:?}");
        assert_eq!((stanzas.len(), stanzas[1].lines.len()), (2, 2));
    }

    #[test]
    fn a_stanza_may_go_on_from_templates() {
        let Kind::Iface { method, inherits, .. } = &parse("i", "iface eth0 inet static inherits a b")[0].kind else {
            panic!("no interface")
        };
        assert_eq!((method.as_deref(), inherits.len()), (Some("static"), 2));
    }
}
