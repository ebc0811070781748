//! The second address of an account, which receives notices only. A user whose mailbox was taken
//! over is still told about the events. It receives nothing until it is verified by the link that
//! is mailed to it.

use super::{
    email_change::{self, MailedAt, mail_link},
    store,
};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, EventKind, NewEvent},
    credentials::{Credential, Principal},
    crypto::digest::Digest,
    error::{Error, Result},
    mail::{
        Mail,
        links::{self, LinkSecret, NewLink, Purpose},
        notices::{self, NoticeKind},
    },
    types::{email::Email, ids::UserId},
};

/// The second address of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeEmail {
    /// The address, as typed.
    pub address: String,
    /// Whether the address is verified.
    pub is_verified: bool,
}

/// Returns the second address of an account.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn find(state: &AppState, user: UserId) -> Result<Option<NoticeEmail>> {
    state
        .read(move |_, connection| Ok(store::notice_email(connection, user)?))
        .await
}

/// Sets or removes the second address, and notifies the user. A new address gets a mail with a
/// link. Returns the time at which the mail is sent, or `None` if no mail is needed. `credential`
/// is the caller's, read under the lock.
///
/// # Errors
/// [`Error::ReauthenticationRequired`] if the address is new and the last re-authentication of the
/// caller is too old; [`Error::Throttled`] if the mail would wait longer than a minute.
pub(super) fn change(
    tx: &mut Transaction<'_>,
    caller: &Principal,
    credential: &Credential,
    new: Option<&Email>,
) -> Result<Option<MailedAt>> {
    let user = caller.user().id;
    let current = store::notice_email(tx.connection, user)?;
    let current = current.as_ref().map(|current| &*current.address);
    if current == new.map(Email::as_str) {
        return Ok(None);
    }
    credential.require_recent_authentication(tx.now())?;
    let (actor, address) = (caller.actor(), new.map(|new| new.as_str().to_owned()));
    let event = NewEvent::new(
        EventKind::NoticeEmailChanged,
        address.as_deref().unwrap_or_default(),
    );
    audit::record(tx, user, &actor, event)?;
    // The notice precedes the change, so that the former second address gets it, too.
    let kind = NoticeKind::NoticeEmailChanged { new: address };
    notices::notify(tx, user, &actor, kind, [])?;
    store::set_notice_email(tx.connection, user, new.map(Email::as_str))?;
    links::void(tx.connection, user, Purpose::VerifyNoticeEmail)?;
    let Some(new) = new else {
        return Ok(None);
    };
    let link = NewLink {
        purpose: Purpose::VerifyNoticeEmail,
        user: Some(user),
        email: new,
        detail: "",
    };
    mail_link(tx, caller, &link, |link| Mail::VerifyNoticeEmail { link }).map(Some)
}

/// Verifies the second address with the link of its mail.
///
/// # Errors
/// [`Error::NotFound`] if the link does not work any more.
pub async fn verify(state: &AppState, secret: &LinkSecret) -> Result<()> {
    let digest = secret.digest();
    state.write(move |tx| verify_in(tx, digest)).await
}

fn verify_in(tx: &mut Transaction<'_>, digest: Digest) -> Result<()> {
    let (link, user) = email_change::find(tx, Purpose::VerifyNoticeEmail, digest)?;
    let now = tx.now();
    // The link is void as soon as the address changes. The row says so as well.
    let verified = links::take(tx, &link)?
        && store::set_notice_email_verified(tx.connection, user, &link.email, now)?;
    if verified {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}
