//! Sets a new password with a link that was mailed to the user, or that an operator printed.

use std::net::IpAddr;

use super::{policy::NewPassword, store};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventKind, NewEvent},
    credentials::{
        CredentialFilter, RevocationReason, RevocationReceipt, change,
        revoke::{self, RevocationRequest, lock_user_and_recheck_actor},
        store as credential_store,
    },
    crypto::secret::SecretString,
    error::{Error, Result},
    jobs::{self, Job},
    mail::{
        self, Mail, QueuedMail,
        links::{self, Link, LinkSecret, NewLink, Purpose},
        notices::{self, NoticeKind},
    },
    rate_limit::mails::{self, MailAllowance},
    types::{
        credential_kind::CredentialKind, email::Email, ids::UserId, message::Message, name::Name,
    },
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

/// Asks for a mail with a link that sets a new password.
///
/// The answer and its cost are the same whether the address has an account. So this transaction does
/// not look for the account: [`begin`] does, when the mail is due.
///
/// # Errors
/// Returns an error if the database fails. A reached limit is no error.
pub async fn request(context: &AppState, email: Email, ip: Option<IpAddr>) -> Result<()> {
    context
        .write(move |tx| {
            let kind = Purpose::ResetPassword.as_str();
            match mails::record(tx, kind, email.canonical(), ip)? {
                MailAllowance::LimitedUntil(_) => Ok(()),
                MailAllowance::Allowed => {
                    let mail = QueuedMail {
                        to: email.as_str().to_owned(),
                        mail: Mail::ResetRequested,
                    };
                    mail::queue(tx, None, mail)
                }
            }
        })
        .await
}

/// Replaces the job of a [`request`] by the mail with the link. If the address has no account, or a
/// disabled one, the job only ends. The mail goes to the address of the account, not to the typed
/// one.
///
/// # Errors
/// Returns an error if the database fails. The job is due again later.
pub async fn begin(context: &AppState, job: &Job, typed: &str) -> Result<()> {
    let (job, email) = (job.clone(), Email::parse(typed).ok());
    context
        .write(move |tx| {
            if !jobs::complete(tx, &job)? {
                return Ok(());
            }
            let stored = match &email {
                Some(email) => store::by_email(tx.connection, email.canonical())?,
                None => None,
            };
            match stored.filter(|stored| !stored.is_disabled) {
                Some(stored) => queue_link(tx, stored.user),
                None => Ok(()),
            }
        })
        .await
}

fn queue_link(tx: &mut Transaction<'_>, user: UserId) -> Result<()> {
    match lock_user_and_recheck_actor(tx, user, &Actor::operator()) {
        // The account was deleted meanwhile.
        Err(Error::NotFound) => return Ok(()),
        other => other?,
    }
    let Some(email) = address_of(tx, user)? else {
        return Ok(());
    };
    mail::queue_link(tx, &new_link(user, &email), |link| Mail::ResetPassword {
        link,
    })
}

/// Creates a link for an operator, who gives it to the user.
///
/// # Errors
/// [`Error::NotFound`] if the account does not exist or is disabled.
pub async fn create_link(context: &AppState, user: UserId) -> Result<LinkSecret> {
    context
        .write(move |tx| {
            lock_user_and_recheck_actor(tx, user, &Actor::operator())?;
            let stored = store::find(tx.connection, user)?;
            if stored.is_none_or(|stored| stored.is_disabled) {
                return Err(Error::NotFound);
            }
            let email = address_of(tx, user)?.ok_or(Error::NotFound)?;
            let id = links::create(tx, &new_link(user, &email))?;
            let link = links::find(tx.connection, id, tx.state.now())?;
            let secret = link.map(|link| link.secret(tx.state)).transpose()?;
            secret
                .flatten()
                .ok_or_else(|| Error::internal("a new link has no secret"))
        })
        .await
}

const fn new_link(user: UserId, email: &Email) -> NewLink<'_> {
    NewLink {
        purpose: Purpose::ResetPassword,
        user: Some(user),
        email,
        detail: "",
    }
}

