//! Sets a new password with a link that was mailed to the user, or that an operator printed.

use std::net::IpAddr;

use super::{policy::NewPassword, reset::address_of, store, verify::attempt_in_sign_in};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventKind, NewEvent},
    credentials::{
        CredentialFilter, RevocationReason, RevocationReceipt, change, end_pending,
        revoke::{self, RevocationRequest, lock_user_and_recheck_actor},
        store as credential_store,
    },
    error::{Error, Result},
    factors::{
        self, Code, CodeProof,
        verify::{self, missing_code},
    },
    mail::{
        links::{self, Link, LinkSecret, Purpose},
        notices::{self, NoticeKind},
    },
    types::{credential_kind::CredentialKind, ids::UserId},
};

/// The kinds of credentials that a reset revokes. Personal tokens are paused, because the programs
/// that use them work again as soon as the owner has looked at them. Service tokens stay: an
/// operator made them.
const REVOKED: [CredentialKind; 5] = [
    CredentialKind::Desktop,
    CredentialKind::Mobile,
    CredentialKind::Tablet,
    CredentialKind::Other,
    CredentialKind::Device,
];

/// A new password for the account of a link.
pub struct PasswordByLink {
    /// The purpose of the link.
    pub purpose: Purpose,
    /// The secret of the link.
    pub secret: LinkSecret,
    /// The password.
    pub new: NewPassword,
    /// A code of the second factor.
    pub code: Option<Code>,
    /// Whether personal tokens are not paused.
    pub keep_personal_tokens: bool,
    /// The address of the client.
    pub ip: Option<IpAddr>,
}

/// Sets the password and uses the link up. All sessions and device tokens are revoked, and personal
/// tokens are paused unless `keep_personal_tokens` is set. Other links and pending sign-ins of the
/// account end. The address is verified, because the link was mailed to it.
///
/// A user with a second factor proves it as well, because a thief of the mailbox has the link. The
/// code is used up with the link. A link from an operator also needs the code, because another
/// person may read it. If the factor is lost, the operator uses `narthex user remove-factor`.
///
/// A link that verifies an address does the same for an account whose address was never verified.
/// It asks for no code and removes the second factors instead. Another person may have
/// registered with this address and added them.
///
/// # Errors
/// [`Error::NotFound`] if the link does not work any more; [`Error::Invalid`] if the code is missing
/// or wrong; [`Error::Throttled`] after too many wrong codes.
pub async fn set_by_link(state: &AppState, request: PasswordByLink) -> Result<RevocationReceipt> {
    let (purpose, digest) = (request.purpose, request.secret.digest());
    let (keeps_tokens, actor) = (request.keep_personal_tokens, Actor::anonymous(request.ip));
    let proof = verify_code(state, &request, actor).await?;
    let new = request.new.into_secret();
    let hash = state.hasher().hash(new, request.ip).await?;
    state
        .write(move |tx| {
            let now = tx.now();
            let link = links::find_by_secret(tx.connection, purpose, digest, now)?;
            let link = link.ok_or(Error::NotFound)?;
            let user = link.user.ok_or(Error::NotFound)?;
            lock_user_and_recheck_actor(tx, user, &actor)?;
            ensure_usable(tx, user, &link)?;
            redeem_second_factor(tx, purpose, user, proof.as_ref(), &actor)?;
            store::set_password(tx.connection, user, &hash)?;
            let invalidation = tx.invalidate_user(user);
            store::set_email_verified(tx.connection, invalidation, user)?;
            end_pending(tx.connection, user)?;
            let event = NewEvent::new(EventKind::PasswordReset, "");
            audit::record(tx, user, &actor, event)?;
            let reason = RevocationReason::PasswordReset;
            let receipt = revoke_and_pause(tx, user, &actor, reason, !keeps_tokens)?;
            notices::notify(tx, user, &actor, NoticeKind::PasswordReset, receipt.kinds())?;
            Ok(receipt)
        })
        .await
}

