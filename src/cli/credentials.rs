//! Functions that the commands for tokens, sessions and sign-outs share.

use super::{CliError, OutputFormat, json, output, table::Columns, text};
use crate::{
    app_state::AppState,
    audit::Actor,
    credential_cache::InvalidationKey,
    credentials::{
        self, Credential, CredentialFilter, RevocationReason, RevocationReceipt, StatusFilter,
        revoke::{self, RevocationRequest},
    },
    error::Error,
    sessions::Device,
    types::{
        credential_kind::CredentialType,
        ids::{CredentialId, UserId},
        pagination::{MAX_PAGE_SIZE, Paging},
    },
    util::clock::Timestamp,
};

/// Returns every active credential of one type, newest first.
pub(super) async fn active(
    state: &AppState,
    user: UserId,
    class: CredentialType,
) -> Result<Vec<Credential>, CliError> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let paging = Paging::new(MAX_PAGE_SIZE, after);
        let filter = CredentialFilter::all_of(class);
        let page = credentials::list(state, user, filter, StatusFilter::Active, paging).await?;
        all.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

/// Revokes one credential of any user and prints the result.
pub(super) async fn revoke(
    state: &AppState,
    class: CredentialType,
    id: CredentialId,
    reason: RevocationReason,
    format: OutputFormat,
) -> Result<(), CliError> {
    let found = credentials::find_any_user(state, class, id).await;
    let found = found.map_err(|error| match error {
        Error::NotFound => CliError::Message(format!("there is no {} {id}", class.as_str())),
        other => other.into(),
    })?;
    let name = class.as_str();
    if let Some(at) = found.ended_at {
        state
            .wait_for_revocation(InvalidationKey::User(found.user_id))
            .await?;
        let ago = text::ago(state.now(), at);
        return no_change(format, format!("The {name} {id} was revoked {ago}."));
    }
    let request = RevocationRequest::of(CredentialFilter::one(class, id), reason);
    let revoked = revoke::revoke(state, found.user_id, request, Actor::operator()).await?;
    receipt(
        state,
        format,
        &format!("Revoked the {name} {id}."),
        &revoked,
    )
}

/// Prints `done`, which says what was done, and the credentials that were revoked.
pub(super) fn receipt(
    state: &AppState,
    format: OutputFormat,
    done: &str,
    receipt: &RevocationReceipt,
) -> Result<(), CliError> {
    if format.json {
        return output::json(&json::receipt(receipt));
    }
    output::line(done)?;
    output::line(format!(
        "That revoked {}; the receipt is {}.",
        text::english(&receipt.summary()),
        receipt.id
    ))?;
    if receipt.credentials.is_empty() {
        return Ok(());
    }
    table(&receipt.credentials, state.now()).print("")
}

/// Prints that there was nothing to do.
pub(super) fn no_change(format: OutputFormat, reason: String) -> Result<(), CliError> {
    if format.json {
        return output::json(&None::<()>);
    }
    output::line(reason)
}

/// Returns a table of sessions and tokens.
pub(super) fn table(credentials: &[Credential], now: Timestamp) -> Columns<4> {
    let mut columns = Columns::with_headings(["ID", "KIND", "LAST USED", "NAME"]);
    for credential in credentials {
        columns.row([
            credential.id.to_string(),
            credential.kind.as_str().to_owned(),
            last_used(credential, now),
            label(credential),
        ]);
    }
    columns
}

/// Returns the name that its owner knows: `Firefox on Linux`, `deploy (…a1B2)`.
pub(super) fn label(credential: &Credential) -> String {
    match credential.class() {
        CredentialType::Session => {
            text::english(&Device::of(credential.user_agent.as_deref()).message())
        }
        CredentialType::Token if credential.hint.is_empty() => credential.name.clone(),
        CredentialType::Token => format!("{} (…{})", credential.name, credential.hint),
    }
}

/// `3 days ago from 192.0.2.7`, `never`.
pub(super) fn last_used(credential: &Credential, now: Timestamp) -> String {
    let Some(at) = credential.last_used_at else {
        return "never".to_owned();
    };
    let ago = text::ago(now, at);
    match credential.last_used_ip {
        Some(ip) => format!("{ago} from {ip}"),
        None => ago,
    }
}

/// Returns when the credential expires: `in 3 days`, `never`.
pub(super) fn expiry(credential: &Credential, now: Timestamp) -> String {
    credential
        .effective_expiry()
        .map_or_else(|| "never".to_owned(), |at| text::until(now, at))
}
