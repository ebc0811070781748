//! The one way to end credentials: selection, preview, receipt.
//!
//! [`preview`] shows exactly what would end; [`revoke`] ends just that, in one transaction with its
//! receipt and its line in the activity log; [`revoke_one`] looks for one credential and ends it. The
//! functions of `named` say what they are and do nothing else of their own.

mod by_kind;
mod preview;

pub use self::by_kind::{
    revoke_desktop_sessions, revoke_device_tokens, revoke_mobile_sessions, revoke_other_sessions,
    revoke_personal_tokens, revoke_service_tokens, revoke_session, revoke_sessions_of_kind,
    revoke_tablet_sessions, revoke_token, revoke_tokens_of_kind, sign_out_everywhere,
    sign_out_here, sign_out_others,
};
use self::preview::digest;
pub use self::preview::{RevocationPreview, preview};

use super::{
    credential::Credential,
    filter::CredentialFilter,
    last_used,
    list::{find, find_within},
    principal::Principal,
    receipt::{RevocationReason, RevocationReceipt, find_recent_receipt},
    store,
};
use crate::{
    app_state::{AppState, Shared, Transaction},
    audit::{self, Actor, EventKind, NewEvent},
    credential_cache::InvalidationKey,
    db::AnyConnection,
    error::{Error, Result},
    types::{
        ability::Ability,
        credential_kind::CredentialType,
        ids::{CredentialId, UserId},
    },
};

/// What is to end, and why.
#[derive(Clone, Debug)]
pub struct RevocationRequest {
    /// Which credentials.
    pub selection: CredentialFilter,
    /// The preview that was shown, where one was.
    pub digest: Option<String>,
    /// Why.
    pub reason: RevocationReason,
}

impl RevocationRequest {
    /// Ends what `selection` names now, whatever that is.
    #[must_use]
    pub const fn of(selection: CredentialFilter, reason: RevocationReason) -> Self {
        Self {
            selection,
            digest: None,
            reason,
        }
    }
}

/// Ends what is selected: everything of it that was not ended, whatever this clock says of its time. From
/// the answer on, no request with any of it succeeds.
///
/// # Errors
/// [`Error::PreviewOutdated`] where the digest no longer fits, and [`Error::NotSignedIn`] where the
/// actor's own credential ended meanwhile: nothing has ended then.
pub async fn revoke(
    context: &AppState,
    user: UserId,
    ending: RevocationRequest,
    actor: Actor,
) -> Result<RevocationReceipt> {
    context
        .write(move |context, connection| {
            lock_user_and_recheck_actor(context, connection, user, &actor)?;
            revoke_in(context, connection, user, &ending, &actor)
        })
        .await
}

/// Ends what `selection` names of each of `users`, by the operator, in one transaction: the other nodes are
/// waited for once. Each user with something to end gets a receipt. A user that is gone is left out.
///
/// # Errors
/// When the database cannot be changed: nothing has ended then.
pub async fn revoke_for_users(
    context: &AppState,
    mut users: Vec<UserId>,
    selection: CredentialFilter,
) -> Result<Vec<RevocationReceipt>> {
    // In one order: two of these cannot wait for each other.
    users.sort_unstable();
    let ending = RevocationRequest::of(selection, RevocationReason::Operator);
    context
        .write(move |context, connection| {
            let actor = Actor::operator();
            let mut receipts = Vec::new();
            for user in users {
                match lock_user_and_recheck_actor(context, connection, user, &actor) {
                    Err(Error::NotFound) => continue,
                    begun => begun?,
                }
                if select(context, connection, user, &ending.selection)?.is_empty() {
                    continue;
                }
                receipts.push(revoke_in(context, connection, user, &ending, &actor)?);
            }
            Ok(receipts)
        })
        .await
}

