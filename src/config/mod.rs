//! Settings: flag, then environment, then `narthex.toml`, then default.
//!
//! The only place that reads the environment. An unknown key or a bad value stops the start with
//! one line that names the key, the value and what would do.

mod brand;
mod file;
mod key_file;
mod keys;
mod listen;
mod secret_file;
mod service_links;
mod sources;
mod values;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

pub use self::{
    brand::{Accent, Colour, Logo, Shades},
    key_file::SigningKeys,
    keys::{KEYS, Key},
    listen::ListenAddress,
    sources::Sources,
    values::{Origin, PublicUrl, Registration, ReportUri, TokenPrefix},
};
use crate::{
    db, telemetry::log_format::Format, types::ability::Catalogue, util::networks::Networks,
};

/// One line: the key, its value and what would do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub(crate) String);

/// How long a session lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// How long it may go unused.
    pub idle: Duration,
    /// How long it may live in all.
    pub max: Duration,
}

/// Everything that an operator may set. The contract's table says what each means.
#[derive(Clone)]
pub struct Settings {
    /// `DATABASE_URL`
    pub database: db::DatabaseUrl,
    /// `NARTHEX_DATABASE_CONNECTIONS`
    pub database_connections: u32,
    /// `NARTHEX_LISTEN`
    pub listen: ListenAddress,
    /// `NARTHEX_PUBLIC_URL`, where it is set
    pub public_url: Option<PublicUrl>,
    /// `NARTHEX_SECRET_KEY`, where it is set; otherwise the key file is read or made at the start
    pub secret_keys: Option<SigningKeys>,
    /// The settings that named a file with a secret, each with its file
    pub secret_files: Vec<(&'static str, PathBuf)>,
    /// `NARTHEX_REGISTRATION`
    pub registration: Registration,
    /// `NARTHEX_TRUSTED_PROXIES`
    pub trusted_proxies: Networks,
    /// `NARTHEX_TRUSTED_ORIGINS`
    pub trusted_origins: Vec<Origin>,
    /// `NARTHEX_COOKIE_DOMAIN`
    pub cookie_domain: Option<String>,
    /// `NARTHEX_COOKIE_NAME`
    pub cookie_name: String,
    /// `NARTHEX_HSTS`
    pub hsts: String,
    /// `NARTHEX_THROTTLE_EXEMPT`
    pub throttle_exempt: Networks,
    /// `NARTHEX_CONNECTIONS_PER_CLIENT`
    pub connections_per_client: usize,
    /// `NARTHEX_CHANGES_PER_MINUTE`
    pub changes_per_minute: u32,
    /// `NARTHEX_TOKEN_PREFIX`
    pub token_prefix: TokenPrefix,
    /// `NARTHEX_TOKEN_MAX_AGE`
    pub token_max_age: Option<Duration>,
    /// `NARTHEX_DEVICE_TOKEN_AGE`; `None` is `never`
    pub device_token_age: Option<Duration>,
    /// `NARTHEX_SESSION_IDLE`, `NARTHEX_SESSION_MAX`
    pub session: SessionLimits,
    /// `NARTHEX_REMEMBER_IDLE`, `NARTHEX_REMEMBER_MAX`
    pub remember: SessionLimits,
    /// `NARTHEX_CONFIRM_FOR`
    pub confirm_for: Duration,
    /// `NARTHEX_LAST_USED_EVERY`
    pub last_used_every: Duration,
    /// `NARTHEX_KEEP_ENDED`
    pub keep_ended: Duration,
    /// `NARTHEX_MEMORY_ENTRIES`, `NARTHEX_MEMORY_SIZE`
    pub remembered: CacheLimits,
    /// `NARTHEX_DRAIN`
    pub drain: Option<Duration>,
    /// `NARTHEX_APP_NAME`
    pub app_name: String,
    /// `NARTHEX_APP_URL`
    pub app_url: Option<String>,
    /// `NARTHEX_LOGO`, as it was read
    pub logo: Option<Logo>,
    /// `NARTHEX_ACCENT`
    pub accent: Option<Accent>,
    /// `NARTHEX_CSP_REPORT_URI`
    pub csp_report_uri: Option<ReportUri>,
    /// `NARTHEX_METRICS_LISTEN`
    pub metrics_listen: Option<SocketAddr>,
    /// `NARTHEX_LOG`
    pub log: String,
    /// `NARTHEX_LOG_FORMAT`
    pub log_format: Format,
    /// `[abilities]` in `narthex.toml`, with Narthex's own
    pub catalogue: Catalogue,
}

/// How much is remembered at most of the passes that were seen, whichever is reached first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheLimits {
    /// So many of them; none: every check asks the database.
    pub entries: usize,
    /// So many bytes.
    pub bytes: usize,
}

