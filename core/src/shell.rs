//! Text as a word of a command that an administrator could type.
//!
//! mpath itself runs no shell: this is for what it shows.

use std::borrow::Cow;

/// A text as one word of a POSIX shell (XCU 2.2.2): in quotes where a character in it means something to a shell, so
/// that an interface called `eth0;reboot` is a strange name and nothing else.
pub fn word(text: &str) -> Cow<'_, str> {
    // What is known to mean nothing, rather than what is known to mean something: shells differ.
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(format!("'{}'", text.replace('\'', r"'\''"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_means_something_to_a_shell_is_quoted() {
        assert_eq!(word("192.168.1.34/24"), "192.168.1.34/24");
        assert_eq!(word("eth0;reboot"), "'eth0;reboot'");
        assert_eq!(word("$(x)"), "'$(x)'");
        assert_eq!(word("it's"), r"'it'\''s'");
        assert_eq!(word(""), "''");
    }
}
