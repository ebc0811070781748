//! The differences between the lines of a file and the rows of an earlier import.
//!
//! An import changes no row that is here. The old app may have changed its own rows since, so the
//! operator has to know which ones differ.

use serde::Serialize;

use super::{
    candidate::{Token, User},
    second_factor::SecondFactor,
};
use crate::{types::ability::Abilities, util::clock::Timestamp};

/// A user or a token that is here with another value than in the file. It stays as it is here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// The number of the line, from 1.
    pub line: u64,
    /// `user` or `token`.
    pub kind: &'static str,
    /// The ID in the source.
    pub id: String,
    /// The name of the value that differs.
    pub differs: &'static str,
}

/// A user that an import created or attached to.
pub(super) struct KnownUser {
    pub(super) canonical: String,
    pub(super) name: String,
    pub(super) is_disabled: bool,
    pub(super) has_second_factor: bool,
}

/// A token that an import created.
pub(super) struct KnownToken {
    pub(super) name: String,
    pub(super) abilities: String,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) is_revoked: bool,
}

/// Returns the values of a user that differ. Password hashes are left out, because a sign-in renews
/// them. A second factor that was added here is no difference. An account to which tokens were
/// attached has a name of its own.
pub(super) fn of_user(file: &User, here: &KnownUser) -> Vec<&'static str> {
    let has_factor = !matches!(file.second_factor, SecondFactor::None);
    named([
        ("email", file.email.canonical() != here.canonical),
        ("name", file.name != here.name),
        ("disabled", file.is_disabled != here.is_disabled),
        ("second_factor", has_factor && !here.has_second_factor),
    ])
}

/// Returns the values of a token that differ. `None` is a token whose row was deleted after its
/// revocation.
pub(super) fn of_token(file: &Token, here: Option<&KnownToken>) -> Vec<&'static str> {
    let Some(here) = here.filter(|here| !here.is_revoked) else {
        return vec!["revoked"];
    };
    named([
        ("name", file.name != here.name),
        (
            "abilities",
            file.abilities != Abilities::from_stored(&here.abilities),
        ),
        ("expires_at", file.expires_at != here.expires_at),
    ])
}

fn named<const N: usize>(values: [(&'static str, bool); N]) -> Vec<&'static str> {
    let different = values.into_iter().filter(|(_, differs)| *differs);
    different.map(|(name, _)| name).collect()
}
