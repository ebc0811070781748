//! Opens Narthex with settings from code.

use std::{fmt, path::Path, sync::Arc, time::Duration};

#[cfg(feature = "pages")]
use super::Brand;
use super::{
    Narthex,
    ability::{Require, declared_by},
    background::Background,
};
use crate::{
    app_state::AppState,
    config::{ConfigError, Logo, Mount, Settings, Sources},
    crypto::rng::{Random, SystemRandom},
    http::mail::MailThread,
    types::ability::Catalogue,
    util::clock::{Clock, SystemClock},
};

/// The settings of a [`Narthex`]. Each method has the name and the meaning of a key in
/// `narthex.toml`, and a later call replaces an earlier one. `docs/configuration.md` describes all
/// settings with their bounds and defaults.
///
/// Nothing is read from the environment or from a file, unless [`Builder::from_environment`] is
/// called. An invalid value is an error of [`Builder::open`].
#[must_use]
pub struct Builder {
    sources: Sources,
    /// The first setting that does not exist or cannot be read.
    fault: Option<ConfigError>,
    logo: Option<Vec<u8>>,
    migrate: Migrate,
    mount: Mount,
    any_host: bool,
    mail_thread: bool,
}

/// The time at which the tables are created and migrated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Migrate {
    /// [`Builder::open`] applies pending migrations.
    #[default]
    OnOpen,
    /// The command `narthex migrate` has applied them. [`Builder::open`] fails otherwise.
    Never,
}

/// The reason why Narthex cannot be opened, in one line that says what to do.
pub struct OpenError(String);

/// The same line, because it is the form in which Rust prints the error of `main`.
impl fmt::Debug for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OpenError {}

