//! TLS to PostgreSQL (the feature `pg-tls`): with the server that is meant, or not at all.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::support::app::PASSWORD;
use crate::support::binary::Narthex;
use crate::support::client::Browser;
use crate::support::postgres_tls::{NAME, server};

/// An installation on the database `name`, which is made; the rest says how it is reached.
fn installed(name: &str, host: &str, parameters: &str) -> Narthex {
    server().execute(&format!("CREATE DATABASE {name}"));
    let address = server().database(name, host, parameters);
    Narthex::installed().with("DATABASE_URL", &address)
}

fn verified_by(authority: &str) -> String {
    let file = server().authority(authority);
    format!("sslmode=verify-full&sslrootcert={file}")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_that_is_meant_is_talked_to_and_nobody_reads_along() {
    let narthex = installed("meant", NAME, &verified_by("ca"));
    narthex.run(&["check"]).expect_code(0);
    let serving = narthex.serve();
    let browser = Browser::at(&serving.url);
    let form = [
        ("name", "Ada"),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
    ];
    browser
        .post("/register", &form)
        .await
        .expect_redirect("/account");
    browser.get("/account").await.expect_status(200);
    // Fails where one of them is in the clear, and where there is none.
    server().execute(
        "SELECT 1 / min(s.ssl::int) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) \
         WHERE a.datname = 'meant'",
    );
    serving.stop().expect_code(0);
}

#[test]
fn who_has_a_certificate_by_somebody_else_is_not_talked_to() {
    let narthex = installed("wrong_authority", NAME, &verified_by("other"));
    let line = narthex.run(&["migrate"]).expect_error();
    assert!(line.contains("certificate verify failed"), "{line}");
    assert!(!line.contains("hunter2"), "{line}");
}

#[test]
fn who_has_a_certificate_for_another_name_is_not_talked_to() {
    let narthex = installed("wrong_name", "other.example.com", &verified_by("ca"));
    let line = narthex.run(&["migrate"]).expect_error();
    assert!(line.contains("does not match host name"), "{line}");
}

#[test]
fn what_asks_for_no_tls_is_turned_away_by_a_server_that_does() {
    let narthex = installed("in_the_clear", NAME, "sslmode=disable");
    let line = narthex.run(&["migrate"]).expect_error();
    assert!(line.contains("no encryption"), "{line}");
}

/// An installation that shows this certificate, or none, instead of a password, on a database of its own.
fn certified(name: &str, certificate: Option<&str>) -> Narthex {
    let certificate = certificate.map(|name| server().certificate(name));
    let parameters = [Some(verified_by("ca")), certificate];
    let parameters = parameters.into_iter().flatten().collect::<Vec<_>>();
    let parameters = parameters.join("&");
    let address = server().certified_database(name, &parameters);
    Narthex::installed().with("DATABASE_URL", &address)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_for_a_certificate_lets_in_who_has_the_right_one_without_a_password() {
    let narthex = certified("by_certificate", Some("client"));
    narthex.run(&["migrate"]).expect_code(0);
    let serving = narthex.serve();
    let browser = Browser::at(&serving.url);
    browser.get("/register").await.expect_status(200);
    // Fails where one of them showed none.
    server().execute(
        "SELECT 1 / min((s.client_dn = '/CN=certified')::int) FROM pg_stat_ssl s \
         JOIN pg_stat_activity a USING (pid) WHERE a.datname = 'by_certificate'",
    );
    serving.stop().expect_code(0);
}

#[test]
fn who_has_no_certificate_or_another_s_is_turned_away_by_a_server_that_asks_for_one() {
    for (name, certificate, why) in [
        (
            "no_certificate",
            None,
            "requires a valid client certificate",
        ),
        ("a_forged_certificate", Some("forged"), "unknown ca"),
        (
            "another_s_certificate",
            Some("another"),
            "authentication failed for user",
        ),
    ] {
        let narthex = certified(name, certificate);
        let line = narthex.run(&["migrate"]).expect_error();
        assert!(line.contains(why), "{name}: {line}");
    }
}

#[test]
fn nobody_can_talk_it_out_of_tls() {
    // Answers that it has none, as somebody on the way would (PostgreSQL documentation, section 54.2.10).
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 8];
        stream.read_exact(&mut request).unwrap();
        stream.write_all(b"N").unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).unwrap();
        heard
    });
    let address = format!(
        "postgres://narthex:hunter2@localhost:{port}/narthex?hostaddr=127.0.0.1&{}",
        verified_by("ca")
    );
    let narthex = Narthex::installed().with("DATABASE_URL", &address);
    let line = narthex.run(&["migrate"]).expect_error();
    assert!(line.contains("does not support SSL"), "{line}");
    assert_eq!(heard.join().unwrap(), b"", "said in the clear");
}
