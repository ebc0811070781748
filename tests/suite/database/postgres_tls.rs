//! TLS to PostgreSQL (the feature `pg-tls`): Narthex connects to a verified server only.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::support::app::PASSWORD;
use crate::support::binary::Narthex;
use crate::support::client::Browser;
use crate::support::postgres_tls::{NAME, server};

/// Creates the database `name` and returns an installation that connects to it with these
/// parameters.
fn installed(name: &str, host: &str, parameters: &str) -> Narthex {
    server().execute(&format!("CREATE DATABASE {name}"));
    let address = server().database(name, host, parameters);
    Narthex::installed_with_tls().with("DATABASE_URL", &address)
}

fn verified_by(authority: &str) -> String {
    let file = server().authority(authority);
    format!("sslmode=verify-full&sslrootcert={file}")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn connections_to_the_verified_server_are_encrypted() {
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
    // The query fails if a connection is not encrypted, or if there is none.
    server().execute(
        "SELECT 1 / min(s.ssl::int) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) \
         WHERE a.datname = 'meant'",
    );
    serving.stop().expect_code(0);
}

#[test]
#[ignore = "needs PostgreSQL: use scripts/test"]
fn server_certificate_of_another_authority_is_refused() {
    let narthex = installed("wrong_authority", NAME, &verified_by("other"));
    let line = narthex.run(&["migrate"]).expect_error();
    assert!(line.contains("certificate verify failed"), "{line}");
    assert!(!line.contains("hunter2"), "{line}");
}

#[test]
#[ignore = "needs PostgreSQL: use scripts/test"]
fn server_certificate_for_another_name_is_refused() {
    let narthex = installed("wrong_name", "other.example.com", &verified_by("ca"));
    let line = narthex.run(&["migrate"]).expect_error();
    assert!(line.contains("does not match host name"), "{line}");
}

#[test]
#[ignore = "needs PostgreSQL: use scripts/test"]
fn connection_without_tls_is_refused_by_the_server() {
    let narthex = installed("in_the_clear", NAME, "sslmode=disable");
    let line = narthex.run(&["migrate"]).expect_error();
    assert!(line.contains("no encryption"), "{line}");
}

/// Returns an installation on a database of its own that uses this certificate, or none, instead of
/// a password.
fn with_certificate(name: &str, certificate: Option<&str>) -> Narthex {
    let certificate = certificate.map(|name| server().certificate(name));
    let parameters = [Some(verified_by("ca")), certificate];
    let parameters = parameters.into_iter().flatten().collect::<Vec<_>>();
    let parameters = parameters.join("&");
    let address = server().certified_database(name, &parameters);
    Narthex::installed_with_tls().with("DATABASE_URL", &address)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn client_certificate_replaces_the_password() {
    let narthex = with_certificate("by_certificate", Some("client"));
    narthex.run(&["migrate"]).expect_code(0);
    let serving = narthex.serve();
    let browser = Browser::at(&serving.url);
    browser.get("/register").await.expect_status(200);
    // The query fails if a connection has no client certificate.
    server().execute(
        "SELECT 1 / min((s.client_dn = '/CN=certified')::int) FROM pg_stat_ssl s \
         JOIN pg_stat_activity a USING (pid) WHERE a.datname = 'by_certificate'",
    );
    serving.stop().expect_code(0);
}

#[test]
#[ignore = "needs PostgreSQL: use scripts/test"]
fn missing_or_wrong_client_certificate_is_refused() {
    for (name, certificate, reason) in [
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
        let narthex = with_certificate(name, certificate);
        let line = narthex.run(&["migrate"]).expect_error();
        assert!(line.contains(reason), "{name}: {line}");
    }
}

#[test]
#[ignore = "needs PostgreSQL: use scripts/test"]
fn tls_cannot_be_downgraded() {
    // The server denies TLS, as an attacker in the network would (PostgreSQL documentation, section
    // 54.2.10).
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let received = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 8];
        stream.read_exact(&mut request).unwrap();
        stream.write_all(b"N").unwrap();
        let mut received = Vec::new();
        stream.read_to_end(&mut received).unwrap();
        received
    });
    let address = format!(
        "postgres://narthex:hunter2@localhost:{port}/narthex?hostaddr=127.0.0.1&{}",
        verified_by("ca")
    );
    let narthex = Narthex::installed_with_tls().with("DATABASE_URL", &address);
    let line = narthex.run(&["migrate"]).expect_error();
    assert!(line.contains("does not support SSL"), "{line}");
    assert_eq!(received.join().unwrap(), b"", "no unencrypted bytes");
}
