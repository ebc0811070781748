//! The command line: one file a noun.

mod backup;
mod check;
mod confirm_database;
mod credentials;
mod error;
mod health;
mod identify;
mod input;
mod json;
pub mod logging;
mod manual;
mod migrate;
mod openapi;
mod output;
mod overrides;
mod prune;
mod serve;
mod session;
mod sign_out;
mod table;
mod token;
mod user;

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use clap::{CommandFactory as _, Parser, Subcommand, error::ErrorKind};

pub use self::error::CliError;
use self::{logging::Program, overrides::Overrides};
use crate::{
    accounts::{self, Account},
    app_state::AppState,
    config::{Settings, Sources},
    crypto::rng::SystemRandom,
    db::{self, DatabaseUrl},
    error::Error,
    types::email::Email,
    util::clock::SystemClock,
};

/// The entrance hall of an app: people sign in, see everything that can get in as them, and end it.
#[derive(Parser)]
#[command(name = "narthex", version, arg_required_else_help = true)]
pub struct Cli {
    /// The settings file [default: narthex.toml in the working directory, if there is one]; --help
    /// shows every setting
    #[arg(long, value_name = "FILE", global = true, help_heading = overrides::HEADING)]
    config: Option<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Work(Work),
    /// Look whether this installation would start and is well, and change nothing
    Check {
        #[command(flatten)]
        form: OutputFormat,
    },
    /// Ask the server that runs with these settings on this machine whether it is ready
    ///
    /// Exit code 0: it is; 1: it is not. For container images and others without an HTTP client.
    Health {
        /// Ask whether the process is up (/healthz) instead: the database may be away
        #[arg(long)]
        live: bool,
    },
    /// Print the document that describes the API (OpenAPI 3.1)
    Openapi,
    /// Print a script that completes command lines, for a shell to read
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man {
        /// Put the pages of all commands into this folder instead
        #[arg(long, value_name = "FOLDER")]
        dir: Option<PathBuf>,
    },
}

/// What needs an installation with settings that can be taken.
#[derive(Subcommand)]
enum Work {
    /// Serve the pages and the API
    Serve,
    /// Bring the database's tables up to date
    Migrate {
        #[command(flatten)]
        form: OutputFormat,
    },
    /// Copy an SQLite database into a file, also while a server uses it
    ///
    /// The copy is whole and of one moment. The key file belongs with it. For PostgreSQL there is pg_dump.
    Backup {
        /// Where to: a file that is not there yet
        file: PathBuf,
        #[command(flatten)]
        form: OutputFormat,
    },
    #[command(flatten)]
    Operate(Box<Operation>),
}

/// What an operator does to the database; a running server on the same one obeys at once.
#[derive(Subcommand)]
enum Operation {
    /// People with an account
    #[command(subcommand, arg_required_else_help = false)]
    User(user::Action),
    /// The tokens of a user
    #[command(subcommand, arg_required_else_help = false)]
    Token(token::Action),
    /// The sessions of a user
    #[command(subcommand, arg_required_else_help = false)]
    Session(session::Action),
    /// End what can get in as a user, or as anybody: all of it, or a selection
    SignOut(sign_out::SignOut),
    /// Say that the database was moved here whole: nothing ended since this copy of it was made
    ///
    /// This answers a warning of the start or of `narthex check`. Where a backup was put back, something may
    /// have ended since it was made, and would live again: `narthex sign-out --all` is the answer then.
    Moved {
        #[command(flatten)]
        form: OutputFormat,
    },
    /// End what has expired, and forget what ended longer ago than NARTHEX_KEEP_ENDED
    Prune {
        #[command(flatten)]
        form: OutputFormat,
    },
}

