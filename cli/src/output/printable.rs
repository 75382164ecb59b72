//! Text from files, kernels and programs, made harmless for a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character does something to a terminal or to the order of its text, rather than being shown.
///
/// C0, DEL and C1 controls, and what Unicode has for direction and line breaks (Trojan Source, CVE-2021-42574).
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text on one line, with everything that acts escaped.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let escape = |mut escaped: String, character: char| {
        if acts(character) {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
        escaped
    };
    Cow::Owned(text.chars().fold(String::new(), escape))
}

/// The text of a file to be shown as it is, of the same length in bytes, so that places in it stay true.
///
/// What is below U+0080 is the renderer's business.
pub(crate) fn harmless_source(text: &str) -> Cow<'_, str> {
    let harms = |character: char| acts(character) && !character.is_ascii();
    if !text.contains(harms) {
        return Cow::Borrowed(text);
    }
    // As long as what it stands for: two bytes, or three.
    let replacement = |character: char| if character.len_utf8() == 2 { '¿' } else { '\u{fffd}' };
    Cow::Owned(
        text.chars().map(|character| if harms(character) { replacement(character) } else { character }).collect(),
    )
}

/// JSON, with what serde_json leaves as it is escaped too. Outside of its strings JSON has only ASCII.
pub(crate) fn printable_json(json: &str) -> Cow<'_, str> {
    let harms = |character: char| acts(character) && (character == '\u{7f}' || !character.is_ascii());
    if !json.contains(harms) {
        return Cow::Borrowed(json);
    }
    let escape = |mut escaped: String, character: char| {
        if harms(character) {
            // All of them lie in the basic plane: four digits.
            let _ = write!(escaped, "\\u{:04x}", u32::from(character));
        } else {
            escaped.push(character);
        }
        escaped
    };
    Cow::Owned(json.chars().fold(String::new(), escape))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_reaches_a_terminal() {
        assert_eq!(printable("a\u{1b}[2J\r\n\u{9b}1m\u{202e}ä"), r"a\u{1b}[2J\r\n\u{9b}1m\u{202e}ä");
        assert!(matches!(printable("plain ä"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_source_keeps_its_length() {
        for text in ["\u{9b}31m", "\u{202e}x", "a\u{200f}b\u{61c}c"] {
            let shown = harmless_source(text);
            assert_eq!(shown.len(), text.len());
            assert!(!shown.contains(acts));
        }
    }

    #[test]
    fn json_stays_the_same_json() {
        let text = "\u{7f}\u{9b}\u{202e}\u{1b}ä";
        let json = serde_json::to_string(text).unwrap();
        let shown = printable_json(&json);
        assert!(!shown.contains(acts));
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
    }
}
