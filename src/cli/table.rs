//! A list for people: aligned columns under headings.

use super::{CliError, output};
use crate::util::unicode::escape_unprintable;

/// Rows of `N` columns. Put what may be long or wide last: it needs no alignment there.
pub(super) struct Columns<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Columns<N> {
    /// Columns with these headings.
    pub(super) fn under(headings: [&str; N]) -> Self {
        Self {
            rows: vec![headings.map(str::to_owned)],
        }
    }

    /// Adds a row. What is not to be seen in it is spelt out: names come from other people.
    pub(super) fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells.map(|cell| escape_unprintable(&cell)));
    }

    /// Prints all of it; where there are no rows, a remark that says so instead.
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
    fn columns_are_as_wide_as_what_is_in_them() {
        let mut columns = Columns::under(["KIND", "NAME"]);
        columns.row(["tablet".to_owned(), "Zoë".to_owned()]);
        columns.row([String::new(), "a\u{1b}[2J".to_owned()]);
        let lines: Vec<String> = columns.lines().collect();
        assert_eq!(
            lines,
            ["KIND    NAME", "tablet  Zoë", r"        a\u{1b}[2J"]
        );
    }
}
