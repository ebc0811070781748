//! `narthex import`: users and tokens of another system.

mod report;
mod tokens_until;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use clap::{Subcommand, ValueEnum};

use self::tokens_until::TokensUntil;
use super::{
    CliError, OutputFormat, json, output,
    text::{self, count},
};
use crate::{
    app_state::AppState,
    db::DatabaseUrl,
    import::{
        self, AbilityMap, ForeignFile, ImportError, Options, Report, Rows, SourceName, System,
    },
    types::{ability::Catalogue, credential_kind::CredentialKind},
    util::clock::Timestamp,
};

#[derive(Subcommand)]
pub(super) enum Action {
    /// Import users and tokens of a Laravel app with Sanctum
    Sanctum(FromFile),
    /// Import users of a Django app, and tokens of knox or Django REST framework
    Django(FromFile),
    /// Import users of a Rails app with Devise
    Devise(FromFile),
    /// Import users and API keys of better-auth
    BetterAuth(FromFile),
    /// List the IDs of imported users, in the source and here
    Map {
        #[command(flatten)]
        source: SourceArgument,
        #[command(flatten)]
        format: OutputFormat,
    },
    /// Delete the users and tokens that an import created and that were never used since
    Undo {
        #[command(flatten)]
        source: SourceArgument,
        #[command(flatten)]
        format: OutputFormat,
    },
}

/// The beginnings of an argument that is a URL instead of the name of a file.
const SCHEMES: [&str; 3] = ["sqlite:", "postgres:", "postgresql:"];

#[derive(clap::Args)]
pub(super) struct FromFile {
    /// The file of the exporter, or - for the standard input; or the URL of a database, as with
    /// --database
    #[arg(
        value_name = "FILE|URL",
        required_unless_present = "database",
        conflicts_with = "database"
    )]
    file: Option<PathBuf>,
    /// Read the database of the app instead, sqlite://PATH or postgres://…, without a change to it
    ///
    /// For Laravel only. The times in it must be in UTC.
    #[arg(long, value_name = "URL", value_parser = text::database_url)]
    database: Option<DatabaseUrl>,
    /// Report what an import would do, and change nothing
    #[arg(long, alias = "dry-run")]
    check: bool,
    /// A TOML file with the abilities that the names of the source become: "read" = "orders:read"
    #[arg(long, value_name = "FILE")]
    abilities: Option<PathBuf>,
    /// The life of every token in minutes, if the file does not say it
    #[arg(long, value_name = "MINUTES")]
    expiration: Option<u64>,
    /// Accept the imported secrets until a date or for a length of time: 2027-06-30 or 180d
    ///
    /// A token with a rotated secret stays valid after it. A date means its end in UTC.
    #[arg(long, value_name = "DATE|TIME", value_parser = TokensUntil::parse)]
    tokens_until: Option<TokensUntil>,
    /// Import only users or only tokens
    #[arg(long)]
    only: Option<Only>,
    /// The kind of the imported tokens
    #[arg(long, default_value = "personal")]
    kind: Kind,
    /// The action for a repeated value: skip its lines, or stop
    #[arg(long, value_name = "ACTION", default_value = "skip")]
    on_duplicate: OnDuplicate,
    /// Attach the tokens of a user to an account here with the same address
    ///
    /// With open registration, an attacker may have registered the address first, and would get the
    /// tokens.
    #[arg(long)]
    attach_by_email: bool,
    /// Take users without an authenticator app that cannot be read
    ///
    /// Such an app protects an account in the source, and nothing replaces it here. Without this
    /// flag, these users are not taken.
    #[arg(long)]
    without_unreadable_apps: bool,
    /// Write the lines that were not taken into this file, which must not exist
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    #[command(flatten)]
    format: OutputFormat,
}

#[derive(clap::Args)]
pub(super) struct SourceArgument {
    /// The source: the system, and the app if the file names one (sanctum:shop)
    #[arg(long, value_parser = source_name)]
    source: SourceName,
}

#[derive(Clone, Copy, ValueEnum)]
enum Only {
    Users,
    Tokens,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Personal,
    Device,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnDuplicate {
    Skip,
    Stop,
}

fn source_name(text: &str) -> Result<SourceName, &'static str> {
    SourceName::parse(text).ok_or("give a system such as sanctum, or with an app: sanctum:shop")
}

impl Action {
    /// Returns whether the command may begin with an empty database.
    pub(super) const fn may_create_database(&self) -> bool {
        !matches!(self, Self::Map { .. } | Self::Undo { .. })
    }

    pub(super) async fn run(self, state: &AppState) -> Result<(), CliError> {
        match self {
            Self::Sanctum(from) => from.run(state, System::Sanctum).await,
            Self::Django(from) => from.run(state, System::Django).await,
            Self::Devise(from) => from.run(state, System::Devise).await,
            Self::BetterAuth(from) => from.run(state, System::BetterAuth).await,
            Self::Map { source, format } => map(state, source.source, format).await,
            Self::Undo { source, format } => undo(state, source.source, format).await,
        }
    }
}

impl FromFile {
    async fn run(self, state: &AppState, system: System) -> Result<(), CliError> {
        let options = self.options(&state.settings().tokens.catalogue, state.now())?;
        // Created first: a file that exists must not be found after the import.
        let rejects = self.rejects.as_deref().map(create).transpose()?;
        let file = self.read(system)?;
        if !self.check && file.has_second_factors() {
            // The secrets of authenticator apps are sealed under a key that is derived from these.
            let settings = state.settings();
            state.set_signing_keys(&settings.signing_keys(state.random())?);
        }
        let progress = |done, total| output::print_note(format!("{done} of {total} users"));
        let report = import::import(state, file, &options, progress)
            .await
            .map_err(stopped)?;
        if let Some(file) = rejects {
            write_rejects(file, &report)?;
        }
        if self.format.json {
            output::json(&report)?;
        } else {
            report::print(&report, self.check)?;
        }
        if report.tokens.taken > 0 && !self.check {
            report::print_next_step(system);
        }
        report::outcome(&report)
    }

