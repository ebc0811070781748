//! Links that set a new password: mailed to the user, or printed for an operator.

use std::net::IpAddr;

use super::{policy::NewPassword, store};
use crate::{
    app_state::{AppState, Transaction},
    audit::Actor,
    credentials::revoke::lock_user_and_recheck_actor,
    crypto::secret::SecretString,
    error::{Error, Result},
    factors::{self, FactorMethod},
    jobs::{self, Job},
    mail::{
        self, Mail, QueuedMail,
        links::{self, LinkSecret, NewLink, Purpose},
    },
    rate_limit::mails::{self, MailAllowance},
    types::{email::Email, ids::UserId, message::Message, name::Name},
};

/// Asks for a mail with a link that sets a new password.
///
/// The answer and its cost are the same whether the address has an account. So this transaction does
/// not look for the account: [`begin`] does, when the mail is due.
///
/// # Errors
/// Returns an error if the database fails. A reached limit is no error.
pub async fn request(state: &AppState, email: Email, ip: Option<IpAddr>) -> Result<()> {
    state
        .write(move |tx| {
            let kind = Purpose::ResetPassword.as_str();
            match mails::record(tx, kind, email.canonical(), ip)? {
                MailAllowance::AddressLimited(_) | MailAllowance::NetworkLimited(_) => Ok(()),
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
pub async fn begin(state: &AppState, job: &Job, typed: &str) -> Result<()> {
    let (job, email) = (job.clone(), Email::parse(typed).ok());
    state
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
pub async fn create_link(state: &AppState, user: UserId) -> Result<LinkSecret> {
    state
        .write(move |tx| {
            lock_user_and_recheck_actor(tx, user, &Actor::operator())?;
            create_link_in(tx, user)
        })
        .await
}

/// Creates a link under the lock of the user.
///
/// # Errors
/// [`Error::NotFound`] if the account does not exist or is disabled.
pub(crate) fn create_link_in(tx: &mut Transaction<'_>, user: UserId) -> Result<LinkSecret> {
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
}

const fn new_link(user: UserId, email: &Email) -> NewLink<'_> {
    NewLink {
        purpose: Purpose::ResetPassword,
        user: Some(user),
        email,
        detail: "",
    }
}

pub(super) fn address_of(tx: &mut Transaction<'_>, user: UserId) -> Result<Option<Email>> {
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
    /// Whether the user has a second factor, without which the link sets no password.
    pub needs_code: bool,
    /// Whether the user has an authenticator app.
    pub has_app: bool,
}

/// Returns the account whose password the link sets, or `None` if the link does not work.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn target(
    state: &AppState,
    purpose: Purpose,
    secret: &LinkSecret,
) -> Result<Option<ResetTarget>> {
    let digest = secret.digest();
    state
        .read(move |state, connection| {
            let link = links::find_by_secret(connection, purpose, digest, state.now())?;
            let Some(user) = link.and_then(|link| link.user) else {
                return Ok(None);
            };
            let needs_code = factors::has_second_factor(connection, user)?;
            let has_app = factors::methods_of(connection, user)?.contains(&FactorMethod::Totp);
            let profile = store::profile(connection, user)?;
            Ok(profile.map(|profile| ResetTarget {
                user,
                email: profile.email,
                name: profile.name,
                needs_code,
                has_app,
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
