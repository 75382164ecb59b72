//! A configuration file's text, and places in it.
//!
//! In: a path and its text, read by somebody else. Out: lines and columns for people.

use std::ops::Range;

/// A file of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path, as it is shown.
    pub path: String,
    /// All of its text.
    pub text: String,
    /// Whether it is a drop-in of the last file before it that is none.
    pub is_drop_in: bool,
}

/// A place in one of the files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Span {
    /// The file's number in the list that was read.
    pub source: usize,
    /// The bytes of its text; may be empty, then it stands before its first byte.
    pub bytes: Range<usize>,
}

impl SourceFile {
    /// A file of this path and text.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), is_drop_in: false }
    }

    /// A drop-in of this path and text.
    pub fn drop_in(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { is_drop_in: true, ..Self::new(path, text) }
    }

    /// Line and column of a byte, both from 1; the column counts characters. What lies behind the text is its end.
    pub fn position(&self, byte: usize) -> (usize, usize) {
        let end = (0..=byte.min(self.text.len())).rev().find(|&end| self.text.is_char_boundary(end)).unwrap_or(0);
        let before = &self.text[..end];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_newlines() {
        let file = SourceFile::new("a.toml", "ä = 1\r\nöü = \"x\"\n");
        let column_of = |text: &str| file.position(file.text.find(text).unwrap());
        assert_eq!(column_of("ä"), (1, 1));
        assert_eq!(column_of("1"), (1, 5));
        assert_eq!(column_of("ü"), (2, 2));
        assert_eq!(column_of("\"x"), (2, 6));
    }

    #[test]
    fn every_byte_has_a_position_and_so_has_what_lies_behind() {
        let file = SourceFile::new("a.toml", "ä\n€");
        let positions: Vec<_> = (0..8).map(|byte| file.position(byte)).collect();
        assert_eq!(positions[..4], [(1, 1), (1, 1), (1, 2), (2, 1)]);
        assert_eq!(positions[6..], [(2, 2), (2, 2)]);
    }
}