    fn options(&self, catalogue: &Catalogue, now: Timestamp) -> Result<Options, CliError> {
        Ok(Options {
            abilities: ability_map(catalogue, self.abilities.as_deref())?,
            expiration: self.expiration,
            tokens_until: self.tokens_until.map(|until| until.end(now)).transpose()?,
            rows: match self.only {
                None => Rows::All,
                Some(Only::Users) => Rows::Users,
                Some(Only::Tokens) => Rows::Tokens,
            },
            kind: match self.kind {
                Kind::Personal => CredentialKind::Personal,
                Kind::Device => CredentialKind::Device,
            },
            stops_at_repetition: self.on_duplicate == OnDuplicate::Stop,
            attaches_by_email: self.attach_by_email,
            leaves_out_unreadable_factors: self.without_unreadable_apps,
            is_trial: self.check,
        })
    }

    fn read(&self, system: System) -> Result<ForeignFile, CliError> {
        let Some(url) = self.database()? else {
            return ForeignFile::read(self.open()?, system)
                .map_err(|error| CliError::message(error.to_string()));
        };
        match SourceName::of(system, None).filter(|_| system == System::Sanctum) {
            Some(source) => Ok(import::read_laravel_database(source, &url)?),
            None => Err(CliError::Usage(
                "a database is read for Laravel only: give the file of the exporter".to_owned(),
            )),
        }
    }

    /// Returns the database to read: the one of --database, or the one whose URL is in the place of
    /// the file.
    fn database(&self) -> Result<Option<DatabaseUrl>, CliError> {
        let url = self.file.as_deref().and_then(Path::to_str);
        let url = url.filter(|text| SCHEMES.iter().any(|scheme| text.starts_with(scheme)));
        match url {
            Some(url) => match text::database_url(url) {
                Ok(url) => Ok(Some(url)),
                Err(reason) => Err(CliError::Usage(format!("{url}: {reason}"))),
            },
            None => Ok(self.database.clone()),
        }
    }

    fn open(&self) -> Result<Box<dyn BufRead>, CliError> {
        match self.file.as_deref() {
            Some(path) if path != Path::new("-") => {
                let opened = File::open(path).map_err(|error| in_file(path, &error))?;
                Ok(Box::new(BufReader::new(opened)))
            }
            _ => Ok(Box::new(io::stdin().lock())),
        }
    }
}

fn in_file(path: &Path, error: &dyn std::fmt::Display) -> CliError {
    CliError::Message(format!("{}: {error}", path.display()))
}

fn stopped(error: ImportError) -> CliError {
    match error {
        ImportError::Operation(error) => error.into(),
        other => CliError::message(other.to_string()),
    }
}

/// Reads the file of the ability map. A value is one ability or a list of them.
fn ability_map(catalogue: &Catalogue, file: Option<&Path>) -> Result<AbilityMap, CliError> {
    let mut map = AbilityMap::new(catalogue);
    let Some(path) = file else {
        return Ok(map);
    };
    let text = fs::read_to_string(path).map_err(|error| in_file(path, &error))?;
    let table: toml::Table = text.parse().map_err(|error| in_file(path, &error))?;
    for (name, value) in table {
        let becomes: Vec<String> = match value {
            toml::Value::String(one) => vec![one],
            other => other.try_into().map_err(|_| {
                in_file(
                    path,
                    &format!("give \"{name}\" one ability or a list of abilities"),
                )
            })?,
        };
        map.add(catalogue, name, &becomes).map_err(|unknown| {
            let advice = format!("\"{unknown}\" is not an ability of [abilities] in narthex.toml");
            in_file(path, &advice)
        })?;
    }
    Ok(map)
}

/// Creates a file with access for its owner only, because it contains IDs of users.
fn create(path: &Path) -> Result<File, CliError> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| in_file(path, &error))
}

fn write_rejects(mut file: File, report: &Report) -> Result<(), CliError> {
    for reject in &report.rejects {
        serde_json::to_writer(&file, reject).map_err(io::Error::from)?;
        file.write_all(b"\n")?;
    }
    Ok(file.sync_all()?)
}

async fn map(state: &AppState, source: SourceName, format: OutputFormat) -> Result<(), CliError> {
    let users = import::users(state, source).await?;
    if format.json {
        return output::json(&json::list(users.iter().map(json::imported_user)));
    }
    output::line("foreign_id,user_id")?;
    users
        .iter()
        .try_for_each(|user| output::line(format!("{},{}", csv_field(&user.foreign_id), user.id)))
}

async fn undo(state: &AppState, source: SourceName, format: OutputFormat) -> Result<(), CliError> {
    let undone = import::undo(state, source).await?;
    if format.json {
        return output::json(&undone);
    }
    output::line(format!(
        "Deleted {} and {}. Kept {} that were used, changed or deleted since.",
        count_of(undone.users, "user"),
        count_of(undone.tokens, "token"),
        undone.kept
    ))
}

fn count_of(number: u64, one: &str) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), one)
}

/// Returns a field of a CSV file (RFC 4180).
fn csv_field(text: &str) -> String {
    if text.contains([',', '"']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
