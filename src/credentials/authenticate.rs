//! The gate: the one way to check a pass.
//!
//! A secret that got here has its form: the cookie's signature or the token's checksum was right.
//! Its digest leads to the credential, which must not be ended, paused, expired or idle, and whose
//! user must not be disabled. One that is [remembered](crate::credential_cache) and may be believed costs no query;
//! of any other the database is asked. There is no memory of who was refused.

use std::{net::IpAddr, sync::Arc};

use super::{
    credential::Credential,
    last_used,
    principal::Principal,
    store::{self, Found},
};
use crate::{
    app_state::AppState,
    credential_cache::{
        CachedCredential, CredentialSnapshot, Generation, InvalidationKey, LookupOutcome,
        LookupRow, User,
    },
    crypto::digest::Digest,
    error::Result,
    types::{credential_kind::CredentialType, last_use::UsedFrom},
    util::clock::Timestamp,
};

/// Why a pass lets nobody in. For the log; callers are told only that it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such secret, or it travelled in the wrong place.
    Unknown,
    /// It was ended.
    Ended,
    /// It is paused.
    Paused,
    /// Its time is over: expired, or idle for too long.
    Expired,
    /// It was rotated out: a newer secret of the same credential works in its place.
    RotatedOut,
    /// Its user is disabled.
    UserDisabled,
}

/// Whether a pass lets somebody in.
pub type Verdict<T> = std::result::Result<T, Refusal>;

/// Checks the secret with `digest`, which travelled as those of `class` do and came from `ip`.
///
/// # Errors
/// When the database cannot be asked. Then nobody gets in whom it would have to be asked about, and
/// nobody is taken for unknown.
pub async fn authenticate(
    context: &AppState,
    class: CredentialType,
    digest: Digest,
    ip: Option<IpAddr>,
) -> Result<Verdict<Principal>> {
    let used = Used {
        ip,
        from: UsedFrom::At(ip),
    };
    authenticate_digest(context, class, digest, used).await
}

/// Checks a secret that somebody else was shown and asks about: it counts as used, from where it was
/// used before, for the address of whoever asks is not its user's.
///
/// # Errors
/// As [`authenticate`].
pub async fn introspect(
    context: &AppState,
    class: CredentialType,
    digest: Digest,
) -> Result<Verdict<Principal>> {
    let used = Used {
        ip: None,
        from: UsedFrom::AsBefore,
    };
    authenticate_digest(context, class, digest, used).await
}

/// How a pass is used: where its caller is, and from where it counts as used.
#[derive(Clone, Copy)]
struct Used {
    ip: Option<IpAddr>,
    from: UsedFrom,
}

async fn authenticate_digest(
    context: &AppState,
    class: CredentialType,
    digest: Digest,
    used: Used,
) -> Result<Verdict<Principal>> {
    let now = context.now();
    let remembered = context
        .nodes
        .get(&digest)
        .filter(|known| known.credential.class() == class && known.is_valid(now));
    let known = match remembered {
        Some(known) => known,
        // In a box: what asks the database needs much room, which a known pass need not carry along.
        None => match Box::pin(look_up(context, class, digest)).await? {
            Ok(known) => known,
            Err(refusal) => return Ok(Err(refusal)),
        },
    };
    last_used::record(context, &known, now, used.from);
    Ok(Ok(Principal::new(known, digest, used.ip)))
}

/// Asks the database. Of many who ask about the same secret at once one does.
async fn look_up(
    context: &AppState,
    class: CredentialType,
    digest: Digest,
) -> Result<Verdict<Arc<CachedCredential>>> {
    let looked = match context.nodes.generation() {
        // The answer to a question that was begun in this generation is not older than what was ended
        // before: that would have begun another. While memory may not be believed nobody knows, and
        // everybody asks.
        Some(generation) => {
            let asking = context.clone();
            let question = move || look_up_and_cache(asking, digest, generation);
            context
                .asked
                .get_or_run((digest, generation), question)
                .await?
        }
        None => read(context, digest)
            .await?
            .map(|read| Arc::new(LookupOutcome { read, kept: None })),
    };
    let Some(looked) = looked else {
        return Ok(Err(Refusal::Unknown));
    };
    Ok(
        rejection_reason(&looked.read, class, context.now()).map(|()| match &looked.kept {
            Some(known) => Arc::clone(known),
            None => Arc::new(looked.read.clone().into_uncached()),
        }),
    )
}

async fn look_up_and_cache(
    context: AppState,
    digest: Digest,
    generation: Generation,
) -> Result<Option<Arc<LookupOutcome>>> {
    let read = read(&context, digest).await?;
    Ok(read.map(|read| {
        let lets_in = rejection_reason(&read, read.credential.class(), read.at).is_ok();
        let kept = lets_in.then(|| {
            context
                .nodes
                .insert_if_current(generation, digest, read.clone())
        });
        Arc::new(LookupOutcome { read, kept })
    }))
}

