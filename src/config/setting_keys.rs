//! The table of settings: names, defaults and help texts.

use super::sections;

/// One setting.
#[derive(Debug)]
pub struct SettingKey {
    /// The environment variable. The flag has the same name without `NARTHEX_`, in lower case with
    /// hyphens. The key in `narthex.toml` has it with underscores.
    pub env: &'static str,
    /// The default value. `None` if the setting is off by default or its value is created at the
    /// start.
    pub default: Option<&'static str>,
    /// The help text of the flag, a few words.
    pub help: &'static str,
}

impl SettingKey {
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
        matches!(
            self.env,
            "NARTHEX_SECRET_KEY" | "DATABASE_URL" | "NARTHEX_SMTP_URL" | "NARTHEX_SMTP_PASSWORD"
        )
    }
}

pub(super) const fn key(
    env: &'static str,
    default: &'static str,
    help: &'static str,
) -> SettingKey {
    SettingKey {
        env,
        default: Some(default),
        help,
    }
}

pub(super) const fn unset(env: &'static str, help: &'static str) -> SettingKey {
    SettingKey {
        env,
        default: None,
        help,
    }
}

/// The settings of each section.
const SECTIONS: &[&[SettingKey]] = &[
    sections::server::KEYS,
    sections::database::KEYS,
    sections::signing::KEYS,
    sections::accounts::KEYS,
    sections::sessions::KEYS,
    sections::tokens::KEYS,
    sections::rate_limits::KEYS,
    sections::records::KEYS,
    sections::cache::KEYS,
    sections::branding::KEYS,
    sections::languages::KEYS,
    sections::mail::KEYS,
    sections::places::KEYS,
    sections::logging::KEYS,
];

/// Returns all settings except `[abilities]`.
pub fn all() -> impl Iterator<Item = &'static SettingKey> {
    SECTIONS.iter().copied().flatten()
}

/// Returns whether a setting of this name is likely to hold a secret. A mistyped setting is
/// refused, and the error must not write its value into a log.
#[must_use]
pub fn may_be_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    ["secret", "key", "pass", "token", "database", "smtp"]
        .iter()
        .any(|word| name.contains(word))
}

/// Returns the setting that names a file with the value of a secret.
pub(super) fn file_of(secret: &SettingKey) -> Option<&'static SettingKey> {
    find(&format!("{}_FILE", secret.env))
}

/// Returns the setting with this environment variable.
#[must_use]
pub fn find(env: &str) -> Option<&'static SettingKey> {
    all().find(|key| key.env == env)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_has_a_file_setting() {
        for key in all().filter(|key| key.is_secret()) {
            let file = file_of(key).map(|file| (file.default, file.is_secret()));
            assert_eq!(file, Some((None, false)), "{}", key.env);
        }
    }
}
