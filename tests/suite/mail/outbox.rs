//! The outbox: mails of committed transactions are sent, once, and again after a failure.

use narthex::error::Error;
use narthex::jobs::{self, JobKind, JobState, Outcome};
use narthex::mail::{self, Mail, QueuedMail};

use super::{Nodes, send_due};
use crate::support::app::TestApp;
use crate::support::mail_server::{MailAnswer, MailServer};
use crate::support::page::{ADA, GRACE};

/// A temporary refusal (RFC 5321, section 4.2.3).
const BUSY: MailAnswer = MailAnswer::Refuse("451 try later");
/// A final refusal.
const NO_SUCH_USER: MailAnswer = MailAnswer::Refuse("550 no such user");

#[tokio::test(flavor = "multi_thread")]
async fn queued_mail_is_sent_once() {
    let server = MailServer::start();
    let nodes = Nodes::sending_to(&server);
    nodes.queue(ADA).await;
    assert!(server.mails().is_empty());
    assert_eq!(nodes.send_due().await, 1);
    assert_eq!(server.mails()[0].to, [ADA]);
    assert_eq!(nodes.send_due().await, 0);
    assert_eq!(server.mails().len(), 1);
    assert_eq!(nodes.outbox().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn server_sends_mail_after_the_commit_without_a_request() {
    let (app, server) = TestApp::start_with_mail();
    let mail = QueuedMail {
        to: ADA.to_owned(),
        mail: Mail::Test,
    };
    let queued = app.state.write(move |tx| mail::queue(tx, None, mail));
    queued.await.unwrap();
    assert_eq!(server.wait_for(0).to, [ADA]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rolled_back_transaction_sends_no_mail() {
    let server = MailServer::start();
    let nodes = Nodes::sending_to(&server);
    let mail = QueuedMail {
        to: ADA.to_owned(),
        mail: Mail::Test,
    };
    let refused = nodes.state.write(move |tx| {
        mail::queue(tx, None, mail)?;
        Err::<(), _>(Error::NotFound)
    });
    assert!(matches!(refused.await, Err(Error::NotFound)));
    assert_eq!(nodes.send_due().await, 0);
    assert_eq!(nodes.outbox().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn temporary_refusal_is_retried_with_growing_delays() {
    let server = MailServer::start();
    let nodes = Nodes::sending_to(&server);
    server.answer_next(&[BUSY, BUSY, BUSY, BUSY, BUSY]);
    nodes.queue(ADA).await;
    assert_eq!(nodes.send_due().await, 1);
    for minutes in [1, 5, 30, 120, 360] {
        assert!(server.mails().is_empty());
        nodes.advance_minutes(minutes - 1);
        assert_eq!(nodes.send_due().await, 0, "before {minutes} minutes");
        nodes.advance_minutes(1);
        assert_eq!(nodes.send_due().await, 1, "after {minutes} minutes");
    }
    assert_eq!(server.mails().len(), 1);
    assert_eq!(nodes.outbox().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_given_up_visibly_after_the_last_retry() {
    let server = MailServer::start();
    let nodes = Nodes::sending_to(&server);
    server.answer_next(&[BUSY, BUSY, BUSY, BUSY, BUSY, BUSY]);
    nodes.queue(ADA).await;
    for minutes in [1, 5, 30, 120, 360, 1440] {
        assert_eq!(nodes.send_due().await, 1);
        nodes.advance_minutes(minutes);
    }
    assert_eq!(nodes.send_due().await, 0);
    let outbox = nodes.outbox().await;
    let [(JobState::Failed, 6, error)] = &*outbox else {
        panic!("{outbox:?}");
    };
    assert!(error.contains("451"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn final_refusal_is_not_retried() {
    let server = MailServer::start();
    let nodes = Nodes::sending_to(&server);
    server.answer_next(&[NO_SUCH_USER]);
    nodes.queue(ADA).await;
    nodes.clock.advance(std::time::Duration::from_secs(1));
    nodes.queue(GRACE).await;
    assert_eq!(nodes.send_due().await, 2);
    let outbox = nodes.outbox().await;
    let [(JobState::Failed, 1, error)] = &*outbox else {
        panic!("{outbox:?}");
    };
    assert!(error.contains("550"), "{error}");
    assert_eq!(server.mails()[0].to, [GRACE]);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_older_than_a_day_is_given_up() {
    let server = MailServer::start();
    let nodes = Nodes::sending_to(&server);
    nodes.queue(ADA).await;
    nodes.advance_minutes(24 * 60);
    assert_eq!(nodes.send_due().await, 1);
    assert!(server.mails().is_empty());
    assert_eq!(nodes.outbox().await[0].0, JobState::Failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_nodes_send_each_mail_once() {
    let server = MailServer::start();
    let nodes = Nodes::sending_to(&server);
    let second = nodes.second_node();
    for number in 0..20 {
        nodes.queue(&format!("user{number}@example.com")).await;
    }
    let (first, second) = tokio::join!(nodes.send_due(), send_due(&second));
    assert_eq!(first + second, 20);
    let mut recipients: Vec<_> = server
        .mails()
        .into_iter()
        .flat_map(|mail| mail.to)
        .collect();
    recipients.sort();
    recipients.dedup();
    assert_eq!(recipients.len(), 20);
    assert_eq!(server.mails().len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn claim_of_a_dead_node_ends_with_its_lease() {
    let server = MailServer::start();
    let nodes = Nodes::sending_to(&server);
    nodes.queue(ADA).await;
    let claimed = jobs::claim(&nodes.state, JobKind::Mail).await.unwrap();
    assert_eq!(nodes.outbox().await[0].0, JobState::Claimed);
    nodes.advance_minutes(4);
    assert_eq!(send_due(&nodes.second_node()).await, 0);
    nodes.advance_minutes(1);
    assert_eq!(send_due(&nodes.second_node()).await, 1);
    assert_eq!(server.mails().len(), 1);
    // The node was only frozen. Its late result changes nothing.
    let late = jobs::settle(&nodes.state, claimed.as_ref().unwrap(), Outcome::Done);
    late.await.unwrap();
    assert_eq!(nodes.outbox().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn late_result_does_not_end_the_claim_of_another_node() {
    let nodes = Nodes::sending_to(&MailServer::start());
    nodes.queue(ADA).await;
    let frozen = jobs::claim(&nodes.state, JobKind::Mail).await.unwrap();
    nodes.advance_minutes(5);
    let present = jobs::claim(&nodes.second_node(), JobKind::Mail).await;
    assert!(present.unwrap().is_some());
    for late in [Outcome::Done, Outcome::Failed("late".to_owned())] {
        let frozen = frozen.as_ref().unwrap();
        jobs::settle(&nodes.state, frozen, late).await.unwrap();
        assert_eq!(
            nodes.outbox().await,
            [(JobState::Claimed, 2, String::new())]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_that_is_sent_twice_has_one_message_id() {
    let server = MailServer::start();
    let nodes = Nodes::sending_to(&server);
    server.answer_next(&[MailAnswer::Accept, MailAnswer::Drop]);
    nodes.queue(ADA).await;
    nodes.queue(GRACE).await;
    nodes.send_due().await;
    nodes.advance_minutes(1);
    nodes.send_due().await;
    let mails = server.mails();
    let ids: Vec<_> = mails.iter().map(|mail| mail.message()).collect();
    let ids: Vec<_> = ids.iter().map(|mail| mail.message_id().unwrap()).collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_no_mail_is_queued() {
    let nodes = Nodes::with(&[]);
    nodes.queue(ADA).await;
    assert_eq!(nodes.outbox().await, []);
}
