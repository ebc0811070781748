//! The `narthex` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    narthex::cli::Cli::start()
}
