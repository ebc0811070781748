//! `narthex session`: the sessions of a user.

use clap::Subcommand;

use super::{
    CliError, OutputFormat, account, credentials, json, output, table::Columns, user::Who,
};
use crate::{
    app_state::AppState,
    i18n::humanize,
    types::{credential_kind::CredentialType, email::Email, ids::CredentialId},
};

#[derive(Subcommand)]
pub(super) enum Action {
    /// Show the live sessions of a user
    ///
    /// A server that runs writes down when they were last used every NARTHEX_LAST_USED_EVERY.
    List {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        form: OutputFormat,
    },
    /// End a session
    Revoke {
        /// The session's id
        id: CredentialId,
        #[command(flatten)]
        form: OutputFormat,
    },
}

impl Action {
    pub(super) async fn run(self, context: &AppState) -> Result<(), CliError> {
        match self {
            Self::List { who, form } => list(context, &who.email, form).await,
            Self::Revoke { id, form } => {
                credentials::revoke(context, CredentialType::Session, id, form).await
            }
        }
    }
}

async fn list(context: &AppState, email: &Email, form: OutputFormat) -> Result<(), CliError> {
    let user = account(context, email).await?.user.id;
    let sessions = credentials::live(context, user, CredentialType::Session).await?;
    if form.json {
        return output::json(&json::list(sessions.iter().map(json::session)));
    }
    let now = context.now();
    let mut columns = Columns::under([
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
            humanize::ago(now, session.created_at),
            credentials::last_used(&session, now),
            credentials::end(&session, now),
            credentials::what(&session),
        ]);
    }
    columns.print("There are no live sessions.")
}
