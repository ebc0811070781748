//! The command line. Each file has the commands of one noun.

#[cfg(feature = "sqlite")]
mod backup;
mod check;
mod confirm_database;
#[cfg(all(feature = "sqlite", feature = "postgres"))]
mod copy;
mod credentials;
mod error;
mod health;
mod help;
mod identify;
mod import;
mod input;
mod invite;
mod json;
pub mod logging;
mod mail;
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
mod text;
mod token;
mod token_list;
mod user;

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use clap::{CommandFactory as _, Parser, Subcommand, error::ErrorKind};

pub use self::error::CliError;
use self::{logging::LogMode, overrides::Overrides};
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

/// Accounts, browser sessions and API tokens, with revocation that is in force on every server at
/// once
#[derive(Parser)]
#[command(name = "narthex", version, arg_required_else_help = true)]
pub struct Cli {
    /// The settings file [default: narthex.toml in the working directory, if it exists]; narthex
    /// --help shows every setting
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
    Configured(ConfiguredCommand),
    /// Verify settings, database, key and clock, and change nothing
    Check {
        #[command(flatten)]
        format: OutputFormat,
    },
    /// Ask the running server on this machine whether it is ready
    ///
    /// Exit code 0: ready; 1: not ready. For container images and others without an HTTP client.
    Health {
        /// Ask whether the process answers (/healthz) instead; the database may be unavailable
        #[arg(long)]
        live: bool,
    },
    /// Print the description of the API (OpenAPI 3.1)
    Openapi,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man {
        /// Write the pages of all commands into this folder instead
        #[arg(long, value_name = "FOLDER")]
        dir: Option<PathBuf>,
    },
}

/// The commands that need valid settings.
#[derive(Subcommand)]
enum ConfiguredCommand {
    /// Serve the pages and the API
    Serve,
    /// Bring the tables of the database up to date
    Migrate {
        #[command(flatten)]
        format: OutputFormat,
    },
    /// Copy an SQLite database into a file, even while a server uses it
    ///
    /// The copy is complete and consistent. The key file belongs with it. For PostgreSQL use
    /// pg_dump.
    #[cfg(feature = "sqlite")]
    Backup {
        /// The file of the copy, which must not exist
        file: PathBuf,
        #[command(flatten)]
        format: OutputFormat,
    },
    /// Copy everything into another database, empty and of any engine, while no server runs
    ///
    /// All accounts, sessions, tokens, receipts and events are copied in one transaction and
    /// compared. Then set DATABASE_URL to the new address. Start no server on the old one again.
    #[cfg(all(feature = "sqlite", feature = "postgres"))]
    Copy {
        /// The URL of the new database: sqlite://PATH or postgres://…
        #[arg(long, value_name = "URL", value_parser = text::database_url)]
        to: DatabaseUrl,
        #[command(flatten)]
        format: OutputFormat,
    },
    #[command(flatten)]
    Operate(Box<Operation>),
}

/// The commands that work on the database. They take effect at once on running servers.
#[derive(Subcommand)]
enum Operation {
    /// Manage accounts
    #[command(subcommand, arg_required_else_help = false)]
    User(user::Action),
    /// Mail an invitation to create an account. It works once, within 7 days, even if registration is
    /// closed
    ///
    /// A new invitation makes an earlier one of the same address void.
    Invite(invite::Invite),
    /// Manage the tokens of a user
    #[command(subcommand, arg_required_else_help = false)]
    Token(token::Action),
    /// Manage the sessions of a user
    #[command(subcommand, arg_required_else_help = false)]
    Session(session::Action),
    /// Show the outbox, and try the mail server
    #[command(subcommand, arg_required_else_help = false)]
    Mail(mail::Action),
    /// Import users and tokens of another system
    ///
    /// Exit code 0: all lines were taken; 3: some were not; 1: none was.
    #[command(subcommand, arg_required_else_help = false)]
    Import(import::Action),
    /// Revoke sessions and tokens of a user or of all users: everything, or a selection
    SignOut(sign_out::SignOut),
    /// State that the database was moved and that no revocation was lost
    ///
    /// This answers a warning of the start or of `narthex check`. If a backup was restored,
    /// credentials that were revoked after the backup may be valid again. In that case, use
    /// `narthex sign-out --all`.
    Moved {
        #[command(flatten)]
        format: OutputFormat,
    },
    /// Revoke expired credentials, and delete those that were revoked longer ago than
    /// NARTHEX_KEEP_ENDED
    Prune {
        #[command(flatten)]
        format: OutputFormat,
    },
}

