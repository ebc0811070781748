//! A mail server and a parser of mails that others wrote: aiosmtpd and Python's email library.

use narthex::jobs::JobState;

use super::Nodes;
use crate::support::addresses::unused_address;
use crate::support::aiosmtpd::Aiosmtpd;
use crate::support::app::{PASSWORD, TestApp, migrate};
use crate::support::client::AnonymousClient;
use crate::support::database::Database;
use crate::support::mail_server::{CONTACT, MailServer, link_in};
use crate::support::operator::Operator;
use crate::support::page::{ADA, GRACE};

const NAME: &str = "Zoë’s Shop";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs aiosmtpd: use scripts/test"]
async fn independent_parser_reads_every_part_of_a_mail() {
    let server = Aiosmtpd::answering(&[]);
    let app = TestApp::start_with(&[
        ("NARTHEX_SMTP_URL", &server.url()),
        ("NARTHEX_CONTACT", CONTACT),
        ("NARTHEX_APP_NAME", NAME),
    ]);
    let browser = app.browser();
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    browser.post("/register", &form).await.expect_status(303);
    let mail = tokio::task::block_in_place(|| server.wait_for_mail_to(ADA));
    assert_eq!(mail.defects, Vec::<String>::new());
    let parts = ["multipart/alternative", "text/plain", "text/html"];
    assert_eq!(mail.parts, parts);
    let expected = [
        ("To", ADA.to_owned()),
        ("From", format!("{NAME} <{}>", mail.from)),
        ("Date", "Sun, 22 Nov 2026 12:30:00 +0000".to_owned()),
        ("Auto-Submitted", "auto-generated".to_owned()),
        ("MIME-Version", "1.0".to_owned()),
    ];
    for (name, value) in expected {
        assert_eq!(mail.header(name), value, "{name}");
    }
    assert!(mail.header("Subject").starts_with(NAME), "{mail:?}");
    assert!(mail.header("Message-ID").ends_with('>'), "{mail:?}");
    // The limit of RFC 5321, section 4.5.3.1.6, without the end of the line.
    assert!(mail.longest_line <= 998, "{}", mail.longest_line);

    let link = link_in(&mail.text);
    assert!(mail.html.contains(&link), "{}", mail.html);
    browser.get(&link).await.expect_redirect("/verify-email");
    let form = [("current_password", PASSWORD)];
    let verified = browser.post("/verify-email", &form).await;
    verified.expect_redirect("/login");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs aiosmtpd: use scripts/test"]
async fn independent_server_gets_a_mail_after_each_failure() {
    for failure in ["451 try later", "drop", "hang"] {
        let server = Aiosmtpd::answering(&[failure]);
        let nodes = Nodes::with(&[("NARTHEX_SMTP_URL", &server.url())]);
        nodes.queue(ADA).await;
        assert_eq!(nodes.send_due().await, 1);
        let outbox = nodes.outbox().await;
        assert!(
            matches!(&*outbox, [(JobState::Waiting, 1, _)]),
            "{failure}: {outbox:?}"
        );
        nodes.advance_minutes(1);
        assert_eq!(nodes.send_due().await, 1);
        assert_eq!(nodes.outbox().await, [], "{failure}");
        assert_eq!(server.stop(), [ADA], "{failure}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs aiosmtpd: use scripts/test"]
async fn independent_server_that_refuses_for_ever_is_left_alone() {
    let server = Aiosmtpd::answering(&["550 no such user"]);
    let nodes = Nodes::with(&[("NARTHEX_SMTP_URL", &server.url())]);
    nodes.queue(ADA).await;
    nodes.send_due().await;
    let outbox = nodes.outbox().await;
    let [(JobState::Failed, 1, error)] = &*outbox else {
        panic!("{outbox:?}");
    };
    assert!(error.contains("550"), "{error}");
    nodes.advance_minutes(24 * 60);
    assert_eq!(nodes.send_due().await, 0);
    nodes.queue(GRACE).await;
    nodes.send_due().await;
    assert_eq!(server.stop(), [GRACE]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs aiosmtpd: use scripts/test"]
async fn independent_server_gets_the_login_inside_tls() {
    let server = Aiosmtpd::with_tls(Some("narthex:a p@ss:word"));
    let url = format!("smtp://narthex:a%20p%40ss%3Aword@127.0.0.1:{}", server.port);
    let authority = MailServer::authority();
    let nodes = Nodes::with(&[
        ("NARTHEX_SMTP_URL", &url),
        ("NARTHEX_SMTP_CA_FILE", authority.to_str().unwrap()),
    ]);
    nodes.queue(ADA).await;
    nodes.send_due().await;
    assert_eq!(nodes.outbox().await, []);
    let mail = server.wait_for_mail_to(ADA);
    assert!(mail.encrypted);
    assert_eq!(mail.user.as_deref(), Some("narthex"));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs aiosmtpd: use scripts/test"]
async fn bad_certificate_is_reported_and_gets_no_mail() {
    let server = Aiosmtpd::with_tls(None);
    let url = format!("smtp://127.0.0.1:{}", server.port);
    let metrics = unused_address().to_string();
    let operator = Operator::on(Database::fresh(migrate))
        .with("NARTHEX_SMTP_URL", &url)
        .with("NARTHEX_CONTACT", CONTACT)
        .with("NARTHEX_METRICS_LISTEN", &metrics);
    let checked = operator.run_ok(&["check"]);
    let finding = checked.lines().find(|line| line.contains(" mail "));
    let finding = finding.expect("a line about mail");
    assert!(finding.starts_with("warn"), "{finding}");
    assert!(finding.contains("NARTHEX_SMTP_CA_FILE"), "{finding}");

    let running = operator.serve();
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    let client = AnonymousClient::at(&running.url);
    client.post("/register", &form).await.expect_status(303);
    tokio::task::block_in_place(|| assert!(running.logs("mail not sent; retrying later")));
    let metrics = AnonymousClient::at(&format!("http://{metrics}"));
    let counted = "narthex_mail_failed_total{final=\"no\"} 1";
    metrics.get("/metrics").await.expect_text(counted);
    let log = running.stop().stderr;
    let line = log.lines().find(|line| line.contains("mail not sent"));
    let line = line.expect("a line");
    assert!(line.contains("NARTHEX_SMTP_CA_FILE"), "{line}");
    assert_eq!(server.stop(), Vec::<String>::new());
}
