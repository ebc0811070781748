//! Where settings come from, before they are understood.

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
};

use super::{
    ConfigError, file,
    keys::{self, KEYS},
    secret_file,
    service_links::is_service_link,
};
use crate::{types::ability::Catalogue, util::unicode};

/// Raw values with the place each came from, the strongest place for each.
#[derive(Default)]
pub struct Sources {
    values: HashMap<&'static str, (String, String)>,
    abilities: Vec<(String, String)>,
}

impl Sources {
    /// Gathers from `flags` (environment names with values), the environment, and `file` or, where
    /// none is named, `narthex.toml` in the working directory if there is one.
    ///
    /// # Errors
    /// The first key that is unknown, or why the file cannot be read.
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

    /// Settings given by environment name alone, for tests and for apps that embed Narthex.
    ///
    /// # Errors
    /// The first key that is unknown, or why the file with a secret cannot be read.
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

    /// Adds abilities to the catalogue, as `[abilities]` does.
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

    /// Whether somebody set this, wherever.
    #[must_use]
    pub fn is_set(&self, env: &str) -> bool {
        self.values.contains_key(env)
    }

    /// The value of a setting that always has one.
    pub(super) fn get<T, E: fmt::Display>(
        &self,
        env: &'static str,
        parse: fn(&str) -> Result<T, E>,
    ) -> Result<T, ConfigError> {
        self.find(env, parse)?
            .ok_or_else(|| ConfigError(format!("{env} is not set")))
    }

    /// The value of a setting that may have none.
    pub(super) fn find<T, E: fmt::Display>(
        &self,
        env: &'static str,
        parse: fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(key) = keys::named(env) else {
            return Err(ConfigError(format!("{env} is no setting")));
        };
        let (value, place) = match self.values.get(env) {
            Some((value, place)) => (&**value, &**place),
            None => match key.default {
                Some(value) => (value, env),
                None => return Ok(None),
            },
        };
        parse(value.trim()).map(Some).map_err(|what_would_do| {
            let shown = redact(key.is_secret(), format_args!("\"{value}\""));
            one_line(format!("{place} is {shown}: {what_would_do}"))
        })
    }

    /// The catalogue of abilities.
    pub(super) fn catalogue(&self) -> Result<Catalogue, ConfigError> {
        let mut accepted: Vec<(&str, &str)> = Vec::new();
        for (name, meaning) in &self.abilities {
            accepted.push((name, meaning));
            Catalogue::new(accepted.iter().copied()).map_err(|what_would_do| {
                one_line(format!(
                    "[abilities] \"{name}\" is \"{meaning}\": {what_would_do}"
                ))
            })?;
        }
        Catalogue::new(accepted).map_err(one_line)
    }

    /// The value and the place of a setting that has one.
    pub(super) fn given(&self, env: &str) -> Option<(String, String)> {
        self.values.get(env).cloned()
    }

    /// The settings that name a file with a secret, each with its file.
    pub(super) fn secret_files(&self) -> Vec<(&'static str, PathBuf)> {
        KEYS.iter()
            .filter(|key| key.is_secret())
            .filter_map(|key| {
                let file = keys::file_of(key)?;
                let (path, _) = self.given(file.env)?;
                Some((file.env, PathBuf::from(path.trim())))
            })
            .collect()
    }

    /// Sets what is known to be a setting; `place` is where it was found. An empty value is no value:
    /// Compose and Kubernetes write `NAME=` for a variable that has none.
    pub(super) fn set(&mut self, env: &'static str, value: String, place: String) {
        if !value.trim().is_empty() {
            self.values.insert(env, (value, place));
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
            if !name.starts_with("NARTHEX_") && keys::named(name).is_none() {
                continue;
            }
            let Some(value) = value.to_str() else {
                return Err(ConfigError(format!(
                    "{name} is not readable text: give it as UTF-8"
                )));
            };
            if keys::named(name).is_some() || !is_service_link(name, value) {
                self.set_by_environment(name, value)?;
            }
        }
        Ok(())
    }

    fn set_by_environment(&mut self, env: &str, value: &str) -> Result<(), ConfigError> {
        let Some(key) = keys::named(env) else {
            let known: Vec<&str> = KEYS.iter().map(|key| key.env).collect();
            let shown = redact(keys::sounds_secret(env), format_args!("\"{value}\""));
            return Err(one_line(format!(
                "{env} is {shown}: there is no such setting; there are {}",
                known.join(", ")
            )));
        };
        self.set(key.env, value.to_owned(), env.to_owned());
        Ok(())
    }

    fn set_by_flag(&mut self, env: &'static str, value: String) -> Result<(), ConfigError> {
        let flag = keys::named(env).map(keys::Key::flag).unwrap_or_default();
        if holds_a_password(&value) {
            return Err(ConfigError(format!(
                "--{flag} is (not shown): it has a password, and everybody on this machine can see \
                 the words of a command; give it as {env} or in narthex.toml"
            )));
        }
        self.set(env, value, format!("--{flag}"));
        Ok(())
    }
}

/// `postgres://user:password@host/name`, or the same in the query.
fn holds_a_password(value: &str) -> bool {
    url::Url::parse(value).is_ok_and(|url| {
        url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password")
    })
}

/// A value in a refusal, unless it is not to be seen.
pub(super) fn redact(secret: bool, value: impl fmt::Display) -> String {
    if secret {
        "(not shown)".to_owned()
    } else {
        value.to_string()
    }
}

/// A refusal in one line, whatever was in the value that it tells of.
pub(super) fn one_line(text: impl AsRef<str>) -> ConfigError {
    let words: Vec<&str> = text.as_ref().split_whitespace().collect();
    ConfigError(unicode::escape_unprintable(&words.join(" ")))
}
