//! The name of a PostgreSQL schema.

use std::fmt;

/// PostgreSQL truncates longer names (documentation, section 4.1.1).
const MAX_BYTES: usize = 63;

/// The name of the PostgreSQL schema that contains the tables.
///
/// Only lower-case names are accepted, because PostgreSQL folds names to lower case unless a query
/// quotes them. So `REFERENCES narthex.users` in a migration of an app names the same schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaName(String);

impl SchemaName {
    /// Parses a name of lower-case letters, digits and underscores.
    ///
    /// # Errors
    /// Returns a description of a valid value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        let has_valid_characters = text
            .bytes()
            .all(|byte| is_letter(byte) || byte.is_ascii_digit());
        let begins_with_letter = text.bytes().next().is_some_and(is_letter);
        if text.starts_with("pg_") || text == "information_schema" {
            Err("PostgreSQL reserves this name; give another one, such as narthex")
        } else if has_valid_characters && begins_with_letter && text.len() <= MAX_BYTES {
            Ok(Self(text.to_owned()))
        } else {
            Err("give at most 63 of a-z, 0-9 and _, and no digit first, such as narthex")
        }
    }
}

/// Formats the name without quotation marks. It needs them in SQL, because it may be a keyword.
impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schema_name_is_a_lower_case_identifier() {
        for valid in ["narthex", "_n", "app_2", "user", &"a".repeat(63)] {
            assert_eq!(SchemaName::parse(valid).unwrap().to_string(), valid);
        }
        for invalid in [
            "",
            "Narthex",
            "2app",
            "my-app",
            "app.auth",
            "a\"b",
            "naïve",
            "pg_narthex",
            "information_schema",
            &"a".repeat(64),
        ] {
            assert!(SchemaName::parse(invalid).is_err(), "{invalid}");
        }
    }
}
