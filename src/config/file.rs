//! Reads `narthex.toml`.

use std::{io, path::Path};

use super::{
    ConfigError,
    setting_keys::{self, SettingKey},
    sources::{Sources, one_line, redact},
};

/// The file that is read from the working directory if no other is named.
const FILE: &str = "narthex.toml";

/// Reads `file`, which must exist, or [`FILE`] if it exists.
///
/// # Errors
/// Returns why the file cannot be read, or the first key that is unknown or has the wrong type.
pub(super) fn read(sources: &mut Sources, file: Option<&Path>) -> Result<(), ConfigError> {
    let path = file.unwrap_or(Path::new(FILE));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if file.is_none() && error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            let source = if file.is_some() { "--config is " } else { "" };
            return Err(one_line(format!(
                "{source}\"{}\", which cannot be read ({error}): give a readable file",
                path.display()
            )));
        }
    };
    let table: toml::Table = text
        .parse()
        .map_err(|error| syntax_error(path, &text, &error))?;
    for (name, value) in table {
        let source = format!("{name} in {}", path.display());
        match setting_keys::all().find(|key| key.toml() == name) {
            Some(key) => set(sources, key, &value, source)?,
            None if name == "abilities" => add_ability(sources, &value, &source)?,
            None => return Err(unknown(&name, &value, &source)),
        }
    }
    Ok(())
}

/// Reports the line and the kind of a syntax error, but not the text of the line, which may be a
/// secret.
fn syntax_error(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
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
    key: &'static SettingKey,
    value: &toml::Value,
    source: String,
) -> Result<(), ConfigError> {
    let Some(text) = as_text(value) else {
        return Err(one_line(format!(
            "{source} is {}: give it as text in quotes",
            redact(key.is_secret(), value)
        )));
    };
    sources.set(key.env, text, source);
    Ok(())
}

/// Returns a string, or an array of strings joined by commas.
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

fn add_ability(
    sources: &mut Sources,
    value: &toml::Value,
    source: &str,
) -> Result<(), ConfigError> {
    let table = value
        .as_table()
        .ok_or_else(|| one_line(format!("{source} is {value}: make it a table, [abilities]")))?;
    for (ability, meaning) in table {
        let meaning = meaning.as_str().ok_or_else(|| {
            one_line(format!(
                "{source}: \"{ability}\" is {meaning}: give a text that describes the ability"
            ))
        })?;
        sources.add_ability(ability, meaning);
    }
    Ok(())
}

fn unknown(name: &str, value: &toml::Value, source: &str) -> ConfigError {
    let known: Vec<String> = setting_keys::all().map(SettingKey::toml).collect();
    let hidden = setting_keys::may_be_secret(name) || value.is_table() || value.is_array();
    one_line(format!(
        "{source} is {}: there is no such setting; the settings are {} and [abilities]",
        redact(hidden, value),
        known.join(", ")
    ))
}
