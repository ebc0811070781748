//! The table of settings: names, defaults and help texts.

/// One setting.
#[derive(Debug)]
pub struct Key {
    /// The environment variable. The flag has the same name without `NARTHEX_`, in lower case with
    /// hyphens. The key in `narthex.toml` has it with underscores.
    pub env: &'static str,
    /// The default value. `None` if the setting is off by default or its value is created at the
    /// start.
    pub default: Option<&'static str>,
    /// The help text of the flag, a few words.
    pub help: &'static str,
}

impl Key {
    /// Returns the name of the flag without the leading hyphens: `listen`.
    #[must_use]
    pub fn flag(&self) -> String {
        self.toml().replace('_', "-")
    }

    /// Returns the key in `narthex.toml`.
    #[must_use]
    pub fn toml(&self) -> String {
        self.env
            .strip_prefix("NARTHEX_")
            .unwrap_or(self.env)
            .to_lowercase()
    }

    /// Returns whether the value must never be shown.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        matches!(self.env, "NARTHEX_SECRET_KEY" | "DATABASE_URL")
    }
}

const fn key(env: &'static str, default: &'static str, help: &'static str) -> Key {
    Key {
        env,
        default: Some(default),
        help,
    }
}

const fn unset(env: &'static str, help: &'static str) -> Key {
    Key {
        env,
        default: None,
        help,
    }
}

/// All settings except `[abilities]`.
pub const KEYS: &[Key] = &[
    key(
        "DATABASE_URL",
        "sqlite://narthex.db",
        "The database: sqlite://PATH or postgres://…",
    ),
    unset("DATABASE_URL_FILE", "A file that contains DATABASE_URL"),
    key(
        "NARTHEX_DATABASE_CONNECTIONS",
        "12",
        "Maximum number of PostgreSQL connections of a process",
    ),
    key(
        "NARTHEX_LISTEN",
        "127.0.0.1:8080",
        "Address and port, or a Unix socket: unix:/run/narthex.sock",
    ),
    unset(
        "NARTHEX_PUBLIC_URL",
        "URL that users type; decides Secure cookies, links and the allowed origin",
    ),
    unset(
        "NARTHEX_SECRET_KEY",
        "64 or more random bytes in base64; several, separated by commas: the first signs, all \
         verify",
    ),
    unset(
        "NARTHEX_SECRET_KEY_FILE",
        "A file that contains NARTHEX_SECRET_KEY",
    ),
    key(
        "NARTHEX_REGISTRATION",
        "open",
        "Whether users may create accounts themselves: open or closed",
    ),
    unset(
        "NARTHEX_TRUSTED_PROXIES",
        "Networks whose X-Forwarded-For and Forwarded are used",
    ),
    unset(
        "NARTHEX_TRUSTED_ORIGINS",
        "Further origins whose pages may use the session cookie",
    ),
    unset(
        "NARTHEX_COOKIE_DOMAIN",
        "Share the session with sibling hosts of this domain",
    ),
    key(
        "NARTHEX_COOKIE_NAME",
        "narthex",
        "Name of the session cookie, after the prefix __Host- or __Secure- under https",
    ),
    key(
        "NARTHEX_HSTS",
        "max-age=31536000",
        "Strict-Transport-Security under https, such as max-age=31536000; includeSubDomains",
    ),
    unset(
        "NARTHEX_THROTTLE_EXEMPT",
        "Networks without rate limits by address",
    ),
    key(
        "NARTHEX_CONNECTIONS_PER_CLIENT",
        "1024",
        "Maximum number of connections of one client network",
    ),
    key(
        "NARTHEX_CHANGES_PER_MINUTE",
        "600",
        "Maximum number of changes of one account in a minute; revocations are not counted",
    ),
    key(
        "NARTHEX_TOKEN_PREFIX",
        "nrx",
        "Prefix of new tokens: 2 to 10 letters or digits",
    ),
    unset(
        "NARTHEX_TOKEN_MAX_AGE",
        "Maximum life of a token, such as 90d",
    ),
    key(
        "NARTHEX_DEVICE_TOKEN_AGE",
        "365d",
        "Life of the token of a device that signs in, or never for no end",
    ),
    key("NARTHEX_SESSION_IDLE", "2h", "Idle limit of a session"),
    key("NARTHEX_SESSION_MAX", "12h", "Absolute limit of a session"),
    key(
        "NARTHEX_REMEMBER_IDLE",
        "14d",
        "Idle limit of a session that is kept signed in",
    ),
    key(
        "NARTHEX_REMEMBER_MAX",
        "90d",
        "Absolute limit of a session that is kept signed in",
    ),
    key(
        "NARTHEX_CONFIRM_FOR",
        "15m",
        "Time for which a password confirmation counts",
    ),
    key(
        "NARTHEX_LAST_USED_EVERY",
        "10s",
        "Interval between writes of last-used times",
    ),
    key(
        "NARTHEX_KEEP_ENDED",
        "30d",
        "Time for which revoked and expired credentials stay readable",
    ),
    key(
        "NARTHEX_MEMORY_ENTRIES",
        "250000",
        "Maximum number of cached sessions and tokens; 0 disables the cache",
    ),
    key(
        "NARTHEX_MEMORY_SIZE",
        "160MiB",
        "Maximum memory of the cache",
    ),
    unset(
        "NARTHEX_DRAIN",
        "Time for which a stopping server continues to serve after it reports that it is not ready",
    ),
    key(
        "NARTHEX_APP_NAME",
        "Narthex",
        "Name of the product on every page",
    ),
    unset(
        "NARTHEX_APP_URL",
        "Target of the logo and of the link back to the app",
    ),
    unset("NARTHEX_LOGO", "A file with the logo: SVG or PNG"),
    unset(
        "NARTHEX_ACCENT",
        "Colour of buttons and links, such as #1a5fb4",
    ),
    unset(
        "NARTHEX_CSP_REPORT_URI",
        "URL of a collector to which browsers report violations of the content security policy",
    ),
    unset("NARTHEX_METRICS_LISTEN", "Address and port for /metrics"),
    key("NARTHEX_LOG", "info", "A level, or a tracing filter"),
    key(
        "NARTHEX_LOG_FORMAT",
        "text",
        "Format of log lines: text or json",
    ),
];

/// Returns whether a setting of this name is likely to hold a secret. A mistyped setting is
/// refused, and the error must not write its value into a log.
#[must_use]
pub fn may_be_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    ["secret", "key", "pass", "token", "database"]
        .iter()
        .any(|word| name.contains(word))
}

/// Returns the setting that names a file with the value of a secret.
pub(super) fn file_of(secret: &Key) -> Option<&'static Key> {
    find(&format!("{}_FILE", secret.env))
}

/// Returns the setting with this environment variable.
#[must_use]
pub fn find(env: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.env == env)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_has_a_file_setting() {
        for key in KEYS.iter().filter(|key| key.is_secret()) {
            let file = file_of(key).map(|file| (file.default, file.is_secret()));
            assert_eq!(file, Some((None, false)), "{}", key.env);
        }
    }
}
