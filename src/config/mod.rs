//! Settings: flag, then environment, then `narthex.toml`, then default.
//!
//! Only this module reads the environment. `sections` declares the settings. An unknown key or an
//! invalid value stops the start with one line that names the key, the value and a valid value.

mod brand;
mod file;
mod foreign_tokens;
mod key_file;
mod listen;
mod mail;
mod mount;
mod public_url;
mod registration;
mod required_factor;
mod secret_file;
mod sections;
mod service_links;
mod setting_keys;
mod sources;
mod token_prefix;
mod unverified;
mod values;

use std::{path::PathBuf, time::Duration};

#[cfg(feature = "cli")]
pub use self::sections::Logging;
pub use self::{
    brand::{Accent, Logo, Shades},
    foreign_tokens::{ForeignTokenFormat, ForeignTokens},
    key_file::SigningKeys,
    listen::ListenAddress,
    mail::{Contact, MailServer, MailTarget, Sender, Tls},
    mount::Mount,
    public_url::{Origin, PublicUrl},
    registration::RegistrationPolicy,
    required_factor::RequireSecondFactor,
    sections::{
        Accounts, Branding, CacheLimits, Database, Mail, RateLimits, Records, Server, Sessions,
        Signing, Tokens,
    },
    setting_keys::{SettingKey, all as keys},
    sources::Sources,
    token_prefix::TokenPrefix,
    unverified::Unverified,
    values::ReportUri,
};
#[cfg(any(test, feature = "internals"))]
use crate::crypto::password_hash::Argon2Parameters;
use crate::{db, i18n::Languages, util::places::PlaceFile};

/// One line: the key, its value and a valid value.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub(crate) String);

impl ConfigError {
    /// Creates the error of a setting with this value.
    pub(crate) fn of(name: &str, value: &str, remedy: &str) -> Self {
        sources::one_line(format!("{name} is \"{value}\": {remedy}"))
    }
}

/// The limits of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// The idle limit.
    pub idle: Duration,
    /// The absolute limit.
    pub max: Duration,
}

/// All settings of an operator, by section. `docs/configuration.md` describes each of them.
#[derive(Clone)]
pub struct Settings {
    /// The server: its addresses, the proxies in front of it, its connections.
    pub server: Server,
    /// The database.
    pub database: Database,
    /// The keys that sign session cookies.
    pub signing: Signing,
    /// Accounts.
    pub accounts: Accounts,
    /// Sessions and their cookie.
    pub sessions: Sessions,
    /// Tokens.
    pub tokens: Tokens,
    /// Rate limits.
    pub rate_limits: RateLimits,
    /// Records: last-used times, and credentials that have ended.
    pub records: Records,
    /// The credential cache.
    pub cache: CacheLimits,
    /// The name, the logo and the colour of the pages.
    pub branding: Branding,
    /// The languages of the pages.
    pub languages: Languages,
    /// Mail.
    pub mail: Mail,
    /// `NARTHEX_GEOIP`: the file with the places of IP addresses.
    pub places: Option<PlaceFile>,
    /// Logs.
    #[cfg(feature = "cli")]
    pub logging: Logging,
}

/// Parses the URL of a database as the setting `DATABASE_URL` does.
///
/// # Errors
/// Returns what to give instead.
pub fn database_url(text: &str) -> Result<db::DatabaseUrl, &'static str> {
    values::database(text)
}

impl Settings {
    /// Parses all settings from `sources`.
    ///
    /// # Errors
    /// Returns the first setting that is unknown or invalid.
    pub fn read(sources: &Sources) -> Result<Self, ConfigError> {
        let settings = Self {
            server: Server::read(sources)?,
            database: Database::read(sources)?,
            signing: Signing::read(sources)?,
            accounts: Accounts::read(sources)?,
            sessions: Sessions::read(sources)?,
            tokens: Tokens::read(sources)?,
            rate_limits: RateLimits::read(sources)?,
            records: Records::read(sources)?,
            cache: CacheLimits::read(sources)?,
            branding: Branding::read(sources)?,
            languages: sections::languages::read(sources)?,
            mail: Mail::read(sources)?,
            places: sections::places::read(sources)?,
            #[cfg(feature = "cli")]
            logging: Logging::read(sources)?,
        };
        settings.validate()
    }

