//! Request bodies about tokens in the JSON API.

use std::time::Duration;

use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    app_state::AppState,
    crypto::secret::SecretString,
    http::{
        auth::ApiCaller,
        extract::json_values::{present, present_whole_or_null, whole},
        openapi::schemas::{self, Shape},
    },
    tokens::{Change, DeviceSignIn, GracePeriod, NewToken, Rotation},
    types::{
        ability::Abilities,
        credential_kind::CredentialType,
        fields::FieldErrors,
        message::{Message, field},
        name::Name,
    },
    util::{clock::Timestamp, duration},
};

/// The sign-in of an app or a command line.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignIn)]
pub struct SignInBody {
    #[schema(value_type = schemas::Address)]
    pub(super) email: String,
    #[schema(value_type = schemas::Password)]
    pub(super) password: SecretString,
    /// The code of a second factor: of the authenticator app, or a recovery code. An account with a
    /// second factor needs it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = schemas::Code, required = false)]
    pub(super) code: Option<String>,
    #[schema(value_type = Name)]
    device_name: String,
    /// The abilities of the token. If absent, the token may do everything.
    #[schema(value_type = Option<Abilities>)]
    abilities: Option<Vec<String>>,
    /// The life of the token in seconds, or `null` for no expiry. If absent, the operator's setting
    /// applies.
    #[serde(default, deserialize_with = "present_whole_or_null")]
    #[schema(schema_with = seconds, required = false)]
    expires_in: Option<Option<u64>>,
}

impl SignInBody {
    pub(super) fn device(&self, state: &AppState) -> Result<DeviceSignIn, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.take("device_name", Name::parse(&self.device_name));
        let abilities = match &self.abilities {
            Some(names) => errors.take("abilities", state.settings().tokens.catalogue.parse(names)),
            None => Some(Abilities::everything()),
        };
        let expires_at = match self.expires_in {
            Some(life) => errors.take("expires_in", expiry(state, life)),
            None => Some(DeviceSignIn::default_expiry(state)),
        };
        match (name, abilities, expires_at) {
            (Some(device_name), Some(abilities), Some(expires_at)) => Ok(DeviceSignIn {
                device_name,
                abilities,
                expires_at,
            }),
            _ => Err(errors),
        }
    }
}

/// The longest life of a token, in seconds.
const MAX_LIFE_SECONDS: u64 = duration::MAX_DURATION.as_secs();

/// A token to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewToken)]
pub struct NewTokenBody {
    #[schema(value_type = Name)]
    name: String,
    #[schema(value_type = Abilities)]
    abilities: Vec<String>,
    /// The life of the token in seconds, or `null` for no expiry. If absent, the token expires with
    /// the token that creates it, or never if that one has no expiry or is a session.
    #[serde(default, deserialize_with = "present_whole_or_null")]
    #[schema(schema_with = seconds, required = false)]
    expires_in: Option<Option<u64>>,
}

fn seconds() -> Shape {
    schemas::number_or_null(1, MAX_LIFE_SECONDS)
}

impl NewTokenBody {
    pub(super) fn read(self, caller: &ApiCaller) -> Result<NewToken, FieldErrors> {
        let state = &caller.state;
        let mut errors = FieldErrors::default();
        let name = errors.take("name", Name::parse(&self.name));
        let catalogue = &state.settings().tokens.catalogue;
        let abilities = errors.take("abilities", catalogue.parse(&self.abilities));
        let requested = match self.expires_in {
            Some(life) => expiry(state, life),
            None => {
                let creator = caller.principal.credential();
                let is_token = creator.class() == CredentialType::Token;
                let end = creator.expires_at.filter(|_| is_token);
                NewToken::ensure_within_max_age(state, end)
            }
        };
        let expires_at = errors.take("expires_in", requested);
        NewToken::of(errors, name, abilities, expires_at)
    }
}

/// Returns the expiry of a token that lives for `seconds` from now. `None` means no expiry.
fn expiry(state: &AppState, seconds: Option<u64>) -> Result<Option<Timestamp>, Message> {
    NewToken::expiry(state, seconds.map(life).transpose()?)
}

