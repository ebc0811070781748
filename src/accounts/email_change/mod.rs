//! Changes the e-mail address of an account if mail is on.
//!
//! A new address is pending until the user follows the link that is mailed to it. The previous
//! address gets a link that puts it back, for a user whose account was taken over. Only the mail to
//! the new address discloses that the address has an account already.

mod undo;

use std::{net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};

pub use self::undo::undo;
use super::{deactivate::delete_account, store};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventKind, NewEvent},
    credentials::{
        Principal, RevocationReason, RevocationReceipt, change, end_pending,
        revoke::{begin_change_as, lock_user_and_recheck_actor},
    },
    crypto::digest::Digest,
    db,
    error::{Error, Result},
    factors::RevocationChoice,
    mail::{
        self, Mail,
        links::{self, Link, LinkSecret, NewLink, Purpose},
        notices::{self, NoticeKind},
    },
    passwords::set_email_verified,
    rate_limit::mails,
    types::{
        credential_kind::CredentialType,
        email::Email,
        ids::{CredentialId, LinkId, UserId},
    },
    util::clock::Timestamp,
};

/// The time in which the same request again keeps the link that was mailed.
const SAME_REQUEST: Duration = Duration::from_secs(60);

/// The parameters of a change, which wait in the link.
#[derive(Serialize, Deserialize)]
struct Parameters {
    #[serde(flatten)]
    revocation: RevocationChoice,
    /// The credential that asked for the change. It stays.
    credential: CredentialId,
}

/// Mails a link to the new address, and tells the current address of it. Returns when the mail is
/// sent. The caller's lock is held.
///
/// # Errors
/// The errors of [`mail_link`].
pub(super) fn request(
    tx: &mut Transaction<'_>,
    caller: &Principal,
    new: &Email,
    revocation: RevocationChoice,
) -> Result<MailedAt> {
    let (user, actor) = (caller.user().id, caller.actor());
    let parameters = Parameters {
        revocation,
        credential: caller.credential().id,
    };
    let link = NewLink {
        purpose: Purpose::ConfirmEmail,
        user: Some(user),
        email: new,
        detail: &serde_json::to_string(&parameters).map_err(Error::internal)?,
    };
    let now = tx.now();
    if let Some(earlier) = links::find_of_user(tx.connection, user, link.purpose, now)?
        && earlier.email == new.as_str()
        && earlier.detail == link.detail
        && now < earlier.created_at().saturating_add(SAME_REQUEST)
    {
        return Ok(MailedAt::of(earlier.created_at(), now));
    }
    let mailed = mail_link(tx, caller, &link, |link| Mail::ConfirmEmail { link })?;
    let event = NewEvent::new(EventKind::EmailChangeRequested, new.as_str());
    audit::record(tx, user, &actor, event)?;
    let kind = NoticeKind::EmailChangeRequested {
        new: new.as_str().to_owned(),
    };
    notices::notify(tx, user, &actor, kind, [])?;
    Ok(mailed)
}

/// The time at which a mail with a link is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailedAt {
    /// At once.
    Now,
    /// At this time, because a limit of mails is reached until then.
    Later(Timestamp),
}

impl MailedAt {
    fn of(at: Timestamp, now: Timestamp) -> Self {
        match now < at {
            true => Self::Later(at),
            false => Self::Now,
        }
    }

    /// Returns the time of a mail that waits.
    #[must_use]
    pub const fn later(self) -> Option<Timestamp> {
        match self {
            Self::Now => None,
            Self::Later(at) => Some(at),
        }
    }
}

/// Mails a link of a signed-in user to an address, as soon as the limits of the account and of the
/// address permit it. So a typing mistake can be corrected at once. The result does not disclose
/// whether the address has an account.
///
/// # Errors
/// [`Error::Throttled`] if the mail would wait longer than a minute.
pub(super) fn mail_link(
    tx: &mut Transaction<'_>,
    caller: &Principal,
    link: &NewLink<'_>,
    mail: fn(LinkId) -> Mail,
) -> Result<MailedAt> {
    let (user, kind) = (caller.user().id, link.purpose.as_str());
    let to = link.email.canonical();
    let at = mails::schedule(tx, kind, &user.to_string(), to, caller.ip)?;
    mail::queue_link_at(tx, link, user, mail, at)?;
    Ok(MailedAt::of(at, tx.now()))
}

