//! A mail server for tests: it takes mails by SMTP and answers as a test wants.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use mail_parser::{Message, MessageParser};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::mount;

/// The time for which a test waits for a mail.
const PATIENCE: Duration = Duration::from_secs(30);

/// The answer to one mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailAnswer {
    Accept,
    /// Refuses the recipient with this line.
    Refuse(&'static str),
    /// Takes the whole mail and closes the connection without an answer.
    Drop,
    /// Does not answer the recipient until the client closes the connection.
    Hang,
    /// Accepts the whole mail, and does not answer until the client closes the connection.
    AcceptSilently,
}

/// The extensions that the server offers and requires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Offers STARTTLS, with a certificate of the test authority for 127.0.0.1.
    pub tls: bool,
    /// Requires this user and this password.
    pub login: Option<(&'static str, &'static str)>,
}

/// The contact of the operator, which a server with mail needs.
pub const CONTACT: &str = "help@example.com";

pub struct MailServer {
    pub port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    offer: Offer,
    answers: Mutex<VecDeque<MailAnswer>>,
    mails: Mutex<Vec<ReceivedMail>>,
    arrived: Condvar,
    connections: Mutex<usize>,
}

/// A mail that the server has accepted.
#[derive(Clone, Debug)]
pub struct ReceivedMail {
    pub from: String,
    pub to: Vec<String>,
    /// Whether the connection was encrypted.
    pub encrypted: bool,
    pub raw: String,
}

impl MailServer {
    /// A server that accepts every mail, without TLS.
    pub fn start() -> Self {
        Self::offering(Offer::default())
    }

    pub fn offering(offer: Offer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared {
            offer,
            ..Shared::default()
        });
        let of_thread = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&of_thread);
                *shared.connections.lock().unwrap() += 1;
                std::thread::spawn(move || drop(serve(&shared, stream)));
            }
        });
        Self { port, shared }
    }

    /// The value of `NARTHEX_SMTP_URL` for a server without TLS.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none", self.port)
    }

    /// The file with the certificate of the test authority.
    pub fn authority() -> PathBuf {
        let suite = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/suite");
        suite.join("support/mail_server/authority.pem")
    }

    /// Answers the next mails like this, one after the other. Later mails are accepted.
    pub fn answer_next(&self, answers: &[MailAnswer]) {
        let mut all = self.shared.answers.lock().unwrap();
        all.extend(answers);
    }

    /// The accepted mails, the oldest first.
    pub fn mails(&self) -> Vec<ReceivedMail> {
        self.shared.mails.lock().unwrap().clone()
    }

    /// Waits for the mail with this index and returns it.
    pub fn wait_for(&self, index: usize) -> ReceivedMail {
        self.wait_until(|mails| mails.get(index).cloned())
    }

    /// Waits for the first mail to this address. Mails to different addresses arrive in any order.
    pub fn wait_for_mail_to(&self, address: &str) -> ReceivedMail {
        self.wait_for_mail(|mail| mail.to == [address])
    }

    /// Waits for the first mail with this property.
    pub fn wait_for_mail(&self, has_property: impl Fn(&ReceivedMail) -> bool) -> ReceivedMail {
        self.wait_until(|mails| mails.iter().find(|mail| has_property(mail)).cloned())
    }

    fn wait_until(&self, find: impl Fn(&[ReceivedMail]) -> Option<ReceivedMail>) -> ReceivedMail {
        let mails = self.shared.mails.lock().unwrap();
        let (mails, _) = self
            .shared
            .arrived
            .wait_timeout_while(mails, PATIENCE, |mails| find(mails).is_none())
            .unwrap();
        find(&mails).unwrap_or_else(|| panic!("the mail did not arrive: {mails:?}"))
    }

    /// The number of connections so far.
    pub fn connections(&self) -> usize {
        *self.shared.connections.lock().unwrap()
    }
}

impl ReceivedMail {
    pub fn message(&self) -> Message<'_> {
        let parsed = MessageParser::default().parse(self.raw.as_bytes());
        parsed.expect("a message of RFC 5322")
    }

    pub fn subject(&self) -> String {
        self.message().subject().expect("a subject").to_owned()
    }

    pub fn text(&self) -> String {
        let text = self.message();
        text.body_text(0).expect("a plain text").into_owned()
    }

    pub fn html(&self) -> String {
        let html = self.message();
        html.body_html(0).expect("an HTML text").into_owned()
    }

    /// The one link of the mail, without its origin and the mount.
    pub fn link(&self) -> String {
        link_in(&self.text())
    }

    /// The code of the mail.
    pub fn code(&self) -> String {
        let text = self.text();
        let code = text.lines().find(|line| {
            line.len() == 9
                && line.bytes().enumerate().all(|(at, byte)| {
                    if at == 4 {
                        byte == b'-'
                    } else {
                        byte.is_ascii_uppercase()
                    }
                })
        });
        code.unwrap_or_else(|| panic!("no code in: {text}"))
            .to_owned()
    }
}