impl Cli {
    /// Does what the words of the command line ask for. Exit code 0: done; 1: refused or failed,
    /// with one line on the standard error that says why; 2: wrong usage.
    #[must_use]
    pub fn start() -> ExitCode {
        match Self::try_parse() {
            Ok(cli) => cli.run(),
            // `narthex` alone. Where even the help cannot be printed, nobody is there to read it.
            Err(error) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                drop(Self::command().print_help());
                ExitCode::SUCCESS
            }
            Err(error) => {
                drop(error.print());
                u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
            }
        }
    }

    fn run(self) -> ExitCode {
        match self.try_to() {
            Ok(()) => ExitCode::SUCCESS,
            Err(failed) => {
                output::print_error(&failed);
                failed.exit_code()
            }
        }
    }

    fn try_to(self) -> Result<(), CliError> {
        let sources = || Sources::load(self.overrides.given, self.config.as_deref());
        match self.command {
            Command::Work(work) => work.run(&sources()?),
            Command::Check { form } => {
                check::check(sources().and_then(|sources| Settings::read(&sources)), form)
            }
            Command::Health { live } => health::health(&Settings::read(&sources()?)?, live),
            Command::Openapi => openapi::print(),
            Command::Completions { shell } => manual::completions(shell),
            Command::Man { dir } => manual::man(dir.as_deref()),
        }
    }
}

impl Work {
    fn run(self, sources: &Sources) -> Result<(), CliError> {
        let settings = Settings::read(sources)?;
        let program = match self {
            Self::Serve => Program::Server,
            Self::Migrate { .. } | Self::Backup { .. } | Self::Operate(_) => Program::Command,
        };
        let _log = logging::start(program, sources, &settings)?;
        match self {
            Self::Serve => serve::serve(settings),
            Self::Migrate { form } => migrate::migrate(&settings, form),
            Self::Backup { file, form } => backup::backup(&settings, &file, form),
            Self::Operate(operation) => operation.run(settings),
        }
    }
}

impl Operation {
    fn run(self, settings: Settings) -> Result<(), CliError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        if !matches!(self, Self::User(_)) {
            is_there(&settings.database)?;
        }
        let context = context(settings)?;
        let closed = context.db().closed();
        let outcome = runtime.block_on(async {
            match self {
                Self::User(verb) => verb.run(&context).await,
                Self::Token(verb) => verb.run(&context).await,
                Self::Session(verb) => verb.run(&context).await,
                Self::SignOut(sign_out) => sign_out.run(&context).await,
                Self::Moved { form } => confirm_database::run(&context, form).await,
                Self::Prune { form } => prune::run(&context, form).await,
            }
        });
        // Threads of both may hold connections.
        drop((context, runtime));
        closed.wait(CLOSED_WITHIN);
        outcome
    }
}

/// Makes sure that there is a database: whoever mistyped its name would be told that all of an empty one is
/// done.
fn is_there(database: &DatabaseUrl) -> Result<(), CliError> {
    match database {
        DatabaseUrl::Sqlite(path) if !path.exists() => {
            Err(Error::from(db::Error::Unreachable(format!(
                "there is no {}; say with DATABASE_URL where it is (narthex serve and narthex user make one)",
                path.display()
            )))
            .into())
        }
        _ => Ok(()),
    }
}

/// How long the end waits for threads that still hold connections.
const CLOSED_WITHIN: Duration = Duration::from_secs(5);

/// The context of a command: the machine's clock and randomness, and the tables up to date.
fn context(settings: Settings) -> Result<AppState, CliError> {
    Ok(AppState::open(
        settings,
        Arc::new(SystemClock),
        Arc::new(SystemRandom),
    )?)
}

/// The account that an argument names.
async fn account(context: &AppState, email: &Email) -> Result<Account, CliError> {
    let found = accounts::find_by_email(context, email).await;
    found.map_err(|error| match error {
        Error::NotFound => CliError::Because(format!(
            "there is no account with the address {}",
            email.as_str()
        )),
        other => other.into(),
    })
}

/// How a command answers.
#[derive(Clone, Copy, clap::Args)]
struct OutputFormat {
    /// Answer in JSON, in the shapes of the API
    #[arg(long)]
    json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
