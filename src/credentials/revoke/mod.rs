//! Revokes credentials. Every revocation goes through this file.
//!
//! [`fn@preview`] lists the credentials that a filter matches. [`revoke`] revokes exactly these, in
//! one transaction with the receipt and the audit event. [`revoke_one`] finds and revokes one
//! credential. The functions of `one` only call these.

mod by_operator;
mod one;
mod preview;
mod with_change;

use self::by_operator::notify_of_operator;
pub use self::by_operator::revoke_for_users;
pub use self::one::{revoke_token, sign_out_here};
pub use self::preview::{RevocationPreview, preview};
use self::preview::{digest, digest_of_ids};
pub(crate) use self::with_change::{end_trusted_browsers, revoke_and_end_trust, revoke_any};

use std::collections::BTreeSet;

use super::{
    credential::Credential,
    filter::CredentialFilter,
    last_used,
    list::{find, find_within},
    pending::end_pending,
    principal::Principal,
    receipt::{self, RevocationReason, RevocationReceipt, find_recent_receipt},
    store, trusted_browsers,
};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventDetail, EventKind, NewEvent, RevokedDetail},
    credential_cache::InvalidationKey,
    db::AnyConnection,
    error::{Error, Result},
    types::{
        ability::Ability,
        credential_kind::CredentialType,
        credential_state::CredentialState,
        ids::{CredentialId, UserId},
    },
};

/// The parameters of a revocation.
#[derive(Clone, Debug)]
pub struct RevocationRequest {
    /// The filter of the credentials.
    pub filter: CredentialFilter,
    /// The digest of the preview that the user has confirmed, if there was one.
    pub digest: Option<String>,
    /// Credentials of that preview that the user keeps.
    pub spare: Vec<CredentialId>,
    /// The reason.
    pub reason: RevocationReason,
    /// Whether the trust in all browsers ends as well. If everything is revoked, it always does.
    pub trusted_browsers: bool,
}

impl RevocationRequest {
    /// Returns a request to revoke the credentials that `filter` matches, without a preview.
    #[must_use]
    pub const fn of(filter: CredentialFilter, reason: RevocationReason) -> Self {
        Self {
            filter,
            digest: None,
            spare: Vec::new(),
            reason,
            trusted_browsers: false,
        }
    }
}

/// Revokes the matching credentials that are not revoked yet. Expiry is not checked, because the
/// clocks of nodes differ. Once this call returns, no node accepts any of them.
///
/// # Errors
/// [`Error::PreviewOutdated`] if the digest does not match any more; [`Error::NotSignedIn`] if the
/// actor's own credential was revoked meanwhile. Then nothing is revoked.
pub async fn revoke(
    state: &AppState,
    user: UserId,
    request: RevocationRequest,
    actor: Actor,
) -> Result<RevocationReceipt> {
    state
        .write(move |tx| {
            lock_user_and_recheck_actor(tx, user, &actor)?;
            revoke_in(tx, user, &request, &actor)
        })
        .await
}

/// Begins a change of `user`'s credentials: locks the user, then checks that the actor may still
/// act. So no change by a revoked credential happens after its revocation, and of two concurrent
/// changes the second sees the first.
///
/// # Errors
/// - [`Error::NotFound`] if the user does not exist;
/// - [`Error::NotSignedIn`] if the actor's credential is not accepted any more;
/// - [`Error::MissingAbility`] if it lacks an ability that the route requires.
pub(crate) fn lock_user_and_recheck_actor(
    tx: &mut Transaction<'_>,
    user: UserId,
    actor: &Actor,
) -> Result<()> {
    if !store::lock_user(tx.connection, user)? {
        return Err(Error::NotFound);
    }
    if actor.credential.is_some() {
        acting_credential(tx.state, tx.connection, user, actor)?;
    }
    Ok(())
}

