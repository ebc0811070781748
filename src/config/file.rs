//! `narthex.toml`.

use std::{io, path::Path};

use super::{
    ConfigError,
    keys::{self, KEYS, Key},
    sources::{Sources, one_line, redact},
};

/// The file that is read from the working directory when no other is named.
const FILE: &str = "narthex.toml";

/// Reads `file`, which then has to be there, or [`FILE`] if there is one.
///
/// # Errors
/// Why it cannot be read, or the first key that is unknown or of the wrong type.
pub(super) fn read(sources: &mut Sources, file: Option<&Path>) -> Result<(), ConfigError> {
    let path = file.unwrap_or(Path::new(FILE));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if file.is_none() && error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            let place = if file.is_some() { "--config is " } else { "" };
            return Err(one_line(format!(
                "{place}\"{}\", which cannot be read ({error}): name a file that can",
                path.display()
            )));
        }
    };
    let table: toml::Table = text.parse().map_err(|error| no_toml(path, &text, &error))?;
    for (name, value) in table {
        let place = format!("{name} in {}", path.display());
        match KEYS.iter().find(|key| key.toml() == name) {
            Some(key) => set(sources, key, &value, place)?,
            None if name == "abilities" => add_ability(sources, &value, &place)?,
            None => return Err(unknown(&name, &value, &place)),
        }
    }
    Ok(())
}

/// Says where the fault is and what, but not what is written there: it may be a secret.
fn no_toml(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or(0, |before| before.matches('\n').count()) + 1;
    one_line(format!(
        "{}, line {line}: {}; write settings as key = \"value\"",
        path.display(),
        error.message()
    ))
}

fn set(
    sources: &mut Sources,
    key: &'static Key,
    value: &toml::Value,
    place: String,
) -> Result<(), ConfigError> {
    let Some(text) = as_text(value) else {
        return Err(one_line(format!(
            "{place} is {}: give it as text in quotes",
            redact(key.is_secret(), value)
        )));
    };
    sources.set(key.env, text, place);
    Ok(())
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

fn add_ability(sources: &mut Sources, value: &toml::Value, place: &str) -> Result<(), ConfigError> {
    let table = value
        .as_table()
        .ok_or_else(|| one_line(format!("{place} is {value}: make it a table, [abilities]")))?;
    for (ability, meaning) in table {
        let meaning = meaning.as_str().ok_or_else(|| {
            one_line(format!(
                "{place}: \"{ability}\" is {meaning}: say in words what it allows"
            ))
        })?;
        sources.add_ability(ability, meaning);
    }
    Ok(())
}

fn unknown(name: &str, value: &toml::Value, place: &str) -> ConfigError {
    let known: Vec<String> = KEYS.iter().map(Key::toml).collect();
    let hidden = keys::sounds_secret(name) || value.is_table() || value.is_array();
    one_line(format!(
        "{place} is {}: there is no such setting; there are {} and [abilities]",
        redact(hidden, value),
        known.join(", ")
    ))
}
