//! Trusted browsers: a sign-in with the password needs no second factor in them.
//!
//! The user asks for the trust in the second step of a sign-in. A cookie of its own identifies the
//! browser. The cookie is no credential: it proves nothing without the password, it counts as no
//! confirmation, and the session has the level of one factor. Each check reads the database, so a
//! removal is in force on all nodes at once.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{
    Principal,
    credential::Credential,
    revoke::{begin_change_as, lock_user_and_recheck_actor},
    store,
};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventKind, NewEvent},
    crypto::{digest::Digest, secret::SecretString},
    db::AnyConnection,
    error::{Error, Result},
    mail::notices::{self, NoticeKind},
    sign_in_attempts::AttemptSecret,
    types::ids::{FactorId, UserId},
    util::clock::Timestamp,
};

/// The most trusted browsers of a user. A further one replaces the oldest.
pub const MAX_BROWSERS: i64 = 20;

/// A trusted browser of a user.
#[derive(Clone, Debug)]
pub struct TrustedBrowser {
    /// The ID.
    pub id: FactorId,
    /// The digest of its cookie.
    pub digest: Digest,
    /// The time at which the user trusted it.
    pub created_at: Timestamp,
    /// The time at which it last replaced a second factor.
    pub last_used_at: Option<Timestamp>,
    /// The time at which the trust ends.
    pub expires_at: Timestamp,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// The address from which the user trusted it.
    pub ip: Option<String>,
}

/// The cookies of a trusted browser that a sign-in concerns.
#[derive(Clone, Copy, Debug, Default)]
pub struct BrowserTrust {
    /// The digest of the cookie that the browser has sent.
    pub sent: Option<Digest>,
    /// The digest of its new cookie, if the user asks to trust it.
    pub new: Option<Digest>,
}

/// Derives the secret of the cookie from the attempt in which the user asked for the trust (HKDF,
/// RFC 5869). So both responses to a second click have the same cookie. Without the key of the
/// server, a client cannot choose the secret of another browser.
///
/// # Errors
/// Returns an error if the process has no signing key.
pub fn secret_for(state: &AppState, attempt: &AttemptSecret) -> Result<SecretString> {
    let digest = attempt.digest();
    let info: [&[u8]; 2] = [b"narthex trusted browser ", digest.as_bytes()];
    let seed = state.sealing_keys()?.seed(&info.concat());
    let seed = seed.ok_or_else(|| Error::internal("no secret can be derived"))?;
    Ok(SecretString::new(
        BASE64_URL_SAFE_NO_PAD.encode(seed.as_slice()),
    ))
}

/// Returns whether `user` trusts the browser whose cookie has this digest, and records the use. A
/// shorter `NARTHEX_TRUST_BROWSER` applies to browsers that were trusted before. The user is locked.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn replaces_second_factor(
    tx: &mut Transaction<'_>,
    user: UserId,
    sent: Option<Digest>,
) -> Result<bool> {
    let life = tx.state.settings().sessions.trust_browser;
    let (Some(life), Some(sent)) = (life, sent) else {
        return Ok(false);
    };
    let now = tx.now();
    let since = now.saturating_sub(life);
    Ok(store::use_trusted(tx.connection, user, sent, since, now)?)
}

/// Trusts the browser that opened `session`, under the lock of its user. The cookie that the browser
/// has sent is overwritten, so its row is deleted.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn trust(
    tx: &mut Transaction<'_>,
    session: &Credential,
    trust: BrowserTrust,
    actor: &Actor,
) -> Result<()> {
    let life = tx.state.settings().sessions.trust_browser;
    let (Some(life), Some(digest)) = (life, trust.new) else {
        return Ok(());
    };
    let user = session.user_id;
    if let Some(sent) = trust.sent {
        store::delete_trusted_by_digest(tx.connection, user, sent)?;
    }
    let now = tx.now();
    let browser = TrustedBrowser {
        id: tx.new_id()?,
        digest,
        created_at: now,
        last_used_at: None,
        expires_at: now.saturating_add(life),
        user_agent: session.user_agent.clone(),
        ip: session.ip.map(|ip| ip.to_string()),
    };
    store::insert_trusted(tx.connection, user, &browser)?;
    store::delete_excess_trusted(tx.connection, user, MAX_BROWSERS)?;
    let event = NewEvent::new(EventKind::TrustedBrowserAdded, "");
    audit::record(tx, user, actor, event)?;
    notices::notify(tx, user, actor, NoticeKind::TrustedBrowserAdded, [])
}

