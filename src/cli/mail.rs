//! `narthex mail`: shows the outbox, and tries the mail server.

use clap::Subcommand;
use serde::Serialize;

use super::{CliError, OutputFormat, json, output, table::Columns, text};
use crate::{
    app_state::AppState,
    config::MailTarget,
    error::Error,
    http::mail::Mailer,
    jobs::{self, JobKind, JobState, ListedJob},
    mail::QueuedMail,
    types::{email::Email, ids::JobId},
    util::clock::Timestamp,
};

#[derive(Subcommand)]
pub(super) enum Action {
    /// List the mails that wait to be sent and the failed ones, the newest first
    ///
    /// Sent mails are not listed. Failed mails stay for NARTHEX_KEEP_ENDED.
    List {
        /// At most this many
        #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = text::number)]
        limit: u32,
        #[command(flatten)]
        format: OutputFormat,
    },
    /// Send a test mail at once, and wait for the answer of the mail server
    Test {
        /// The e-mail address of the recipient
        #[arg(value_parser = text::email)]
        address: Email,
        #[command(flatten)]
        format: OutputFormat,
    },
}

/// A mail of the outbox.
#[derive(Serialize)]
struct MailJson<'a> {
    id: JobId,
    mail: &'a str,
    to: &'a str,
    state: &'static str,
    attempts: i64,
    created_at: Timestamp,
    next_attempt_at: Option<Timestamp>,
    last_error: Option<&'a str>,
}

impl Action {
    pub(super) async fn run(self, state: &AppState) -> Result<(), CliError> {
        match self {
            Self::List { limit, format } => list(state, limit, format).await,
            Self::Test { address, format } => test(state, &address, format),
        }
    }
}

async fn list(state: &AppState, limit: u32, format: OutputFormat) -> Result<(), CliError> {
    let jobs = jobs::list(state, JobKind::Mail, limit).await?;
    let mails: Vec<(ListedJob, Option<QueuedMail>)> = jobs
        .into_iter()
        .map(|job| {
            let queued = serde_json::from_str(&job.payload).ok();
            (job, queued)
        })
        .collect();
    if format.json {
        let mails = mails.iter();
        return output::json(&json::list(mails.map(|(job, queued)| {
            MailJson {
                id: job.id,
                mail: queued
                    .as_ref()
                    .map_or("unknown", |queued| queued.mail.name()),
                to: queued.as_ref().map_or("", |queued| &queued.to),
                state: state_of(job),
                attempts: job.attempts,
                created_at: job.created_at,
                next_attempt_at: (job.state() != JobState::Failed).then_some(job.due_at),
                last_error: job.last_error.as_deref(),
            }
        })));
    }
    let now = state.now();
    let mut columns =
        Columns::with_headings(["CREATED", "MAIL", "TO", "STATE", "ATTEMPTS", "LAST ERROR"]);
    for (job, queued) in mails {
        columns.row([
            text::ago(now, job.created_at),
            queued
                .as_ref()
                .map_or("unknown", |queued| queued.mail.name())
                .to_owned(),
            queued.map_or_else(String::new, |queued| queued.to),
            state_of(&job).to_owned(),
            job.attempts.to_string(),
            job.last_error.unwrap_or_default(),
        ]);
    }
    columns.print("The outbox is empty.")
}

fn state_of(job: &ListedJob) -> &'static str {
    match job.state() {
        JobState::Waiting => "waiting",
        JobState::Claimed => "sending",
        JobState::Failed => "failed",
    }
}

/// Names the server, because a wrong host or port is a frequent cause.
fn unsent(state: &AppState, error: Error) -> CliError {
    let error = CliError::from(error);
    match &state.settings().mail.target {
        Some(MailTarget::Server(server)) => {
            let (host, port) = (&server.host, server.port);
            CliError::Message(format!("the mail server {host}, port {port}: {error}"))
        }
        _ => error,
    }
}

fn test(state: &AppState, address: &Email, format: OutputFormat) -> Result<(), CliError> {
    #[derive(Serialize)]
    struct Sent<'a> {
        to: &'a str,
    }
    let mailer = Mailer::new(state.clone())?;
    let mailer = mailer.ok_or_else(|| {
        CliError::message("mail is off: set NARTHEX_SMTP_URL to the address of a mail server")
    })?;
    mailer
        .send_test(address)
        .map_err(|error| unsent(state, error))?;
    let to = address.as_str();
    if format.json {
        return output::json(&Sent { to });
    }
    output::line(format!("The mail server accepted a mail to {to}."))
}
