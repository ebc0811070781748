//! Settings of mail.

use crate::{
    config::{
        ConfigError, Contact, MailServer, MailTarget, Sender, SettingKey, Sources, mail as value,
        setting_keys::unset,
    },
    crypto::secret::SecretString,
};

pub(in crate::config) const KEYS: &[SettingKey] = &[
    unset(
        "NARTHEX_SMTP_URL",
        "Mail server: smtps://USER@HOST, smtp://USER@HOST:587?tls=required, or file:FOLDER",
    ),
    unset(
        "NARTHEX_SMTP_URL_FILE",
        "A file that contains NARTHEX_SMTP_URL",
    ),
    unset(
        "NARTHEX_SMTP_PASSWORD",
        "Password of the user in NARTHEX_SMTP_URL, as it is",
    ),
    unset(
        "NARTHEX_SMTP_PASSWORD_FILE",
        "A file that contains NARTHEX_SMTP_PASSWORD",
    ),
    unset(
        "NARTHEX_SMTP_CA_FILE",
        "Certificates (PEM) of authorities that are accepted in addition to those of the system",
    ),
    unset(
        "NARTHEX_MAIL_FROM",
        "Sender of every mail: Shop <accounts@example.com>",
    ),
    unset(
        "NARTHEX_CONTACT",
        "Address or URL of the people who help users; required with a mail server",
    ),
];

/// Settings of mail.
#[derive(Clone)]
pub struct Mail {
    /// `NARTHEX_SMTP_URL`, `NARTHEX_SMTP_PASSWORD` and `NARTHEX_SMTP_CA_FILE`. `None`: mail is off
    pub target: Option<MailTarget>,
    /// `NARTHEX_MAIL_FROM`, if it is set
    pub from: Option<Sender>,
    /// `NARTHEX_CONTACT`
    pub contact: Option<Contact>,
}

impl Mail {
    pub(in crate::config) fn read(sources: &Sources) -> Result<Self, ConfigError> {
        let contact = sources.find("NARTHEX_CONTACT", Contact::parse)?;
        Ok(Self {
            target: target(sources, contact.as_ref())?,
            from: sources.find("NARTHEX_MAIL_FROM", Sender::parse)?,
            contact,
        })
    }

    /// Returns whether mails are sent.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.target.is_some()
    }
}

fn target(sources: &Sources, contact: Option<&Contact>) -> Result<Option<MailTarget>, ConfigError> {
    let target = sources.find("NARTHEX_SMTP_URL", MailTarget::parse)?;
    let password = sources.find("NARTHEX_SMTP_PASSWORD", |text| {
        Ok::<_, &str>(SecretString::new(text.to_owned()))
    })?;
    let authorities = sources.find("NARTHEX_SMTP_CA_FILE", value::authorities)?;
    match target {
        Some(MailTarget::Server(server)) => {
            if contact.is_none() {
                return Err(ConfigError(
                    "NARTHEX_CONTACT is not set: mails name the people who help users; give an \
                     address or a URL, such as help@example.com"
                        .to_owned(),
                ));
            }
            Ok(Some(MailTarget::Server(MailServer {
                login: login(server.login, password)?,
                authorities: authorities.unwrap_or_default(),
                ..server
            })))
        }
        other => Ok(other),
    }
}

/// Returns the name and the password of the login.
fn login(
    of_url: Option<(String, SecretString)>,
    password: Option<SecretString>,
) -> Result<Option<(String, SecretString)>, ConfigError> {
    let error = |text: &str| Err(ConfigError(text.to_owned()));
    match (of_url, password) {
        (Some((_, of_url)), Some(_)) if !of_url.expose().is_empty() => error(
            "NARTHEX_SMTP_PASSWORD is set and NARTHEX_SMTP_URL has a password: remove one of them",
        ),
        (Some((_, of_url)), None) if of_url.expose().is_empty() => error(
            "NARTHEX_SMTP_URL has a user without a password: set NARTHEX_SMTP_PASSWORD_FILE to a \
             file with the password",
        ),
        (None, Some(_)) => error(
            "NARTHEX_SMTP_PASSWORD is set, but NARTHEX_SMTP_URL has no user: give the user there, \
             such as smtps://USER@mail.example.com",
        ),
        (Some((user, _)), Some(password)) => Ok(Some((user, password))),
        (login, None) => Ok(login),
    }
}
