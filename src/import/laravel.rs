//! Reads the users and tokens of a Laravel app from its own SQLite or PostgreSQL database.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    file::{ForeignFile, Numbered},
    reason::Reason,
    report::Reject,
    source::{SourceName, System},
    store::{self, LaravelRow},
};
use crate::{
    db::{self, DatabaseUrl},
    error::Result,
};

/// The names of the model of users: in Laravel 8 and later, before, and in a morph map.
const USER_MODELS: [&str; 4] = ["App\\Models\\User", "App\\User", "user", "users"];

/// Reads the tables `users` and `personal_access_tokens`, and changes nothing. The times in them
/// must be in UTC, which is Laravel's default.
///
/// # Errors
/// Returns an error if the database or a table cannot be read.
pub fn read_laravel_database(source: SourceName, url: &DatabaseUrl) -> Result<ForeignFile> {
    let (users, tokens) = db::read_snapshot(url, |connection| {
        Ok::<_, crate::error::Error>((
            store::laravel_users(connection)?,
            store::laravel_tokens(connection)?,
        ))
    })?;
    let mut file = ForeignFile {
        source,
        system: System::Sanctum,
        expiration: None,
        users: Vec::new(),
        tokens: Vec::new(),
        broken: Vec::new(),
    };
    for (line, row) in (1..).zip(&users) {
        match convert(user(row)) {
            Ok(content) => file.users.push(Numbered { line, content }),
            Err(reason) => file.broken.push(Reject::user(line, id(row), reason)),
        }
    }
    for (line, row) in (1..).zip(&tokens) {
        match ensure_of_user(row).and_then(|()| convert(token(row))) {
            Ok(content) => file.tokens.push(Numbered { line, content }),
            Err(reason) => file.broken.push(Reject::token(line, id(row), reason)),
        }
    }
    Ok(file)
}

fn convert<T: DeserializeOwned>(line: Value) -> Result<T, Reason> {
    serde_json::from_value(line).map_err(|error| Reason::Malformed(error.to_string()))
}

fn id(row: &LaravelRow) -> &str {
    row.get("id").unwrap_or_default()
}

fn user(row: &LaravelRow) -> Value {
    // With Fortify's option `confirm`, a second factor counts after its confirmation. The secret
    // itself is encrypted with the key of the app, which Narthex does not have.
    let is_confirmed =
        !row.has_column("two_factor_confirmed_at") || row.get("two_factor_confirmed_at").is_some();
    let has_factor = row.get("two_factor_secret").is_some() && is_confirmed;
    json!({
        "user": row.get("id"),
        "email": row.get("email"),
        "name": row.get("name"),
        "password": row.get("password"),
        "created_at": time(row, "created_at"),
        "disabled": row.get("deleted_at").is_some(),
        // A column that many apps add.
        "language": row.get("locale"),
        "totp": has_factor.then_some(true),
    })
}

fn token(row: &LaravelRow) -> Value {
    let abilities: Value = row
        .get("abilities")
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    json!({
        "token": row.get("id"),
        "user": row.get("tokenable_id"),
        "name": row.get("name"),
        "sha256": row.get("token"),
        "abilities": abilities,
        "created_at": time(row, "created_at"),
        "last_used_at": time(row, "last_used_at"),
        "expires_at": time(row, "expires_at"),
    })
}

fn ensure_of_user(row: &LaravelRow) -> Result<(), Reason> {
    let model = row.get("tokenable_type").unwrap_or_default();
    if USER_MODELS.contains(&model) {
        Ok(())
    } else {
        Err(Reason::OtherModel(model.to_owned()))
    }
}

/// Returns a time of the database as RFC 3339. A time without an offset is in UTC.
fn time(row: &LaravelRow, column: &str) -> Option<String> {
    let text = row.get(column)?.replacen(' ', "T", 1);
    let time_of_day = text.split('T').nth(1).unwrap_or_default();
    let has_offset = time_of_day.contains(['Z', '+', '-']);
    Some(if has_offset { text } else { format!("{text}Z") })
}
