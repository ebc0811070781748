//! Mails: the outbox, the connection to the mail server, and what each mail says.

mod commands;
mod content;
mod crash;
mod expiry;
mod independent_server;
mod notice_acts;
mod notices;
mod outbox;
mod sign_in_notices;
mod texts;
mod transport;

use std::sync::Arc;
use std::time::Duration;

use narthex::app_state::AppState;
use narthex::config::{Settings, Sources};
use narthex::http::mail::Mailer;
use narthex::jobs::{self, JobKind, JobState};
use narthex::mail::{self, Mail, QueuedMail};
use narthex::testing::FakeClock;
use narthex::util::clock::Timestamp;

use crate::support::app::{migrate, signing_keys};
use crate::support::database::Database;
use crate::support::faulty_random::FaultyRandom;
use crate::support::mail_server::{CONTACT, MailServer};

/// Nodes without a thread for mails. The test sends the mails that are due, and moves the clock.
struct Nodes {
    clock: Arc<FakeClock>,
    settings: Settings,
    state: AppState,
    _database: Database,
}

impl Nodes {
    fn sending_to(server: &MailServer) -> Self {
        Self::with(&[("NARTHEX_SMTP_URL", &server.url())])
    }

    fn with(settings: &[(&str, &str)]) -> Self {
        let database = Database::fresh(migrate);
        let fixed = [
            ("DATABASE_URL", database.address()),
            ("NARTHEX_CONTACT", CONTACT),
        ];
        let sources = Sources::of(fixed.into_iter().chain(settings.iter().copied()));
        let settings = Settings::read(&sources.expect("known settings")).expect("valid settings");
        let now = Timestamp::parse("2026-11-22T12:30:00Z").expect("a time");
        let clock = Arc::new(FakeClock::at(now));
        let state = open(&settings, &clock);
        Self {
            clock,
            settings,
            state,
            _database: database,
        }
    }

    /// Another node on the same database.
    fn second_node(&self) -> AppState {
        open(&self.settings, &self.clock)
    }

    fn advance_minutes(&self, minutes: u64) {
        self.clock.advance(Duration::from_secs(60 * minutes));
    }

    /// Puts a test mail into the outbox.
    async fn queue(&self, to: &str) {
        let mail = QueuedMail {
            to: to.to_owned(),
            mail: Mail::Test,
        };
        let queued = self.state.write(move |tx| mail::queue(tx, None, mail));
        queued.await.expect("a mail in the outbox");
    }

    /// Sends the mails that are due, and returns the number of attempts.
    async fn send_due(&self) -> usize {
        send_due(&self.state).await
    }

    /// The mails of the outbox, the newest first: state, attempts and last error.
    async fn outbox(&self) -> Vec<(JobState, i64, String)> {
        let jobs = jobs::list(&self.state, JobKind::Mail, 100).await;
        let jobs = jobs.expect("the outbox").into_iter();
        jobs.map(|job| {
            (
                job.state(),
                job.attempts,
                job.last_error.unwrap_or_default(),
            )
        })
        .collect()
    }
}

fn open(settings: &Settings, clock: &Arc<FakeClock>) -> AppState {
    let random = Arc::new(FaultyRandom::default());
    let state = AppState::open(settings.clone(), clock.clone(), random).expect("a state");
    state.set_signing_keys(&signing_keys());
    state
}

async fn send_due(state: &AppState) -> usize {
    let mailer = Mailer::new(state.clone()).expect("a transport");
    let mailer = mailer.expect("a mail server in the settings");
    mailer.send_due(|| false).await.expect("the outbox")
}
