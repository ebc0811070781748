//! The cost of several nodes on one PostgreSQL with many tokens. `docs/performance.md#scale`
//! calculates with these figures.
//!
//! On a machine with two cores, more processes are not faster. The results are the CPU time of each
//! process for one operation, and its growth with the number of nodes.

mod checks;
mod fill;
mod idle;
mod latencies;
mod nodes;
mod postgres;
mod processes;
mod revocations;
mod sizes;

use std::{fs, path::Path, time::Duration};

use self::{fill::CredentialHeaders, nodes::Deployment, postgres::Postgres};
use crate::{
    Result,
    table::{print_to_stderr, say},
};

/// The size of the measurements.
struct Effort {
    /// Tokens in the database.
    tokens: usize,
    /// The number of tokens with a known secret.
    in_use: usize,
    /// The duration of one load.
    takes: Duration,
    /// The number of revocations of one client.
    revocations: usize,
}

/// Measures everything.
pub fn run(program: &Path, quick: bool) -> Result<()> {
    let effort = Effort {
        tokens: if quick { 300_000 } else { 10_000_000 },
        in_use: if quick { 3_000 } else { 100_000 },
        takes: Duration::from_secs(if quick { 1 } else { 5 }),
        revocations: if quick { 20 } else { 400 },
    };
    let postgres = Postgres::start()?;
    let deployment = Deployment::new(program, &postgres)?;
    let file = deployment.folder().join("credentials");
    print_to_stderr(&format!("making {} tokens", effort.tokens));
    let took = fill::fill(&deployment, &postgres, &effort, &file)?;
    let lines = fs::read_to_string(&file)?;
    let mut credential_headers = CredentialHeaders::new(lines.lines().map(str::to_owned).collect());
    say(&format!(
        "\n{} with `fsync` on; {} tokens loaded in {} s, every hundred of another user; {} in use.",
        postgres.version()?,
        effort.tokens,
        took.as_secs(),
        effort.in_use
    ));
    sizes::measure(&deployment, &postgres, &effort)?;
    checks::of_cached_credentials(&deployment, &postgres, &mut credential_headers, &effort)?;
    checks::of_uncached_credentials(&deployment, &postgres, &mut credential_headers, &effort)?;
    revocations::bare(&postgres, &effort)?;
    revocations::by_nodes(&deployment, &postgres, &mut credential_headers, &effort)?;
    revocations::with_one_frozen(&deployment, &postgres, &mut credential_headers)?;
    idle::measure(&deployment, &postgres, &mut credential_headers, &effort)
}
