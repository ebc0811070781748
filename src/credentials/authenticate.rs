//! Authenticates credentials. Every check of a credential goes through this file.
//!
//! The format of the secret has been verified before: the signature of the cookie, or the checksum
//! of the token. The digest of the secret leads to the credential. It must not be revoked, paused,
//! expired or idle, and its user must not be disabled. A [cached](crate::credential_cache)
//! credential needs no query while the node holds its lease. For any other, the database is
//! queried. Rejections are not cached.

use std::{net::IpAddr, sync::Arc};

use super::{
    last_used,
    principal::Principal,
    store::{self, SecretLookup},
};
use crate::{
    app_state::AppState,
    credential_cache::{
        CachedCredential, CredentialSnapshot, Generation, LookupOutcome, LookupRow,
    },
    crypto::digest::Digest,
    error::Result,
    types::{credential_state::CredentialState, last_use::UsedFrom, secret_form::SecretForm},
    util::clock::Timestamp,
};

/// The reason why a credential is rejected. It is for the log only: clients see the same response
/// for each reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectionReason {
    /// The secret does not exist, or was presented in another format.
    Unknown,
    /// The credential was revoked.
    Revoked,
    /// The token is paused.
    Paused,
    /// The credential expired, or exceeded its idle limit.
    Expired,
    /// The secret expired, although its credential did not: a newer secret has replaced it, or the
    /// end that an import gave it has passed.
    SecretExpired,
    /// The user is disabled.
    UserDisabled,
}

/// Authenticates the secret with `digest`, which was presented from `ip` as a secret of
/// `form`.
///
/// # Errors
/// Returns an error if the database fails. Then a credential that is not cached is neither accepted
/// nor reported as unknown.
pub async fn authenticate(
    state: &AppState,
    form: SecretForm,
    digest: Digest,
    ip: Option<IpAddr>,
) -> Result<Result<Principal, RejectionReason>> {
    let used = Used {
        ip,
        from: UsedFrom::At(ip),
    };
    authenticate_digest(state, form, digest, used).await
}

/// Authenticates a secret that another server received and asks about. It counts as used, but from
/// its previous address: the address of the asking server is not that of the client.
///
/// # Errors
/// Returns the errors of [`authenticate`].
pub async fn introspect(
    state: &AppState,
    form: SecretForm,
    digest: Digest,
) -> Result<Result<Principal, RejectionReason>> {
    let used = Used {
        ip: None,
        from: UsedFrom::PreviousAddress,
    };
    authenticate_digest(state, form, digest, used).await
}

/// The use of a credential: the address of the request, and the address to record.
#[derive(Clone, Copy)]
struct Used {
    ip: Option<IpAddr>,
    from: UsedFrom,
}

async fn authenticate_digest(
    state: &AppState,
    form: SecretForm,
    digest: Digest,
    used: Used,
) -> Result<Result<Principal, RejectionReason>> {
    let now = state.now();
    let from_cache = state
        .cluster()
        .get(&digest)
        .filter(|cached| cached.credential.form == form && cached.is_valid(now));
    let cached = match from_cache {
        Some(cached) => cached,
        // Boxed, because the query needs a large future, which the path of a cached credential
        // should not carry.
        None => match Box::pin(look_up(state, form, digest)).await? {
            Ok(cached) => cached,
            Err(reason) => return Ok(Err(reason)),
        },
    };
    if let Some(system) = form.foreign_name() {
        metrics::counter!("narthex_foreign_tokens_total", "form" => system).increment(1);
    }
    last_used::record(state, &cached, now, used.from);
    Ok(Ok(Principal::new(cached, digest, used.ip)))
}

/// Queries the database. Concurrent lookups of the same secret share one query.
async fn look_up(
    state: &AppState,
    form: SecretForm,
    digest: Digest,
) -> Result<Result<Arc<CachedCredential>, RejectionReason>> {
    let outcome = match state.cluster().generation() {
        // A query that began in this generation includes all earlier revocations, because each one
        // starts a new generation. Without a lease the generation is unknown, and each check runs
        // its own query.
        Some(generation) => {
            let shared = state.clone();
            let query = move || look_up_and_cache(shared, digest, generation);
            state
                .lookups()
                .get_or_run((digest, generation), query)
                .await?
        }
        None => read(state, digest)
            .await?
            .map(|row| Arc::new(LookupOutcome { row, cached: None })),
    };
    let Some(outcome) = outcome else {
        return Ok(Err(RejectionReason::Unknown));
    };
    Ok(
        rejection_reason(&outcome.row, form, state.now()).map(|()| match &outcome.cached {
            Some(cached) => Arc::clone(cached),
            None => Arc::new(outcome.row.clone().into_uncached()),
        }),
    )
}

async fn look_up_and_cache(
    state: AppState,
    digest: Digest,
    generation: Generation,
) -> Result<Option<Arc<LookupOutcome>>> {
    let row = read(&state, digest).await?;
    Ok(row.map(|row| {
        let is_accepted = rejection_reason(&row, row.credential.form, row.at).is_ok();
        let cached = is_accepted.then(|| {
            state
                .cluster()
                .insert_if_current(generation, digest, row.clone())
        });
        Arc::new(LookupOutcome { row, cached })
    }))
}

async fn read(state: &AppState, digest: Digest) -> Result<Option<LookupRow>> {
    metrics::counter!("narthex_cache_misses_total").increment(1);
    let found = find(state, digest).await?;
    Ok(found.map(|found| lookup_row(&found, state.now())))
}

pub(super) fn lookup_row(found: &SecretLookup, now: Timestamp) -> LookupRow {
    let credential = &found.credential;
    LookupRow {
        user: found.user.clone(),
        credential: CredentialSnapshot {
            id: credential.id,
            kind: credential.kind,
            form: found.form,
            abilities: Arc::new(credential.abilities.clone()),
            created_at: credential.created_at,
            expires_at: credential.expires_at,
            idle_limit: credential.idle_limit,
            confirmed_until: credential.confirmed_until,
            second_factor_until: credential.second_factor_until,
            methods: credential.methods,
            authenticated_at: credential.authenticated_at,
        },
        until: found.until(),
        is_revoked: found.is_revoked,
        last_seen: credential.last_active_at(),
        at: now,
        ended: credential.ended_at.is_some(),
        paused: credential.paused,
        user_disabled: found.user_disabled_at.is_some(),
    }
}

/// Returns an error if the credential of this row must be rejected when its secret is presented in
/// `form`.
pub(super) fn rejection_reason(
    row: &LookupRow,
    form: SecretForm,
    now: Timestamp,
) -> Result<(), RejectionReason> {
    let state = row.state_at(now);
    let checks = [
        (row.credential.form != form, RejectionReason::Unknown),
        (state == CredentialState::Revoked, RejectionReason::Revoked),
        (state == CredentialState::Expired, RejectionReason::Expired),
        (
            row.is_revoked || row.until.is_some_and(|until| until <= now),
            RejectionReason::SecretExpired,
        ),
        (row.user_disabled, RejectionReason::UserDisabled),
        (state == CredentialState::Paused, RejectionReason::Paused),
    ];
    match checks.into_iter().find(|(applies, _)| *applies) {
        Some((_, reason)) => Err(reason),
        None => Ok(()),
    }
}

/// Returns the secret with `digest`, also if it is not accepted.
pub(super) async fn find(state: &AppState, digest: Digest) -> Result<Option<SecretLookup>> {
    let found = state
        .read(move |_, connection| Ok(store::by_digest(connection, digest)?))
        .await?;
    Ok(found.map(|mut found| {
        last_used::merge_pending(state, &mut found.credential);
        found
    }))
}
