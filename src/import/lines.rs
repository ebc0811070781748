//! The lines of a file: one JSON object each. docs/import.md describes the format.

use serde::{Deserialize, Deserializer, de::Error as _, de::IgnoredAny};
use serde_json::Value;

use crate::{crypto::secret::SecretString, util::clock::Timestamp};

/// The first line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    /// Always `export`.
    pub(super) narthex: String,
    pub(super) version: u32,
    pub(super) source: String,
    /// Distinguishes two apps of one system.
    pub(super) app: Option<String>,
    /// The life of every token, in minutes. A token may have an earlier end.
    pub(super) expiration: Option<u64>,
    /// The time zone of the app. The exporter has converted all times already.
    #[serde(rename = "timezone")]
    _timezone: Option<IgnoredAny>,
    /// The time of the export.
    #[serde(rename = "at")]
    _at: Option<IgnoredAny>,
}

/// The last line: how many lines there are of each sort. It proves that the file was not cut.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    pub(super) end: Counts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counts {
    pub(super) users: u64,
    pub(super) tokens: u64,
}

/// A user.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserLine {
    /// The ID of the user in the source.
    pub(super) user: String,
    pub(super) email: String,
    pub(super) name: Option<String>,
    pub(super) password: Option<String>,
    /// This member is not read. The operator is responsible for the addresses of an import.
    #[serde(rename = "email_verified_at")]
    _email_verified_at: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "time")]
    pub(super) created_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) disabled: bool,
    /// The language that the user chose.
    pub(super) language: Option<String>,
    #[serde(default)]
    pub(super) totp: TotpMember,
    /// The time at which the authenticator app was turned on.
    #[serde(default, deserialize_with = "time")]
    pub(super) totp_confirmed_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) recovery_codes: CodesMember,
}

/// The secret of an authenticator app, in base32. A value of another type is no error of the line,
/// because the text of the error would contain the value.
#[derive(Default)]
pub(super) enum TotpMember {
    /// The user has no app.
    #[default]
    None,
    /// The user has an app with this secret.
    Secret(SecretString),
    /// The user has an app whose secret is not in the file.
    Unreadable,
}

impl<'de> Deserialize<'de> for TotpMember {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::Null | Value::Bool(false) => Self::None,
            Value::String(secret) => Self::Secret(SecretString::new(secret)),
            _ => Self::Unreadable,
        })
    }
}

/// The recovery codes of a user. A value of another type counts as a code that is not usable, for the
/// same reason.
#[derive(Default)]
pub(super) struct CodesMember(pub(super) Vec<Option<SecretString>>);

impl<'de> Deserialize<'de> for CodesMember {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let codes = match Value::deserialize(deserializer)? {
            Value::Null => Vec::new(),
            Value::Array(codes) => codes,
            other => vec![other],
        };
        let codes = codes.into_iter().map(|code| match code {
            Value::String(code) => Some(SecretString::new(code)),
            _ => None,
        });
        Ok(Self(codes.collect()))
    }
}

/// A token.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenLine {
    /// The ID of the token in the source.
    pub(super) token: String,
    /// The ID of its user in the source.
    pub(super) user: String,
    pub(super) name: Option<String>,
    /// The digest of the secret, in hexadecimal digits.
    pub(super) sha256: String,
    /// The form of the secret. The default is that of the source.
    pub(super) form: Option<String>,
    pub(super) abilities: Option<Vec<String>>,
    #[serde(default, deserialize_with = "time")]
    pub(super) created_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    pub(super) last_used_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    pub(super) expires_at: Option<Timestamp>,
}

/// Reads an RFC 3339 time or `null`.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    match Timestamp::parse(&text) {
        Some(time) => Ok(Some(time)),
        None => Err(D::Error::custom(
            "a time is not RFC 3339, such as 2026-01-31T12:00:00Z",
        )),
    }
}
