//! The `narthex` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    narthex::commands::Cli::start()
}