/// The one link of a text, without its origin and the mount.
pub fn link_in(text: &str) -> String {
    let links: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("http"))
        .collect();
    assert_eq!(links.len(), 1, "{text}");
    let path = links[0].splitn(4, '/').nth(3).expect("a path");
    let path = format!("/{path}");
    // Clients add the mount.
    let mount = mount::from_environment();
    path.strip_prefix(mount.as_str())
        .unwrap_or(&path)
        .to_owned()
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

fn read_line(stream: &mut dyn Stream) -> io::Result<String> {
    let mut line = Vec::new();
    let mut byte = [0];
    while !line.ends_with(b"\r\n") {
        stream.read_exact(&mut byte)?;
        line.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

fn say(stream: &mut dyn Stream, line: &str) -> io::Result<()> {
    stream.write_all(format!("{line}\r\n").as_bytes())?;
    stream.flush()
}

fn serve(shared: &Shared, stream: TcpStream) -> io::Result<()> {
    let mut tcp = stream.try_clone()?;
    say(&mut tcp, "220 mail.test ESMTP")?;
    if converse(shared, &mut tcp, false)? {
        let config = Arc::new(tls_config());
        let connection = ServerConnection::new(config).map_err(io::Error::other)?;
        converse(shared, &mut StreamOwned::new(connection, stream), true)?;
    }
    Ok(())
}

fn tls_config() -> ServerConfig {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("server.pem"));
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("server-key.pem"));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.expect("a certificate")],
            key.expect("a key"),
        )
        .expect("a certificate with its key")
}

/// Answers the commands of a client. Returns whether the client begins TLS.
fn converse(shared: &Shared, stream: &mut dyn Stream, encrypted: bool) -> io::Result<bool> {
    let offer = shared.offer;
    let mut mail = ReceivedMail {
        from: String::new(),
        to: Vec::new(),
        encrypted,
        raw: String::new(),
    };
    let mut answer = MailAnswer::Accept;
    let mut authenticated = offer.login.is_none();
    loop {
        let line = read_line(stream)?;
        let command = line.to_uppercase();
        if command.starts_with("EHLO") {
            say(stream, "250-mail.test")?;
            if offer.tls && !encrypted {
                say(stream, "250-STARTTLS")?;
            }
            if offer.login.is_some() {
                say(stream, "250-AUTH PLAIN")?;
            }
            say(stream, "250 8BITMIME")?;
        } else if command == "STARTTLS" {
            say(stream, "220 go ahead")?;
            return Ok(true);
        } else if let Some(login) = line.strip_prefix("AUTH PLAIN ") {
            authenticated = offer.login.is_some_and(|(user, password)| {
                use base64::{Engine as _, prelude::BASE64_STANDARD};
                login == BASE64_STANDARD.encode(format!("\0{user}\0{password}"))
            });
            let reply = if authenticated {
                "235 welcome"
            } else {
                "535 wrong password"
            };
            say(stream, reply)?;
        } else if command.starts_with("MAIL FROM:") {
            if !authenticated {
                say(stream, "530 authenticate first")?;
                continue;
            }
            answer = shared
                .answers
                .lock()
                .unwrap()
                .pop_front()
                .unwrap_or(MailAnswer::Accept);
            mail.from = address(&line);
            mail.to.clear();
            say(stream, "250 ok")?;
        } else if command.starts_with("RCPT TO:") {
            match answer {
                MailAnswer::Refuse(reply) => say(stream, reply)?,
                MailAnswer::Hang => {
                    stream.read_exact(&mut [0])?;
                }
                MailAnswer::Accept | MailAnswer::AcceptSilently | MailAnswer::Drop => {
                    mail.to.push(address(&line));
                    say(stream, "250 ok")?;
                }
            }
        } else if command == "DATA" {
            say(stream, "354 send it")?;
            mail.raw = read_data(stream)?;
            if answer == MailAnswer::Drop {
                return Ok(false);
            }
            shared.mails.lock().unwrap().push(mail.clone());
            shared.arrived.notify_all();
            if answer == MailAnswer::AcceptSilently {
                stream.read_exact(&mut [0])?;
            }
            say(stream, "250 accepted")?;
        } else if command == "QUIT" {
            say(stream, "221 bye")?;
            return Ok(false);
        } else {
            say(stream, "250 ok")?;
        }
    }
}

/// The address between angle brackets.
fn address(line: &str) -> String {
    let inside = line.split(['<', '>']).nth(1);
    inside.expect("an address in angle brackets").to_owned()
}

fn read_data(stream: &mut dyn Stream) -> io::Result<String> {
    let mut data = String::new();
    loop {
        let line = read_line(stream)?;
        if line == "." {
            return Ok(data);
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
        data.push_str("\r\n");
    }
}