/// Converts seconds to a length of life, up to [`duration::MAX_DURATION`].
fn life(seconds: u64) -> Result<Duration, Message> {
    let life = Duration::from_secs(seconds);
    if life <= duration::MAX_DURATION {
        return Ok(life);
    }
    Err(field::expiry_too_many_seconds(MAX_LIFE_SECONDS))
}

/// Changes of a token. Absent members stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TokenChange)]
pub struct ChangeBody {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Name, required = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Abilities, required = false)]
    abilities: Option<Vec<String>>,
    /// Whether the token is paused. A paused token is refused until it is resumed.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool, required = false)]
    paused: Option<bool>,
    /// The life of the token in seconds from now, or `null` for no expiry. A session must confirm
    /// the password before it extends the life.
    #[serde(default, deserialize_with = "present_whole_or_null")]
    #[schema(schema_with = seconds, required = false)]
    expires_in: Option<Option<u64>>,
}

impl ChangeBody {
    pub(super) fn read(self, state: &AppState) -> Result<Change, FieldErrors> {
        let mut errors = FieldErrors::default();
        let catalogue = &state.settings().tokens.catalogue;
        let name = self
            .name
            .and_then(|text| errors.take("name", Name::parse(&text)));
        let abilities = self
            .abilities
            .and_then(|names| errors.take("abilities", catalogue.parse(&names)));
        let expires_at = self
            .expires_in
            .and_then(|life| errors.take("expires_in", expiry(state, life)));
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Change {
            name,
            abilities,
            paused: self.paused,
            expires_at,
        })
    }
}

/// The options of a rotation.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Rotation)]
pub struct RotateBody {
    /// The time for which the previous secret stays valid. If absent, it stops at once.
    #[schema(schema_with = overlap, required = false)]
    overlap: Option<Length>,
    /// The life of the token in seconds from now, or `null` for no expiry. If absent, the expiry
    /// stays as it is.
    #[serde(default, deserialize_with = "present_whole_or_null")]
    #[schema(schema_with = seconds, required = false)]
    expires_in: Option<Option<u64>>,
}

/// Matches each length of time up to seven days, in seconds, minutes, hours or days.
const OVERLAP: &str = "^(0|[1-9][0-9]{0,3}[sm]|[1-9][0-9]?h|1[0-5][0-9]h|16[0-8]h|[1-7]d)$";

fn overlap() -> Shape {
    let seconds = schemas::number_or_null(0, GracePeriod::MAX_GRACE_PERIOD.as_secs());
    let text = schemas::text().pattern(Some(OVERLAP)).examples(["24h"]);
    schemas::either(
        "How long the previous secret works, at most seven days: seconds, or a length of time. If \
         absent, it stops at once.",
        [seconds, text.into()],
    )
}

/// Seconds, or a length of time such as `24h`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Length {
    Seconds(#[serde(deserialize_with = "whole")] u64),
    Text(String),
}

impl RotateBody {
    pub(super) fn read(&self, state: &AppState) -> Result<Rotation, FieldErrors> {
        let mut errors = FieldErrors::default();
        let overlap = match &self.overlap {
            None => Ok(GracePeriod::default()),
            Some(Length::Seconds(seconds)) => GracePeriod::of(Duration::from_secs(*seconds)),
            Some(Length::Text(text)) => GracePeriod::parse(text),
        };
        let overlap = errors.take("overlap", overlap);
        let expires_at = self
            .expires_in
            .and_then(|life| errors.take("expires_in", expiry(state, life)));
        match overlap {
            Some(overlap) if errors.is_empty() => Ok(Rotation {
                overlap,
                expires_at,
            }),
            _ => Err(errors),
        }
    }

    /// The terms of this request except for the grace period, for the digest of
    /// [`Request`](crate::tokens::Request).
    pub(super) fn terms(&self) -> String {
        match self.expires_in {
            None => String::new(),
            Some(None) => "\nexpires_in: null".to_owned(),
            Some(Some(seconds)) => format!("\nexpires_in: {seconds}"),
        }
    }
}
