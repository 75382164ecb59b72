//! Patterns of host names: `*` is any run of characters, `?` any one.
//!
//! A pattern without a dot is about what stands before the first dot of a name, since systems differ in whether they
//! tell the domain; one with a dot is about the whole of it. Names are the same in capitals or not (RFC 4343).

use std::collections::{BTreeSet, VecDeque};

/// A pattern of host names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostPattern {
    text: String,
    tokens: Vec<Token>,
    /// Whether it is about the whole of a name.
    whole: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Exactly(char),
    One,
    Many,
}

/// No pattern is longer. Names of hosts are up to 64 bytes on Linux (`HOST_NAME_MAX`), and 255 elsewhere (RFC 1035);
/// but two patterns are compared in the product of their lengths.
const LONGEST: usize = 128;

/// A place in a pattern: before the token of this number. The one behind the last is the end, and the one behind that
/// the domain of a pattern that does not ask for one.
type At = usize;

impl HostPattern {
    /// The form of a pattern, in words.
    pub(crate) const FORM: &'static str = "a-z 0-9 - _ . with * for any characters and ? for one";

    /// A pattern; `None` where the text is none.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let is_fit = |c: char| c.is_ascii_alphanumeric() || "-_.*?".contains(c);
        if text.is_empty() || text.len() > LONGEST || !text.chars().all(is_fit) {
            return None;
        }
        let token = |c| match c {
            '*' => Token::Many,
            '?' => Token::One,
            c => Token::Exactly(c),
        };
        let mut tokens: Vec<_> = text.chars().map(token).collect();
        tokens.dedup_by(|one, other| *one == Token::Many && *other == Token::Many);
        Some(Self { tokens, whole: text.contains('.'), text })
    }

    /// The text, in small letters.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// How narrow it is: one without wildcards first of all, then by the characters that it names.
    pub(crate) fn rank(&self) -> (bool, usize) {
        let named = self.tokens.iter().filter(|token| matches!(token, Token::Exactly(_))).count();
        (named == self.tokens.len(), named)
    }

    /// Whether it is a name, without wildcards.
    pub(crate) fn is_single(&self) -> bool {
        self.rank().0
    }

    /// Whether a host of this name is meant.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        if self.is_single() {
            return name == self.text || !self.whole && name.split('.').next() == Some(&self.text);
        }
        let mut places = self.closure([0].into());
        for c in name.chars() {
            places = self.closure(places.into_iter().flat_map(|at| self.next(at, c)).collect());
        }
        places.into_iter().any(|at| self.is_end(at))
    }

    /// The shortest name that both mean, if there is one.
    pub(crate) fn common(&self, other: &Self) -> Option<String> {
        let mut letters: BTreeSet<char> = self.tokens.iter().chain(&other.tokens).filter_map(Token::letter).collect();
        letters.extend(['1', '.']);
        let starts = pairs(&self.closure([0].into()), &other.closure([0].into()));
        let mut seen: BTreeSet<(At, At)> = starts.iter().copied().collect();
        let mut ahead: VecDeque<_> = starts.into_iter().map(|pair| (pair, String::new())).collect();
        while let Some(((one, two), name)) = ahead.pop_front() {
            if self.is_end(one) && other.is_end(two) && !name.is_empty() {
                return Some(name);
            }
            for &c in &letters {
                let ones = self.closure(self.next(one, c).into_iter().collect());
                let twos = other.closure(other.next(two, c).into_iter().collect());
                for pair in pairs(&ones, &twos) {
                    if seen.insert(pair) {
                        ahead.push_back((pair, format!("{name}{c}")));
                    }
                }
            }
        }
        None
    }

    /// Where a character leads from a place.
    fn next(&self, at: At, c: char) -> Option<At> {
        let is_any = self.whole || c != '.';
        match self.tokens.get(at) {
            Some(Token::Exactly(own)) => (*own == c).then_some(at + 1),
            Some(Token::One) => is_any.then_some(at + 1),
            Some(Token::Many) => is_any.then_some(at),
            None if self.whole => None,
            None if at == self.tokens.len() => (c == '.').then_some(at + 1),
            None => Some(at),
        }
    }

    fn is_end(&self, at: At) -> bool {
        at >= self.tokens.len()
    }

    /// These places, and those that `*` lets one reach without a character.
    fn closure(&self, mut places: BTreeSet<At>) -> BTreeSet<At> {
        let mut ahead: Vec<_> = places.iter().copied().collect();
        while let Some(at) = ahead.pop() {
            if self.tokens.get(at) == Some(&Token::Many) && places.insert(at + 1) {
                ahead.push(at + 1);
            }
        }
        places
    }
}

fn pairs(ones: &BTreeSet<At>, twos: &BTreeSet<At>) -> Vec<(At, At)> {
    ones.iter().flat_map(|one| twos.iter().map(|two| (*one, *two))).collect()
}

impl Token {
    fn letter(&self) -> Option<char> {
        if let Self::Exactly(c) = self { Some(*c) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> HostPattern {
        HostPattern::new(text).unwrap()
    }

    #[test]
    fn a_pattern_means_hosts_by_their_names() {
        for (text, name, is_meant) in [
            ("web*", "web1", true),
            ("web*", "web", true),
            ("WEB1", "web1", true),
            ("web1", "Web1.paris.example", true),
            ("web?", "web", false),
            ("web?", "web12", false),
            ("*", "a.b", true),
            ("*a", "b.a", false),
            ("*.paris.example", "web1.paris.example", true),
            ("web*.example", "web1.paris.example", true),
            ("web1.paris.example", "web1", false),
            ("*-db*", "rack1-db7", true),
        ] {
            assert_eq!(pattern(text).matches(name), is_meant, "{text} {name}");
        }
        for text in ["", "web 1", "web[12]", "wéb"] {
            assert_eq!(HostPattern::new(text), None, "{text}");
        }
    }

    #[test]
    fn patterns_have_a_name_in_common_or_none() {
        for (one, two, common) in [
            ("web*", "*1", Some("web1")),
            ("web*", "db*", None),
            ("web1", "*.paris.example", Some("web1.paris.example")),
            ("web?", "web", None),
            ("a*c", "*b?", Some("abc")),
            ("*.a", "*.b", None),
        ] {
            assert_eq!(pattern(one).common(&pattern(two)).as_deref(), common, "{one} {two}");
            assert_eq!(pattern(two).common(&pattern(one)).is_some(), common.is_some(), "{two} {one}");
        }
    }

    proptest! {
        #[test]
        fn a_name_in_common_is_meant_by_both(one in "[ab.*?]{1,6}", two in "[ab.*?]{1,6}", name in "[ab.]{1,8}") {
            let (one, two) = (pattern(&one), pattern(&two));
            if let Some(common) = one.common(&two) {
                prop_assert!(one.matches(&common) && two.matches(&common), "{} {} {common}", one.as_str(), two.as_str());
            } else {
                prop_assert!(!(one.matches(&name) && two.matches(&name)), "{} {} {name}", one.as_str(), two.as_str());
            }
        }
    }
}
