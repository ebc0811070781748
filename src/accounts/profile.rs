//! Changes a user's name, e-mail address and language.

use super::{email_change, notice_email, register::email_taken, store};
use crate::{
    app_state::AppState,
    audit::{self, EventKind, NewEvent},
    credentials::{
        Principal, RevocationReason, end_pending,
        revoke::{self, begin_change_as},
    },
    db,
    error::{Error, Result},
    factors::Ending,
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
    /// What a new address revokes when it is confirmed. Without mail, it revokes nothing.
    pub ending: Ending,
    /// The second address, for notices only. `None` leaves it as it is, and `Some(None)` removes it.
    /// Without mail, it stays.
    pub notice_email: Option<Option<Email>>,
    /// The language of the pages. `None` is the language of the browser.
    pub language: Option<LanguageTag>,
}

/// The address to which a link was mailed by a change of the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileChanged {
    /// No link was mailed.
    Saved,
    /// The new address of the account, which is pending.
    EmailPending,
    /// The second address.
    NoticeEmailPending,
}

/// Changes the caller's name, addresses and language to those of `profile`. If mail is on, a new
/// address is only pending. The result says so.
///
/// # Errors
/// - [`Error::ReauthenticationRequired`] if an address is new and the last re-authentication is
///   too old;
/// - [`Error::Invalid`] if mail is off and the address belongs to another user;
/// - [`Error::Throttled`] if too many addresses were tried, or too many mails were asked for.
pub async fn change_profile(
    context: &AppState,
    caller: &Principal,
    profile: Profile,
) -> Result<ProfileChanged> {
    let has_mail = context.settings().mail.is_on();
    if caller.user().email != profile.email.as_str() {
        caller.require_recent_authentication(context.now())?;
        if !has_mail {
            // This call reveals whether an address has an account, as registration does. So it has
            // the same rate limit.
            rate_limit::record_attempt(context, &Attempt::to_register(context, caller.ip)).await?;
        }
    }
    let (user, actor, caller) = (caller.user().id, caller.actor(), caller.clone());
    context
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
            if email_changed && has_mail {
                email_change::request(tx, &caller, &profile.email, profile.ending)?;
            } else if email_changed {
                let invalidation = tx.invalidate_user(user);
                db::with_savepoint(tx.connection, |connection| {
                    store::set_email(connection, invalidation, user, &profile.email)
                })
                .map_err(|error| email_taken(error, field::email_taken()))?;
                end_pending(tx.connection, user)?;
                if profile.ending.trusted_browsers {
                    let reason = RevocationReason::EmailChanged;
                    revoke::end_trusted_browsers(tx, user, reason, &actor)?;
                }
                let event = NewEvent::new(EventKind::EmailChanged, profile.email.as_str());
                audit::record(tx, user, &actor, event)?;
            }
            let notice_email_pending = match &profile.notice_email {
                Some(new) if has_mail => {
                    notice_email::change(tx, &caller, &caller_credential, new.as_ref())?
                }
                _ => false,
            };
            Ok::<_, Error>(match (email_changed && has_mail, notice_email_pending) {
                (true, _) => ProfileChanged::EmailPending,
                (false, true) => ProfileChanged::NoticeEmailPending,
                (false, false) => ProfileChanged::Saved,
            })
        })
        .await
}
