//! The measurements, one file for each part.

mod checks;
mod crowd;
mod flood;
mod lists;
mod mail_timing;
mod memory;
mod revocations;
mod start;
mod timing;

use std::{path::Path, time::Duration};

use clap::ValueEnum;

use crate::{Result, database, process::Installation, table::print_to_stderr};

/// The parts that can be measured separately.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// A check compared with a constant
    Checks,
    /// A check among ten million tokens compared with one among a thousand
    Crowd,
    /// A check during many sign-ins compared with one without
    Flood,
    /// A page of a long list compared with one of a short list
    Lists,
    /// Resident memory, idle and with many cached credentials
    Memory,
    /// Tokens created and revoked compared with bare commits
    Revocations,
    /// The time from the start to the first response
    Start,
    /// Whether the response time reveals how near a guess was, or an account; only if it is named
    Timing,
}

/// The size of the measurements.
pub struct Effort<'a> {
    pub program: &'a Path,
    pub rounds: usize,
    /// The duration of one load.
    pub takes: Duration,
    /// The number of tokens in the large database.
    pub many: usize,
    /// The number of cached credentials.
    pub cached: usize,
}

/// Measures these parts, or all.
pub fn run(parts: &[Part], quick: bool, rounds: Option<usize>, program: &Path) -> Result<()> {
    let effort = Effort {
        program,
        rounds: rounds.unwrap_or(if quick { 1 } else { 15 }),
        // Many short loads, so that other load of the machine is in both sides of a ratio.
        takes: Duration::from_secs(1),
        many: if quick { 100_000 } else { 10_000_000 },
        cached: if quick { 10_000 } else { 100_000 },
    };
    let wanted = |part| parts.is_empty() || parts.contains(&part);
    if wanted(Part::Checks) {
        checks::measure(&effort)?;
    }
    if wanted(Part::Revocations) {
        revocations::measure(&effort)?;
    }
    if wanted(Part::Flood) {
        flood::measure(&effort)?;
    }
    if wanted(Part::Lists) {
        lists::measure(&effort)?;
    }
    if wanted(Part::Memory) {
        memory::measure(&effort)?;
    }
    // A test and not a speed, so it runs only if it is named.
    if parts.contains(&Part::Timing) {
        timing::measure(&effort)?;
        mail_timing::measure(&effort)?;
    }
    if wanted(Part::Crowd) || wanted(Part::Start) {
        let crowded = crowded(&effort)?;
        if wanted(Part::Start) {
            start::measure(&effort, &crowded)?;
        }
        if wanted(Part::Crowd) {
            crowd::measure(&effort, &crowded)?;
        }
    }
    Ok(())
}

/// An installation with many tokens. The file `credentials` in its folder has the headers of those
/// in use.
fn crowded(effort: &Effort) -> Result<Installation> {
    print_to_stderr(&format!("making {} tokens", effort.many));
    filled(effort, "crowd", effort.many, effort.cached)
}

fn filled(effort: &Effort, name: &str, tokens: usize, in_use: usize) -> Result<Installation> {
    let installation = Installation::new(effort.program, name)?;
    let credentials = installation.folder.join("credentials");
    database::fill(&installation.database(), tokens, in_use, &credentials)?;
    Ok(installation)
}
