//! The raw values of settings and where they were set.

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
};

use super::{ConfigError, file, secret_file, service_links::is_service_link, setting_keys};
use crate::{types::ability::Catalogue, util::unicode};

/// Raw values with their sources. A source with higher precedence replaces an earlier value.
#[derive(Default)]
pub struct Sources {
    values: HashMap<&'static str, (String, String)>,
    abilities: Vec<(String, String)>,
}

impl Sources {
    /// Collects values from `flags` (environment names with values), from the environment, and from
    /// `file`. Without `file`, `narthex.toml` in the working directory is read if it exists.
    ///
    /// # Errors
    /// Returns the first unknown key, or why a file cannot be read.
    pub fn load(
        flags: impl IntoIterator<Item = (&'static str, String)>,
        file: Option<&Path>,
    ) -> Result<Self, ConfigError> {
        let mut sources = Self::default();
        file::read(&mut sources, file)?;
        sources.read_environment()?;
        for (env, value) in flags {
            sources.set_by_flag(env, value)?;
        }
        secret_file::read_all(&mut sources)?;
        Ok(sources)
    }

    /// Creates settings from environment names and values, for tests.
    ///
    /// # Errors
    /// Returns the first unknown key, or why the file of a secret cannot be read.
    #[cfg(any(test, feature = "internals"))]
    pub fn of<'a>(
        values: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ConfigError> {
        let mut sources = Self::default();
        for (env, value) in values {
            sources.set_by_environment(env, value)?;
        }
        secret_file::read_all(&mut sources)?;
        Ok(sources)
    }

    /// Adds abilities to the catalogue, like `[abilities]`.
    #[cfg(any(test, feature = "internals"))]
    #[must_use]
    pub fn with_abilities<'a>(
        mut self,
        declared: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        for (name, meaning) in declared {
            self.add_ability(name, meaning);
        }
        self
    }

    /// Sets a setting by its key in `narthex.toml`, for an app that embeds Narthex. It replaces the
    /// value of every other source.
    ///
    /// # Errors
    /// There is no such setting, or the file of a secret cannot be read.
    pub fn set_in_code(&mut self, key: &str, value: String) -> Result<(), ConfigError> {
        let Some(known) = setting_keys::all().find(|known| known.toml() == key) else {
            let known: Vec<String> = setting_keys::all()
                .map(setting_keys::SettingKey::toml)
                .collect();
            return Err(one_line(format!(
                "there is no setting {key}; the settings are {}",
                known.join(", ")
            )));
        };
        let secret = setting_keys::all().find(|secret| {
            secret.is_secret()
                && setting_keys::file_of(secret).is_some_and(|file| file.env == known.env)
        });
        match secret {
            Some(secret) => secret_file::read_into(self, secret, &value, key),
            None => {
                self.set(known.env, value, key.to_owned());
                Ok(())
            }
        }
    }

    /// Adds an ability to the catalogue, or replaces its meaning.
    pub fn declare_ability(&mut self, name: &str, meaning: &str) {
        self.abilities.retain(|(known, _)| known != name);
        self.add_ability(name, meaning);
    }

    /// Adds the values of `other`, which replace those of `self`.
    pub fn replace_with(&mut self, other: Self) {
        self.values.extend(other.values);
        for (name, meaning) in other.abilities {
            self.declare_ability(&name, &meaning);
        }
    }

    /// Returns whether any source sets this setting.
    #[must_use]
    pub fn is_set(&self, env: &str) -> bool {
        self.values.contains_key(env)
    }

