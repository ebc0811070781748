//! A table for people: aligned columns with headings.

use super::{CliError, output};
use crate::util::unicode::escape_unprintable;

/// Rows of `N` columns. The last column needs no alignment, so it should have the longest text.
pub(super) struct Columns<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Columns<N> {
    /// Creates a table with these headings.
    pub(super) fn with_headings(headings: [&str; N]) -> Self {
        Self {
            rows: vec![headings.map(str::to_owned)],
        }
    }

    /// Adds a row. Unprintable characters are escaped, because names come from other users.
    pub(super) fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells.map(|cell| escape_unprintable(&cell)));
    }

    /// Prints the table. If it has no rows, prints the note `empty` instead.
    pub(super) fn print(&self, empty: &str) -> Result<(), CliError> {
        if self.rows.len() < 2 {
            output::print_note(empty);
            return Ok(());
        }
        self.lines().try_for_each(output::line)
    }

    fn lines(&self) -> impl Iterator<Item = String> {
        let mut widths = [0; N];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        self.rows.iter().map(move |row| {
            let padded = row.iter().zip(widths);
            let line: String = padded
                .map(|(cell, width)| format!("{cell:width$}  "))
                .collect();
            line.trim_end().to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_cells() {
        let mut columns = Columns::with_headings(["KIND", "NAME"]);
        columns.row(["tablet".to_owned(), "Zoë".to_owned()]);
        columns.row([String::new(), "a\u{1b}[2J".to_owned()]);
        let lines: Vec<String> = columns.lines().collect();
        assert_eq!(
            lines,
            ["KIND    NAME", "tablet  Zoë", r"        a\u{1b}[2J"]
        );
    }
}
