//! The program `narthex`.

use std::process::ExitCode;

fn main() -> ExitCode {
    narthex::cli::Cli::start()
}
