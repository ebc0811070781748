//! `narthex mail` and the check of the mail server.

use crate::support::addresses::unused_address;
use crate::support::app::migrate;
use crate::support::database::Database;
use crate::support::mail_server::{MailAnswer, MailServer};
use crate::support::operator::Operator;
use crate::support::page::ADA;

fn operator(url: &str) -> Operator {
    Operator::on(Database::fresh(migrate))
        .with("NARTHEX_SMTP_URL", url)
        .with("NARTHEX_CONTACT", crate::support::mail_server::CONTACT)
}

#[test]
fn mail_test_sends_a_mail_and_reports_the_answer() {
    let server = MailServer::start();
    let operator = operator(&server.url());
    let output = operator.run_ok(&["mail", "test", ADA]);
    assert!(output.contains("accepted"), "{output}");
    assert_eq!(server.mails()[0].to, [ADA]);
    server.answer_next(&[MailAnswer::Refuse("550 no such user")]);
    let error = operator.run_err(&["mail", "test", ADA]);
    assert!(error.contains("550"), "{error}");
}

#[test]
fn mail_test_names_the_server_that_does_not_answer() {
    let address = unused_address();
    let operator = operator(&format!("smtp://{address}?tls=none"));
    let error = operator.run_err(&["mail", "test", ADA]);
    let (ip, port) = (address.ip(), address.port());
    let start = format!("the mail server {ip}, port {port}: ");
    assert!(error.starts_with(&start), "{error}");
}

#[test]
fn mail_server_without_tls_is_named_with_the_setting() {
    let server = MailServer::start();
    let url = server.url();
    let address = url.split('?').next().expect("an address");
    let error = operator(address).run_err(&["mail", "test", ADA]);
    assert!(error.contains("STARTTLS is not supported"), "{error}");
    assert!(
        error.contains("tls=none after the host of NARTHEX_SMTP_URL"),
        "{error}"
    );
}

#[test]
fn mail_test_without_a_mail_server_names_the_setting() {
    let operator = Operator::on(Database::fresh(migrate));
    let error = operator.run_err(&["mail", "test", ADA]);
    assert!(error.contains("NARTHEX_SMTP_URL"), "{error}");
}

#[test]
fn mail_list_shows_the_outbox() {
    let operator = operator(&format!("smtp://{}?tls=none", unused_address()));
    assert_eq!(
        operator.json(&["mail", "list"])["data"],
        serde_json::json!([])
    );
}

#[test]
fn check_reports_whether_the_mail_server_answers() {
    let server = MailServer::start();
    let answers = operator(&server.url()).run_ok(&["check"]);
    assert!(answers.contains("answers"), "{answers}");
    let down = operator(&format!("smtp://{}?tls=none", unused_address()));
    let warning = down.run_ok(&["check"]);
    let line = warning.lines().find(|line| line.contains(" mail "));
    assert!(
        line.is_some_and(|line| line.starts_with("warn")),
        "{warning}"
    );
}

#[test]
fn mail_server_without_a_contact_stops_the_start() {
    let operator = Operator::on(Database::fresh(migrate)).with("NARTHEX_SMTP_URL", "smtps://h");
    let error = operator.run_err(&["migrate"]);
    assert!(error.contains("NARTHEX_CONTACT"), "{error}");
}
