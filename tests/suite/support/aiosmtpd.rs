//! aiosmtpd as the mail server, whose mails Python's email library parses: code that Narthex does not
//! share. `scripts/install-mail-server` installs it.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::binary::PROCESS_TIMEOUT;
use super::child_process::{ChildProcess, Home};
use super::programs;

/// A running server. Dropping this value stops it.
pub struct Aiosmtpd {
    pub port: u16,
    process: ChildProcess,
}

/// A mail, as Python's email library reads it.
#[derive(Clone, Debug, Deserialize)]
pub struct ParsedMail {
    pub from: String,
    pub to: Vec<String>,
    pub encrypted: bool,
    /// The user that logged in.
    pub user: Option<String>,
    pub headers: Vec<(String, String)>,
    /// Violations of the standards.
    pub defects: Vec<String>,
    /// The media type of each part.
    pub parts: Vec<String>,
    pub text: String,
    pub html: String,
    pub longest_line: usize,
}

impl ParsedMail {
    /// The only value of a header.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let mut values = self.headers.iter().filter(|(known, _)| known == name);
        let (Some((_, value)), None) = (values.next(), values.next()) else {
            panic!("not one {name}: {:?}", self.headers);
        };
        value
    }
}

impl Aiosmtpd {
    /// A server without TLS. It answers the next mails like this, and accepts later ones.
    pub fn answering(answers: &[&str]) -> Self {
        Self::start(&[], answers)
    }

    /// A server with TLS. Its certificate is that of the other mail server, which
    /// [`MailServer::authority`](super::mail_server::MailServer::authority) signed for 127.0.0.1.
    /// With a `login` (`user:password`), it refuses every other client.
    pub fn with_tls(login: Option<&str>) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/support/mail_server");
        let file = |name: &str| folder.join(name).display().to_string();
        let mut variables = vec![
            format!("CERTIFICATE={}", file("server.pem")),
            format!("KEY={}", file("server-key.pem")),
        ];
        variables.extend(login.map(|login| format!("LOGIN={login}")));
        Self::start(&variables, &[])
    }

    fn start(variables: &[String], answers: &[&str]) -> Self {
        let python = programs::find("python3", "python3").display().to_string();
        let libraries = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../tools/mail");
        let libraries = format!("PYTHONPATH={}", libraries.display());
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mail/server.py");
        let program = program.display().to_string();
        let variables = variables.iter().map(String::as_str).chain([&*libraries]);
        let command = [&*python, &program];
        let arguments: Vec<_> = variables
            .chain(command)
            .chain(answers.iter().copied())
            .collect();
        let home = Home::new("mail");
        let process = ChildProcess::start(&home, "TERM", Path::new("env"), &arguments);
        let port = process
            .output
            .wait_for(PROCESS_TIMEOUT, |line| line.trim_end().parse().ok());
        let port = port.unwrap_or_else(|| {
            let said = process.output.so_far();
            panic!("aiosmtpd does not start (scripts/install-mail-server installs it): {said}")
        });
        Self { port, process }
    }

    /// The value of `NARTHEX_SMTP_URL` for a server without TLS.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none", self.port)
    }

    /// Waits for the first mail to this address.
    pub fn wait_for_mail_to(&self, address: &str) -> ParsedMail {
        let mail = self.process.output.wait_for(PROCESS_TIMEOUT, |line| {
            let mail: ParsedMail = serde_json::from_str(line).ok()?;
            (mail.to == [address]).then_some(mail)
        });
        mail.unwrap_or_else(|| panic!("no mail: {}", self.process.output.so_far()))
    }

    /// Stops the server, and returns the addresses of the mails that it accepted.
    pub fn stop(self) -> Vec<String> {
        let output = self.process.output.clone();
        self.process.stop(Duration::from_secs(10));
        let mails = output.so_far();
        let mails = mails
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        mails.flat_map(|mail: ParsedMail| mail.to).collect()
    }
}
