//! Measures Narthex. Each figure is a ratio within one run, or a count: what a machine can do, and
//! what else it is doing, is in both sides of a ratio.
//!
//! `scripts/bench` builds this and the program, and says what there is to measure.

mod client;
mod count;
mod database;
mod dudect;
mod load;
mod parts;
mod process;
mod rows;
mod scale;
mod serve;
mod table;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;

/// What may go wrong is told and ends the run.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Measures Narthex; prints Markdown.
#[derive(Parser)]
enum Cli {
    /// Measure
    Run {
        /// What; everything, where nothing is named
        #[arg(value_enum)]
        parts: Vec<parts::Part>,
        /// A look: one short round of each, and a hundredth of the large database
        #[arg(long)]
        quick: bool,
        /// How many rounds, of which the median counts
        #[arg(long)]
        rounds: Option<usize>,
        /// The program that is measured; what stands beside constants is of the library that this was built with
        #[arg(long, default_value = "target/release/narthex")]
        program: PathBuf,
    },
    /// Measure several nodes on one PostgreSQL
    Scale {
        /// A look: short loads, and a thirtieth of the tokens
        #[arg(long)]
        quick: bool,
        /// The program that is measured
        #[arg(long, default_value = "target/release/narthex")]
        program: PathBuf,
    },
    /// Count the instructions of one check
    Instructions {
        /// The file of the counts that were kept
        kept: PathBuf,
        /// Keep what is counted now
        #[arg(long)]
        write: bool,
    },
    /// Serve Narthex and, beside it, constants
    #[command(hide = true)]
    Serve,
    /// Make checks, for somebody who counts
    #[command(hide = true)]
    Check {
        /// Of which sort
        #[arg(value_enum)]
        sort: count::Sort,
        /// How many
        times: u32,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse() {
        Cli::Run {
            parts,
            quick,
            rounds,
            program,
        } => parts::run(&parts, quick, rounds, &program),
        Cli::Scale { quick, program } => scale::run(&program, quick),
        Cli::Instructions { kept, write } => count::compare(&kept, write),
        Cli::Serve => serve::serve(),
        Cli::Check { sort, times } => count::check(sort, times),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            table::complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}
