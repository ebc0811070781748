//! Parses the settings of mail.

use std::path::PathBuf;

use lettre::message::Mailbox;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::{crypto::secret::SecretString, types::email::Email, util::unicode};

/// The port of a submission with implicit TLS (RFC 8314, section 3.3).
const IMPLICIT_TLS_PORT: u16 = 465;
/// The port of a submission with STARTTLS (RFC 6409, section 3.1).
const SUBMISSION_PORT: u16 = 587;

/// The destination of mails.
#[derive(Clone)]
pub enum MailTarget {
    /// A server that takes mails by SMTP.
    Server(MailServer),
    /// A folder, to try mails out. Each mail is a file.
    Folder(PathBuf),
}

/// A server that takes mails by SMTP (RFC 5321).
#[derive(Clone)]
pub struct MailServer {
    /// The name or the address of the server, which its certificate must have.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The use of TLS.
    pub tls: Tls,
    /// The user and the password.
    pub login: Option<(String, SecretString)>,
    /// Certificates in PEM that are accepted in addition to those of the system.
    pub authorities: Vec<u8>,
}

/// The use of TLS on the connection to a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// The connection begins with TLS.
    Implicit,
    /// The connection changes to TLS (STARTTLS), or no mail is sent.
    Required,
    /// The connection changes to TLS if the server offers it. The certificate is not verified.
    Opportunistic,
    /// No TLS, to a server on the same machine.
    None,
}

impl MailTarget {
    /// Parses `smtps://HOST`, `smtp://HOST` or `file:FOLDER`.
    ///
    /// # Errors
    /// Returns a description of a valid value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const REMEDY: &str = "give smtps://USER@HOST, smtp://USER@HOST:587 or file:FOLDER";
        if let Some(folder) = text.strip_prefix("file:") {
            let folder = folder.strip_prefix("//").unwrap_or(folder);
            return if folder.is_empty() {
                Err(REMEDY)
            } else {
                Ok(Self::Folder(PathBuf::from(folder)))
            };
        }
        let url = Url::parse(text).map_err(|_| REMEDY)?;
        // The scheme is unknown to the parser, so the host is still as typed. `%6cocalhost` must not
        // count as this machine and then be looked up under that name.
        let host = Host::parse(url.host_str().ok_or(REMEDY)?).map_err(|_| REMEDY)?;
        let is_plain = matches!(url.path(), "" | "/") && url.fragment().is_none();
        if !is_plain {
            return Err(REMEDY);
        }
        let tls = tls(&url, is_loopback(&host))?;
        let port = match tls {
            Tls::Implicit => IMPLICIT_TLS_PORT,
            _ => SUBMISSION_PORT,
        };
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().map(String::from);
        let port = url.port().unwrap_or(port);
        // A password without a user would be ignored, and no server listens on port 0.
        if port == 0 || url.username().is_empty() && url.password().is_some() {
            return Err(REMEDY);
        }
        let login = match url.username() {
            "" => None,
            user => {
                let password = url.password().unwrap_or_default();
                let user = decoded(user).map_err(|_| REMEDY)?;
                let password = decoded(password).map_err(|_| REMEDY)?;
                Some((user, SecretString::new(password)))
            }
        };
        Ok(Self::Server(MailServer {
            host: host.to_string().trim_matches(['[', ']']).to_owned(),
            port,
            tls,
            login,
            authorities: Vec::new(),
        }))
    }
}

/// Returns the use of TLS that the scheme and the query of a URL name.
fn tls(url: &Url, is_loopback: bool) -> Result<Tls, &'static str> {
    const REMEDY: &str = "give tls=required, tls=opportunistic or tls=none after the host of \
                          smtp://, or smtps:// without a query";
    let mut query = url.query_pairs();
    let chosen = match (query.next(), query.next()) {
        (None, _) => None,
        (Some((name, value)), None) if name == "tls" => Some(value),
        _ => return Err(REMEDY),
    };
    match (url.scheme(), chosen.as_deref()) {
        ("smtps", None) => Ok(Tls::Implicit),
        ("smtp", None | Some("required")) => Ok(Tls::Required),
        ("smtp", Some("opportunistic")) => Ok(Tls::Opportunistic),
        ("smtp", Some("none")) if is_loopback => Ok(Tls::None),
        ("smtp", Some("none")) => Err(
            "tls=none sends the links of mails in clear text, so the server must be on this \
             machine (127.0.0.1, ::1 or localhost); use smtps:// or tls=required",
        ),
        ("smtps" | "smtp", _) => Err(REMEDY),
        _ => Err("give smtps://USER@HOST, smtp://USER@HOST:587 or file:FOLDER"),
    }
}

fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name == "localhost",
    }
}

/// The sender of every mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(Mailbox);

