//! The gate: the one way to check a pass.
//!
//! A secret that got here has its form: the cookie's signature or the token's checksum was right.
//! Its digest leads to the credential, which must not be ended, paused, expired or idle, and whose
//! user must not be disabled. Every check asks the database, so an ending holds everywhere from its
//! commit on.

use std::net::IpAddr;

use super::{
    caller::{Caller, User},
    credential::Credential,
    kind::Class,
    store::{self, Found},
    usage,
};
use crate::{
    context::Context,
    error::Result,
    kit::{clock::Timestamp, digest::Digest},
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

/// Checks the secret with `digest`, which travelled as those of `class` do and came from `ip`.
///
/// # Errors
/// When the database cannot be asked. Then nobody gets in, and nobody is taken for unknown.
pub async fn check(
    context: &Context,
    class: Class,
    digest: Digest,
    ip: Option<IpAddr>,
) -> Result<Result<Caller, Refusal>> {
    look_up(context, class, digest, |_| ip).await
}

/// Checks a secret that somebody else was shown and asks about: it counts as used, from where it was
/// used before, for the address of whoever asks is not its user's.
///
/// # Errors
/// As [`check`].
pub async fn check_for_another(
    context: &Context,
    class: Class,
    digest: Digest,
) -> Result<Result<Caller, Refusal>> {
    look_up(context, class, digest, |credential| credential.last_used_ip).await
}

/// What a secret is, whatever became of it.
pub struct Identified {
    /// Whom it lets, or let, in as.
    pub user: User,
    /// Since when nobody can get in as them.
    pub user_disabled_at: Option<Timestamp>,
    /// The credential that it is a secret of; its hint is this secret's.
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
    context: &Context,
    class: Class,
    digest: Digest,
) -> Result<Option<Identified>> {
    let found = find(context, digest).await?;
    Ok(found
        .filter(|found| found.credential.class() == class)
        .map(|found| Identified {
            refusal: admit(&found, class, context.now()).err(),
            user: found.user,
            user_disabled_at: found.user_disabled_at,
            credential: found.credential,
            valid_until: found.valid_until,
        }))
}

async fn find(context: &Context, digest: Digest) -> Result<Option<Found>> {
    let found = context
        .read(move |_, connection| Ok(store::by_digest(connection, digest)?))
        .await?;
    Ok(found.map(|mut found| {
        usage::overlay(context, &mut found.credential);
        found
    }))
}

async fn look_up(
    context: &Context,
    class: Class,
    digest: Digest,
    used_from: impl FnOnce(&Credential) -> Option<IpAddr>,
) -> Result<Result<Caller, Refusal>> {
    let Some(found) = find(context, digest).await? else {
        return Ok(Err(Refusal::Unknown));
    };
    let now = context.now();
    if let Err(refusal) = admit(&found, class, now) {
        return Ok(Err(refusal));
    }
    let Found {
        mut credential,
        user,
        ..
    } = found;
    let ip = used_from(&credential);
    usage::note(context, &mut credential, now, ip);
    Ok(Ok(Caller {
        user,
        credential,
        ip,
    }))
}

fn admit(found: &Found, class: Class, now: Timestamp) -> Result<(), Refusal> {
    let credential: &Credential = &found.credential;
    if credential.class() != class {
        return Err(Refusal::Unknown);
    }
    if credential.ended_at.is_some() {
        return Err(Refusal::Ended);
    }
    if !credential.is_live(now) {
        return Err(Refusal::Expired);
    }
    if found.is_spent(now) {
        return Err(Refusal::RotatedOut);
    }
    if found.user_disabled_at.is_some() {
        return Err(Refusal::UserDisabled);
    }
    if credential.paused {
        return Err(Refusal::Paused);
    }
    Ok(())
}

/// The live credential behind a secret, also a paused one: for ending it. A secret that was rotated
/// out is nobody's any more.
///
/// # Errors
/// When the database cannot be asked.
pub async fn find_live(
    context: &Context,
    class: Class,
    digest: Digest,
) -> Result<Option<Credential>> {
    let found = find(context, digest).await?;
    let now = context.now();
    Ok(found
        .filter(|found| !found.is_spent(now))
        .map(|found| found.credential)
        .filter(|credential| credential.class() == class && credential.is_live(now)))
}