/// Returns whether the address belongs to another account than that of `user`. An account that has
/// not verified the address does not count: see `release`.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn is_taken(state: &AppState, address: &str, user: Option<UserId>) -> Result<bool> {
    let Ok(email) = Email::parse(address) else {
        return Ok(false);
    };
    match super::find_by_email(state, &email).await {
        Ok(account) => {
            Ok(Some(account.user.id) != user && account.email_unverified_since.is_none())
        }
        Err(Error::NotFound) => Ok(false),
        Err(error) => Err(error),
    }
}

/// An address that waits for its confirmation.
#[derive(Clone, Debug)]
pub struct PendingEmail {
    /// The address, as typed.
    pub address: String,
    /// The time at which the mail with the link is sent.
    pub mailed: MailedAt,
}

/// Returns the address that waits for the link of this purpose.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn pending(
    state: &AppState,
    user: UserId,
    purpose: Purpose,
) -> Result<Option<PendingEmail>> {
    state
        .read(move |state, connection| {
            let now = state.now();
            let link = links::find_of_user(connection, user, purpose, now)?;
            Ok(link.map(|link| PendingEmail {
                mailed: MailedAt::of(link.created_at(), now),
                address: link.email,
            }))
        })
        .await
}

/// Cancels the change that waits for its confirmation.
///
/// # Errors
/// [`Error::NotSignedIn`] if the caller's credential is not accepted any more.
pub async fn cancel(state: &AppState, caller: &Principal) -> Result<()> {
    let caller = caller.clone();
    state
        .write(move |tx| {
            let credential = begin_change_as(tx, &caller)?;
            links::void(tx.connection, credential.user_id, Purpose::ConfirmEmail)
        })
        .await
}

/// Returns the address to which the account of a link changes, or `None` if the link does not work.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn address_of_link(
    state: &AppState,
    purpose: Purpose,
    secret: &LinkSecret,
) -> Result<Option<String>> {
    let digest = secret.digest();
    state
        .read(move |state, connection| {
            let link = links::find_by_secret(connection, purpose, digest, state.now())?;
            Ok(link.map(|link| link.email))
        })
        .await
}

/// The result of a confirmed change.
pub struct ConfirmedChange {
    /// Whether the session of the caller has the new secret.
    pub is_renewed: bool,
    /// The receipt, if credentials were chosen.
    pub receipt: Option<RevocationReceipt>,
}

/// Gives the account the address of the link, and revokes what the request chose. The credential
/// that asked for the change stays, and so does the session of `caller`, if it belongs to the
/// account. That session gets the secret with the digest `renewed`, and the result says so.
///
/// # Errors
/// [`Error::NotFound`] if the link does not work any more, or if the address belongs to another
/// account.
pub async fn confirm(
    state: &AppState,
    secret: &LinkSecret,
    caller: Option<&Principal>,
    renewed: Digest,
    ip: Option<IpAddr>,
) -> Result<ConfirmedChange> {
    let (digest, caller) = (secret.digest(), caller.cloned());
    state
        .write(move |tx| {
            let (link, user) = find(tx, Purpose::ConfirmEmail, digest)?;
            let caller = caller.as_ref().filter(|caller| caller.user().id == user);
            let actor = caller.map_or_else(|| Actor::anonymous(ip), Principal::actor);
            lock_user_and_recheck_actor(tx, user, &actor)?;
            let parameters: Parameters =
                serde_json::from_str(&link.detail).map_err(Error::internal)?;
            let former = set_address(tx, user, &link)?;
            end_pending(tx.connection, user)?;
            let event = NewEvent::new(EventKind::EmailChanged, link.email.as_str());
            audit::record(tx, user, &actor, event)?;
            let session = caller
                .map(Principal::credential)
                .filter(|credential| credential.kind.class() == CredentialType::Session)
                .map(|credential| credential.id);
            if let Some(session) = session {
                change::replace_secret(tx, user, session, renewed)?;
            }
            let kept = session.into_iter().chain([parameters.credential]);
            let reason = RevocationReason::EmailChanged;
            let receipt = parameters
                .revocation
                .apply(tx, user, kept, reason, &actor)?;
            tell_both(tx, user, &actor, &former, &link, receipt.as_ref())?;
            Ok(ConfirmedChange {
                is_renewed: session.is_some(),
                receipt,
            })
        })
        .await
}