fn address_of(tx: &mut Transaction<'_>, user: UserId) -> Result<Option<Email>> {
    let profile = store::profile(tx.connection, user)?;
    Ok(profile.and_then(|profile| Email::parse(&profile.email).ok()))
}

/// The account of a link, for the rules about its new password.
#[derive(Clone, Debug)]
pub struct ResetTarget {
    /// The account.
    pub user: UserId,
    /// The address of the account.
    pub email: String,
    /// The user's name.
    pub name: String,
}

/// Returns the account whose password the link sets, or `None` if the link does not work.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn target(
    context: &AppState,
    purpose: Purpose,
    secret: &LinkSecret,
) -> Result<Option<ResetTarget>> {
    let digest = secret.digest();
    context
        .read(move |state, connection| {
            let link = links::find_by_secret(connection, purpose, digest, state.now())?;
            let Some(user) = link.and_then(|link| link.user) else {
                return Ok(None);
            };
            let profile = store::profile(connection, user)?;
            Ok(profile.map(|profile| ResetTarget {
                user,
                email: profile.email,
                name: profile.name,
            }))
        })
        .await
}

impl ResetTarget {
    /// Parses the new password. The name and the address of the user are no part of it.
    ///
    /// # Errors
    /// Returns the message for the user.
    pub fn parse_password(
        &self,
        password: SecretString,
    ) -> std::result::Result<NewPassword, Message> {
        let email = Email::parse(&self.email).ok();
        let name = Name::parse(&self.name).ok();
        NewPassword::parse(password, email.as_ref(), name.as_ref())
    }
}

/// Sets the password and uses the link up. All sessions and device tokens are revoked, and personal
/// tokens are paused unless `keep_personal_tokens` is set. All other links of the account become
/// void. The address is verified, because the link was mailed to it. A link that verifies an address
/// does the same.
///
/// # Errors
/// [`Error::NotFound`] if the link does not work any more.
pub async fn reset(
    context: &AppState,
    purpose: Purpose,
    secret: &LinkSecret,
    new: NewPassword,
    keep_personal_tokens: bool,
    ip: Option<IpAddr>,
) -> Result<RevocationReceipt> {
    let digest = secret.digest();
    let hash = context.hasher().hash(new.into_secret(), ip).await?;
    context
        .write(move |tx| {
            let now = tx.now();
            let link = links::find_by_secret(tx.connection, purpose, digest, now)?;
            let link = link.ok_or(Error::NotFound)?;
            let user = link.user.ok_or(Error::NotFound)?;
            let actor = Actor::anonymous(ip);
            lock_user_and_recheck_actor(tx, user, &actor)?;
            ensure_usable(tx, user, &link)?;
            store::set_password(tx.connection, user, &hash)?;
            let invalidation = tx.invalidate_user(user);
            store::set_email_verified(tx.connection, invalidation, user)?;
            links::void_of_user(tx.connection, user)?;
            let event = NewEvent::new(EventKind::PasswordReset, "");
            audit::record(tx, user, &actor, event)?;
            if !keep_personal_tokens {
                pause_personal_tokens(tx, user, &actor)?;
            }
            let filter = CredentialFilter {
                kind: REVOKED.to_vec(),
                ..CredentialFilter::default()
            };
            let request = RevocationRequest::of(filter, RevocationReason::PasswordReset);
            let receipt = revoke::revoke_in(tx, user, &request, &actor)?;
            notices::notify(tx, user, &actor, NoticeKind::PasswordReset, receipt.kinds())?;
            Ok(receipt)
        })
        .await
}

/// Uses the link up, under the lock of its user. The account may have been disabled, or its address
/// may have changed, since the link was created.
fn ensure_usable(tx: &mut Transaction<'_>, user: UserId, link: &Link) -> Result<()> {
    let stored = store::find(tx.connection, user)?;
    let is_enabled = stored.is_some_and(|stored| !stored.is_disabled);
    let address = address_of(tx, user)?;
    let has_address = address.is_some_and(|email| email.canonical() == link.email_canonical);
    if is_enabled && has_address && links::take(tx, link)? {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
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
