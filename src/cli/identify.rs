//! `narthex token identify`: finds the user of a secret that appeared in a log or a repository, and
//! whether it is still accepted.

use super::{CliError, OutputFormat, credentials, input, json, output, text};
use crate::{
    app_state::AppState,
    credentials::{
        Credential,
        authenticate::RejectionReason,
        find_receipt,
        identify::{self, SecretDescription},
    },
    tokens::{PresentedToken, TokenScheme, TokenSecret},
    types::ability::Ability,
    util::clock::Timestamp,
};

pub(super) async fn identify(state: &AppState, format: OutputFormat) -> Result<(), CliError> {
    let text = input::read_secret()?;
    if text.expose().is_empty() {
        return Err(CliError::message(
            "there is no secret on the standard input: write it there",
        ));
    }
    let PresentedToken { digest, form } = recognize(state, text.expose())?;
    let found = identify::identify(state, form, digest).await?;
    let found = found.ok_or_else(|| {
        CliError::message(
            "this has the form of a secret, but no token has it: it was never valid here, or its \
             token was deleted",
        )
    })?;
    if format.json {
        return output::json(&json::identified(&found, state_name(&found)));
    }
    print(state, &found).await
}

/// Recognises a secret, of Narthex or of an accepted system. The error describes a secret of Narthex,
/// which is the most common.
fn recognize(state: &AppState, text: &str) -> Result<PresentedToken, CliError> {
    let foreign = &state.settings().tokens.foreign;
    let token = PresentedToken::parse(text, TokenScheme::Bearer, foreign);
    token.ok_or_else(|| {
        let flaw = TokenSecret::read(text).err();
        let flaw = flaw.map(|flaw| flaw.to_string()).unwrap_or_default();
        CliError::Message(format!("this is not the secret of a token: {flaw}"))
    })
}

/// Returns the name of the state for programs.
const fn state_name(found: &SecretDescription) -> &'static str {
    match found.refusal {
        None => "live",
        Some(RejectionReason::Paused) => "paused",
        Some(RejectionReason::Expired) => "expired",
        Some(RejectionReason::Revoked) => "ended",
        Some(RejectionReason::SecretExpired) if found.is_replaced => "rotated_out",
        Some(RejectionReason::SecretExpired) => "secret_expired",
        Some(RejectionReason::UserDisabled) => "user_disabled",
        Some(RejectionReason::Unknown) => "unknown",
    }
}

async fn print(state: &AppState, found: &SecretDescription) -> Result<(), CliError> {
    let (now, token) = (state.now(), &found.credential);
    output::line(format!(
        "This is a secret of the {} {} of {}.",
        text::english(&token.kind.label()).to_lowercase(),
        credentials::label(token),
        found.user.email
    ))?;
    output::line("")?;
    for (label, value) in [
        ("Token", token.id.to_string()),
        ("User", format!("{} {}", found.user.id, found.user.name)),
        ("Abilities", abilities(token)),
        ("Created", past(now, token.created_at)),
        ("Last used", credentials::last_used(token, now)),
        (
            "Expires",
            token
                .expires_at
                .map_or_else(|| "never".to_owned(), |at| point_in_time(now, at)),
        ),
        ("State", state_of(state, found).await?),
    ] {
        output::line(format!("{label:<11}{value}"))?;
    }
    output::line("")?;
    output::line(match found.refusal {
        Some(RejectionReason::Revoked) => "There is nothing left to revoke.".to_owned(),
        _ => format!("Revoke it with: narthex token revoke {}", token.id),
    })
}

/// Describes the state for people.
async fn state_of(state: &AppState, found: &SecretDescription) -> Result<String, CliError> {
    Ok(match found.refusal {
        None => match found.valid_until {
            Some(until) if found.is_replaced => format!(
                "active: a newer secret has replaced it, and it is accepted until {}",
                until.format_minute()
            ),
            Some(until) => format!(
                "active: it was imported, and it is accepted until {}",
                until.format_minute()
            ),
            None => "active: it is accepted".to_owned(),
        },
        Some(RejectionReason::Paused) => {
            "paused: it is refused until the token is resumed".to_owned()
        }
        Some(RejectionReason::UserDisabled) => {
            "active, but its user is disabled: it is refused until the user is enabled".to_owned()
        }
        Some(RejectionReason::SecretExpired) => {
            let until = found.valid_until.unwrap_or(state.now()).format_minute();
            if found.is_replaced {
                format!("rotated out: it was accepted until {until}; the token has a newer secret")
            } else {
                format!(
                    "over: it was imported, and it was accepted until {until}; rotate the token"
                )
            }
        }
        Some(RejectionReason::Expired) => "expired: it is refused".to_owned(),
        Some(RejectionReason::Revoked) => revoked(state, found).await?,
        Some(RejectionReason::Unknown) => "unknown".to_owned(),
    })
}

async fn revoked(state: &AppState, found: &SecretDescription) -> Result<String, CliError> {
    let token = &found.credential;
    let at = token.ended_at.unwrap_or(token.created_at);
    let when = format!("revoked {}", past(state.now(), at));
    let Some(receipt) = token.receipt_id else {
        return Ok(when);
    };
    let reason = find_receipt(state, found.user.id, receipt).await?.reason;
    Ok(format!(
        "{when}: {}; the receipt is {receipt}",
        text::english(&reason.message()).to_lowercase()
    ))
}

fn abilities(token: &Credential) -> String {
    let names: Vec<&str> = token.abilities.iter().map(Ability::as_str).collect();
    match names.as_slice() {
        [] => "none: it can only identify its user".to_owned(),
        names => names.join(", "),
    }
}

/// `3 days ago, on 2026-11-22 18:05 UTC`
fn past(now: Timestamp, at: Timestamp) -> String {
    format!("{}, on {}", text::ago(now, at), at.format_minute())
}

fn point_in_time(now: Timestamp, at: Timestamp) -> String {
    if at <= now {
        return past(now, at);
    }
    format!("{}, on {}", text::until(now, at), at.format_minute())
}
