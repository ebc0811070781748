//! `narthex user factors`, `remove-factor` and `resume-factor`: second factors of a user.

use serde::Serialize;

use crate::{
    app_state::AppState,
    cli::{CliError, OutputFormat, account, json, output, table::Columns, text},
    credentials::trusted_browsers,
    error::Error,
    factors::{
        self, FactorSummary, OperatorRemoval, RemovalOutcome, RemovalTime, RevocationChoice,
    },
    mail::notices::TRUSTED_BROWSER,
    sessions::Device,
    types::{
        email::Email,
        ids::{FactorId, UserId},
    },
    util::clock::Timestamp,
};

/// A factor in the JSON output.
#[derive(Default, Serialize)]
struct FactorJson {
    /// The ID. Recovery codes are removed with the last other factor and have none.
    id: Option<FactorId>,
    kind: &'static str,
    /// The name of a passkey, or the browser and the system of a trusted browser.
    name: Option<String>,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
    suspended: bool,
    /// The number of recovery codes.
    left: Option<u64>,
    /// The time at which the trust in a browser ends.
    expires_at: Option<Timestamp>,
    /// The time at which the factor is removed, because an operator has asked for it.
    removed_at: Option<Timestamp>,
}

/// Returns the second factors, and the browsers in which a sign-in needs none.
async fn find(state: &AppState, user: UserId) -> Result<Vec<FactorJson>, CliError> {
    let mut rows = rows(&factors::summary(state, user).await?);
    for planned in factors::planned_removals(state, user).await? {
        let found = rows.iter_mut().find(|row| row.id == Some(planned.factor));
        if let Some(row) = found {
            row.removed_at = Some(planned.due_at);
        }
    }
    for browser in trusted_browsers::list(state, user).await? {
        let device = Device::of(browser.user_agent.as_deref()).message();
        rows.push(FactorJson {
            id: Some(browser.id),
            kind: TRUSTED_BROWSER,
            name: Some(text::english(&device)),
            created_at: browser.created_at,
            last_used_at: browser.last_used_at,
            expires_at: Some(browser.expires_at),
            ..FactorJson::default()
        });
    }
    Ok(rows)
}

fn rows(summary: &FactorSummary) -> Vec<FactorJson> {
    let app = summary.app.as_ref().map(|app| FactorJson {
        id: Some(app.id),
        kind: factors::FactorMethod::Totp.as_str(),
        created_at: app.created_at,
        last_used_at: app.last_used_at,
        suspended: app.is_suspended,
        ..FactorJson::default()
    });
    let passkeys = summary.passkeys.iter().map(|passkey| FactorJson {
        id: Some(passkey.id),
        kind: factors::FactorMethod::Passkey.as_str(),
        name: Some(passkey.name.clone()),
        created_at: passkey.created_at,
        last_used_at: passkey.last_used_at,
        ..FactorJson::default()
    });
    let codes = summary.recovery_codes.as_ref().map(|codes| FactorJson {
        kind: factors::FactorMethod::RecoveryCode.as_str(),
        created_at: codes.created_at,
        last_used_at: codes.last_used_at,
        left: Some(codes.left),
        ..FactorJson::default()
    });
    app.into_iter().chain(passkeys).chain(codes).collect()
}

