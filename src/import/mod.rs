//! Imports users and tokens of another system from a file. `docs/import.md` describes the command,
//! the format and the rules.
//!
//! The file is read and checked as a whole. Then its users are imported in batches, each with its
//! tokens and in one transaction. The table `imported` has a row for each user and each token, so a
//! second run continues the first one. An import changes no row that it did not create.

mod abilities;
mod batch;
mod candidate;
mod differences;
mod file;
mod ids;
mod laravel;
mod lines;
mod prepare;
mod reason;
mod report;
mod second_factor;
mod source;
mod store;
mod undo;

use std::sync::Arc;

pub use self::{
    abilities::AbilityMap,
    differences::Difference,
    file::ForeignFile,
    ids::{ImportedUser, users},
    laravel::read_laravel_database,
    report::{Counts, Reject, Report, SecondFactors},
    source::{SourceName, System},
    undo::undo,
};
use self::{batch::Batch, prepare::prepare, second_factor::HashedCodes};
use crate::{
    app_state::AppState, error::Error, types::credential_kind::CredentialKind,
    util::clock::Timestamp,
};

/// The choices of the operator.
pub struct Options {
    /// The abilities that the names of the source become.
    pub abilities: AbilityMap,
    /// The life of every token in minutes, if the file does not say it.
    pub expiration: Option<u64>,
    /// The time from which the imported secrets are refused. A rotated token stays valid.
    pub tokens_until: Option<Timestamp>,
    /// The rows that are imported.
    pub rows: Rows,
    /// The kind of the imported tokens.
    pub kind: CredentialKind,
    /// Whether nothing is imported if the file has two users with one address, or other repeated
    /// values.
    pub stops_at_repetition: bool,
    /// Whether the tokens of a user are attached to an account here with the same address.
    pub attaches_by_email: bool,
    /// Whether users are taken without an authenticator app that cannot be read. Otherwise they are
    /// not taken, because a password alone would then open their accounts.
    pub leaves_out_unreadable_factors: bool,
    /// Whether nothing is changed, and the report says what a run would do.
    pub is_trial: bool,
}

/// The rows of a file that are imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Users and tokens.
    All,
    /// Users only.
    Users,
    /// Tokens of users that are here already.
    Tokens,
}

/// The reason why an import stopped. Earlier batches stay imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A value is repeated in the file.
    #[error(
        "nothing was imported, because of line {line}: {reason}",
        line = .0.line,
        reason = .0.reason
    )]
    Repeated(Reject),
    /// A token of the file belongs to another user here.
    #[error(
        "the import stopped at the token {0}: its secret is here already, and not by this import. The file \
         may be of another app, or forged"
    )]
    SecretHere(String),
    /// The database failed.
    #[error(transparent)]
    Operation(#[from] Error),
}

/// Imports a file, or reports what an import would do. Calls `progress` after each batch with the
/// number of users so far and the number of all users.
///
/// # Errors
/// Returns the reason why the import stopped. A second run continues it.
pub async fn import(
    state: &AppState,
    file: ForeignFile,
    options: &Options,
    progress: impl Fn(usize, usize),
) -> Result<Report, ImportError> {
    let source = file.source.clone();
    let prepared = prepare(file, options, state.now())?;
    let (mut report, total) = (prepared.report, prepared.owners.len());
    let mut done = 0;
    for owners in batch::split(prepared.owners) {
        done += owners.len();
        let codes = if options.is_trial {
            HashedCodes::new()
        } else {
            second_factor::hash_codes(state, &source, &owners).await?
        };
        let batch = Arc::new(Batch::new(source.clone(), owners, codes, options));
        let part = if options.is_trial {
            state
                .read(move |_, connection| batch.decide(connection))
                .await?
        } else {
            state.write(move |tx| batch.import(tx)).await?
        };
        report.add(part.map_err(ImportError::SecretHere)?);
        progress(done, total);
    }
    report.rejects.sort();
    report.differences.sort();
    Ok(report)
}
