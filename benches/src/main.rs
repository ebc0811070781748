//! Measures Narthex. Each figure is a count, or a ratio within one run. The speed of the machine
//! and its other load are in both sides of a ratio.
//!
//! `scripts/bench` builds this program and `narthex`, and lists the measurements.

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

/// An error is printed and ends the run.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Measures Narthex; prints Markdown.
#[derive(Parser)]
enum Cli {
    /// Measure
    Run {
        /// The parts to measure; all parts if none is given
        #[arg(value_enum)]
        parts: Vec<parts::Part>,
        /// A short run: one round of each part, and a hundredth of the large database
        #[arg(long)]
        quick: bool,
        /// The number of rounds, of which the median counts
        #[arg(long)]
        rounds: Option<usize>,
        /// The program to measure; the measurements with constants use the library with which
        /// this was built
        #[arg(long, default_value = "target/release/narthex")]
        program: PathBuf,
    },
    /// Measure several nodes on one PostgreSQL
    Scale {
        /// A short run: short loads, and a thirtieth of the tokens
        #[arg(long)]
        quick: bool,
        /// The program to measure
        #[arg(long, default_value = "target/release/narthex")]
        program: PathBuf,
    },
    /// Count the instructions of one check
    Instructions {
        /// The file with the stored counts
        kept: PathBuf,
        /// Store the new counts
        #[arg(long)]
        write: bool,
    },
    /// Serve Narthex together with constants
    #[command(hide = true)]
    Serve,
    /// Make checks while valgrind counts
    #[command(hide = true)]
    Check {
        /// The kind of check
        #[arg(value_enum)]
        sort: count::Sort,
        /// The number of checks
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
            table::print_to_stderr(&error.to_string());
            ExitCode::FAILURE
        }
    }
}