impl Settings {
    /// Reads all settings out of `sources`.
    ///
    /// # Errors
    /// The first that is unknown or cannot be taken.
    pub fn read(sources: &Sources) -> Result<Self, ConfigError> {
        use self::values as value;
        let settings = Self {
            database: sources.get("DATABASE_URL", value::database)?,
            database_connections: sources
                .get("NARTHEX_DATABASE_CONNECTIONS", value::connections)?,
            listen: sources.get("NARTHEX_LISTEN", ListenAddress::parse)?,
            public_url: sources.find("NARTHEX_PUBLIC_URL", PublicUrl::parse)?,
            secret_keys: sources.find("NARTHEX_SECRET_KEY", SigningKeys::parse)?,
            secret_files: sources.secret_files(),
            registration: sources.get("NARTHEX_REGISTRATION", value::registration)?,
            trusted_proxies: sources
                .find("NARTHEX_TRUSTED_PROXIES", value::networks)?
                .unwrap_or_default(),
            trusted_origins: sources
                .find("NARTHEX_TRUSTED_ORIGINS", value::origins)?
                .unwrap_or_default(),
            cookie_domain: sources.find("NARTHEX_COOKIE_DOMAIN", value::domain)?,
            cookie_name: sources.get("NARTHEX_COOKIE_NAME", value::cookie_name)?,
            hsts: sources.get("NARTHEX_HSTS", value::hsts)?,
            throttle_exempt: sources
                .find("NARTHEX_THROTTLE_EXEMPT", value::networks)?
                .unwrap_or_default(),
            connections_per_client: sources
                .get("NARTHEX_CONNECTIONS_PER_CLIENT", value::client_connections)?,
            changes_per_minute: sources.get("NARTHEX_CHANGES_PER_MINUTE", value::rate)?,
            token_prefix: sources.get("NARTHEX_TOKEN_PREFIX", TokenPrefix::parse)?,
            token_max_age: sources.find("NARTHEX_TOKEN_MAX_AGE", value::duration)?,
            device_token_age: sources.get("NARTHEX_DEVICE_TOKEN_AGE", value::duration_or_never)?,
            session: SessionLimits {
                idle: sources.get("NARTHEX_SESSION_IDLE", value::duration)?,
                max: sources.get("NARTHEX_SESSION_MAX", value::duration)?,
            },
            remember: SessionLimits {
                idle: sources.get("NARTHEX_REMEMBER_IDLE", value::duration)?,
                max: sources.get("NARTHEX_REMEMBER_MAX", value::cookie_age)?,
            },
            confirm_for: sources.get("NARTHEX_CONFIRM_FOR", value::duration)?,
            last_used_every: sources.get("NARTHEX_LAST_USED_EVERY", value::duration)?,
            keep_ended: sources.get("NARTHEX_KEEP_ENDED", value::duration)?,
            remembered: CacheLimits {
                entries: sources.get("NARTHEX_MEMORY_ENTRIES", value::count)?,
                bytes: sources.get("NARTHEX_MEMORY_SIZE", value::size)?,
            },
            drain: sources.find("NARTHEX_DRAIN", value::duration)?,
            app_name: sources.get("NARTHEX_APP_NAME", brand::app_name)?,
            app_url: sources.find("NARTHEX_APP_URL", brand::app_url)?,
            logo: sources.find("NARTHEX_LOGO", Logo::read)?,
            accent: sources.find("NARTHEX_ACCENT", Accent::parse)?,
            csp_report_uri: sources.find("NARTHEX_CSP_REPORT_URI", ReportUri::parse)?,
            metrics_listen: sources.find("NARTHEX_METRICS_LISTEN", value::address)?,
            log: sources.get("NARTHEX_LOG", value::log_filter)?,
            log_format: sources.get("NARTHEX_LOG_FORMAT", value::log_format)?,
            catalogue: sources.catalogue()?,
        };
        settings.validate()
    }

