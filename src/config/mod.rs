//! Settings: flag, then environment, then `narthex.toml`, then default.
//!
//! Only this module reads the environment. An unknown key or an invalid value stops the start with
//! one line that names the key, the value and a valid value.

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

/// One line: the key, its value and a valid value.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub(crate) String);

/// The limits of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// The idle limit.
    pub idle: Duration,
    /// The absolute limit.
    pub max: Duration,
}

/// All settings of an operator. `docs/configuration.md` describes each of them.
#[derive(Clone)]
pub struct Settings {
    /// `DATABASE_URL`
    pub database: db::DatabaseUrl,
    /// `NARTHEX_DATABASE_CONNECTIONS`
    pub database_connections: u32,
    /// `NARTHEX_LISTEN`
    pub listen: ListenAddress,
    /// `NARTHEX_PUBLIC_URL`, if it is set
    pub public_url: Option<PublicUrl>,
    /// `NARTHEX_SECRET_KEY`, if it is set. Otherwise the start reads or creates the key file.
    pub secret_keys: Option<SigningKeys>,
    /// The settings that name a file with a secret, each with its file
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
    pub cache_limits: CacheLimits,
    /// `NARTHEX_DRAIN`
    pub drain: Option<Duration>,
    /// `NARTHEX_APP_NAME`
    pub app_name: String,
    /// `NARTHEX_APP_URL`
    pub app_url: Option<String>,
    /// `NARTHEX_LOGO`: the file's contents
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
    /// `[abilities]` in `narthex.toml` and Narthex's own abilities
    pub catalogue: Catalogue,
}

/// The bounds of the credential cache. It evicts entries when it reaches either of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheLimits {
    /// Maximum number of entries. With 0 every check queries the database.
    pub entries: usize,
    /// Maximum size in bytes.
    pub bytes: usize,
}

impl Settings {
    /// Parses all settings from `sources`.
    ///
    /// # Errors
    /// Returns the first setting that is unknown or invalid.
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
            cache_limits: CacheLimits {
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

    /// Checks combinations of settings.
    fn validate(self) -> Result<Self, ConfigError> {
        if let (ListenAddress::Unix(path), None) = (&self.listen, &self.public_url) {
            return Err(ConfigError(format!(
                "NARTHEX_LISTEN is \"unix:{}\": users cannot type the path of a socket; set \
                 NARTHEX_PUBLIC_URL to the URL that they type, such as \
                 https://accounts.example.com",
                path.display()
            )));
        }
        let Some(domain) = &self.cookie_domain else {
            return Ok(self);
        };
        let host = self.public_url.as_ref().map(PublicUrl::host);
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

    /// Returns the URL of the pages: the public URL, or the listening address.
    #[must_use]
    pub fn base_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.origin().to_string(),
            None => format!("http://{}", self.listen),
        }
    }

    /// Returns whether `origin`, as a browser writes it in `Origin`, is one of
    /// `NARTHEX_TRUSTED_ORIGINS`.
    #[must_use]
    pub fn trusts(&self, origin: &str) -> bool {
        self.trusted_origins
            .iter()
            .any(|trusted| trusted.as_str() == origin)
    }

    /// Returns whether browsers use https, which decides about `Secure` cookies.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(PublicUrl::is_https)
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
        match &self.secret_keys {
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
        match &self.secret_keys {
            Some(keys) => Ok(Some(keys.clone())),
            None => key_file::read(&self.key_file()),
        }
    }

    /// Returns `narthex.key` in the folder of the database file, or in the working directory for
    /// PostgreSQL.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        match &self.database {
            db::DatabaseUrl::Sqlite(path) => path.with_file_name("narthex.key"),
            db::DatabaseUrl::Postgres(_) => PathBuf::from("narthex.key"),
        }
    }
}