impl Cli {
    /// Runs the command of the command line. Exit code 0: done; 1: refused or failed, with one line
    /// on the standard error that gives the reason; 2: wrong usage.
    #[must_use]
    pub fn start() -> ExitCode {
        match help::parse() {
            Ok(cli) => cli.run(),
            // `narthex` alone prints the help. A failure to print it is ignored, because nothing
            // else can report it.
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
        match self.try_run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                output::print_error(&error);
                error.exit_code()
            }
        }
    }

    fn try_run(self) -> Result<(), CliError> {
        let sources = || Sources::load(self.overrides.given, self.config.as_deref());
        match self.command {
            Command::Configured(work) => work.run(&sources()?),
            Command::Check { format } => check::check(
                sources().and_then(|sources| Settings::read(&sources)),
                format,
            ),
            Command::Health { live } => health::health(&Settings::read(&sources()?)?, live),
            Command::Openapi => openapi::print(),
            Command::Completions { shell } => manual::completions(shell),
            Command::Man { dir } => manual::man(dir.as_deref()),
        }
    }
}

impl ConfiguredCommand {
    fn run(self, sources: &Sources) -> Result<(), CliError> {
        let settings = Settings::read(sources)?;
        let program = match self {
            Self::Serve => LogMode::Server,
            _ => LogMode::Command,
        };
        let _log = logging::start(program, sources, &settings)?;
        match self {
            Self::Serve => serve::serve(settings),
            Self::Migrate { format } => migrate::migrate(&settings, format),
            #[cfg(feature = "sqlite")]
            Self::Backup { file, format } => backup::backup(&settings, &file, format),
            #[cfg(all(feature = "sqlite", feature = "postgres"))]
            Self::Copy { to, format } => copy::copy(&settings, &to, format),
            Self::Operate(operation) => operation.run(settings),
        }
    }
}

impl Operation {
    /// Returns whether the command may begin with an empty database. The others find nothing in one.
    const fn may_create_database(&self) -> bool {
        match self {
            Self::User(action) => action.may_create_database(),
            Self::Import(action) => action.may_create_database(),
            Self::Invite(_) => true,
            _ => false,
        }
    }

    fn run(self, settings: Settings) -> Result<(), CliError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        if !self.may_create_database() {
            ensure_exists(&settings.database.url)?;
        }
        let state = open_state(settings)?;
        let closed = state.db().closed();
        let outcome = runtime.block_on(async {
            match self {
                Self::User(action) => action.run(&state).await,
                Self::Invite(invite) => invite.run(&state).await,
                Self::Token(action) => action.run(&state).await,
                Self::Session(action) => action.run(&state).await,
                Self::Mail(action) => action.run(&state).await,
                Self::Import(action) => action.run(&state).await,
                Self::SignOut(sign_out) => sign_out.run(&state).await,
                Self::Moved { format } => confirm_database::run(&state, format).await,
                Self::Prune { format } => prune::run(&state, format).await,
            }
        });
        // Threads of both may hold connections.
        drop((state, runtime));
        closed.wait(CLOSE_TIMEOUT);
        outcome
    }
}

/// Fails if the SQLite file does not exist. A mistyped path would otherwise create an empty
/// database, and the command would report success.
fn ensure_exists(database: &DatabaseUrl) -> Result<(), CliError> {
    match database {
        DatabaseUrl::Sqlite(path) if !path.exists() => {
            Err(Error::from(db::Error::Unreachable(format!(
                "there is no {}; set DATABASE_URL to its path (narthex serve, migrate, user add, \
                 invite and import create one)",
                path.display()
            )))
            .into())
        }
        _ => Ok(()),
    }
}

/// The time for which a command waits at its end for threads that still hold connections.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens the state of a command: with the system clock and randomness, and with the tables up to
/// date.
fn open_state(settings: Settings) -> Result<AppState, CliError> {
    Ok(AppState::open(
        settings,
        Arc::new(SystemClock),
        Arc::new(SystemRandom),
    )?)
}

/// Returns the account with this address.
async fn account(state: &AppState, email: &Email) -> Result<Account, CliError> {
    let found = accounts::find_by_email(state, email).await;
    found.map_err(|error| match error {
        Error::NotFound => CliError::Message(format!(
            "there is no account with the address {}",
            email.as_str()
        )),
        other => other.into(),
    })
}

/// The output format of a command.
#[derive(Clone, Copy, clap::Args)]
struct OutputFormat {
    /// Print JSON, in the format of the API
    #[arg(long)]
    json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
