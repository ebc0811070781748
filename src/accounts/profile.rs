//! Changes a user's name, e-mail address and language.

use super::{
    email_change::{self, MailedAt},
    notice_email,
    register::email_taken,
    store,
};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, EventKind, NewEvent},
    credentials::{
        Principal, RevocationReason, RevocationReceipt, change, end_pending,
        revoke::begin_change_as,
    },
    crypto::digest::Digest,
    db,
    error::{Error, Result},
    factors::RevocationChoice,
    rate_limit::{self, Attempt},
    types::{email::Email, language_tag::LanguageTag, message::field, name::Name},
};

/// The profile that a user submits.
#[derive(Clone)]
pub struct Profile {
    /// The user's name.
    pub name: Name,
    /// The user's e-mail address.
    pub email: Email,
    /// The credentials to revoke when a new address is confirmed. Without mail, it does so at once.
    pub revocation: RevocationChoice,
    /// The second address, for notices only. `None` leaves it as it is, and `Some(None)` removes it.
    /// Without mail, it stays.
    pub notice_email: Option<Option<Email>>,
    /// The language of the pages. `None` is the language of the browser.
    pub language: Option<LanguageTag>,
}

/// The result of a change of the profile.
#[derive(Clone, Debug)]
pub enum ProfileChanged {
    /// The address of the account is the same, and no link was mailed.
    Saved,
    /// The address is a new one. The session has a new secret. The receipt is that of the chosen
    /// credentials.
    EmailChanged(Option<Box<RevocationReceipt>>),
    /// A link is mailed to the new address of the account, which is pending.
    EmailPending(MailedAt),
    /// A link is mailed to the second address.
    NoticeEmailPending(MailedAt),
}

/// Changes the caller's name, addresses and language to those of `profile`. If mail is on, a new
/// address is only pending. Otherwise it changes at once, and the caller's session gets the secret
/// with the digest `renewed`. The result says so.
///
/// # Errors
/// - [`Error::ReauthenticationRequired`] if an address is new and the last re-authentication is
///   too old;
/// - [`Error::Invalid`] if mail is off and the address belongs to another user;
/// - [`Error::Throttled`] if mail is off and too many addresses were tried.
pub async fn change_profile(
    state: &AppState,
    caller: &Principal,
    profile: Profile,
    renewed: Digest,
) -> Result<ProfileChanged> {
    let has_mail = state.settings().mail.is_on();
    if caller.user().email != profile.email.as_str() {
        caller.require_recent_authentication(state.now())?;
        if !has_mail {
            // This call reveals whether an address has an account, as registration does. So it has
            // the same rate limit.
            rate_limit::record_attempt(state, &Attempt::to_register(state, caller.ip)).await?;
        }
    }
    let (user, actor, caller) = (caller.user().id, caller.actor(), caller.clone());
    state
        .write(move |tx| {
            let caller_credential = begin_change_as(tx, &caller)?;
            // Compared again under the lock. The address may have changed since the request was
            // authenticated, and then the submitted address is a new one.
            let current = store::find(tx.connection, user)?
                .ok_or(Error::NotFound)?
                .user;
            let name_changed = current.name != profile.name.as_str();
            let email_changed = current.email != profile.email.as_str();
            if email_changed {
                caller_credential.require_recent_authentication(tx.now())?;
            }
            let invalidation = tx.invalidate_user(user);
            store::set_profile(tx.connection, invalidation, user, &profile)?;
            if name_changed {
                let event = NewEvent::new(EventKind::NameChanged, profile.name.as_str());
                audit::record(tx, user, &actor, event)?;
            }
            let of_email = match (email_changed, has_mail) {
                (false, _) => None,
                (true, true) => {
                    let mailed =
                        email_change::request(tx, &caller, &profile.email, profile.revocation)?;
                    Some(ProfileChanged::EmailPending(mailed))
                }
                (true, false) => {
                    let receipt = set_email(tx, &caller, &profile, renewed)?;
                    Some(ProfileChanged::EmailChanged(receipt.map(Box::new)))
                }
            };
            let of_notice_email = match &profile.notice_email {
                Some(new) if has_mail => {
                    notice_email::change(tx, &caller, &caller_credential, new.as_ref())?
                }
                _ => None,
            };
            let of_notice_email = of_notice_email.map(ProfileChanged::NoticeEmailPending);
            Ok::<_, Error>(
                of_email
                    .or(of_notice_email)
                    .unwrap_or(ProfileChanged::Saved),
            )
        })
        .await
}

/// Changes the address of an account at once, and revokes the chosen credentials. The caller is
/// locked.
fn set_email(
    tx: &mut Transaction<'_>,
    caller: &Principal,
    profile: &Profile,
    renewed: Digest,
) -> Result<Option<RevocationReceipt>> {
    let (user, session, actor) = (caller.user().id, caller.credential().id, caller.actor());
    let invalidation = tx.invalidate_user(user);
    db::with_savepoint(tx.connection, |connection| {
        store::set_email(connection, invalidation, user, &profile.email)
    })
    .map_err(|error| email_taken(error, field::email_taken()))?;
    end_pending(tx.connection, user)?;
    let event = NewEvent::new(EventKind::EmailChanged, profile.email.as_str());
    audit::record(tx, user, &actor, event)?;
    change::replace_secret(tx, user, session, renewed)?;
    let reason = RevocationReason::EmailChanged;
    profile
        .revocation
        .apply(tx, user, [session], reason, &actor)
}