async fn read(context: &AppState, digest: Digest) -> Result<Option<LookupRow>> {
    metrics::counter!("narthex_lookups_total").increment(1);
    let found = find(context, digest).await?;
    Ok(found.map(|found| lookup_row(&found, context.now())))
}

fn lookup_row(found: &Found, now: Timestamp) -> LookupRow {
    let credential = &found.credential;
    LookupRow {
        user: found.user.clone(),
        credential: CredentialSnapshot {
            id: credential.id,
            kind: credential.kind,
            abilities: Arc::new(credential.abilities.clone()),
            created_at: credential.created_at,
            expires_at: credential.expires_at,
            idle_limit: credential.idle_limit,
            confirmed_until: credential.confirmed_until,
        },
        until: found.valid_until,
        is_revoked: found.is_revoked,
        last_seen: credential.last_active_at(),
        at: now,
        ended: credential.ended_at.is_some(),
        paused: credential.paused,
        user_disabled: found.user_disabled_at.is_some(),
    }
}

/// Why what was read lets nobody in who shows it as those of `class` are shown, if it does not.
fn rejection_reason(read: &LookupRow, class: CredentialType, now: Timestamp) -> Verdict<()> {
    let refusals = [
        (read.credential.class() != class, Refusal::Unknown),
        (read.ended, Refusal::Ended),
        (read.is_expired(now), Refusal::Expired),
        (
            read.is_revoked || read.until.is_some_and(|until| until <= now),
            Refusal::RotatedOut,
        ),
        (read.user_disabled, Refusal::UserDisabled),
        (read.paused, Refusal::Paused),
    ];
    match refusals.into_iter().find(|(refused, _)| *refused) {
        Some((_, why)) => Err(why),
        None => Ok(()),
    }
}

/// What a secret is, whatever became of it.
pub struct Identified {
    /// Whom it lets, or let, in as.
    pub user: User,
    /// Since when nobody can get in as them.
    pub user_disabled_at: Option<Timestamp>,
    /// The credential that it is a secret of; its hint is its newest secret's.
    pub credential: Credential,
    /// Until when this secret is good, where a newer one has taken its place.
    pub valid_until: Option<Timestamp>,
    /// Why it lets nobody in; none, where it does.
    pub refusal: Option<Refusal>,
}

/// Says what the secret with `digest` is, without using it: whoever found it somewhere wants to know
/// whose it is, and not to be taken for its bearer.
///
/// # Errors
/// When the database cannot be asked.
pub async fn identify(
    context: &AppState,
    class: CredentialType,
    digest: Digest,
) -> Result<Option<Identified>> {
    let found = find(context, digest).await?;
    Ok(found
        .filter(|found| found.credential.class() == class)
        .map(|found| Identified {
            refusal: rejection_of(&found, class, context.now()),
            user: found.user,
            user_disabled_at: found.user_disabled_at,
            credential: found.credential,
            valid_until: found.valid_until,
        }))
}

fn rejection_of(found: &Found, class: CredentialType, now: Timestamp) -> Option<Refusal> {
    rejection_reason(&lookup_row(found, now), class, now).err()
}

async fn find(context: &AppState, digest: Digest) -> Result<Option<Found>> {
    let found = context
        .read(move |_, connection| Ok(store::by_digest(connection, digest)?))
        .await?;
    Ok(found.map(|mut found| {
        last_used::merge_pending(context, &mut found.credential);
        found
    }))
}

/// The credential behind a secret, for ending it: one that was not ended, whatever the clock says of its
/// time. A secret that was rotated out leads to none; if only a clock says so, it is revoked here. Of none
/// it is sure that nobody gets in by that secret, anywhere.
///
/// # Errors
/// When the database cannot be asked or changed.
pub async fn find_not_ended(
    context: &AppState,
    class: CredentialType,
    digest: Digest,
) -> Result<Option<Credential>> {
    let Some(found) = find(context, digest).await? else {
        // Whoever took the secret away may still be waiting for the others.
        context
            .wait_for_revocation(InvalidationKey::Pass(digest))
            .await?;
        return Ok(None);
    };
    if found.credential.ended_at.is_some() || found.is_revoked {
        context
            .wait_for_revocation(InvalidationKey::User(found.user.id))
            .await?;
        return Ok(None);
    }
    if let Some(until) = found.valid_until
        && found.is_superseded(context.now())
    {
        revoke_secret(context, &found.credential, digest, until).await?;
        return Ok(None);
    }
    Ok(Some(found.credential).filter(|credential| credential.class() == class))
}

/// Revokes a secret whose overlap is over by this clock. The clock of another node may be slow.
async fn revoke_secret(
    context: &AppState,
    credential: &Credential,
    digest: Digest,
    until: Timestamp,
) -> Result<()> {
    let (user, id) = (credential.user_id, credential.id);
    context
        .write(move |context, connection| {
            if store::lock_user(connection, user)? {
                let old = store::invalidate(context, connection, user, id)?;
                store::revoke_secret(connection, old, digest, until, context.now())?;
            }
            Ok(())
        })
        .await
}
