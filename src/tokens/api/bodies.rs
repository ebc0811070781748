//! What the JSON API is sent about tokens.

use std::time::Duration;

use serde::Deserialize;

use crate::{
    ability::Abilities,
    context::Context,
    fields::FieldErrors,
    kit::{duration, secret::SecretText},
    name::Name,
    tokens::{Change, DeviceSignIn, NewToken, Overlap},
    web::json::present,
};

/// An app or a command line that signs in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInBody {
    pub(super) email: String,
    pub(super) password: SecretText,
    device_name: String,
    /// Everything, where it does not say.
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

/// A token to be made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTokenBody {
    name: String,
    abilities: Vec<String>,
    /// Seconds; never, where it does not say.
    expires_in: Option<u64>,
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
    let most = duration::LONGEST.as_secs();
    Err(format!("Give at most {most} seconds, or null for never."))
}

/// What shall be different about a token; what is absent stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    #[serde(default, deserialize_with = "present")]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    abilities: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
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
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotateBody {
    /// None, where it does not say: the secret before ends at once.
    overlap: Option<Length>,
}

/// Seconds, or a length of time such as `24h`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Length {
    Seconds(u64),
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
