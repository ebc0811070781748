//! The program `narthex`.

use std::process::ExitCode;

fn main() -> ExitCode {
    narthex::run_program()
}
