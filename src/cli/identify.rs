//! `narthex token identify`: whose a secret is that turned up in a log or a repository, and whether it
//! still lets anybody in.

use super::{CliError, OutputFormat, credentials, input, json, output};
use crate::{
    app_state::AppState,
    credentials::{
        Credential,
        authenticate::{self, Identified, Refusal},
        find_receipt,
    },
    i18n::humanize,
    tokens::TokenSecret,
    types::{ability::Ability, credential_kind::CredentialType},
    util::clock::Timestamp,
};

pub(super) async fn identify(context: &AppState, form: OutputFormat) -> Result<(), CliError> {
    let text = input::found_secret()?;
    if text.expose().is_empty() {
        return Err(CliError::because(
            "there is no secret on the standard input: give it there",
        ));
    }
    let secret = TokenSecret::read(text.expose())
        .map_err(|flaw| CliError::Because(format!("that is no secret of a token here: {flaw}")))?;
    let found = authenticate::identify(context, CredentialType::Token, secret.digest()).await?;
    let found = found.ok_or_else(|| {
        CliError::because(
            "that has the form of a secret, and no token has it: it was never one here, or its \
             token was forgotten since",
        )
    })?;
    if form.json {
        return output::json(&json::identified(&found, name(found.refusal)));
    }
    print(context, &found).await
}

/// Its state, for programs.
const fn name(refusal: Option<Refusal>) -> &'static str {
    match refusal {
        None => "live",
        Some(Refusal::Paused) => "paused",
        Some(Refusal::Expired) => "expired",
        Some(Refusal::Ended) => "ended",
        Some(Refusal::RotatedOut) => "rotated_out",
        Some(Refusal::UserDisabled) => "user_disabled",
        Some(Refusal::Unknown) => "unknown",
    }
}

async fn print(context: &AppState, found: &Identified) -> Result<(), CliError> {
    let (now, token) = (context.now(), &found.credential);
    output::line(format!(
        "This is a secret of the {} {} of {}.",
        token.kind.label(),
        credentials::what(token),
        found.user.email
    ))?;
    output::line("")?;
    for (label, what) in [
        ("Token", token.id.to_string()),
        ("User", format!("{} {}", found.user.id, found.user.name)),
        ("May do", abilities(token)),
        ("Made", past(now, token.created_at)),
        ("Last used", credentials::last_used(token, now)),
        (
            "Expires",
            token
                .expires_at
                .map_or_else(|| "never".to_owned(), |at| moment(now, at)),
        ),
        ("State", state(context, found).await?),
    ] {
        output::line(format!("{label:<11}{what}"))?;
    }
    output::line("")?;
    output::line(match found.refusal {
        Some(Refusal::Ended) => "There is nothing left to end.".to_owned(),
        _ => format!("End it with: narthex token revoke {}", token.id),
    })
}

/// Its state, for a person.
async fn state(context: &AppState, found: &Identified) -> Result<String, CliError> {
    Ok(match found.refusal {
        None => match found.valid_until {
            Some(until) => format!(
                "live: rotated out, it still lets its bearer in until {}",
                until.format_minute()
            ),
            None => "live: it lets its bearer in".to_owned(),
        },
        Some(Refusal::Paused) => "paused: it lets nobody in until it is resumed".to_owned(),
        Some(Refusal::UserDisabled) => {
            "live, but its user is disabled: it lets nobody in until the user is enabled".to_owned()
        }
        Some(Refusal::RotatedOut) => {
            let until = found.valid_until.unwrap_or(context.now());
            format!(
                "rotated out: it let its bearer in until {}; the token lives on with a newer secret",
                until.format_minute()
            )
        }
        Some(Refusal::Expired) => "expired: it lets nobody in".to_owned(),
        Some(Refusal::Ended) => ended(context, found).await?,
        Some(Refusal::Unknown) => "unknown".to_owned(),
    })
}

async fn ended(context: &AppState, found: &Identified) -> Result<String, CliError> {
    let token = &found.credential;
    let at = token.ended_at.unwrap_or(token.created_at);
    let when = format!("ended {}", past(context.now(), at));
    let Some(receipt) = token.receipt_id else {
        return Ok(when);
    };
    let reason = find_receipt(context, found.user.id, receipt).await?.reason;
    Ok(format!(
        "{when}: {}; the receipt is {receipt}",
        reason.sentence().to_lowercase()
    ))
}

fn abilities(token: &Credential) -> String {
    let names: Vec<&str> = token.abilities.iter().map(Ability::as_str).collect();
    match names.as_slice() {
        [] => "nothing but say whose it is".to_owned(),
        names => names.join(", "),
    }
}

/// `3 days ago, on 2026-11-22 18:05 UTC`
fn past(now: Timestamp, at: Timestamp) -> String {
    format!("{}, on {}", humanize::ago(now, at), at.format_minute())
}

fn moment(now: Timestamp, at: Timestamp) -> String {
    if at <= now {
        return past(now, at);
    }
    format!("{}, on {}", humanize::until(now, at), at.format_minute())
}
