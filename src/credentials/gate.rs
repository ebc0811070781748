//! The gate: the one way to check a pass.
//!
//! A secret that got here has its form: the cookie's signature or the token's checksum was right.
//! Its digest leads to the credential, which must not be ended, paused, expired or idle, and whose
//! user must not be disabled. Every check asks the database, so an ending holds everywhere from its
//! commit on.

use std::net::IpAddr;

use super::{
    caller::Caller,
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

async fn look_up(
    context: &Context,
    class: Class,
    digest: Digest,
    used_from: impl FnOnce(&Credential) -> Option<IpAddr>,
) -> Result<Result<Caller, Refusal>> {
    let found = context
        .read(move |_, connection| Ok(store::by_digest(connection, digest)?))
        .await?;
    let Some(mut found) = found else {
        return Ok(Err(Refusal::Unknown));
    };
    let now = context.now();
    usage::overlay(context, &mut found.credential);
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
    if !credential.is_live(now) || found.is_spent(now) {
        return Err(Refusal::Expired);
    }
    if found.user_disabled {
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
    let found = context
        .read(move |_, connection| Ok(store::by_digest(connection, digest)?))
        .await?;
    let now = context.now();
    Ok(found
        .filter(|found| !found.is_spent(now))
        .map(|found| found.credential)
        .map(|mut credential| {
            usage::overlay(context, &mut credential);
            credential
        })
        .filter(|credential| credential.class() == class && credential.is_live(now)))
}