pub(super) async fn list(
    state: &AppState,
    email: &Email,
    format: OutputFormat,
) -> Result<(), CliError> {
    let user = account(state, email).await?.user;
    let rows = find(state, user.id).await?;
    if format.json {
        return output::json(&json::list(rows.iter()));
    }
    let now = state.now();
    let mut columns = Columns::with_headings(["KIND", "NAME", "SINCE", "LAST USED", "STATE", "ID"]);
    for row in rows {
        let state = match (row.suspended, row.left, row.expires_at) {
            _ if row.removed_at.is_some() => "will be removed".to_owned(),
            (true, ..) => "suspended".to_owned(),
            (false, Some(left), _) => format!("{left} left"),
            (false, None, Some(until)) => format!("until {until}"),
            (false, None, None) => "on".to_owned(),
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
    columns.print("The user has no second factor.")?;
    if !factors::has_password(state, user.id).await? {
        output::line("The user has no password.")?;
    }
    Ok(())
}

/// Prints the factors after a change.
async fn print_json(state: &AppState, user: UserId) -> Result<(), CliError> {
    let rows = find(state, user).await?;
    output::json(&json::list(rows.iter()))
}

/// The options of `narthex user remove-factor`.
#[derive(clap::Args)]
pub(in crate::cli) struct Removal {
    /// The ID that `narthex user factors` lists
    id: FactorId,
    /// The reason, which the user sees in the activity and in a mail
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Keep the user's sessions
    #[arg(long)]
    keep: bool,
    /// Remove the factor at once. Without it and with mail on, the user has 24 hours to cancel
    #[arg(long)]
    now: bool,
}

pub(super) async fn remove(
    state: &AppState,
    email: &Email,
    removal: Removal,
    format: OutputFormat,
) -> Result<(), CliError> {
    let user = account(state, email).await?.user;
    let browsers = trusted_browsers::list(state, user.id).await?;
    if browsers.iter().any(|browser| browser.id == removal.id) {
        let Removal { id, reason, .. } = removal;
        trusted_browsers::remove_as_operator(state, user.id, id, reason).await?;
        if format.json {
            return print_json(state, user.id).await;
        }
        return output::line(format!(
            "Ended the trust in this browser. A sign-in of {} there needs a second factor again.",
            email.as_str()
        ));
    }
    let time = if removal.now {
        RemovalTime::Now
    } else {
        RemovalTime::AfterDelay
    };
    let asked = OperatorRemoval {
        factor: removal.id,
        reason: removal.reason,
        revocation: RevocationChoice {
            sessions: !removal.keep,
            ..RevocationChoice::default()
        },
    };
    let outcome = factors::remove_as_operator(state, user.id, asked, time).await;
    let outcome = outcome.map_err(|error| no_factor(error, email))?;
    if format.json {
        return print_json(state, user.id).await;
    }
    let has_password = factors::has_password(state, user.id).await?;
    output::line(describe(&outcome, email.as_str(), has_password))
}

fn describe(outcome: &RemovalOutcome, email: &str, has_password: bool) -> String {
    let receipt = match outcome {
        RemovalOutcome::Planned(due_at) => {
            return format!(
                "The second factor of {email} is removed at {due_at} by a running server. A mail \
                 tells the user, who can cancel it until then. With --now it is removed at once."
            );
        }
        RemovalOutcome::Removed(receipt) => receipt,
    };
    let mut done = format!("Removed the second factor of {email}.");
    if let Some(receipt) = receipt {
        let revoked = text::english(&receipt.summary());
        done = format!("{done} Revoked {revoked}.");
    }
    done.push_str(if has_password {
        " Without another one, the recovery codes are removed too, and a sign-in needs the password \
         alone."
    } else {
        " The user has no password: `narthex user reset-link` prints a link that sets one."
    });
    done
}

fn no_factor(error: Error, email: &Email) -> CliError {
    match error {
        Error::NotFound => CliError::Message(format!(
            "{} has no factor with this ID: `narthex user factors` lists them",
            email.as_str()
        )),
        error => error.into(),
    }
}

pub(super) async fn resume(
    state: &AppState,
    email: &Email,
    id: FactorId,
    reason: String,
    format: OutputFormat,
) -> Result<(), CliError> {
    let user = account(state, email).await?.user;
    let resumed = factors::resume_as_operator(state, user.id, id, reason).await;
    let was_suspended = resumed.map_err(|error| no_factor(error, email))?;
    if format.json {
        return print_json(state, user.id).await;
    }
    output::line(if was_suspended {
        format!("Codes of the app of {} are accepted again.", email.as_str())
    } else {
        format!("The app of {} was not suspended.", email.as_str())
    })
}