/// Ends the trust in all browsers of a user, and returns their number. The user is locked.
///
/// # Errors
/// Returns an error if the database fails.
pub(super) fn end_all(tx: &mut Transaction<'_>, user: UserId) -> Result<u64> {
    let now = tx.now();
    let ended = store::count_trusted(tx.connection, user, now)?;
    store::delete_trusted_of(tx.connection, user)?;
    Ok(ended)
}

/// Returns the number of browsers that a user trusts.
///
/// # Errors
/// Returns an error if the database fails.
pub(super) fn count_in(
    connection: &mut AnyConnection,
    user: UserId,
    now: Timestamp,
) -> Result<u64> {
    Ok(store::count_trusted(connection, user, now)?)
}

/// Returns the number of browsers that a user trusts.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn count(state: &AppState, user: UserId) -> Result<u64> {
    state
        .read(move |state, connection| count_in(connection, user, state.now()))
        .await
}

/// Returns the browsers that a user trusts, the newest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn list(state: &AppState, user: UserId) -> Result<Vec<TrustedBrowser>> {
    state
        .read(move |state, connection| Ok(store::trusted_of(connection, user, state.now())?))
        .await
}

/// Returns one browser that a user trusts.
///
/// # Errors
/// [`Error::NotFound`] if the user trusts no such browser.
pub async fn find(state: &AppState, user: UserId, id: FactorId) -> Result<TrustedBrowser> {
    let all = list(state, user).await?;
    let found = all.into_iter().find(|browser| browser.id == id);
    found.ok_or(Error::NotFound)
}

/// Ends the trust in one browser of the caller.
///
/// # Errors
/// [`Error::ReauthenticationRequired`] if the caller has not confirmed recently;
/// [`Error::NotFound`] if the user trusts no such browser.
pub async fn remove(state: &AppState, caller: &Principal, id: FactorId) -> Result<()> {
    let caller = caller.clone();
    state
        .write(move |tx| {
            let session = begin_change_as(tx, &caller)?;
            session.require_recent_authentication(tx.now())?;
            remove_in(tx, session.user_id, id, &caller.actor(), "")
        })
        .await
}

/// Ends the trust in one browser of a user for an operator, who gives a `reason`.
///
/// # Errors
/// [`Error::NotFound`] if the user trusts no such browser.
pub async fn remove_as_operator(
    state: &AppState,
    user: UserId,
    id: FactorId,
    reason: String,
) -> Result<()> {
    state
        .write(move |tx| {
            let actor = Actor::operator();
            lock_user_and_recheck_actor(tx, user, &actor)?;
            remove_in(tx, user, id, &actor, &reason)
        })
        .await
}

fn remove_in(
    tx: &mut Transaction<'_>,
    user: UserId,
    id: FactorId,
    actor: &Actor,
    reason: &str,
) -> Result<()> {
    let found = store::trusted_of(tx.connection, user, tx.state.now())?;
    let found = found.into_iter().find(|browser| browser.id == id);
    let browser = found.ok_or(Error::NotFound)?;
    store::delete_trusted_by_digest(tx.connection, user, browser.digest)?;
    let event = NewEvent::new(EventKind::TrustedBrowserRemoved, reason);
    audit::record(tx, user, actor, event)?;
    let kind = NoticeKind::TrustedBrowserRemoved {
        user_agent: browser.user_agent,
        reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()),
    };
    notices::notify(tx, user, actor, kind, [])
}

/// Deletes up to `limit` rows of browsers whose trust is over, and returns their number.
///
/// # Errors
/// Returns an error if the database fails.
pub(super) fn delete_expired(
    connection: &mut AnyConnection,
    now: Timestamp,
    limit: i64,
) -> Result<usize> {
    Ok(store::delete_expired_trusted(connection, now, limit)?)
}
