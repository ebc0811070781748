//! The command line: one file a noun.

mod migrate;
mod overrides;
mod serve;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Parser, Subcommand};

use self::overrides::Overrides;
use crate::{
    config::{Refused, Settings, Sources},
    context::Context,
    error::Error,
    kit::{clock::SystemClock, random::SystemRandom},
};

/// The entrance hall of an app: people sign in, see everything that can get in as them, and end it.
#[derive(Parser)]
#[command(name = "narthex", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    overrides: Overrides,
    /// Settings file; without it, narthex.toml in the working directory is read if there is one
    #[arg(long, value_name = "FILE", global = true, help_heading = "Settings")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the pages and the API
    Serve,
    /// Bring the database's tables up to date
    Migrate,
}

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// A setting cannot be taken.
    #[error(transparent)]
    Settings(#[from] Refused),
    /// The verb behind it refused or failed.
    #[error("{title}: {error}", title = .0.title(), error = .0)]
    Verb(#[from] Error),
    /// Input or output failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Something else, in a sentence.
    #[error("{0}")]
    Because(String),
}

impl Cli {
    /// Does what was asked. Exit code 0: done; 1: refused or failed, with one line on the standard
    /// error that says why.
    #[must_use]
    pub fn run(self) -> ExitCode {
        match self.try_to() {
            Ok(()) => ExitCode::SUCCESS,
            Err(failed) => {
                output::complain(&failed);
                ExitCode::FAILURE
            }
        }
    }

    fn try_to(self) -> Result<(), Failed> {
        let sources = Sources::gather(self.overrides.given, self.config.as_deref())?;
        let settings = Settings::read(&sources)?;
        serve::start_logging(&settings);
        match self.command {
            Command::Serve => serve::serve(settings),
            Command::Migrate => migrate::migrate(&settings),
        }
    }
}

/// The context of a command: the machine's clock and randomness, and the tables up to date.
fn context(settings: Settings) -> Result<Context, Failed> {
    Ok(Context::open(
        settings,
        Arc::new(SystemClock),
        Arc::new(SystemRandom),
    )?)
}

mod output {
    //! The only place that prints.

    /// Prints a line on the standard output.
    #[expect(
        clippy::print_stdout,
        reason = "what a command answers goes to the standard output"
    )]
    pub(super) fn line(text: impl std::fmt::Display) {
        println!("{text}");
    }

    /// Prints why something failed on the standard error.
    #[expect(
        clippy::print_stderr,
        reason = "what went wrong goes to the standard error"
    )]
    pub(super) fn complain(why: impl std::fmt::Display) {
        eprintln!("narthex: {why}");
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
