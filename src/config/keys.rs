//! The table of settings: names, defaults and what each is for.

/// One setting.
#[derive(Debug)]
pub struct Key {
    /// The environment variable. The flag is the same without `NARTHEX_`, in small letters with
    /// hyphens; the key in `narthex.toml` the same with underscores.
    pub env: &'static str,
    /// The value it has when nobody sets it; `None` for off, or for what is made at the start.
    pub default: Option<&'static str>,
    /// What it is for, in a few words: the flag's help.
    pub help: &'static str,
}

impl Key {
    /// `--listen`, without the hyphens before it.
    #[must_use]
    pub fn flag(&self) -> String {
        self.toml().replace('_', "-")
    }

    /// Its key in `narthex.toml`.
    #[must_use]
    pub fn toml(&self) -> String {
        self.env
            .strip_prefix("NARTHEX_")
            .unwrap_or(self.env)
            .to_lowercase()
    }

    /// Whether its value is not to be shown to anybody.
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

/// Every setting that there is, but for `[abilities]`.
pub const KEYS: &[Key] = &[
    key(
        "DATABASE_URL",
        "sqlite://narthex.db",
        "The database: sqlite://PATH or postgres://…",
    ),
    unset(
        "DATABASE_URL_FILE",
        "The file that holds DATABASE_URL instead",
    ),
    key(
        "NARTHEX_DATABASE_CONNECTIONS",
        "12",
        "How many connections to PostgreSQL a process opens at most",
    ),
    key(
        "NARTHEX_LISTEN",
        "127.0.0.1:8080",
        "Address and port, or a Unix socket: unix:/run/narthex.sock",
    ),
    unset(
        "NARTHEX_PUBLIC_URL",
        "What users type; decides Secure cookies, links and the allowed origin",
    ),
    unset(
        "NARTHEX_SECRET_KEY",
        "64 or more random bytes in base64; several, comma separated: the first signs, all verify",
    ),
    unset(
        "NARTHEX_SECRET_KEY_FILE",
        "The file that holds NARTHEX_SECRET_KEY instead",
    ),
    key(
        "NARTHEX_REGISTRATION",
        "open",
        "Whether people may make accounts themselves: open or closed",
    ),
    unset(
        "NARTHEX_TRUSTED_PROXIES",
        "Networks whose X-Forwarded-For and Forwarded are believed",
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
        "Networks that are not throttled by address",
    ),
    key(
        "NARTHEX_CONNECTIONS_PER_CLIENT",
        "1024",
        "How many connections one client network may hold at most",
    ),
    key(
        "NARTHEX_CHANGES_PER_MINUTE",
        "600",
        "How many changes an account may make in a minute; what ends something is not counted",
    ),
    key(
        "NARTHEX_TOKEN_PREFIX",
        "nrx",
        "What new tokens begin with: 2 to 10 letters or digits",
    ),
    unset(
        "NARTHEX_TOKEN_MAX_AGE",
        "The longest life that a token may be given, such as 90d",
    ),
    key(
        "NARTHEX_DEVICE_TOKEN_AGE",
        "365d",
        "How long the token of a device that signs in lives, or never for no end",
    ),
    key(
        "NARTHEX_SESSION_IDLE",
        "2h",
        "How long a session may go unused",
    ),
    key(
        "NARTHEX_SESSION_MAX",
        "12h",
        "How long a session lives in all",
    ),
    key(
        "NARTHEX_REMEMBER_IDLE",
        "14d",
        "How long one that is kept signed in may go unused",
    ),
    key(
        "NARTHEX_REMEMBER_MAX",
        "90d",
        "How long one that is kept signed in lives in all",
    ),
    key(
        "NARTHEX_CONFIRM_FOR",
        "15m",
        "How long a password confirmation lasts",
    ),
    key(
        "NARTHEX_LAST_USED_EVERY",
        "10s",
        "How often last-used times are written",
    ),
    key(
        "NARTHEX_KEEP_ENDED",
        "30d",
        "How long ended credentials stay readable",
    ),
    key(
        "NARTHEX_MEMORY_ENTRIES",
        "250000",
        "How many sessions and tokens are remembered at most; 0 asks the database each time",
    ),
    key(
        "NARTHEX_MEMORY_SIZE",
        "160MiB",
        "How much memory they may take",
    ),
    unset(
        "NARTHEX_DRAIN",
        "How long a server that is told to stop goes on serving after it says that it is not ready",
    ),
    key(
        "NARTHEX_APP_NAME",
        "Narthex",
        "The name of the product on every page",
    ),
    unset(
        "NARTHEX_APP_URL",
        "Where the logo and the way back to the app lead",
    ),
    unset("NARTHEX_LOGO", "A file with the logo: SVG or PNG"),
    unset(
        "NARTHEX_ACCENT",
        "The colour of buttons and links, such as #1a5fb4",
    ),
    unset(
        "NARTHEX_CSP_REPORT_URI",
        "The collector to which browsers report violations of the pages' policy",
    ),
    unset("NARTHEX_METRICS_LISTEN", "Address and port for /metrics"),
    key(
        "NARTHEX_LOG",
        "info",
        "What is logged: a level, or a tracing filter",
    ),
    key(
        "NARTHEX_LOG_FORMAT",
        "text",
        "How log lines look: text or json",
    ),
];

/// Whether what is called so is likely to hold a secret: a setting whose name was mistyped is refused,
/// and its value must not get into a log with that.
#[must_use]
pub fn sounds_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    ["secret", "key", "pass", "token", "database"]
        .iter()
        .any(|word| name.contains(word))
}

/// The setting that names a file with the value of a secret.
pub(super) fn file_of(secret: &Key) -> Option<&'static Key> {
    named(&format!("{}_FILE", secret.env))
}

/// The setting with this environment variable.
#[must_use]
pub fn named(env: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.env == env)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_can_come_in_a_file() {
        for key in KEYS.iter().filter(|key| key.is_secret()) {
            let file = file_of(key).map(|file| (file.default, file.is_secret()));
            assert_eq!(file, Some((None, false)), "{}", key.env);
        }
    }
}
