//! What several nodes on one PostgreSQL cost, with many tokens in it: the figures from which
//! `docs/performance.md` reckons.
//!
//! A machine that has two cores gets no quicker by more processes. What is to be learnt here is the CPU
//! time that each process takes for one of something, and how it grows with the number of nodes.

mod checks;
mod endings;
mod fill;
mod idle;
mod latencies;
mod nodes;
mod postgres;
mod processes;
mod sizes;

use std::{fs, path::Path, time::Duration};

use self::{fill::Passes, nodes::Front, postgres::Postgres};
use crate::{
    Result,
    table::{complain, say},
};

/// How thoroughly.
struct Effort {
    /// Tokens in the database.
    tokens: usize,
    /// Of how many somebody knows the secret.
    in_use: usize,
    /// How long one load lasts.
    takes: Duration,
    /// How many endings one client makes.
    endings: usize,
}

/// Measures everything.
pub fn run(program: &Path, quick: bool) -> Result<()> {
    let effort = Effort {
        tokens: if quick { 300_000 } else { 10_000_000 },
        in_use: if quick { 3_000 } else { 100_000 },
        takes: Duration::from_secs(if quick { 1 } else { 5 }),
        endings: if quick { 20 } else { 400 },
    };
    let postgres = Postgres::start()?;
    let front = Front::new(program, &postgres)?;
    let file = front.folder().join("passes");
    complain(&format!("making {} tokens", effort.tokens));
    let took = fill::fill(&front, &postgres, &effort, &file)?;
    let lines = fs::read_to_string(&file)?;
    let mut passes = Passes::new(lines.lines().map(str::to_owned).collect());
    say(&format!(
        "\n{} on a disk that it waits for (fsync on); {} tokens loaded in {} s, each hundred somebody \
         else's; {} in use.",
        postgres.version()?,
        effort.tokens,
        took.as_secs(),
        effort.in_use
    ));
    sizes::measure(&front, &postgres, &effort)?;
    checks::of_known_passes(&front, &postgres, &mut passes, &effort)?;
    checks::of_unknown_passes(&front, &postgres, &mut passes, &effort)?;
    endings::bare(&postgres, &effort)?;
    endings::by_nodes(&front, &postgres, &mut passes, &effort)?;
    endings::with_one_frozen(&front, &postgres, &mut passes)?;
    idle::measure(&front, &postgres, &mut passes, &effort)
}
