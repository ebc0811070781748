//! Two servers are killed while accounts are created and mails are sent: every confirmed account gets
//! its mail.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use narthex::accounts;
use narthex::config::{Settings, Sources};
use narthex::testing::FakeClock;
use narthex::types::email::Email;
use narthex::util::clock::{Clock as _, SystemClock};
use reqwest::redirect::Policy;

use super::{open, send_due};
use crate::support::app::{PASSWORD, migrate, signing_key};
use crate::support::binary::Narthex;
use crate::support::database::Database;
use crate::support::mail_server::{CONTACT, MailAnswer, MailServer};

const NODES: usize = 2;
/// The number of clients that create accounts on each node at once.
const CLIENTS: usize = 4;
/// The number of mails before the servers are killed.
const MAILS: usize = 10;
/// More than the lease of a claim (`src/jobs/mod.rs`).
const AFTER_THE_LEASE: Duration = Duration::from_secs(301);

/// Creates accounts one after the other until the server is killed. Returns the addresses of the
/// confirmed ones.
async fn create_accounts(origin: String, client: usize) -> Vec<String> {
    let http = reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    let mut confirmed = Vec::new();
    for turn in 0.. {
        let email = format!("user{turn}.{client}@example.com");
        let form = [("name", "Ada"), ("email", &*email), ("password", PASSWORD)];
        let request = http.post(format!("{origin}/register")).form(&form);
        let Ok(answer) = request.send().await else {
            break;
        };
        match answer.status().as_u16() {
            303 => confirmed.push(email),
            // The hashing queue is full.
            503 => {}
            status => panic!("{status} at turn {turn} of {client}"),
        }
    }
    confirmed
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_loses_no_mail_and_repeats_only_the_unanswered() {
    let database = Database::fresh(migrate);
    let server = MailServer::start();
    server.answer_next(&[MailAnswer::Accept; MAILS]);
    server.answer_next(&[MailAnswer::Hang, MailAnswer::AcceptSilently]);
    let (key, url) = (signing_key(), server.url());
    let environment = [
        ("DATABASE_URL", database.address()),
        ("NARTHEX_SECRET_KEY", &*key),
        ("NARTHEX_SMTP_URL", &*url),
        ("NARTHEX_CONTACT", CONTACT),
        ("NARTHEX_THROTTLE_EXEMPT", "127.0.0.0/8"),
    ];
    let installed: Vec<_> = (0..NODES)
        .map(|_| {
            let installed = Narthex::installed();
            environment
                .iter()
                .fold(installed, |node, (name, value)| node.with(name, value))
        })
        .collect();
    let serving: Vec<_> = installed.iter().map(Narthex::serve).collect();
    let clients: Vec<_> = (0..NODES * CLIENTS)
        .map(|client| {
            let origin = serving[client % NODES].url.clone();
            tokio::spawn(create_accounts(origin, client))
        })
        .collect();
    // Each node waits for an answer when it is killed: one before the mail server has the mail, and
    // one after that.
    tokio::task::block_in_place(|| server.wait_for(MAILS));
    for node in serving {
        node.kill();
    }
    let mut confirmed = BTreeSet::new();
    for client in clients {
        confirmed.extend(client.await.unwrap());
    }
    assert!(confirmed.len() > CLIENTS, "{confirmed:?}");

    let settings = Settings::read(&Sources::of(environment).expect("known settings"));
    let later = SystemClock.now().saturating_add(AFTER_THE_LEASE);
    let state = open(
        &settings.expect("valid settings"),
        &Arc::new(FakeClock::at(later)),
    );
    send_due(&state).await;

    let mails = server.mails();
    let mailed: BTreeSet<_> = mails.iter().flat_map(|mail| mail.to.clone()).collect();
    let lost: Vec<_> = confirmed.difference(&mailed).collect();
    assert!(lost.is_empty(), "{lost:?}");
    // Only the mail that the mail server had accepted without an answer.
    let repeated = mails.len() - mailed.len();
    assert_eq!(repeated, 1, "{mails:?}");
    for address in mailed {
        let email = Email::parse(&address).unwrap();
        let account = accounts::find_by_email(&state, &email).await;
        assert!(account.is_ok(), "{address} has a mail and no account");
    }
}