/// Begins whatever changes what can get in as `user`: takes the user's lock, then makes sure that
/// the actor may still act. So nothing that an ended credential asked for happens after its end,
/// and of two that race each other one comes first and the other sees what it did.
///
/// # Errors
/// [`Error::NotFound`] where the user is gone; [`Error::NotSignedIn`] where the actor's credential is;
/// [`Error::MissingAbility`] where that credential lacks an ability that the route asks for.
pub(crate) fn lock_user_and_recheck_actor(
    context: &Transaction,
    connection: &mut AnyConnection,
    user: UserId,
    actor: &Actor,
) -> Result<()> {
    if !store::lock_user(connection, user)? {
        return Err(Error::NotFound);
    }
    if actor.credential.is_some() {
        acting_credential(context, connection, user, actor)?;
    }
    Ok(())
}

/// [`lock_user_and_recheck_actor`] for a caller. Returns the caller's credential as it is under the lock. What a caller
/// may give is compared with this credential and never with a cached one: it may have been narrowed,
/// or its life shortened, since the request was let in.
///
/// # Errors
/// As [`lock_user_and_recheck_actor`].
pub(crate) fn begin_change_as(
    context: &Transaction,
    connection: &mut AnyConnection,
    caller: &Principal,
) -> Result<Credential> {
    let user = caller.user.id;
    if !store::lock_user(connection, user)? {
        return Err(Error::NotFound);
    }
    acting_credential(context, connection, user, &caller.actor())
}

/// The credential of the actor, where the secret that the actor showed still lets it in and it has the
/// abilities that the route asks for.
fn acting_credential(
    context: &Shared,
    connection: &mut AnyConnection,
    user: UserId,
    actor: &Actor,
) -> Result<Credential> {
    let now = context.now();
    let found = match actor.secret {
        Some(secret) => {
            store::by_digest(connection, secret)?.filter(|found| !found.is_superseded(now))
        }
        None => None,
    };
    let credential = found
        .map(|found| {
            let mut credential = found.credential;
            last_used::merge_pending(context, &mut credential);
            credential
        })
        .filter(|credential| {
            credential.user_id == user && !credential.paused && credential.is_active(now)
        })
        .ok_or(Error::NotSignedIn {
            invalid_token: true,
        })?;
    let abilities = &credential.abilities;
    let missing = Ability::missing_among(actor.needs, |ability| abilities.grant(ability));
    if missing.is_empty() {
        Ok(credential)
    } else {
        Err(Error::MissingAbility(missing.join(" ")))
    }
}

/// [`revoke`] inside a transaction that [`lock_user_and_recheck_actor`] began.
///
/// # Errors
/// [`Error::PreviewOutdated`] where the digest no longer fits.
pub(crate) fn revoke_in(
    context: &Transaction,
    connection: &mut AnyConnection,
    user: UserId,
    ending: &RevocationRequest,
    actor: &Actor,
) -> Result<RevocationReceipt> {
    let mut credentials = select(context, connection, user, &ending.selection)?;
    if ending.reason == RevocationReason::Expired {
        let now = context.now();
        credentials.retain(|credential| !credential.is_active(now));
    }
    if ending
        .digest
        .as_ref()
        .is_some_and(|shown| *shown != digest(&credentials))
    {
        return Err(Error::PreviewOutdated);
    }
    insert_revocation(context, connection, user, credentials, ending.reason, actor)
}

/// Returns the receipt of a moment ago that ended just what `shown`, the digest of a preview, stands for: the
/// preview was sent again, as by a second click.
///
/// # Errors
/// When the database fails.
pub async fn earlier_receipt(
    context: &AppState,
    user: UserId,
    shown: String,
) -> Result<Option<RevocationReceipt>> {
    context
        .read(move |context, connection| {
            find_recent_receipt(context, connection, user, |receipt| {
                !receipt.credentials.is_empty() && digest(&receipt.credentials) == shown
            })
        })
        .await
}

/// Returns the credential that a person is about to end, or `None` if it has ended and no node believes it
/// any more.
///
/// # Errors
/// [`Error::NotFound`] where it is nobody's, somebody else's or of the other class.
pub async fn find_to_revoke(
    context: &AppState,
    user: UserId,
    class: CredentialType,
    id: CredentialId,
) -> Result<Option<Credential>> {
    let found = find(context, user, class, id).await?;
    if found.ended_at.is_none() {
        return Ok(Some(found));
    }
    context
        .wait_for_revocation(InvalidationKey::User(user))
        .await?;
    Ok(None)
}

