//! The printed tables.

use std::{
    fmt::Display,
    io::{Write as _, stderr, stdout},
};

/// Prints a line. A closed standard output is ignored.
pub fn say(line: &str) {
    drop(writeln!(stdout(), "{line}"));
    drop(stdout().flush());
}

/// Prints an error or the progress to the standard error.
pub fn print_to_stderr(line: &str) {
    drop(writeln!(stderr(), "{line}"));
}

/// Prints a row of a table.
pub fn row(cells: &[&dyn Display]) {
    let cells: Vec<String> = cells.iter().map(ToString::to_string).collect();
    say(&format!("| {} |", cells.join(" | ")));
}

/// Prints the two lines above a table.
pub fn heading(title: &str, columns: &[&str]) {
    say(&format!("\n### {title}\n"));
    say(&format!("| {} |", columns.join(" | ")));
    say(&format!("|{}", " --- |".repeat(columns.len())));
}

/// The median of several measurements; 0 for none.
pub fn median(values: Vec<f64>) -> f64 {
    quantile(values, 0.5)
}

/// The median of several ratios and, if they differ, their quartiles, which show how much the
/// machine varied.
pub fn ratio(ratios: impl IntoIterator<Item = f64>) -> String {
    let ratios: Vec<f64> = ratios.into_iter().collect();
    let [low, middle, high] = [0.25, 0.5, 0.75].map(|share| two(quantile(ratios.clone(), share)));
    if low == high {
        middle
    } else {
        format!("{middle} ({low} to {high})")
    }
}

/// The value below which this share of the values lies, interpolated between the nearest two; 0 for
/// none.
fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = share * values.len().saturating_sub(1) as f64;
    let at = |place: f64| values.get(place as usize).copied().unwrap_or_default();
    let (below, above) = (at(place.floor()), at(place.ceil()));
    below + (above - below) * place.fract()
}

/// Formats with two decimals.
pub fn two(value: f64) -> String {
    format!("{value:.2}")
}

/// Formats without decimals.
pub fn whole(value: f64) -> String {
    format!("{value:.0}")
}
