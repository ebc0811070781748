//! Where settings come from, before they are understood.

use std::{collections::HashMap, path::Path};

use super::{
    Refused,
    keys::{self, KEYS},
};
use crate::ability::Catalogue;

/// The file that is read from the working directory when no other is named.
const FILE: &str = "narthex.toml";

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
    pub fn gather(
        flags: impl IntoIterator<Item = (&'static str, String)>,
        file: Option<&Path>,
    ) -> Result<Self, Refused> {
        let mut sources = Self::default();
        sources.read_file(file)?;
        sources.read_environment()?;
        for (env, value) in flags {
            let flag = keys::named(env).map(keys::Key::flag).unwrap_or_default();
            sources.values.insert(env, (value, format!("--{flag}")));
        }
        Ok(sources)
    }

    /// Settings given by environment name alone, for tests and for apps that embed Narthex.
    ///
    /// # Errors
    /// The first key that is unknown.
    pub fn of<'a>(values: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Refused> {
        let mut sources = Self::default();
        for (env, value) in values {
            sources.set(env, value)?;
        }
        Ok(sources)
    }

    /// Adds abilities to the catalogue, as `[abilities]` does.
    #[must_use]
    pub fn with_abilities<'a>(
        mut self,
        declared: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let owned = declared
            .into_iter()
            .map(|(name, meaning)| (name.to_owned(), meaning.to_owned()));
        self.abilities.extend(owned);
        self
    }

    /// The value of a setting that always has one.
    pub(super) fn get<T, E: std::fmt::Display>(
        &self,
        env: &'static str,
        parse: fn(&str) -> Result<T, E>,
    ) -> Result<T, Refused> {
        self.find(env, parse)?
            .ok_or_else(|| Refused(format!("{env} is not set")))
    }

    /// The value of a setting that may have none.
    pub(super) fn find<T, E: std::fmt::Display>(
        &self,
        env: &'static str,
        parse: fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Refused> {
        let Some(key) = keys::named(env) else {
            return Err(Refused(format!("{env} is no setting")));
        };
        let (value, place) = match self.values.get(env) {
            Some((value, place)) => (&**value, &**place),
            None => match key.default {
                Some(value) => (value, env),
                None => return Ok(None),
            },
        };
        parse(value.trim()).map(Some).map_err(|what_would_do| {
            let shown = if key.is_secret() {
                "(not shown)".to_owned()
            } else {
                format!("\"{value}\"")
            };
            one_line(format!("{place} is {shown}: {what_would_do}"))
        })
    }

    /// The catalogue of abilities.
    pub(super) fn catalogue(&self) -> Result<Catalogue, Refused> {
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

    #[expect(
        clippy::disallowed_methods,
        reason = "config is the one place that reads the environment"
    )]
    fn read_environment(&mut self) -> Result<(), Refused> {
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str() else { continue };
            if !name.starts_with("NARTHEX_") && keys::named(name).is_none() {
                continue;
            }
            let Some(value) = value.to_str() else {
                return Err(Refused(format!(
                    "{name} is not readable text: give it as UTF-8"
                )));
            };
            self.set(name, value)?;
        }
        Ok(())
    }

    fn set(&mut self, env: &str, value: &str) -> Result<(), Refused> {
        let Some(key) = keys::named(env) else {
            let known: Vec<&str> = KEYS.iter().map(|key| key.env).collect();
            return Err(one_line(format!(
                "{env} is \"{value}\": there is no such setting; there are {}",
                known.join(", ")
            )));
        };
        self.values
            .insert(key.env, (value.to_owned(), env.to_owned()));
        Ok(())
    }

    fn read_file(&mut self, file: Option<&Path>) -> Result<(), Refused> {
        let path = file.unwrap_or(Path::new(FILE));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(());
            }
            Err(error) => return Err(one_line(format!("{}: {error}", path.display()))),
        };
        let table: toml::Table = text
            .parse()
            .map_err(|error| one_line(format!("{}: {error}", path.display())))?;
        for (name, value) in table {
            self.take_from_file(path, &name, &value)?;
        }
        Ok(())
    }

    fn take_from_file(
        &mut self,
        path: &Path,
        name: &str,
        value: &toml::Value,
    ) -> Result<(), Refused> {
        let place = format!("{name} in {}", path.display());
        if name == "abilities" {
            let table = value.as_table().ok_or_else(|| {
                one_line(format!("{place} is {value}: make it a table, [abilities]"))
            })?;
            for (ability, meaning) in table {
                let meaning = meaning.as_str().ok_or_else(|| {
                    one_line(format!(
                        "{place}: \"{ability}\" is {meaning}: say in words what it allows"
                    ))
                })?;
                self.abilities.push((ability.clone(), meaning.to_owned()));
            }
            return Ok(());
        }
        let Some(key) = KEYS.iter().find(|key| key.toml() == name) else {
            let known: Vec<String> = KEYS.iter().map(keys::Key::toml).collect();
            return Err(one_line(format!(
                "{place} is {value}: there is no such setting; there are {} and [abilities]",
                known.join(", ")
            )));
        };
        let Some(text) = as_text(value) else {
            return Err(one_line(format!(
                "{place} is {value}: give it as text in quotes"
            )));
        };
        self.values.insert(key.env, (text, place));
        Ok(())
    }
}

/// A text, or a list of texts, which is the same as one with commas.
fn as_text(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(toml::Value::as_str).collect();
            texts.map(|texts| texts.join(","))
        }
        _ => None,
    }
}

fn one_line(text: String) -> Refused {
    Refused(text.split_whitespace().collect::<Vec<_>>().join(" "))
}