/// Does the same as [`lock_user_and_recheck_actor`] for a caller. Returns the caller's credential
/// as it is under the lock. Abilities and lifetimes that a caller grants are compared with this
/// credential, never with a cached one. The credential may have lost abilities or lifetime since
/// the request was authenticated.
///
/// # Errors
/// Returns the errors of [`lock_user_and_recheck_actor`].
pub(crate) fn begin_change_as(tx: &mut Transaction<'_>, caller: &Principal) -> Result<Credential> {
    let user = caller.user().id;
    if !store::lock_user(tx.connection, user)? {
        return Err(Error::NotFound);
    }
    acting_credential(tx.state, tx.connection, user, &caller.actor())
}

/// Returns the actor's credential, if the actor's secret is still accepted and the credential has
/// the abilities that the route requires.
fn acting_credential(
    state: &AppState,
    connection: &mut AnyConnection,
    user: UserId,
    actor: &Actor,
) -> Result<Credential> {
    let now = state.now();
    let found = match actor.secret {
        // The tokens of a disabled account are not revoked.
        Some(secret) => store::by_digest(connection, secret)?
            .filter(|found| !found.is_refused(now) && found.user_disabled_at.is_none()),
        None => None,
    };
    let credential = found
        .map(|found| {
            let mut credential = found.credential;
            last_used::merge_pending(state, &mut credential);
            credential
        })
        .filter(|credential| {
            credential.user_id == user && credential.state_at(now) == CredentialState::Active
        })
        .ok_or(Error::NotSignedIn {
            invalid_token: true,
        })?;
    let abilities = &credential.abilities;
    let missing =
        Ability::missing_among(actor.required_abilities, |ability| abilities.grant(ability));
    if missing.is_empty() {
        Ok(credential)
    } else {
        Err(Error::MissingAbility(missing.join(" ")))
    }
}

/// Does the same as [`revoke`] inside a transaction that [`lock_user_and_recheck_actor`] began.
///
/// # Errors
/// [`Error::PreviewOutdated`] if the digest does not match any more.
pub(crate) fn revoke_in(
    tx: &mut Transaction<'_>,
    user: UserId,
    request: &RevocationRequest,
    actor: &Actor,
) -> Result<RevocationReceipt> {
    let mut credentials = select(tx.state, tx.connection, user, &request.filter)?;
    if request.reason == RevocationReason::Expired {
        let now = tx.now();
        credentials.retain(|credential| !credential.is_active(now));
    }
    if request
        .digest
        .as_ref()
        .is_some_and(|preview_digest| *preview_digest != digest(&credentials))
    {
        return Err(Error::PreviewOutdated);
    }
    credentials.retain(|credential| !request.spare.contains(&credential.id));
    let is_everything = request.filter.is_everything();
    if is_everything {
        end_pending(tx.connection, user)?;
    }
    let browsers = match request.trusted_browsers || is_everything {
        true => trusted_browsers::end_all(tx, user)?,
        false => 0,
    };
    insert_revocation(tx, user, credentials, browsers, request.reason, actor)
}

/// Returns the receipt of the last minute for exactly the credentials of the preview with the
/// digest `preview_digest`, without those in `spare`. A second click sends the preview again.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn earlier_receipt(
    state: &AppState,
    user: UserId,
    preview_digest: String,
    spare: Vec<CredentialId>,
) -> Result<Option<RevocationReceipt>> {
    state
        .read(move |state, connection| {
            find_recent_receipt(state, connection, user, |receipt| {
                let revoked = receipt.credentials.iter().map(|credential| credential.id);
                let previewed: BTreeSet<CredentialId> = revoked.chain(spare.clone()).collect();
                !receipt.credentials.is_empty() && digest_of_ids(&previewed) == preview_digest
            })
        })
        .await
}

/// Returns the credential that a user is about to revoke, or `None` if it is revoked and no node
/// accepts it any more.
///
/// # Errors
/// [`Error::NotFound`] if the ID does not exist, belongs to another user or is of the other class.
pub async fn find_to_revoke(
    state: &AppState,
    user: UserId,
    class: CredentialType,
    id: CredentialId,
) -> Result<Option<Credential>> {
    let found = find(state, user, class, id).await?;
    if found.ended_at.is_none() {
        return Ok(Some(found));
    }
    state
        .wait_for_revocation(InvalidationKey::User(user))
        .await?;
    Ok(None)
}