    /// Parses the value of a setting that always has one.
    pub(super) fn get<T, E: fmt::Display>(
        &self,
        env: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, ConfigError> {
        self.find(env, parse)?
            .ok_or_else(|| ConfigError(format!("{env} is not set")))
    }

    /// Parses the value of an optional setting.
    pub(super) fn find<T, E: fmt::Display>(
        &self,
        env: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(key) = setting_keys::find(env) else {
            return Err(ConfigError(format!("{env} is not a setting")));
        };
        let (value, source) = match self.values.get(env) {
            Some((value, source)) => (&**value, &**source),
            None => match key.default {
                Some(value) => (value, env),
                None => return Ok(None),
            },
        };
        parse(value.trim()).map(Some).map_err(|remedy| {
            let shown = redact(key.is_secret(), format_args!("\"{value}\""));
            one_line(format!("{source} is {shown}: {remedy}"))
        })
    }

    /// Returns the catalogue of abilities.
    pub(super) fn catalogue(&self) -> Result<Catalogue, ConfigError> {
        let mut accepted: Vec<(&str, &str)> = Vec::new();
        for (name, meaning) in &self.abilities {
            accepted.push((name, meaning));
            Catalogue::new(accepted.iter().copied()).map_err(|remedy| {
                one_line(format!("[abilities] \"{name}\" is \"{meaning}\": {remedy}"))
            })?;
        }
        Catalogue::new(accepted).map_err(one_line)
    }

    /// Returns the raw value of a setting and its source.
    pub(super) fn raw(&self, env: &str) -> Option<(String, String)> {
        self.values.get(env).cloned()
    }

    /// Returns the settings that name a file with a secret, each with its file.
    pub(super) fn secret_files(&self) -> Vec<(&'static str, PathBuf)> {
        setting_keys::all()
            .filter(|key| key.is_secret())
            .filter_map(|key| {
                let file = setting_keys::file_of(key)?;
                let (path, _) = self.raw(file.env)?;
                Some((file.env, PathBuf::from(path.trim())))
            })
            .collect()
    }

    /// Sets a known setting. `source` is where it was found. An empty value is ignored, because
    /// Compose and Kubernetes write `NAME=` for a variable without a value.
    pub(super) fn set(&mut self, env: &'static str, value: String, source: String) {
        if !value.trim().is_empty() {
            self.values.insert(env, (value, source));
        }
    }

    /// Adds one ability to the catalogue.
    pub(super) fn add_ability(&mut self, name: &str, meaning: &str) {
        self.abilities.push((name.to_owned(), meaning.to_owned()));
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "config is the one place that reads the environment"
    )]
    fn read_environment(&mut self) -> Result<(), ConfigError> {
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str() else { continue };
            if !name.starts_with("NARTHEX_") && setting_keys::find(name).is_none() {
                continue;
            }
            let Some(value) = value.to_str() else {
                return Err(ConfigError(format!(
                    "{name} is not valid UTF-8: give it as UTF-8"
                )));
            };
            if setting_keys::find(name).is_some() || !is_service_link(name, value) {
                self.set_by_environment(name, value)?;
            }
        }
        Ok(())
    }

    fn set_by_environment(&mut self, env: &str, value: &str) -> Result<(), ConfigError> {
        let Some(key) = setting_keys::find(env) else {
            let known: Vec<&str> = setting_keys::all().map(|key| key.env).collect();
            let shown = redact(
                setting_keys::may_be_secret(env),
                format_args!("\"{value}\""),
            );
            return Err(one_line(format!(
                "{env} is {shown}: there is no such setting; the settings are {}",
                known.join(", ")
            )));
        };
        self.set(key.env, value.to_owned(), env.to_owned());
        Ok(())
    }

    fn set_by_flag(&mut self, env: &'static str, value: String) -> Result<(), ConfigError> {
        let flag = setting_keys::find(env)
            .map(setting_keys::SettingKey::flag)
            .unwrap_or_default();
        if contains_password(&value) {
            return Err(ConfigError(format!(
                "--{flag} is (not shown): it contains a password, and every user of this machine \
                 can see command lines; give it as {env} or in narthex.toml"
            )));
        }
        self.set(env, value, format!("--{flag}"));
        Ok(())
    }
}

/// Returns whether a URL contains a password: `postgres://user:password@host/name`, or the same in
/// the query.
fn contains_password(value: &str) -> bool {
    url::Url::parse(value).is_ok_and(|url| {
        url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password")
    })
}

/// Formats a value for an error, unless it is secret.
pub(super) fn redact(secret: bool, value: impl fmt::Display) -> String {
    if secret {
        "(not shown)".to_owned()
    } else {
        value.to_string()
    }
}

/// Creates an error of one line, whatever the value in it contains.
pub(super) fn one_line(text: impl AsRef<str>) -> ConfigError {
    let words: Vec<&str> = text.as_ref().split_whitespace().collect();
    ConfigError(unicode::escape_unprintable(&words.join(" ")))
}