impl Sender {
    /// Parses `ADDRESS` or `NAME <ADDRESS>`.
    ///
    /// # Errors
    /// Returns a description of a valid value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let is_visible = !text.chars().any(unicode::is_unprintable);
        let mailbox = text.parse::<Mailbox>().ok().filter(|_| is_visible);
        mailbox
            .map(Self)
            .ok_or("give an address or a name and an address, such as Shop <accounts@example.com>")
    }

    /// Returns the name and the address.
    #[must_use]
    pub const fn mailbox(&self) -> &Mailbox {
        &self.0
    }
}

/// The address or the URL of the people who help users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact(String);

impl Contact {
    /// Parses an e-mail address or an https URL.
    ///
    /// # Errors
    /// Returns a description of a valid value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let address = text.strip_prefix("mailto:").unwrap_or(text);
        if let Ok(email) = Email::parse(address) {
            return Ok(Self(email.as_str().to_owned()));
        }
        let url = Url::parse(text).ok();
        url.filter(|url| matches!(url.scheme(), "http" | "https"))
            .filter(|url| url.username().is_empty() && url.password().is_none())
            .map(|url| Self(url.into()))
            .ok_or("give an address or a URL, such as help@example.com or https://example.com/help")
    }

    /// Returns the address or the URL, for display.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads the file with the certificates of further authorities.
pub(super) fn authorities(path: &str) -> Result<Vec<u8>, String> {
    const REMEDY: &str = "give a file with certificates in PEM";
    let pem =
        std::fs::read(path).map_err(|error| format!("it cannot be read ({error}); {REMEDY}"))?;
    lettre::transport::smtp::client::Certificate::from_pem(&pem)
        .map_err(|_| format!("it contains no certificate; {REMEDY}"))?;
    let has_certificate = pem
        .windows(b"BEGIN CERTIFICATE".len())
        .any(|part| part == b"BEGIN CERTIFICATE");
    if has_certificate {
        Ok(pem)
    } else {
        Err(format!("it contains no certificate; {REMEDY}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str) -> MailServer {
        match MailTarget::parse(url) {
            Ok(MailTarget::Server(server)) => server,
            Ok(MailTarget::Folder(_)) => panic!("{url} is a folder"),
            Err(remedy) => panic!("{url}: {remedy}"),
        }
    }

    #[test]
    fn scheme_and_query_decide_tls_and_port() {
        for (url, tls, port) in [
            ("smtps://mail.example.com", Tls::Implicit, 465),
            ("smtp://mail.example.com", Tls::Required, 587),
            ("smtp://mail.example.com:25?tls=required", Tls::Required, 25),
            (
                "smtp://mail.example.com?tls=opportunistic",
                Tls::Opportunistic,
                587,
            ),
            ("smtp://127.0.0.1:25?tls=none", Tls::None, 25),
            ("smtp://localhost:25/?tls=none", Tls::None, 25),
            ("smtp://[::1]:25?tls=none", Tls::None, 25),
        ] {
            let server = server(url);
            assert_eq!((server.tls, server.port), (tls, port), "{url}");
        }
        for (url, host) in [
            ("smtp://[::1]:25?tls=none", "::1"),
            ("smtp://127.1:25?tls=none", "127.0.0.1"),
            ("smtp://%6cocalhost?tls=none", "localhost"),
            ("smtps://Mail.bücher.example", "mail.xn--bcher-kva.example"),
        ] {
            assert_eq!(server(url).host, host, "{url}");
        }
    }

    #[test]
    fn login_is_percent_decoded() {
        let (user, password) = server("smtps://ada%40example.com:a%2Fb%3Ac@h")
            .login
            .unwrap();
        assert_eq!((&*user, password.expose()), ("ada@example.com", "a/b:c"));
    }

    #[test]
    fn mail_in_clear_text_stays_on_this_machine() {
        for url in [
            "smtp://mail.example.com?tls=none",
            "smtp://192.0.2.1?tls=none",
            "smtp://localhost.example.com?tls=none",
        ] {
            assert!(MailTarget::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn malformed_target_is_refused() {
        for url in [
            "",
            "mail.example.com",
            "http://mail.example.com",
            "smtp://",
            "smtps://h?tls=none",
            "smtp://h?tls=maybe",
            "smtp://h?tls=required&tls=none",
            "smtp://h?x=1",
            "smtp://h/path",
            "smtp://h:0",
            "smtp://:password@h",
            "file:",
        ] {
            assert!(MailTarget::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn sender_and_contact_are_parsed() {
        let sender = Sender::parse("Shop <accounts@example.com>").unwrap();
        assert_eq!(sender.mailbox().name.as_deref(), Some("Shop"));
        for text in [
            "",
            "Shop",
            "a@example.com\r\nBcc: b@example.com",
            "a@b, c@d",
        ] {
            assert!(Sender::parse(text).is_err(), "{text}");
        }
        for text in ["help@example.com", "https://example.com/help"] {
            let contact = Contact::parse(text);
            assert_eq!(contact.as_ref().map(Contact::as_str), Ok(text));
        }
        assert!(Contact::parse("javascript:alert(1)").is_err());
    }
}