/// Revokes one credential of the caller's user. Its expiry is not checked, because the clocks of
/// nodes differ. Returns `None` if it was revoked before; then no node accepts it either. An active
/// credential requires a recent authentication of the caller. An expired one does not.
///
/// # Errors
/// - [`Error::NotFound`] if the ID does not exist, belongs to another user or is of the other
///   class;
/// - the errors of [`Principal::authorize_revocation`];
/// - [`Error::NotSignedIn`] if the caller's own credential was revoked meanwhile.
pub async fn revoke_one(
    state: &AppState,
    caller: &Principal,
    class: CredentialType,
    id: CredentialId,
) -> Result<Option<RevocationReceipt>> {
    let user = caller.user().id;
    let caller = caller.clone();
    let receipt = state
        .write(move |tx| {
            let caller_credential = begin_change_as(tx, &caller)?;
            let actor = caller.actor();
            let found = find_within(tx.state, tx.connection, user, class, id)?;
            if found.ended_at.is_some() {
                return Ok(None);
            }
            if found.is_active(tx.now()) {
                caller_credential
                    .authorize_revocation(&CredentialFilter::one(class, id), tx.now())?;
            }
            let one = vec![found];
            insert_revocation(tx, user, one, 0, RevocationReason::Revoked, &actor).map(Some)
        })
        .await?;
    if receipt.is_none() {
        state
            .wait_for_revocation(InvalidationKey::User(user))
            .await?;
    }
    Ok(receipt)
}

/// Revokes credentials that were read in this transaction, and inserts the receipt and the audit
/// event.
pub(super) fn insert_revocation(
    tx: &mut Transaction<'_>,
    user: UserId,
    mut credentials: Vec<Credential>,
    trusted_browsers: u64,
    reason: RevocationReason,
    actor: &Actor,
) -> Result<RevocationReceipt> {
    let (id, at) = (tx.new_id()?, tx.now());
    for credential in &mut credentials {
        credential.ended_at = Some(at);
        credential.receipt_id = Some(id);
    }
    let count = RevokedDetail {
        trusted_browsers,
        ..receipt::count(&credentials)
    };
    let receipt = RevocationReceipt {
        id,
        at,
        reason,
        by: actor.credential,
        ip: actor.ip,
        sessions_ended: i64::try_from(count.sessions).map_err(Error::internal)?,
        tokens_ended: i64::try_from(count.tokens).map_err(Error::internal)?,
        trusted_browsers_ended: i64::try_from(trusted_browsers).map_err(Error::internal)?,
        credentials,
    };
    let ids: Vec<CredentialId> = receipt
        .credentials
        .iter()
        .map(|credential| credential.id)
        .collect();
    store::insert_receipt(tx.connection, user, &receipt)?;
    let invalidation = match ids.as_slice() {
        [one] => store::invalidate(tx, user, *one)?,
        _ => tx.invalidate_user(user),
    };
    store::mark_revoked(tx.connection, invalidation, &ids, at, id)?;
    let detail = EventDetail::Revoked(count);
    let event = NewEvent::new(EventKind::CredentialsEnded, detail).with_receipt(id);
    audit::record(tx, user, actor, event)?;
    notify_of_operator(tx, user, &receipt, actor)?;
    metrics::counter!("narthex_credentials_revoked_total", "reason" => receipt.reason.as_str())
        .increment(ids.len() as u64);
    Ok(receipt)
}

/// Returns the credentials that `filter` matches and that are not revoked. Expiry is not
/// checked, because another node may still accept a credential that is expired by this clock. Its
/// own clock may be slow, or it may know a use that is not written yet.
fn select(
    state: &AppState,
    connection: &mut AnyConnection,
    user: UserId,
    filter: &CredentialFilter,
) -> Result<Vec<Credential>> {
    let descendants = store::made_by(connection, user, &filter.made_by)?;
    let mut credentials = store::unrevoked(connection, user, &filter.id)?;
    credentials
        .iter_mut()
        .for_each(|credential| last_used::merge_pending(state, credential));
    credentials.retain(|credential| filter.matches(credential, &descendants));
    Ok(credentials)
}