    /// Checks combinations of settings.
    fn validate(self) -> Result<Self, ConfigError> {
        if let (ListenAddress::Unix(path), None) = (&self.server.listen, &self.server.public_url) {
            return Err(ConfigError(format!(
                "NARTHEX_LISTEN is \"unix:{}\": users cannot type the path of a socket; set \
                 NARTHEX_PUBLIC_URL to the URL that they type, such as \
                 https://accounts.example.com",
                path.display()
            )));
        }
        let Some(domain) = &self.sessions.cookie_domain else {
            return Ok(self);
        };
        let host = self.server.public_url.as_ref().map(PublicUrl::host);
        let contains_host =
            host.is_some_and(|host| host == domain || host.ends_with(&format!(".{domain}")));
        if !contains_host {
            let reason = match host {
                Some(host) => format!("{host} is not in this domain"),
                None => "NARTHEX_PUBLIC_URL is not set".to_owned(),
            };
            return Err(ConfigError(format!(
                "NARTHEX_COOKIE_DOMAIN is \"{domain}\": {reason}, so browsers would reject the \
                 cookie; give a domain that contains the host of NARTHEX_PUBLIC_URL"
            )));
        }
        Ok(self)
    }

    /// Sets the path below which an app serves all pages and calls. The settings of an operator
    /// have no such value, because only the code of the app knows which of its paths are free.
    #[must_use]
    pub fn with_mount(self, mount: Mount) -> Self {
        let server = Server {
            mount,
            ..self.server
        };
        Self { server, ..self }
    }

    /// Sets the parameters of new password hashes. The suite hashes thousands of passwords, and cheap
    /// hashes save a third of its time.
    #[cfg(any(test, feature = "internals"))]
    #[must_use]
    pub fn with_password_hash(self, password_hash: Argon2Parameters) -> Self {
        let accounts = Accounts {
            password_hash,
            ..self.accounts
        };
        Self { accounts, ..self }
    }

    /// Returns the URL that precedes every path of Narthex: the origin and the mount.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.origin() + self.server.mount.as_str()
    }

    /// Returns the origin of the pages: the public URL, or the listening address.
    #[must_use]
    pub fn origin(&self) -> String {
        match &self.server.public_url {
            Some(url) => url.origin().to_string(),
            None => self.server.listen.url(),
        }
    }

    /// Returns whether `origin`, as a browser writes it in `Origin`, is one of
    /// `NARTHEX_TRUSTED_ORIGINS`.
    #[must_use]
    pub fn trusts(&self, origin: &str) -> bool {
        self.server
            .trusted_origins
            .iter()
            .any(|trusted| trusted.as_str() == origin)
    }

    /// Returns whether an account whose address is not verified creates no token and is refused by
    /// forward auth.
    #[must_use]
    pub fn withholds_from_unverified(&self) -> bool {
        self.mail.is_on() && self.accounts.unverified == Unverified::Withhold
    }

    /// Returns whether a user without a second factor must set one up first.
    #[must_use]
    pub fn requires_second_factor(&self) -> bool {
        self.accounts.require_second_factor == RequireSecondFactor::All
    }

    /// Returns whether browsers use https, which decides about `Secure` cookies.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.server
            .public_url
            .as_ref()
            .is_some_and(PublicUrl::is_https)
    }

    /// Returns the keys that sign the session cookie: those that are set, or those of the key file.
    /// A missing key file is created.
    ///
    /// # Errors
    /// Fails if the file cannot be read or created, if its key is too short, or if other users may
    /// read it.
    pub fn signing_keys(
        &self,
        random: &dyn crate::crypto::rng::Random,
    ) -> Result<SigningKeys, ConfigError> {
        match &self.signing.keys {
            Some(keys) => Ok(keys.clone()),
            None => key_file::read_or_create(&self.key_file(), random),
        }
    }

    /// Returns the same keys without creating the key file. Returns `None` if the next start would
    /// create it.
    ///
    /// # Errors
    /// As [`Settings::signing_keys`].
    pub fn existing_signing_keys(&self) -> Result<Option<SigningKeys>, ConfigError> {
        match &self.signing.keys {
            Some(keys) => Ok(Some(keys.clone())),
            None => key_file::read(&self.key_file()),
        }
    }

    /// Returns `narthex.key` in the folder of the database file, or in the working directory for
    /// PostgreSQL.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        match &self.database.url {
            db::DatabaseUrl::Sqlite(path) => path.with_file_name("narthex.key"),
            db::DatabaseUrl::Postgres(_) => PathBuf::from("narthex.key"),
        }
    }
}
