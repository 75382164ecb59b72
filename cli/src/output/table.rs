//! Columns of text. All that goes in is one column wide per character: names, numbers and words of mpath's own.

use anstyle::Style;

use super::paint::{PLAIN, QUIET};

/// Cells in rows, each with its colour.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<(Style, String)>>,
}

impl Table {
    /// A table with these words above its columns.
    pub(crate) fn new(head: &[&str]) -> Self {
        let head = head.iter().map(|word| (QUIET, (*word).to_owned()));
        Self { rows: vec![head.collect()] }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<(Style, String)>) {
        self.rows.push(cells);
    }

    /// The rows as pieces of text: each cell but the last filled up to the width of its column.
    pub(crate) fn lines(self) -> Vec<Vec<(Style, String)>> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|(_, text)| text.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..columns).map(width).collect();
        let line = |row: Vec<(Style, String)>| {
            let last = row.len().saturating_sub(1);
            let cells = row.into_iter().enumerate().flat_map(|(column, (style, text))| {
                let gap = if column == last { 0 } else { widths[column] - text.chars().count() + 2 };
                [(style, text), (PLAIN, " ".repeat(gap))]
            });
            cells.collect()
        };
        self.rows.into_iter().map(line).collect()
    }
}