/// Ends one credential of the caller's, whatever this clock says of its time. None: it had ended before, and is
/// believed nowhere any more either.
/// Whether the password has to be confirmed first, coming `back` afterwards, counts only where it can still let
/// somebody in.
///
/// # Errors
/// [`Error::NotFound`] where it is nobody's, somebody else's or of the other class; as [`Principal::authorize_revocation`];
/// [`Error::NotSignedIn`] where the caller's own credential ended meanwhile.
pub async fn revoke_one(
    context: &AppState,
    caller: &Principal,
    class: CredentialType,
    id: CredentialId,
) -> Result<Option<RevocationReceipt>> {
    let user = caller.user.id;
    let caller = caller.clone();
    let receipt = context
        .write(move |context, connection| {
            let acting = begin_change_as(context, connection, &caller)?;
            let actor = caller.actor();
            let found = find_within(context, connection, user, class, id)?;
            if found.ended_at.is_some() {
                return Ok(None);
            }
            if found.is_active(context.now()) {
                acting.authorize_revocation(&CredentialFilter::one(class, id), context.now())?;
            }
            let one = vec![found];
            insert_revocation(
                context,
                connection,
                user,
                one,
                RevocationReason::Revoked,
                &actor,
            )
            .map(Some)
        })
        .await?;
    if receipt.is_none() {
        context
            .wait_for_revocation(InvalidationKey::User(user))
            .await?;
    }
    Ok(receipt)
}

/// Ends credentials that were read in this transaction, with the receipt and the line in the activity log.
pub(super) fn insert_revocation(
    context: &Transaction,
    connection: &mut AnyConnection,
    user: UserId,
    mut credentials: Vec<Credential>,
    reason: RevocationReason,
    actor: &Actor,
) -> Result<RevocationReceipt> {
    let (id, at) = (context.new_id()?, context.now());
    for credential in &mut credentials {
        credential.ended_at = Some(at);
        credential.receipt_id = Some(id);
    }
    let count = |class| {
        let of_class = credentials
            .iter()
            .filter(|credential| credential.class() == class);
        i64::try_from(of_class.count()).map_err(Error::internal)
    };
    let receipt = RevocationReceipt {
        id,
        at,
        reason,
        by: actor.credential,
        ip: actor.ip,
        sessions_ended: count(CredentialType::Session)?,
        tokens_ended: count(CredentialType::Token)?,
        credentials,
    };
    let ids: Vec<CredentialId> = receipt
        .credentials
        .iter()
        .map(|credential| credential.id)
        .collect();
    store::insert_receipt(connection, user, &receipt)?;
    let old = match ids.as_slice() {
        [one] => store::invalidate(context, connection, user, *one)?,
        _ => context.invalidate_user(user),
    };
    store::mark_revoked(connection, old, &ids, at, id)?;
    let what = NewEvent::new(EventKind::CredentialsEnded, receipt.summary()).with_receipt(id);
    audit::record(context, connection, user, actor, what)?;
    metrics::counter!("narthex_credentials_ended_total", "reason" => receipt.reason.as_str())
        .increment(ids.len() as u64);
    Ok(receipt)
}

/// Everything that was not ended of what `selection` names. No clock is asked: what is over by this one may
/// be live to a node whose clock is slow, or who knows of a use that is not written down yet.
fn select(
    context: &Shared,
    connection: &mut AnyConnection,
    user: UserId,
    selection: &CredentialFilter,
) -> Result<Vec<Credential>> {
    let made = store::made_by(connection, user, &selection.made_by)?;
    let mut credentials = store::not_ended(connection, user, &selection.id)?;
    credentials
        .iter_mut()
        .for_each(|credential| last_used::merge_pending(context, credential));
    credentials.retain(|credential| selection.matches(credential, &made));
    Ok(credentials)
}
