//! The connection to the operator's mail server, or the folder for mails.

use std::{
    error::Error as _,
    fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use lettre::{
    Message, SmtpTransport, Transport as _,
    transport::smtp::{
        Error as SmtpError, PoolConfig,
        authentication::Credentials,
        client::{Certificate, Tls as LettreTls, TlsParameters, TlsParametersBuilder},
        extension::ClientId,
    },
};

use crate::{
    config::{MailServer, MailTarget, PublicUrl, Settings, Tls},
    types::ids::JobId,
};

/// The longest time of the connect, of each command and of each answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The time for which an unused connection stays open. Servers close it after some minutes.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The connection or the folder to which mails are written.
pub enum Transport {
    /// A server, with one connection that several mails use.
    Server(SmtpTransport),
    /// A folder, in which each mail becomes a file.
    Folder(PathBuf),
}

/// The reason why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Another attempt may succeed.
    #[error("{0}")]
    Temporary(String),
    /// The server refuses this mail for ever.
    #[error("{0}")]
    Permanent(String),
}

impl Transport {
    /// Prepares the transport of the settings, without a connection. `None`: mail is off.
    ///
    /// # Errors
    /// Fails if the certificates of the settings cannot be used.
    pub fn new(settings: &Settings) -> io::Result<Option<Self>> {
        match &settings.mail.target {
            None => Ok(None),
            Some(MailTarget::Folder(folder)) => Ok(Some(Self::Folder(folder.clone()))),
            Some(MailTarget::Server(server)) => {
                let transport = connect(server, settings.server.public_url.as_ref());
                transport
                    .map(Self::Server)
                    .map(Some)
                    .map_err(io::Error::other)
            }
        }
    }

    /// Sends a mail, and waits until the server has accepted it.
    ///
    /// # Errors
    /// Returns the answer of the server, or why there is none.
    pub fn send(&self, id: JobId, message: &Message) -> Result<(), SendError> {
        match self {
            Self::Server(server) => match server.send(message) {
                Ok(_) => Ok(()),
                Err(error) if is_permanent(&error) => Err(SendError::Permanent(explain(&error))),
                Err(error) => Err(SendError::Temporary(explain(&error))),
            },
            Self::Folder(folder) => write(folder, id, &message.formatted()).map_err(|error| {
                SendError::Temporary(format!("{} cannot be written: {error}", folder.display()))
            }),
        }
    }

    /// Connects to the server and asks whether it is ready, or looks for the folder.
    ///
    /// # Errors
    /// Returns why it is not.
    pub fn test(&self) -> Result<(), String> {
        match self {
            Self::Server(server) => match server.test_connection() {
                Ok(true) => Ok(()),
                Ok(false) => Err("the server is not ready".to_owned()),
                Err(error) => Err(explain(&error)),
            },
            Self::Folder(folder) if folder.is_dir() => Ok(()),
            Self::Folder(folder) => Err(format!(
                "{} does not exist; the first mail creates it",
                folder.display()
            )),
        }
    }
}

fn connect(server: &MailServer, public: Option<&PublicUrl>) -> Result<SmtpTransport, SmtpError> {
    let parameters = || -> Result<TlsParametersBuilder, SmtpError> {
        let authorities = Certificate::from_pem(&server.authorities)?;
        let builder = TlsParameters::builder(server.host.clone());
        Ok(builder.add_root_certificate(authorities))
    };
    let tls = match server.tls {
        Tls::None => LettreTls::None,
        Tls::Implicit => LettreTls::Wrapper(parameters()?.build()?),
        Tls::Required => LettreTls::Required(parameters()?.build()?),
        // An attacker who can present a false certificate can also hide that the server offers TLS.
        // So a verification would not protect, and would stop mails to a server with an old
        // certificate.
        Tls::Opportunistic => LettreTls::Opportunistic(
            parameters()?
                .dangerous_accept_invalid_certs(true)
                .dangerous_accept_invalid_hostnames(true)
                .build()?,
        ),
    };
    let pool = PoolConfig::new().max_size(1).idle_timeout(IDLE_TIMEOUT);
    let transport = SmtpTransport::builder_dangerous(server.host.clone())
        .port(server.port)
        .tls(tls)
        .timeout(Some(TIMEOUT))
        // The default would reveal the name of this machine.
        .hello_name(ClientId::Domain(host_name(public)))
        .pool_config(pool);
    let transport = match &server.login {
        Some((user, password)) => {
            let password = password.expose().to_owned();
            transport.credentials(Credentials::new(user.clone(), password))
        }
        None => transport,
    };
    Ok(transport.build())
}

/// Returns the host of the public URL.
pub(super) fn host_name(public: Option<&PublicUrl>) -> String {
    public.map_or("localhost", PublicUrl::host).to_owned()
}

/// Returns whether the server refuses this mail for ever. A refused login is a fault of the settings,
/// not of the mail, and the mail can be sent when the operator has repaired it.
fn is_permanent(error: &SmtpError) -> bool {
    /// Replies about the login (RFC 4954, section 6).
    const LOGIN: [u16; 4] = [530, 534, 535, 538];
    let is_login = error
        .status()
        .is_some_and(|code| LOGIN.contains(&u16::from(code)));
    error.is_permanent() && !is_login
}

/// Returns the cause of an error on one line.
fn explain(error: &SmtpError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    if text.contains("CaUsedAsEndEntity") {
        text.push_str(
            "; the server presents the certificate of an authority as its own: give it a \
             certificate that the authority has signed",
        );
    } else if text.contains("UnknownIssuer") {
        text.push_str(
            "; name the authority of the server's certificate in NARTHEX_SMTP_CA_FILE if it is a \
             private one",
        );
    }
    if text.contains("STARTTLS is not supported") {
        text.push_str(
            "; without TLS, set tls=none after the host of NARTHEX_SMTP_URL for a server on this \
             machine, or tls=opportunistic for another one",
        );
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Writes a mail into the folder. Only the owner can read the file, because mails have secrets. The
/// file gets its name when it is complete.
fn write(folder: &Path, id: JobId, mail: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let partial = folder.join(format!("{id}.part"));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&partial)?;
    file.write_all(mail)?;
    file.sync_all()?;
    fs::rename(partial, folder.join(format!("{id}.eml")))
}
