//! Something wrong in the configuration, as data: the command line shows it with its line and a caret.

use std::fmt;

use crate::Span;

/// Something wrong in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind of problem it is; one of [`CODES`].
    pub code: &'static str,
    /// Where it is: the key where the key is wrong, the value where that is, the table's header where a key is missing.
    pub span: Span,
    /// The full path of the key, as in `group.home-lan.detection.link.interval`; empty for the file itself.
    pub key: String,
    /// What was found.
    pub message: String,
    /// What is allowed: words, range, unit.
    pub allowed: Option<String>,
    /// What cures it.
    pub hint: Option<String>,
    /// Other places that have to do with it, and what each is.
    pub also: Vec<(Span, String)>,
}

/// Every code that a [`Problem`] can have, and what it means.
pub const CODES: &[(&str, &str)] = &[
    ("address-without-prefix", "an address stands without the length of its prefix"),
    ("bad-name", "a text cannot name a group or an interface"),
    ("bad-pattern", "a text is not a pattern of host names"),
    ("bad-value", "a text is none of those that the key takes"),
    ("duplicate-address", "an address stands twice in a group"),
    ("duplicate-device", "two groups want the same device"),
    ("duplicate-group", "two groups have the same name"),
    ("duplicate-key", "a key or a table stands twice in a file"),
    ("duplicate-member", "an interface stands twice among a group's members"),
    ("duplicate-route", "two routes lead to the same place with the same metric"),
    ("duplicate-target", "a target of probes stands twice"),
    ("empty-list", "a list that needs an entry has none"),
    ("family-without-address", "a next hop or a route is of a family in which the group has no address"),
    ("gateway-from-network", "the gateway of a family comes from the network already"),
    ("host-bits", "a route's destination has bits set behind its prefix"),
    ("member-is-device", "a member is the device of a group"),
    ("member-selector", "a member has neither a name nor a MAC address, or both"),
    ("missing-fact", "a text asks for something that the host does not have, or that is not known of it"),
    ("missing-key", "a key that must be there is not"),
    ("missing-unit", "a length of time is a bare number"),
    ("mixed-families", "an IPv4 and an IPv6 address stand where both must be of one family"),
    ("mtu-below-ipv6", "the MTU is smaller than the 1280 bytes that IPv6 needs"),
    ("never-holds", "what is for some hosts is for none that have the group"),
    ("no-address", "a group has no address and no way to get one"),
    ("no-targets", "probing has nobody to ask"),
    ("not-a-member", "a name that must be a member's is not"),
    ("not-a-multiple", "a delay is not a multiple of the interval"),
    ("not-absolute", "a path does not begin with /"),
    ("not-in-mode", "the group's mode does not take the key or the value"),
    ("not-monitored", "an interval of 0 would leave the group without monitoring"),
    ("out-of-range", "a number is too small or too large"),
    ("own-address", "an address that must be another host's is the group's own"),
    ("second-gateway", "a family has more than one gateway"),
    ("shared-address", "two groups have the same address"),
    ("shared-member", "two groups have the same member"),
    ("syntax", "the text is not TOML"),
    ("too-few-members", "more members must be up than the group has"),
    ("too-many-targets", "a family has more targets of probes than a platform takes"),
    ("unknown-fact", "a text asks for something that is not a fact of a host"),
    ("unknown-group", "a hook is for a group that no file has"),
    ("unknown-key", "the key is not known"),
    ("unreachable-next-hop", "a next hop lies in none of the group's prefixes"),
    ("unusable-address", "no host can have the address"),
    ("wrong-type", "the value is of another type than the key takes"),
];

impl Problem {
    /// Whether the text itself is wrong, and not what it says.
    pub fn is_of_text(&self) -> bool {
        matches!(self.code, "syntax" | "duplicate-key")
    }

    /// A problem without more than its message.
    pub(crate) fn new(code: &'static str, place: &Place, message: impl Into<String>) -> Self {
        debug_assert!(CODES.iter().any(|(known, _)| *known == code), "{code} is not among the codes");
        Self {
            code,
            span: place.span.clone(),
            key: place.key.clone(),
            message: message.into(),
            allowed: None,
            hint: None,
            also: Vec::new(),
        }
    }

    /// The same, with what is allowed.
    pub(crate) fn allowed(mut self, allowed: impl Into<String>) -> Self {
        self.allowed = Some(allowed.into());
        self
    }

    /// The same, with what cures it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, with another place.
    pub(crate) fn also(mut self, span: &Span, what: impl Into<String>) -> Self {
        self.also.push((span.clone(), what.into()));
        self
    }
}

impl fmt::Display for Problem {
    /// One line, without the place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        if let Some(allowed) = &self.allowed {
            write!(f, "; allowed: {allowed}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

/// Where something stands, for machines and for people.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The text.
    pub span: Span,
    /// The full path of the key.
    pub key: String,
}

impl Place {
    /// The path of a key in this table.
    pub(crate) fn path_of(&self, key: &str) -> String {
        let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let key = if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { quoted(key) };
        if self.key.is_empty() { key } else { format!("{}.{key}", self.key) }
    }
}

/// A text from a file in quotes, fit to be shown: short, and without control characters.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// Words in a row, as in `a, b or c`.
pub(crate) fn either(words: &[&str]) -> String {
    match words {
        [first @ .., second_last, last] => {
            let first: String = first.iter().map(|word| format!("{word}, ")).collect();
            format!("{first}{second_last} or {last}")
        }
        _ => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_each_is_there_once() {
        assert!(CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn a_text_from_a_file_cannot_write_to_the_terminal() {
        assert_eq!(quoted("a\u{1b}[2J\n\u{202e}"), r#""a\u{1b}[2J\n\u{202e}""#);
        assert_eq!(quoted(&"ä".repeat(100)), format!("\"{}\"…", "ä".repeat(60)));
        assert_eq!(Place::default().path_of("a b\n"), r#""a b\n""#);
    }

    #[test]
    fn words_are_joined_as_people_do() {
        assert_eq!(either(&["a", "b", "c"]), "a, b or c");
        assert_eq!(either(&["a", "b"]), "a or b");
        assert_eq!(either(&["a"]), "a");
    }

    #[test]
    fn a_problem_is_one_line() {
        let place = Place { span: Span::default(), key: "group.a.mtu".to_owned() };
        let problem = Problem::new("out-of-range", &place, "found 5").allowed("68 to 65535 bytes").hint("take it out");
        assert_eq!(problem.to_string(), "group.a.mtu: found 5; allowed: 68 to 65535 bytes; take it out");
    }
}