impl OpenError {
    fn new(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            sources: Sources::default(),
            fault: None,
            logo: None,
            migrate: Migrate::default(),
            mount: Mount::ROOT,
            any_host: false,
            mail_thread: true,
        }
    }

    /// Reads the environment and `narthex.toml` in the working directory, like the program.
    /// Settings of earlier calls are replaced, and later calls replace them.
    ///
    /// # Errors
    /// An unknown setting, or a file that cannot be read.
    pub fn from_environment(mut self) -> Result<Self, OpenError> {
        let read = Sources::load([], None).map_err(OpenError::new)?;
        self.sources.replace_with(read);
        Ok(self)
    }

    /// Sets any setting by its key in `narthex.toml`, as text.
    pub fn setting(mut self, key: &str, value: impl fmt::Display) -> Self {
        let fault = self.sources.set_in_code(key, value.to_string()).err();
        self.fault = self.fault.or(fault);
        self
    }

    /// The database: `sqlite://PATH` or `postgres://…`. The default is `sqlite://narthex.db`.
    pub fn database(self, url: impl fmt::Display) -> Self {
        self.setting("database_url", url)
    }

    /// The PostgreSQL schema of Narthex's tables, such as `narthex`. It is created if it does not
    /// exist. So Narthex can share the database of the app, and the app's tables can reference
    /// `narthex.users (id)`.
    pub fn schema(self, name: impl fmt::Display) -> Self {
        self.setting("database_schema", name)
    }

    /// The largest number of PostgreSQL connections.
    pub fn database_connections(self, connections: u32) -> Self {
        self.setting("database_connections", connections)
    }

    /// Selects the time at which the tables are created and migrated.
    pub fn migrate(mut self, migrate: Migrate) -> Self {
        self.migrate = migrate;
        self
    }

    /// The path below which all pages and calls are, such as `/auth`. By default they have the
    /// paths of the program.
    pub fn mount(mut self, path: &str) -> Self {
        match Mount::parse(path) {
            Ok(mount) => self.mount = mount,
            Err(remedy) => self.fault = self.fault.or(Some(ConfigError::of("mount", path, remedy))),
        }
        self
    }

    /// Accepts every `Host`.
    #[cfg(feature = "testing")]
    pub(super) fn any_host(mut self) -> Self {
        self.any_host = true;
        self
    }

    /// Leaves mails in the outbox. A test sends them.
    #[cfg(feature = "testing")]
    pub(super) fn without_mail_thread(mut self) -> Self {
        self.mail_thread = false;
        self
    }

    /// The URL that users type. It decides the accepted `Host`, the allowed origin and `Secure`
    /// cookies. Without it, only loopback addresses and `localhost` are accepted.
    pub fn public_url(self, url: impl fmt::Display) -> Self {
        self.setting("public_url", url)
    }

    /// The key that signs session cookies: 64 or more random bytes in base64. Several keys are
    /// separated by commas; the first one signs, all verify. Without it, a key file beside the
    /// database is created and used.
    pub fn secret_key(self, key: impl fmt::Display) -> Self {
        self.setting("secret_key", key)
    }

    /// The file with the key that signs session cookies.
    pub fn secret_key_file(self, file: impl AsRef<Path>) -> Self {
        self.setting("secret_key_file", file.as_ref().display())
    }

    /// Declares the abilities of the app, so that tokens can have them.
    pub fn abilities<A: Require>(mut self) -> Self {
        let declared = declared_by::<A>().into_iter();
        for (name, meaning) in declared.filter(|(name, _)| !Catalogue::is_own(name)) {
            self.sources.declare_ability(name, meaning);
        }
        self
    }

    /// Whether users may create accounts themselves. The default is `true`.
    pub fn registration(self, is_open: bool) -> Self {
        self.setting("registration", if is_open { "open" } else { "closed" })
    }

    /// The name, the logo and the colour of the pages.
    #[cfg(feature = "pages")]
    pub fn brand(mut self, brand: Brand) -> Self {
        let Brand {
            name,
            home,
            accent,
            logo,
        } = brand;
        self.logo = logo.or(self.logo);
        self.setting("app_name", name)
            .optional("app_url", home)
            .optional("accent", accent)
    }

    /// The language of a page for a browser that prefers none of the languages, and of the mails of
    /// a user without a choice: `en`, `de` or one of [`languages_dir`](Self::languages_dir). The
    /// default is `en`.
    pub fn language(self, tag: impl fmt::Display) -> Self {
        self.setting("language", tag)
    }

    /// A directory with more languages and with other texts of the app, in Fluent: `fr.ftl`,
    /// `en.ftl`.
    pub fn languages_dir(self, directory: impl AsRef<Path>) -> Self {
        self.setting("languages_dir", directory.as_ref().display())
    }

    /// The mail server and the address or URL of the people who help users, which every mail names.
    /// Without a mail server, no mail is sent.
    pub fn mail_server(self, url: impl fmt::Display, contact: impl fmt::Display) -> Self {
        self.setting("smtp_url", url).setting("contact", contact)
    }

    /// The sender of every mail: `Shop <accounts@example.com>`.
    pub fn mail_from(self, sender: impl fmt::Display) -> Self {
        self.setting("mail_from", sender)
    }

    /// The networks of proxies whose `X-Forwarded-For` and `Forwarded` are used, such as
    /// `10.0.0.0/8`.
    pub fn trusted_proxies<'a>(self, networks: impl IntoIterator<Item = &'a str>) -> Self {
        self.list("trusted_proxies", networks)
    }

    /// Further origins whose pages may use the session cookie.
    pub fn trusted_origins<'a>(self, origins: impl IntoIterator<Item = &'a str>) -> Self {
        self.list("trusted_origins", origins)
    }

    /// The domain that shares the session cookie with sibling hosts.
    pub fn cookie_domain(self, domain: impl fmt::Display) -> Self {
        self.setting("cookie_domain", domain)
    }

    /// The name of the session cookie, without its prefix.
    pub fn cookie_name(self, name: impl fmt::Display) -> Self {
        self.setting("cookie_name", name)
    }

    /// The idle limit and the absolute limit of a session.
    pub fn session_limits(self, idle: Duration, max: Duration) -> Self {
        self.duration("session_idle", idle)
            .duration("session_max", max)
    }

    /// Sets the limits of sessions that are kept signed in.
    pub fn remember_limits(self, idle: Duration, max: Duration) -> Self {
        self.duration("remember_idle", idle)
            .duration("remember_max", max)
    }

    /// Sets the time for which a re-authentication counts.
    pub fn confirm_for(self, duration: Duration) -> Self {
        self.duration("confirm_for", duration)
    }

    /// The prefix of new tokens: 2 to 10 letters or digits.
    pub fn token_prefix(self, prefix: impl fmt::Display) -> Self {
        self.setting("token_prefix", prefix)
    }

    /// The longest life that a token may be given.
    pub fn token_max_age(self, age: Duration) -> Self {
        self.duration("token_max_age", age)
    }

    /// The life of a token of a device that signs in. `None` is unlimited.
    pub fn device_token_age(self, age: Option<Duration>) -> Self {
        match age {
            Some(age) => self.duration("device_token_age", age),
            None => self.setting("device_token_age", "never"),
        }
    }

    /// Sets the interval between writes of last-used times.
    pub fn last_used_every(self, period: Duration) -> Self {
        self.duration("last_used_every", period)
    }

    /// Sets the retention of revoked credentials.
    pub fn keep_ended(self, duration: Duration) -> Self {
        self.duration("keep_ended", duration)
    }

    /// Opens the database, joins the other servers on it, and starts the background thread.
    ///
    /// It blocks for as long as the database takes to connect and to migrate. Call it before the
    /// server runs.
    ///
    /// # Errors
    /// An invalid setting, an unreachable database, or a machine without randomness.
    pub fn open(self) -> Result<Narthex, OpenError> {
        self.open_with(Arc::new(SystemClock), Arc::new(SystemRandom))
    }

    /// Does the same as [`Builder::open`] with the clock and the randomness of a test.
    pub(crate) fn open_with(
        self,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Narthex, OpenError> {
        if let Some(fault) = self.fault {
            return Err(OpenError::new(fault));
        }
        let mut settings = Settings::read(&self.sources).map_err(OpenError::new)?;
        if let Some(bytes) = self.logo {
            let logo = Logo::new(bytes);
            let logo = logo.map_err(|fault| OpenError::new(format_args!("the logo: {fault}")))?;
            settings.branding.logo = Some(logo);
        }
        settings.server.any_host = self.any_host;
        let settings = settings.with_mount(self.mount);
        // The database comes first: the key file is in its folder, and an error about a missing
        // folder must name the database.
        let state = match self.migrate {
            Migrate::OnOpen => AppState::open(settings, clock, random),
            Migrate::Never => AppState::open_migrated(settings, clock, random),
        };
        let state = state.map_err(OpenError::new)?;
        let keys = state.settings().signing_keys(state.random());
        let keys = keys.map_err(OpenError::new)?;
        state.set_node_config(&keys);
        let background = Background::start(state.clone()).map_err(OpenError::new)?;
        let mails = if self.mail_thread {
            MailThread::start(state.clone()).map_err(OpenError::new)?
        } else {
            None
        };
        Ok(Narthex::new(state, keys, background, mails))
    }

    fn duration(self, key: &str, duration: Duration) -> Self {
        self.setting(key, format_args!("{}s", duration.as_secs()))
    }

    fn optional(self, key: &str, value: Option<String>) -> Self {
        match value {
            Some(value) => self.setting(key, value),
            None => self,
        }
    }

    fn list<'a>(self, key: &str, values: impl IntoIterator<Item = &'a str>) -> Self {
        let values: Vec<&str> = values.into_iter().collect();
        self.setting(key, values.join(","))
    }
}
