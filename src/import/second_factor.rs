//! The authenticator apps and recovery codes of the users of a file.

use std::collections::{HashMap, HashSet};

use super::{
    SourceName,
    lines::{CodesMember, TotpMember},
    prepare::Owner,
    report::SecondFactors,
    store,
};
use crate::{
    app_state::{AppState, Transaction},
    error::Result,
    factors::{self, HashedCode, ImportedRecoveryCode, TotpSecret},
    types::ids::UserId,
    util::clock::Timestamp,
};

/// The second factor of a user of the source.
pub(super) enum SecondFactor {
    /// The user has none.
    None,
    /// An authenticator app with recovery codes.
    App(App),
    /// An authenticator app whose secret is missing or malformed. Without it, the account would be
    /// less protected than in the source.
    Unreadable,
}

/// An authenticator app.
pub(super) struct App {
    secret: TotpSecret,
    /// The time at which it was turned on.
    since: Option<Timestamp>,
    recovery_codes: Vec<ImportedRecoveryCode>,
    /// Recovery codes of a form that the pages do not accept.
    unusable_codes: usize,
}

/// The hashed recovery codes of users, by their IDs in the source.
pub(super) type HashedCodes = HashMap<String, Vec<HashedCode>>;

impl SecondFactor {
    pub(super) fn of(totp: &TotpMember, since: Option<Timestamp>, codes: &CodesMember) -> Self {
        let secret = match totp {
            TotpMember::None => return Self::None,
            TotpMember::Secret(secret) => TotpSecret::parse_imported(secret),
            TotpMember::Unreadable => None,
        };
        let Some(secret) = secret else {
            return Self::Unreadable;
        };
        let parsed = codes.0.iter().flatten();
        let recovery_codes: Vec<_> = parsed
            .filter_map(|code| ImportedRecoveryCode::parse(code.expose()))
            .collect();
        Self::App(App {
            secret,
            since,
            unusable_codes: codes.0.len() - recovery_codes.len(),
            recovery_codes,
        })
    }

    /// Counts the second factor of a user who is taken.
    pub(super) fn count(&self, report: &mut SecondFactors) {
        let number = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        match self {
            Self::None => {}
            Self::App(app) => {
                report.taken += 1;
                report.recovery_codes += number(app.recovery_codes.len());
                report.recovery_codes_left_out += number(app.unusable_codes);
            }
            Self::Unreadable => report.left_out += 1,
        }
    }

    /// Adds the second factor to a new account.
    pub(super) fn insert(
        &self,
        tx: &mut Transaction<'_>,
        user: UserId,
        created_at: Timestamp,
        codes: &[HashedCode],
    ) -> Result<()> {
        let Self::App(app) = self else {
            return Ok(());
        };
        let now = tx.now();
        let since = app.since.unwrap_or(now).clamp(created_at, now);
        factors::insert_imported(tx, user, &app.secret, since, codes)
    }

    const fn recovery_codes(&self) -> &[ImportedRecoveryCode] {
        match self {
            Self::App(app) => app.recovery_codes.as_slice(),
            Self::None | Self::Unreadable => &[],
        }
    }
}

/// Hashes the recovery codes of the users whom no earlier import took, before the transaction: a hash
/// takes long, and SQLite has one writer.
pub(super) async fn hash_codes(
    state: &AppState,
    source: &SourceName,
    owners: &[Owner],
) -> Result<HashedCodes> {
    let codes = owners.iter().filter_map(|owner| {
        let codes = owner.user.as_ref()?.content.second_factor.recovery_codes();
        (!codes.is_empty()).then_some((&owner.id, codes))
    });
    let codes: Vec<_> = codes.collect();
    let mut hashed = HashedCodes::new();
    if codes.is_empty() {
        return Ok(hashed);
    }
    let ids: Vec<String> = codes.iter().map(|(id, _)| (*id).clone()).collect();
    let of_source = source.clone();
    let taken = state
        .read(move |_, connection| Ok(store::users_among(connection, &of_source, &ids)?))
        .await?;
    let taken: HashSet<&str> = taken.iter().map(|(id, _)| id.as_str()).collect();
    for (id, codes) in codes {
        if !taken.contains(id.as_str()) {
            hashed.insert(id.clone(), factors::hash_imported(state, codes).await?);
        }
    }
    Ok(hashed)
}