    /// Checks what two settings say together.
    fn validate(self) -> Result<Self, ConfigError> {
        if let (ListenAddress::Unix(path), None) = (&self.listen, &self.public_url) {
            return Err(ConfigError(format!(
                "NARTHEX_LISTEN is \"unix:{}\": a socket has no name that people could type; set \
                 NARTHEX_PUBLIC_URL to what they type, such as https://accounts.example.com",
                path.display()
            )));
        }
        let Some(domain) = &self.cookie_domain else {
            return Ok(self);
        };
        let host = self.public_url.as_ref().map(PublicUrl::host);
        let is_in_it =
            host.is_some_and(|host| host == domain || host.ends_with(&format!(".{domain}")));
        if !is_in_it {
            let why = match host {
                Some(host) => format!("{host} is not in it"),
                None => "NARTHEX_PUBLIC_URL is not set".to_owned(),
            };
            return Err(ConfigError(format!(
                "NARTHEX_COOKIE_DOMAIN is \"{domain}\": {why}, and a browser would drop the cookie; \
                 name a domain that NARTHEX_PUBLIC_URL's host is in"
            )));
        }
        Ok(self)
    }

    /// Where people find the pages: the public URL, or the address that was asked for.
    #[must_use]
    pub fn base_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.origin().to_string(),
            None => format!("http://{}", self.listen),
        }
    }

    /// Whether `origin`, as a browser writes it in `Origin`, is one of `NARTHEX_TRUSTED_ORIGINS`.
    #[must_use]
    pub fn trusts(&self, origin: &str) -> bool {
        self.trusted_origins
            .iter()
            .any(|trusted| trusted.as_str() == origin)
    }

    /// Whether browsers reach the pages through https, which decides about `Secure` cookies.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(PublicUrl::is_https)
    }

    /// The keys that sign the session cookie: those set, or those of the key file, which is made
    /// where there is none.
    ///
    /// # Errors
    /// When the file cannot be read or made, is too short, or others may read it.
    pub fn signing_keys(
        &self,
        random: &dyn crate::crypto::rng::Random,
    ) -> Result<SigningKeys, ConfigError> {
        match &self.secret_keys {
            Some(keys) => Ok(keys.clone()),
            None => key_file::read_or_make(&self.key_file(), random),
        }
    }

    /// The same keys for somebody who only looks: none, where a start would make the key file.
    ///
    /// # Errors
    /// As [`Settings::signing_keys`].
    pub fn existing_signing_keys(&self) -> Result<Option<SigningKeys>, ConfigError> {
        match &self.secret_keys {
            Some(keys) => Ok(Some(keys.clone())),
            None => key_file::read(&self.key_file()),
        }
    }

    /// `narthex.key` beside the database file, or in the working directory for PostgreSQL.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        match &self.database {
            db::DatabaseUrl::Sqlite(path) => path.with_file_name("narthex.key"),
            db::DatabaseUrl::Postgres(_) => PathBuf::from("narthex.key"),
        }
    }
}
