//! The users and tokens of a file, as values of Narthex.

use std::time::Duration;

use super::{
    lines::{TokenLine, UserLine},
    reason::Reason,
    second_factor::SecondFactor,
    source::System,
};
use crate::{
    crypto::{
        digest::Digest,
        password_hash::{StoredHash, UnusableHash},
    },
    types::{
        ability::Abilities,
        email::Email,
        language_tag::LanguageTag,
        name::{self, Name},
        secret_form::SecretForm,
    },
    util::{clock::Timestamp, unicode::is_unprintable},
};

/// The longest ID of a user or a token in the source.
const MAX_ID_LENGTH: usize = 255;
/// The name of a user or a token whose name is not usable.
const UNNAMED: &str = "unnamed";

/// A user.
pub(super) struct User {
    pub(super) id: String,
    pub(super) email: Email,
    pub(super) name: String,
    pub(super) password: StoredHash,
    /// The name of the scheme of the password hash.
    pub(super) scheme: String,
    pub(super) created_at: Timestamp,
    pub(super) is_disabled: bool,
    pub(super) language: Option<LanguageTag>,
    pub(super) second_factor: SecondFactor,
}

/// A token.
pub(super) struct Token {
    pub(super) id: String,
    /// The ID of its user in the source.
    pub(super) user: String,
    pub(super) name: String,
    pub(super) digest: Digest,
    pub(super) form: SecretForm,
    pub(super) abilities: Abilities,
    pub(super) created_at: Timestamp,
    pub(super) last_used_at: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
}

impl User {
    pub(super) fn of(line: UserLine, now: Timestamp) -> Result<Self, Reason> {
        ensure_id(&line.user)?;
        let email = Email::parse(&line.email).map_err(|_| Reason::Email)?;
        let local_part = email.as_str().split('@').next().unwrap_or_default();
        let name = usable_name(line.name.as_deref(), local_part);
        let (password, scheme) = password(line.password.as_deref());
        Ok(Self {
            id: line.user,
            name,
            email,
            password,
            scheme,
            created_at: line.created_at.unwrap_or(now).min(now),
            is_disabled: line.disabled,
            // An unusable tag is left out: the language of the browser takes its place.
            language: line.language.as_deref().and_then(LanguageTag::parse),
            second_factor: SecondFactor::of(
                &line.totp,
                line.totp_confirmed_at,
                &line.recovery_codes,
            ),
        })
    }
}

impl Token {
    /// `life` is the life of every token of the source.
    pub(super) fn of(
        line: TokenLine,
        system: System,
        abilities: Abilities,
        life: Option<Duration>,
        now: Timestamp,
    ) -> Result<Self, Reason> {
        ensure_id(&line.token)?;
        let created_at = line.created_at.unwrap_or(now).min(now);
        let end_of_life = life.map(|life| created_at.saturating_add(life));
        Ok(Self {
            name: usable_name(line.name.as_deref(), UNNAMED),
            digest: digest(&line.sha256).ok_or(Reason::Digest)?,
            form: form(system, line.form.as_deref()).ok_or(Reason::Form)?,
            id: line.token,
            user: line.user,
            abilities,
            created_at,
            last_used_at: line.last_used_at.map(|at| at.clamp(created_at, now)),
            expires_at: [line.expires_at, end_of_life].into_iter().flatten().min(),
        })
    }

    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

fn ensure_id(id: &str) -> Result<(), Reason> {
    if (1..=MAX_ID_LENGTH).contains(&id.len()) && !id.contains(is_unprintable) {
        Ok(())
    } else {
        Err(Reason::Id)
    }
}

/// Returns the name without control characters, or `fallback`. Narthex refuses some names that
/// other systems accept, and a user must not be lost for that.
fn usable_name(name: Option<&str>, fallback: &str) -> String {
    let printable: String = name
        .unwrap_or_default()
        .chars()
        .filter(|c| !is_unprintable(*c))
        .take(name::MAX_CHARACTERS)
        .collect();
    [printable.as_str(), fallback]
        .into_iter()
        .find_map(|text| Name::parse(text).ok())
        .map_or_else(|| UNNAMED.to_owned(), String::from)
}

/// Returns the hash and the name of its scheme. An unusable hash yields an account without a
/// password, whose owner gets a new one from an operator.
fn password(text: Option<&str>) -> (StoredHash, String) {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return (StoredHash::absent(), "none".to_owned());
    };
    let parsed =
        StoredHash::parse_foreign(text).and_then(|hash| Ok((hash.scheme()?.to_string(), hash)));
    match parsed {
        Ok((scheme, hash)) => (hash, scheme),
        Err(UnusableHash::Unknown) => (StoredHash::absent(), "none, unknown scheme".to_owned()),
        Err(UnusableHash::OutOfBounds(scheme)) => (
            StoredHash::absent(),
            format!("none, {scheme} costs too much"),
        ),
    }
}

fn digest(text: &str) -> Option<Digest> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(Digest::from_stored(bytes))
}

fn form(system: System, named: Option<&str>) -> Option<SecretForm> {
    let forms = system.token_forms();
    match named {
        None => forms.first().copied(),
        Some(named) => SecretForm::parse_foreign(named).filter(|form| forms.contains(form)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_name_becomes_the_fallback() {
        for (given, name) in [
            (Some(" Ada "), "Ada"),
            (Some("A\u{7}da\n"), "Ada"),
            (Some("  "), "ada"),
            (Some("\u{200b}"), "ada"),
            (None, "ada"),
        ] {
            assert_eq!(usable_name(given, "ada"), name, "{given:?}");
        }
        assert_eq!(usable_name(Some(&"é".repeat(300)), "x"), "é".repeat(255));
        assert_eq!(usable_name(None, "\u{200b}"), UNNAMED);
    }

    #[test]
    fn digest_is_64_hexadecimal_digits() {
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest(hex), Some(Digest::of(b"abc")));
        assert_eq!(digest(&hex.to_uppercase()), Some(Digest::of(b"abc")));
        for wrong in [
            "",
            hex.strip_prefix("b").unwrap(),
            hex.strip_prefix("ba").unwrap(),
            &format!("{hex}00"),
            &hex.replacen("ba", "+a", 1),
        ] {
            assert_eq!(digest(wrong), None, "{wrong}");
        }
    }
}
