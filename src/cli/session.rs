//! `narthex session`: manages the sessions of a user.

use clap::Subcommand;

use super::{
    CliError, OutputFormat, account, credentials, json, output, table::Columns, text,
    user::UserArgument,
};
use crate::{
    app_state::AppState,
    credentials::RevocationReason,
    types::{credential_kind::CredentialType, email::Email, ids::CredentialId},
};

#[derive(Subcommand)]
pub(super) enum Action {
    /// List the active sessions of a user
    ///
    /// A running server writes last-used times every NARTHEX_LAST_USED_EVERY.
    List {
        #[command(flatten)]
        target: UserArgument,
        #[command(flatten)]
        format: OutputFormat,
    },
    /// Revoke a session
    Revoke {
        /// The session's id
        id: CredentialId,
        #[command(flatten)]
        format: OutputFormat,
    },
}

impl Action {
    pub(super) async fn run(self, state: &AppState) -> Result<(), CliError> {
        match self {
            Self::List { target, format } => list(state, &target.email, format).await,
            Self::Revoke { id, format } => {
                let reason = RevocationReason::Operator;
                credentials::revoke(state, CredentialType::Session, id, reason, format).await
            }
        }
    }
}

async fn list(state: &AppState, email: &Email, format: OutputFormat) -> Result<(), CliError> {
    let user = account(state, email).await?.user.id;
    let sessions = credentials::active(state, user, CredentialType::Session).await?;
    if format.json {
        return output::json(&json::list(sessions.iter().map(json::session)));
    }
    let now = state.now();
    let mut columns = Columns::with_headings([
        "ID",
        "KIND",
        "SIGNED IN",
        "LAST ACTIVE",
        "EXPIRES",
        "BROWSER",
    ]);
    for session in sessions {
        columns.row([
            session.id.to_string(),
            session.kind.as_str().to_owned(),
            text::ago(now, session.created_at),
            credentials::last_used(&session, now),
            credentials::expiry(&session, now),
            credentials::label(&session),
        ]);
    }
    columns.print("There are no active sessions.")
}
