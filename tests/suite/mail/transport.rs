//! The connection to the mail server: TLS, login, failures, and the folder.

use std::os::unix::fs::PermissionsExt as _;

use narthex::jobs::JobState;

use super::Nodes;
use crate::support::addresses::unused_address;
use crate::support::mail_server::{MailAnswer, MailServer, Offer};
use crate::support::page::{ADA, GRACE};

const TLS: Offer = Offer {
    tls: true,
    login: None,
};

/// Expects that a mail is not sent yet, and returns the reason.
async fn expect_postponed(nodes: &Nodes) -> String {
    nodes.queue(ADA).await;
    assert_eq!(nodes.send_due().await, 1);
    let outbox = nodes.outbox().await;
    let [(JobState::Waiting, 1, error)] = &*outbox else {
        panic!("{outbox:?}");
    };
    error.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_is_used_for_several_mails() {
    let server = MailServer::start();
    let nodes = Nodes::sending_to(&server);
    for to in [ADA, GRACE] {
        nodes.queue(to).await;
    }
    assert_eq!(nodes.send_due().await, 2);
    assert_eq!(server.mails().len(), 2);
    assert_eq!(server.connections(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn certificate_of_a_named_authority_is_accepted() {
    let server = MailServer::offering(TLS);
    let nodes = Nodes::with(&[
        (
            "NARTHEX_SMTP_URL",
            &format!("smtp://127.0.0.1:{}", server.port),
        ),
        (
            "NARTHEX_SMTP_CA_FILE",
            MailServer::authority().to_str().unwrap(),
        ),
    ]);
    nodes.queue(ADA).await;
    assert_eq!(nodes.send_due().await, 1);
    assert!(server.mails()[0].encrypted);
}

#[tokio::test(flavor = "multi_thread")]
async fn certificate_of_an_unknown_authority_sends_nothing() {
    let server = MailServer::offering(TLS);
    let url = format!("smtp://127.0.0.1:{}", server.port);
    let nodes = Nodes::with(&[("NARTHEX_SMTP_URL", &url)]);
    let error = expect_postponed(&nodes).await;
    assert!(error.contains("NARTHEX_SMTP_CA_FILE"), "{error}");
    assert!(server.mails().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn certificate_of_another_host_sends_nothing() {
    let server = MailServer::offering(TLS);
    let nodes = Nodes::with(&[
        (
            "NARTHEX_SMTP_URL",
            &format!("smtp://localhost:{}", server.port),
        ),
        (
            "NARTHEX_SMTP_CA_FILE",
            MailServer::authority().to_str().unwrap(),
        ),
    ]);
    let error = expect_postponed(&nodes).await;
    assert!(error.contains("ertificate"), "{error}");
    assert!(server.mails().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn server_without_tls_gets_no_mail() {
    let server = MailServer::start();
    let url = format!("smtp://127.0.0.1:{}", server.port);
    let nodes = Nodes::with(&[("NARTHEX_SMTP_URL", &url)]);
    expect_postponed(&nodes).await;
    assert!(server.mails().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn opportunistic_tls_accepts_any_certificate() {
    for offer in [TLS, Offer::default()] {
        let server = MailServer::offering(offer);
        let url = format!("smtp://127.0.0.1:{}?tls=opportunistic", server.port);
        let nodes = Nodes::with(&[("NARTHEX_SMTP_URL", &url)]);
        nodes.queue(ADA).await;
        assert_eq!(nodes.send_due().await, 1);
        assert_eq!(server.mails()[0].encrypted, offer.tls);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn login_uses_the_password_of_the_file() {
    let server = MailServer::offering(Offer {
        login: Some(("narthex", "a p@ssword")),
        ..Offer::default()
    });
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "a p@ssword\n").unwrap();
    let url = format!("smtp://narthex@127.0.0.1:{}?tls=none", server.port);
    let nodes = Nodes::with(&[
        ("NARTHEX_SMTP_URL", &url),
        ("NARTHEX_SMTP_PASSWORD_FILE", password.to_str().unwrap()),
    ]);
    nodes.queue(ADA).await;
    assert_eq!(nodes.send_due().await, 1);
    assert_eq!(server.mails()[0].to, [ADA]);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_login_is_retried() {
    let server = MailServer::offering(Offer {
        login: Some(("narthex", "right")),
        ..Offer::default()
    });
    let url = format!("smtp://narthex:wrong@127.0.0.1:{}?tls=none", server.port);
    let nodes = Nodes::with(&[("NARTHEX_SMTP_URL", &url)]);
    let error = expect_postponed(&nodes).await;
    assert!(error.contains("535"), "{error}");
    assert!(!error.contains("wrong\""), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_connection_is_retried() {
    let server = MailServer::start();
    let nodes = Nodes::sending_to(&server);
    server.answer_next(&[MailAnswer::Drop]);
    expect_postponed(&nodes).await;
    nodes.advance_minutes(1);
    assert_eq!(nodes.send_due().await, 1);
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn server_that_hangs_is_given_up_after_ten_seconds() {
    let server = MailServer::start();
    let nodes = Nodes::sending_to(&server);
    server.answer_next(&[MailAnswer::Hang]);
    expect_postponed(&nodes).await;
    nodes.advance_minutes(1);
    assert_eq!(nodes.send_due().await, 1);
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn server_that_is_down_is_retried() {
    let url = format!("smtp://{}?tls=none", unused_address());
    let nodes = Nodes::with(&[("NARTHEX_SMTP_URL", &url)]);
    let error = expect_postponed(&nodes).await;
    assert!(error.contains("refused"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn folder_gets_a_private_file_for_each_mail() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("mails");
    let url = format!("file:{}", folder.display());
    let nodes = Nodes::with(&[("NARTHEX_SMTP_URL", &url)]);
    for to in [ADA, GRACE] {
        nodes.queue(to).await;
    }
    assert_eq!(nodes.send_due().await, 2);
    let files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(files.len(), 2);
    for file in files {
        assert_eq!(file.path().extension().unwrap(), "eml");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert!(
            text.contains("Auto-Submitted: auto-generated\r\n"),
            "{text}"
        );
    }
}
