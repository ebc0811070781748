//! The `narthex` program.

use std::process::ExitCode;

use clap::Parser as _;
use narthex::commands::Cli;

fn main() -> ExitCode {
    Cli::parse().run()
}