/// Returns a link and its user.
///
/// # Errors
/// [`Error::NotFound`] if the link does not work any more.
pub(super) fn find(
    tx: &mut Transaction<'_>,
    purpose: Purpose,
    digest: Digest,
) -> Result<(Link, UserId)> {
    let now = tx.now();
    let link = links::find_by_secret(tx.connection, purpose, digest, now)?;
    link.and_then(|link| link.user.map(|user| (link, user)))
        .ok_or(Error::NotFound)
}

/// Uses the link up and gives the account its address, which is verified, because the link was
/// mailed to it. Returns the previous address.
fn set_address(tx: &mut Transaction<'_>, user: UserId, link: &Link) -> Result<Email> {
    let account = store::find(tx.connection, user)?.ok_or(Error::NotFound)?;
    if account.disabled_at.is_some() || !links::take(tx, link)? {
        return Err(Error::NotFound);
    }
    let new = Email::parse(&link.email).map_err(|_| Error::NotFound)?;
    release(tx, Some(user), &new)?;
    let invalidation = tx.invalidate_user(user);
    let set = db::with_savepoint(tx.connection, |connection| {
        store::set_email(connection, invalidation, user, &new)
    });
    match set {
        Err(error) if db::is_unique_violation(&error) => return Err(Error::NotFound),
        other => other?,
    }
    set_email_verified(tx.connection, invalidation, user)?;
    Email::parse(&account.user.email)
        .map_err(|_| Error::internal("the stored address is malformed"))
}

/// Deletes an account other than that of `user` that has the address but has never verified it. The
/// visitor has shown that the address is theirs. Otherwise a thief could prevent an undo, or the
/// acceptance of an invitation, by registering it.
///
/// # Errors
/// Returns an error if the database fails.
pub(super) fn release(
    tx: &mut Transaction<'_>,
    user: Option<UserId>,
    address: &Email,
) -> Result<()> {
    let holder = store::by_email(tx.connection, address.canonical())?;
    let unverified = holder
        .filter(|holder| Some(holder.user.id) != user && holder.email_unverified_since.is_some());
    let Some(holder) = unverified else {
        return Ok(());
    };
    lock_user_and_recheck_actor(tx, holder.user.id, &Actor::operator())?;
    delete_account(tx, holder.user.id, &Actor::operator()).map(drop)
}

/// Tells the account of the change, and the former address with a link that undoes it.
fn tell_both(
    tx: &mut Transaction<'_>,
    user: UserId,
    actor: &Actor,
    former: &Email,
    link: &Link,
    receipt: Option<&RevocationReceipt>,
) -> Result<()> {
    let kind = NoticeKind::EmailChanged {
        new: link.email.clone(),
    };
    let revoked = || receipt.into_iter().flat_map(RevocationReceipt::kinds);
    notices::notify(tx, user, actor, kind.clone(), revoked())?;
    let undo = NewLink {
        purpose: Purpose::UndoEmail,
        user: Some(user),
        email: former,
        detail: "",
    };
    let undo = links::create(tx, &undo)?;
    let former = former.as_str();
    notices::notify_former_address(tx, user, actor, kind, revoked(), former, Some(undo))
}
