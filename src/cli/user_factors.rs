//! `narthex user factors` and `narthex user remove-factor`: second factors of a user.

use serde::Serialize;

use super::{CliError, OutputFormat, account, output, table::Columns, text};
use crate::{
    app_state::AppState,
    error::Error,
    factors::{self, FactorSummary},
    types::{email::Email, ids::FactorId},
    util::clock::Timestamp,
};

/// A factor in the JSON output.
#[derive(Serialize)]
struct FactorJson {
    /// The ID. Recovery codes are removed with the last other factor and have none.
    id: Option<FactorId>,
    kind: &'static str,
    /// The name of a passkey.
    name: Option<String>,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
    suspended: bool,
    /// The number of recovery codes.
    left: Option<u64>,
}

fn rows(summary: &FactorSummary) -> Vec<FactorJson> {
    let app = summary.app.as_ref().map(|app| FactorJson {
        id: Some(app.id),
        kind: factors::FactorMethod::Totp.as_str(),
        name: None,
        created_at: app.created_at,
        last_used_at: app.last_used_at,
        suspended: app.is_suspended,
        left: None,
    });
    let passkeys = summary.passkeys.iter().map(|passkey| FactorJson {
        id: Some(passkey.id),
        kind: factors::FactorMethod::Passkey.as_str(),
        name: Some(passkey.name.clone()),
        created_at: passkey.created_at,
        last_used_at: passkey.last_used_at,
        suspended: false,
        left: None,
    });
    let codes = summary.recovery_codes.as_ref().map(|codes| FactorJson {
        id: None,
        kind: factors::FactorMethod::RecoveryCode.as_str(),
        name: None,
        created_at: codes.created_at,
        last_used_at: codes.last_used_at,
        suspended: false,
        left: Some(codes.left),
    });
    app.into_iter().chain(passkeys).chain(codes).collect()
}

pub(super) async fn list(
    context: &AppState,
    email: &Email,
    format: OutputFormat,
) -> Result<(), CliError> {
    let user = account(context, email).await?.user;
    let rows = rows(&factors::summary(context, user.id).await?);
    if format.json {
        return output::json(&rows);
    }
    let now = context.now();
    let mut columns = Columns::with_headings(["KIND", "NAME", "SINCE", "LAST USED", "STATE", "ID"]);
    for row in rows {
        let state = match (row.suspended, row.left) {
            (true, _) => "suspended".to_owned(),
            (false, Some(left)) => format!("{left} left"),
            (false, None) => "on".to_owned(),
        };
        let used = row.last_used_at.map(|at| text::ago(now, at));
        columns.row([
            row.kind.to_owned(),
            row.name.unwrap_or_default(),
            text::ago(now, row.created_at),
            used.unwrap_or_else(|| "never".to_owned()),
            state,
            row.id.map_or_else(String::new, |id| id.to_string()),
        ]);
    }
    columns.print("The user has no second factor.")
}

pub(super) async fn remove(
    context: &AppState,
    email: &Email,
    id: FactorId,
    reason: String,
    format: OutputFormat,
) -> Result<(), CliError> {
    let user = account(context, email).await?.user;
    match factors::remove_as_operator(context, user.id, id, reason).await {
        Err(Error::NotFound) => Err(CliError::Message(format!(
            "{} has no factor with this ID: `narthex user factors` lists them",
            email.as_str()
        ))),
        Err(error) => Err(error.into()),
        Ok(()) if format.json => output::json(&rows(&factors::summary(context, user.id).await?)),
        Ok(()) => output::line(format!(
            "Removed the second factor of {}. Without another one, the recovery codes are removed \
             too, and a sign-in needs the password alone.",
            email.as_str()
        )),
    }
}
