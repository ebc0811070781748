//! What is measured, a file a part.

mod checks;
mod crowd;
mod endings;
mod flood;
mod lists;
mod memory;
mod start;
mod timing;

use std::{path::Path, time::Duration};

use clap::ValueEnum;

use crate::{Result, database, process::Installation, table::complain};

/// What can be measured by itself.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// A check beside a constant
    Checks,
    /// A check among ten million tokens beside one among a thousand
    Crowd,
    /// Tokens made and ended beside bare commits
    Endings,
    /// A check while many sign in beside one while nobody does
    Flood,
    /// A page of a long list beside one of a short one
    Lists,
    /// Resident memory, idle and with many known passes
    Memory,
    /// From the start to the first answer
    Start,
    /// Whether time tells how near a guess was; only where it is named
    Timing,
}

/// How thoroughly.
pub struct Effort<'a> {
    pub program: &'a Path,
    pub rounds: usize,
    /// How long one load lasts.
    pub takes: Duration,
    /// How many tokens are many.
    pub many: usize,
    /// How many passes are known.
    pub passes: usize,
}

/// Measures these parts, or all.
pub fn run(parts: &[Part], quick: bool, rounds: Option<usize>, program: &Path) -> Result<()> {
    let effort = Effort {
        program,
        rounds: rounds.unwrap_or(if quick { 1 } else { 15 }),
        // Short, and many of them: what the machine does meanwhile is then in both sides of a ratio.
        takes: Duration::from_secs(1),
        many: if quick { 100_000 } else { 10_000_000 },
        passes: if quick { 10_000 } else { 100_000 },
    };
    let wanted = |part| parts.is_empty() || parts.contains(&part);
    if wanted(Part::Checks) {
        checks::measure(&effort)?;
    }
    if wanted(Part::Endings) {
        endings::measure(&effort)?;
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
    // A verdict, and no figure of how fast anything is: asked for by name.
    if parts.contains(&Part::Timing) {
        timing::measure(&effort)?;
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

/// An installation with many tokens; the headers that show those in use are in its folder's `passes`.
fn crowded(effort: &Effort) -> Result<Installation> {
    complain(&format!("making {} tokens", effort.many));
    filled(effort, "crowd", effort.many, effort.passes)
}

fn filled(effort: &Effort, name: &str, tokens: usize, in_use: usize) -> Result<Installation> {
    let installation = Installation::new(effort.program, name)?;
    let passes = installation.folder.join("passes");
    database::fill(&installation.database(), tokens, in_use, &passes)?;
    Ok(installation)
}
