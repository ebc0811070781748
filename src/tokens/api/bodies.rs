//! What the JSON API is sent about tokens.

use std::time::Duration;

use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    ability::Abilities,
    context::Context,
    fields::FieldErrors,
    kit::{duration, secret::SecretText},
    name::Name,
    shapes::{self, Shape},
    tokens::{Change, DeviceSignIn, NewToken, Overlap},
    web::json::{present, whole, whole_or_null},
};

/// An app or a command line that signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignIn)]
pub struct SignInBody {
    #[schema(value_type = shapes::Address)]
    pub(super) email: String,
    #[schema(value_type = shapes::Password)]
    pub(super) password: SecretText,
    #[schema(value_type = Name)]
    device_name: String,
    /// Everything, where it does not say.
    #[schema(value_type = Option<Abilities>)]
    abilities: Option<Vec<String>>,
}

impl SignInBody {
    pub(super) fn device(&self, context: &Context) -> Result<DeviceSignIn, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.take("device_name", Name::parse(&self.device_name));
        let abilities = match &self.abilities {
            Some(names) => errors.take("abilities", context.settings.catalogue.parse(names)),
            None => Some(Abilities::everything()),
        };
        match (name, abilities) {
            (Some(device_name), Some(abilities)) => Ok(DeviceSignIn {
                device_name,
                abilities,
            }),
            _ => Err(errors),
        }
    }
}

/// The most seconds that a token may be given to live.
const LONGEST_LIFE: u64 = duration::LONGEST.as_secs();

/// A token to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewToken)]
pub struct NewTokenBody {
    #[schema(value_type = Name)]
    name: String,
    #[schema(value_type = Abilities)]
    abilities: Vec<String>,
    /// Seconds; never, where it does not say.
    #[serde(default, deserialize_with = "whole_or_null")]
    #[schema(schema_with = seconds, required = false)]
    expires_in: Option<u64>,
}

fn seconds() -> Shape {
    shapes::number_or_null(1, LONGEST_LIFE)
}

impl NewTokenBody {
    pub(super) fn read(self, context: &Context) -> Result<NewToken, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.take("name", Name::parse(&self.name));
        let catalogue = &context.settings.catalogue;
        let abilities = errors.take("abilities", catalogue.parse(&self.abilities));
        let life = self.expires_in.map(life).transpose();
        let expires_at = life.and_then(|life| NewToken::expiry(context, life));
        let expires_at = errors.take("expires_in", expires_at);
        NewToken::of(errors, name, abilities, expires_at)
    }
}

/// The length of a token's life that so many seconds are.
fn life(seconds: u64) -> Result<Duration, String> {
    let life = Duration::from_secs(seconds);
    if life <= duration::LONGEST {
        return Ok(life);
    }
    Err(format!(
        "Give at most {LONGEST_LIFE} seconds, or null for never."
    ))
}

/// What shall be different about a token; what is absent stays.
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
    /// A paused token is refused, and can come back.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool, required = false)]
    paused: Option<bool>,
}

impl ChangeBody {
    pub(super) fn read(self, context: &Context) -> Result<Change, FieldErrors> {
        let mut errors = FieldErrors::default();
        let catalogue = &context.settings.catalogue;
        let name = self
            .name
            .and_then(|text| errors.take("name", Name::parse(&text)));
        let abilities = self
            .abilities
            .and_then(|names| errors.take("abilities", catalogue.parse(&names)));
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Change {
            name,
            abilities,
            paused: self.paused,
        })
    }
}

/// A rotation.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Rotation)]
pub struct RotateBody {
    /// None, where it does not say: the secret before ends at once.
    #[schema(schema_with = overlap, required = false)]
    overlap: Option<Length>,
}

/// Up to seven days in every unit.
const OVERLAP: &str = "^(0|[1-9][0-9]{0,3}[sm]|[1-9][0-9]?h|1[0-5][0-9]h|16[0-8]h|[1-7]d)$";

fn overlap() -> Shape {
    let seconds = shapes::number_or_null(0, Overlap::LONGEST.as_secs());
    let text = shapes::text().pattern(Some(OVERLAP)).examples(["24h"]);
    shapes::either(
        "How long the secret before goes on working, at most seven days: seconds, or a length of time. \
         None, where it does not say.",
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
    pub(super) fn read(&self) -> Result<Overlap, FieldErrors> {
        let overlap = match &self.overlap {
            None => return Ok(Overlap::default()),
            Some(Length::Seconds(seconds)) => Overlap::of(Duration::from_secs(*seconds)),
            Some(Length::Text(text)) => Overlap::parse(text),
        };
        overlap.map_err(|what_would_do| FieldErrors::one("overlap", what_would_do))
    }
}
