//! `NARTHEX_SMTP_URL`, which decides where mails go and how.
#![no_main]

use std::net::IpAddr;

use libfuzzer_sys::fuzz_target;
use narthex::config::{MailServer, MailTarget, Tls};
use narthex_fuzz::base64;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        check(text);
        check_password(text);
    }
});

fn check(text: &str) {
    let server = match MailTarget::parse(text) {
        Err(remedy) => return assert!(remedy.starts_with("give ") || remedy.starts_with("tls=")),
        Ok(MailTarget::Folder(folder)) => {
            assert!(text.starts_with("file:") && !folder.as_os_str().is_empty());
            return;
        }
        Ok(MailTarget::Server(server)) => server,
    };
    assert!(!server.host.is_empty() && server.port != 0);
    let is_part = |c: char| c.is_control() || c.is_whitespace() || "/?#@[]".contains(c);
    assert!(!server.host.contains(is_part), "{}", server.host);
    // The links in mails cross no network in clear text.
    if server.tls == Tls::None {
        let host = &server.host;
        let address = host.parse::<IpAddr>().ok();
        assert!(
            host == "localhost" || address.is_some_and(|address| address.is_loopback()),
            "{host}"
        );
    }
    // The parts, written as a URL again, are the same target.
    let again = match MailTarget::parse(&written(&server)) {
        Ok(MailTarget::Server(again)) => again,
        _ => panic!("{} is refused", written(&server)),
    };
    assert_eq!(
        (&again.host, again.port, again.tls),
        (&server.host, server.port, server.tls)
    );
    let login = |server: &MailServer| {
        let login = server.login.as_ref();
        login.map(|(user, password)| (user.clone(), password.expose().to_owned()))
    };
    assert_eq!(login(&again), login(&server));
}

fn written(server: &MailServer) -> String {
    let (scheme, query) = match server.tls {
        Tls::Implicit => ("smtps", ""),
        Tls::Required => ("smtp", "?tls=required"),
        Tls::Opportunistic => ("smtp", "?tls=opportunistic"),
        Tls::None => ("smtp", "?tls=none"),
    };
    let login = server
        .login
        .as_ref()
        .map(|(user, password)| format!("{}:{}@", encoded(user), encoded(password.expose())));
    let host = match server.host.contains(':') {
        true => format!("[{}]", server.host),
        false => server.host.clone(),
    };
    let login = login.unwrap_or_default();
    format!("{scheme}://{login}{host}:{}{query}", server.port)
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Checks that any password, percent-encoded, is the password of the login.
fn check_password(text: &str) {
    // A name for the user that no two inputs share and that needs no encoding.
    let user = base64(text.as_bytes()).replace(['+', '/', '='], "x");
    if user.is_empty() {
        return;
    }
    let url = format!("smtps://{user}:{}@mail.example.com", encoded(text));
    let Ok(MailTarget::Server(server)) = MailTarget::parse(&url) else {
        panic!("{url} is refused");
    };
    let login = server.login.expect("a login");
    assert_eq!((login.0, login.1.expose()), (user, text));
    assert_eq!(server.host, "mail.example.com");
}
