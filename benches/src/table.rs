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
pub fn median(values: Vec<f64>) -> f64 {
    quantile(values, 0.5)
}

/// The middle of several ratios and, where they are not all the same, the quarters below and above which the
/// others are: how far apart they are says what the machine did meanwhile.
pub fn ratio(ratios: impl IntoIterator<Item = f64>) -> String {
    let ratios: Vec<f64> = ratios.into_iter().collect();
    let [low, middle, high] = [0.25, 0.5, 0.75].map(|share| two(quantile(ratios.clone(), share)));
    if low == high {
        middle
    } else {
        format!("{middle} ({low} to {high})")
    }
}

/// What so large a share of the values is below, by the nearest two; 0 of none.
fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = share * values.len().saturating_sub(1) as f64;
    let at = |place: f64| values.get(place as usize).copied().unwrap_or_default();
    let (below, above) = (at(place.floor()), at(place.ceil()));
    below + (above - below) * place.fract()
}

/// With two decimals.
pub fn two(value: f64) -> String {
    format!("{value:.2}")
}

/// Without decimals.
pub fn whole(value: f64) -> String {
    format!("{value:.0}")
}