/// Verifies the code of the form, if the account of the link has a second factor. The counters are
/// those of a sign-in.
async fn verify_code(
    state: &AppState,
    request: &PasswordByLink,
    actor: Actor,
) -> Result<Option<CodeProof>> {
    if request.purpose == Purpose::VerifyEmail {
        return Ok(None);
    }
    let (purpose, digest) = (request.purpose, request.secret.digest());
    let required = state
        .read(move |state, connection| {
            let link = links::find_by_secret(connection, purpose, digest, state.now())?;
            let user = link.and_then(|link| link.user).ok_or(Error::NotFound)?;
            if !factors::has_second_factor(connection, user)? {
                return Ok(None);
            }
            let limit = attempt_in_sign_in(state, connection, user, &actor)?;
            Ok(Some((user, limit)))
        })
        .await?;
    let Some((user, limit)) = required else {
        return Ok(None);
    };
    let code = request.code.clone().ok_or_else(missing_code)?;
    let counted = state
        .write({
            let code = code.clone();
            move |tx| verify::count(tx, user, &limit, &code)
        })
        .await?;
    // The user is not signed in afterwards, so no page could show another recovery code.
    let proof = verify::verify_or_refuse(state, user, code, None, actor, counted).await?;
    Ok(Some(proof))
}

/// Uses the code up, under the lock of the user. The second factor may have been added since the
/// form was sent.
fn redeem_second_factor(
    tx: &mut Transaction<'_>,
    purpose: Purpose,
    user: UserId,
    proof: Option<&CodeProof>,
    actor: &Actor,
) -> Result<()> {
    if purpose == Purpose::VerifyEmail {
        return factors::remove_in(tx, user, actor);
    }
    match proof {
        Some(proof) if proof.user() == user => verify::redeem(tx, proof, actor),
        _ if factors::has_second_factor(tx.connection, user)? => Err(missing_code()),
        _ => Ok(()),
    }
}

/// Uses the link up, under the lock of its user. The account may have been disabled or verified, or
/// its address may have changed, since the link was created.
fn ensure_usable(tx: &mut Transaction<'_>, user: UserId, link: &Link) -> Result<()> {
    let stored = store::find(tx.connection, user)?;
    let is_enabled = stored.is_some_and(|stored| !stored.is_disabled);
    let address = address_of(tx, user)?;
    let has_address = address.is_some_and(|email| email.canonical() == link.email_canonical);
    let is_due = link.purpose != Purpose::VerifyEmail || store::is_unverified(tx.connection, user)?;
    if is_enabled && has_address && is_due && links::take(tx, link)? {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}

/// Revokes all sessions and device tokens of a user, ends the trust in all browsers, and pauses the
/// personal tokens if `pauses` is set. The user is locked.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn revoke_and_pause(
    tx: &mut Transaction<'_>,
    user: UserId,
    actor: &Actor,
    reason: RevocationReason,
    pauses: bool,
) -> Result<RevocationReceipt> {
    if pauses {
        pause_personal_tokens(tx, user, actor)?;
    }
    let filter = CredentialFilter {
        kind: REVOKED.to_vec(),
        ..CredentialFilter::default()
    };
    let request = RevocationRequest {
        trusted_browsers: true,
        ..RevocationRequest::of(filter, reason)
    };
    revoke::revoke_in(tx, user, &request, actor)
}

fn pause_personal_tokens(tx: &mut Transaction<'_>, user: UserId, actor: &Actor) -> Result<()> {
    let tokens = credential_store::unrevoked(tx.connection, user, &[])?;
    for mut token in tokens {
        if token.kind == CredentialKind::Personal && !token.paused {
            token.paused = true;
            change::update(tx, &token)?;
            let event = NewEvent::new(EventKind::TokenPaused, token.name.clone()).to(token.id);
            audit::record(tx, user, actor, event)?;
        }
    }
    Ok(())
}
