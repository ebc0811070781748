//! Changes a user's password, and revokes credentials that should not outlive it.

use super::{
    owner::OwnerProof,
    policy::NewPassword,
    proof::redeem_password_proof,
    store,
    verify::{authenticate_user, wrong_password_in},
};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventKind, NewEvent},
    credentials::{
        Credential, Principal, RevocationReason, RevocationReceipt, change, end_pending,
        find_recent_receipt, store as secrets,
    },
    crypto::{digest::Digest, secret::SecretString},
    db::AnyConnection,
    error::{Error, Result},
    factors::RevocationChoice,
    mail::notices::{self, NoticeKind},
    types::{
        form::RESUBMISSION_WINDOW,
        ids::{CredentialId, UserId},
    },
};

/// The data of a change of the password.
#[derive(Clone)]
pub struct PasswordChange {
    /// The current password. It is ignored for a user without one.
    pub current: SecretString,
    /// The new password.
    pub new: NewPassword,
    /// The credentials to revoke with it. The trust in browsers always ends.
    pub revocation: RevocationChoice,
    /// The digest of the new secret of the caller's session.
    pub renewed: Digest,
    /// The key of the form. The same form within [`RESUBMISSION_WINDOW`] changes nothing more.
    pub form_key: Option<[u8; 16]>,
}

/// The result of a change of the password.
pub struct PasswordChanged {
    /// The receipt of the revocation, if the form requested one.
    pub receipt: Option<RevocationReceipt>,
    /// Whether [`PasswordChange::renewed`] is now a secret of the session. It is not if the form
    /// was sent again with the cookie of the first response.
    pub is_renewed: bool,
}

/// Changes the password of the caller's account and revokes the requested credentials, in one
/// transaction. A user without a password sets one after a second factor. The caller's session
/// stays and gets a new secret, so that a copy of its cookie is not accepted any more (ASVS 5.0,
/// 7.2.4).
///
/// A second click sends the form again, with the previous password and often with the previous
/// secret. The second request changes nothing and has the result of the first one. If it was
/// authenticated before the first one committed, it adds a secret to the session, because the
/// browser may discard the first response.
///
/// # Errors
/// [`Error::Invalid`] if the current password is wrong; [`Error::SecondFactorConfirmationRequired`]
/// if the user has none and no second factor was confirmed recently.
pub async fn change_password(
    state: &AppState,
    caller: &Principal,
    change: PasswordChange,
) -> Result<PasswordChanged> {
    change_once(state, caller, change)
        .await
        .map_err(|error| wrong_password_in("current_password", error))
}

/// Verifies the current password of the caller for a form whose new password is refused.
///
/// # Errors
/// [`Error::Invalid`] if the password is wrong.
#[cfg(feature = "pages")]
pub async fn verify_current(
    state: &AppState,
    caller: &Principal,
    current: SecretString,
) -> Result<()> {
    let verified = async {
        let proof = OwnerProof::of(state, caller, current).await?;
        let caller = caller.clone();
        // The attempt was right, so it counts towards no rate limit of failures.
        state.write(move |tx| proof.redeem(tx, &caller)).await
    };
    verified
        .await
        .map_err(|error| wrong_password_in("current_password", error))
}

async fn change_once(
    state: &AppState,
    caller: &Principal,
    change: PasswordChange,
) -> Result<PasswordChanged> {
    if let Some(changed) = was_changed_by_form(state, caller, &change).await? {
        return Ok(changed);
    }
    match change_now(state, caller, change.clone()).await {
        Ok(receipt) => Ok(PasswordChanged {
            receipt,
            is_renewed: true,
        }),
        // The same form may have committed first.
        Err(error @ (Error::WrongPassword | Error::NotSignedIn { .. })) => {
            let changed = was_changed_by_form(state, caller, &change).await?;
            changed.ok_or(error)
        }
        Err(other) => Err(other),
    }
}

