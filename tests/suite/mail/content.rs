//! The text and the headers of each mail.

use super::Nodes;
use crate::support::mail_server::MailServer;
use crate::support::page::ADA;

#[tokio::test(flavor = "multi_thread")]
async fn mail_has_the_headers_of_an_automatic_message() {
    let server = MailServer::start();
    let nodes = Nodes::with(&[
        ("NARTHEX_SMTP_URL", &server.url()),
        ("NARTHEX_APP_NAME", "Zoë’s Shop"),
        ("NARTHEX_PUBLIC_URL", "https://accounts.example.com"),
    ]);
    nodes.queue(ADA).await;
    nodes.send_due().await;
    let mail = server.wait_for(0);
    let message = mail.message();
    assert_eq!(mail.from, "noreply@accounts.example.com");
    let from = message.from().unwrap().first().unwrap();
    assert_eq!(from.name(), Some("Zoë’s Shop"));
    assert_eq!(mail.subject(), "Zoë’s Shop: test of email");
    assert!(
        message
            .message_id()
            .unwrap()
            .ends_with("@accounts.example.com")
    );
    assert_eq!(message.date().unwrap().to_rfc3339(), "2026-11-22T12:30:00Z");
    assert_eq!(
        message.header_raw("Auto-Submitted").unwrap().trim(),
        "auto-generated"
    );
    assert_eq!(
        (message.text_body_count(), message.html_body_count()),
        (1, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn name_with_markup_is_text_in_the_mail() {
    let server = MailServer::start();
    let nodes = Nodes::with(&[
        ("NARTHEX_SMTP_URL", &server.url()),
        ("NARTHEX_APP_NAME", "<b>Shop</b>"),
    ]);
    nodes.queue(ADA).await;
    nodes.send_due().await;
    let mail = server.wait_for(0);
    assert!(mail.text().contains("<b>Shop</b> can send email."));
    assert!(!mail.html().contains("<b>Shop"), "{}", mail.html());
}

#[tokio::test(flavor = "multi_thread")]
async fn address_of_an_international_domain_is_encoded() {
    let server = MailServer::start();
    let nodes = Nodes::sending_to(&server);
    nodes.queue("ada@bücher.example").await;
    nodes.send_due().await;
    assert_eq!(server.wait_for(0).to, ["ada@xn--bcher-kva.example"]);
}
