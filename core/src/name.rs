//! The checked names of interfaces and groups.
//!
//! In: text from a file, a command line or a kernel. Out: a name that is safe to print, to put on a
//! command line and to use as a file name. Whether a platform takes the name is its
//! [`Capabilities`](crate::Capabilities)' business.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The name of a network interface: 1 to 31 visible ASCII characters, none of `/ : % * ? "` and no leading `-` or `.`.
///
/// 31 is the longest of any platform (illumos `LIFNAMSIZ`, less its NUL); Linux takes 15 (`IFNAMSIZ`, less its NUL).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InterfaceName(String);

/// The name of a group: 1 to 63 of `a-z A-Z 0-9 _ . -`, beginning with a letter or a digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GroupName(String);

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is no character in it.
    #[error("a name needs at least one character")]
    Empty,
    /// It is longer than the longest name.
    #[error("{found} characters, at most {allowed} are allowed")]
    TooLong {
        /// How many bytes it has.
        found: usize,
        /// How many are allowed.
        allowed: usize,
    },
    /// A character is not allowed where it stands.
    #[error("{0:?} is not allowed there")]
    Character(char),
}

fn check(text: &str, longest: usize, first: fn(char) -> bool, rest: fn(char) -> bool) -> Result<(), NameError> {
    let mut characters = text.chars();
    match characters.next() {
        None => return Err(NameError::Empty),
        Some(character) if !first(character) => return Err(NameError::Character(character)),
        Some(_) => {}
    }
    if let Some(character) = characters.find(|&character| !rest(character)) {
        return Err(NameError::Character(character));
    }
    if text.len() > longest {
        return Err(NameError::TooLong { found: text.len(), allowed: longest });
    }
    Ok(())
}

impl InterfaceName {
    /// Checks a text.
    ///
    /// # Errors
    ///
    /// What of it no name may have.
    pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
        let text = text.into();
        let rest = |c: char| c.is_ascii_graphic() && !matches!(c, '/' | ':' | '%' | '*' | '?' | '"' | '\'' | '\\');
        check(&text, 31, |c| c.is_ascii_alphanumeric() || c == '_', rest)?;
        Ok(Self(text))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl GroupName {
    /// Checks a text.
    ///
    /// # Errors
    ///
    /// What of it no name may have.
    pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
        let text = text.into();
        let rest = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        check(&text, 63, |c| c.is_ascii_alphanumeric(), rest)?;
        Ok(Self(text))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! text_like {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }
        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                Self::new(text)
            }
        }
        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}
text_like!(InterfaceName);
text_like!(GroupName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_name_cannot_break_a_command_line_or_a_path() {
        for bad in ["", "-a", ".", "..", ".x", "a b", "a/b", "a:1", "a\n", "a\u{1b}[31m", "ä", "a%d", "a\"b"] {
            assert!(InterfaceName::new(bad).is_err(), "{bad:?}");
        }
        for good in ["eth0", "enp0s31f6", "wlan0", "bond0.100", "ipmp0", "a-b_c"] {
            assert!(InterfaceName::new(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn a_name_that_is_too_long_tells_both_lengths() {
        let error = InterfaceName::new("a".repeat(32)).unwrap_err();
        assert_eq!(error, NameError::TooLong { found: 32, allowed: 31 });
    }

    #[test]
    fn a_group_name_is_safe_as_a_file_name() {
        for bad in ["", ".", "..", "a/b", "-x", "a b", "lan\0"] {
            assert!(GroupName::new(bad).is_err(), "{bad:?}");
        }
        assert!(GroupName::new("home-lan").is_ok());
    }
}