async fn change_now(
    state: &AppState,
    caller: &Principal,
    change: PasswordChange,
) -> Result<Option<RevocationReceipt>> {
    let (user, actor, session_id) = (caller.user().id, caller.actor(), caller.credential().id);
    let form = change.form();
    let proof = OwnerProof::of(state, caller, change.current).await?;
    let hash = state
        .hasher()
        .hash(change.new.into_secret(), caller.ip)
        .await?;
    let (caller, revocation) = (caller.clone(), change.revocation);
    state
        .write(move |tx| {
            proof.redeem(tx, &caller)?;
            store::set_password(tx.connection, user, &hash)?;
            end_pending(tx.connection, user)?;
            let event = NewEvent::new(EventKind::PasswordChanged, "");
            audit::record(tx, user, &actor, event)?;
            change::replace_secret(tx, user, session_id, change.renewed)?;
            if let Some(form) = form
                && secrets::by_form_key(tx.connection, user, form.as_bytes())?.is_none()
            {
                secrets::set_form_key(tx.connection, session_id, form.as_bytes())?;
            }
            let reason = RevocationReason::PasswordChanged;
            let receipt = revocation.apply_and_end_trust(tx, user, session_id, reason, &actor)?;
            notify_of_change(tx, user, &actor, receipt.as_ref())?;
            Ok(receipt)
        })
        .await
}

/// Tells the user of the change.
///
/// # Errors
/// Returns an error if the database fails.
pub(super) fn notify_of_change(
    tx: &mut Transaction<'_>,
    user: UserId,
    actor: &Actor,
    receipt: Option<&RevocationReceipt>,
) -> Result<()> {
    let revoked = receipt.into_iter().flat_map(RevocationReceipt::kinds);
    notices::notify(tx, user, actor, NoticeKind::PasswordChanged, revoked)
}

/// Returns the result of the same form, if it changed the password in this session within
/// [`RESUBMISSION_WINDOW`], to the same new password.
async fn was_changed_by_form(
    state: &AppState,
    caller: &Principal,
    change: &PasswordChange,
) -> Result<Option<PasswordChanged>> {
    let Some(form) = change.form() else {
        return Ok(None);
    };
    let (user, session_id) = (caller.user().id, caller.credential().id);
    let is_repeated = state
        .read(move |state, connection| {
            Ok::<_, Error>(
                find_changed_session(state, connection, user, session_id, &form)?.is_some(),
            )
        })
        .await?;
    if !is_repeated {
        return Ok(None);
    }
    let new = change.new.clone().into_secret();
    let proof = match authenticate_user(state, caller, new).await {
        Ok(proof) => proof,
        Err(Error::WrongPassword) => return Ok(None),
        Err(other) => return Err(other),
    };
    let (actor, renewed) = (caller.actor(), change.renewed);
    let ip = caller.ip;
    state
        .write(move |tx| {
            let redeemed = redeem_password_proof(tx, &proof, &actor);
            let Some(session) =
                find_changed_session(tx.state, tx.connection, user, session_id, &form)?
            else {
                return Ok(None);
            };
            let is_renewed = matches!(redeemed, Err(Error::NotSignedIn { .. }));
            if is_renewed {
                // The presented secret is revoked. The proof must be valid nevertheless.
                redeem_password_proof(tx, &proof, &Actor::anonymous(ip))?;
                change::add_secret(tx, &session, renewed)?;
            } else {
                redeemed?;
            }
            let receipt = find_change_receipt(tx.state, tx.connection, &session)?;
            Ok(Some(PasswordChanged {
                receipt,
                is_renewed,
            }))
        })
        .await
}

/// Returns the session, if it is active and this form renewed its secret within
/// [`RESUBMISSION_WINDOW`].
fn find_changed_session(
    state: &AppState,
    connection: &mut AnyConnection,
    user: UserId,
    session_id: CredentialId,
    form: &Digest,
) -> Result<Option<Credential>> {
    let now = state.now();
    if secrets::by_form_key(connection, user, form.as_bytes())? != Some(session_id)
        || !secrets::is_renewed_since(
            connection,
            session_id,
            now.saturating_sub(RESUBMISSION_WINDOW),
        )?
    {
        return Ok(None);
    }
    let session = secrets::find(connection, user, session_id)?;
    Ok(session.filter(|session| session.is_active(now)))
}

/// Returns the receipt of the last change of the password by this session, if it is recent.
fn find_change_receipt(
    state: &AppState,
    connection: &mut AnyConnection,
    session: &Credential,
) -> Result<Option<RevocationReceipt>> {
    find_recent_receipt(state, connection, session.user_id, |receipt| {
        receipt.reason == RevocationReason::PasswordChanged && receipt.by == Some(session.id)
    })
}

impl PasswordChange {
    /// Returns the digest that identifies the form. With other options selected it is another form.
    fn form(&self) -> Option<Digest> {
        let key = self.form_key?;
        let revocation = self.revocation;
        let options = [
            revocation.sessions,
            revocation.device_tokens,
            revocation.personal_tokens,
            revocation.service_tokens,
        ]
        .map(u8::from);
        Some(Digest::of(
            &[&b"form for a password: "[..], &key, &options].concat(),
        ))
    }
}
