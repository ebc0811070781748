//! What is printed.

use std::{
    fmt::Display,
    io::{Write as _, stderr, stdout},
};

/// Says a line. Where nobody reads it, nobody misses it.
pub fn say(line: &str) {
    drop(writeln!(stdout(), "{line}"));
    drop(stdout().flush());
}

/// Says what is wrong, or what is going on.
pub fn complain(line: &str) {
    drop(writeln!(stderr(), "{line}"));
}

/// A row of a table.
pub fn row(cells: &[&dyn Display]) {
    let cells: Vec<String> = cells.iter().map(ToString::to_string).collect();
    say(&format!("| {} |", cells.join(" | ")));
}

/// The two lines above a table.
pub fn heading(title: &str, columns: &[&str]) {
    say(&format!("\n### {title}\n"));
    say(&format!("| {} |", columns.join(" | ")));
    say(&format!("|{}", " --- |".repeat(columns.len())));
}

/// The middle of several measurements, or the mean of the two in the middle; 0 of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let at = |place: usize| values.get(place).copied().unwrap_or_default();
    if values.len() % 2 == 1 {
        at(middle)
    } else {
        f64::midpoint(at(middle.saturating_sub(1)), at(middle))
    }
}

/// With two decimals.
pub fn two(value: f64) -> String {
    format!("{value:.2}")
}

/// Without decimals.
pub fn whole(value: f64) -> String {
    format!("{value:.0}")
}
