//! Invitations: an operator invites an address, and its owner creates the account with the link of
//! the mail. An invitation also works while registration is closed.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{
    email_change,
    register::{NewAccount, insert},
    store,
};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventKind, NewEvent},
    db,
    error::{Error, Result},
    mail::{
        self, Mail,
        links::{self, Link, LinkSecret, NewLink, Purpose},
    },
    passwords::{policy::NewPassword, proof::PasswordProof},
    rate_limit::mails::{self, MailAllowance},
    types::{
        email::Email, fields::FieldErrors, language_tag::LanguageTag, message::field, name::Name,
    },
    util::clock::Timestamp,
};

/// The parameters of an invitation, which wait in the link.
#[derive(Default, Serialize, Deserialize)]
struct Parameters {
    /// The name that the form suggests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// An invitation that can be accepted.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// The address that was invited.
    pub email: Email,
    /// The name that the form suggests.
    pub name: Option<String>,
}

/// Mails an invitation, and returns the time until which it can be accepted. An earlier invitation of
/// the same address becomes void.
///
/// # Errors
/// [`Error::NotFound`] if mail is off; [`Error::Invalid`] if the address has an account;
/// [`Error::Throttled`] if the address has reached a limit of mails.
pub async fn invite(state: &AppState, email: Email, name: Option<Name>) -> Result<Timestamp> {
    if !state.settings().mail.is_on() {
        return Err(Error::NotFound);
    }
    state
        .write(move |tx| invite_in(tx, &email, name.as_ref()))
        .await
}

fn invite_in(tx: &mut Transaction<'_>, email: &Email, name: Option<&Name>) -> Result<Timestamp> {
    let holder = store::by_email(tx.connection, email.canonical())?;
    // An account that has not verified the address does not prevent an invitation of its owner.
    if holder.is_some_and(|holder| holder.email_unverified_since.is_none()) {
        return Err(FieldErrors::one("email", field::email_registered()).into());
    }
    let purpose = Purpose::Invitation;
    match mails::record(tx, purpose.as_str(), email.canonical(), None)? {
        MailAllowance::Allowed => {}
        MailAllowance::AddressLimited(until) | MailAllowance::NetworkLimited(until) => {
            return Err(Error::Throttled(until.saturating_duration_since(tx.now())));
        }
    }
    let parameters = Parameters {
        name: name.map(|name| name.as_str().to_owned()),
    };
    let link = NewLink {
        purpose,
        user: None,
        email,
        detail: &serde_json::to_string(&parameters).map_err(Error::internal)?,
    };
    mail::queue_link(tx, &link, |link| Mail::Invitation { link })?;
    Ok(tx.now().saturating_add(purpose.life()))
}

/// Returns the invitation of a link, or `None` if the link does not work.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn find(state: &AppState, secret: &LinkSecret) -> Result<Option<Invitation>> {
    let digest = secret.digest();
    state
        .read(move |state, connection| {
            let purpose = Purpose::Invitation;
            let link = links::find_by_secret(connection, purpose, digest, state.now())?;
            let Some(invitation) = link.as_ref().map(invitation).transpose()? else {
                return Ok(None);
            };
            let holder = store::by_email(connection, invitation.email.canonical())?;
            let is_taken = holder.is_some_and(|holder| holder.email_unverified_since.is_none());
            Ok((!is_taken).then_some(invitation))
        })
        .await
}

fn invitation(link: &Link) -> Result<Invitation> {
    let parameters: Parameters = serde_json::from_str(&link.detail).map_err(Error::internal)?;
    let email = Email::parse(&link.email)
        .map_err(|_| Error::internal("the address of an invitation is malformed"))?;
    Ok(Invitation {
        email,
        name: parameters.name,
    })
}

/// Creates the account of an invitation and uses its link up. The address is verified, because the
/// link was mailed to it. The returned proof needs no verification, because the client has just
/// chosen the password.
///
/// # Errors
/// [`Error::NotFound`] if the link does not work any more, or if the address has an account.
pub async fn accept(
    state: &AppState,
    secret: &LinkSecret,
    name: Name,
    password: NewPassword,
    language: Option<LanguageTag>,
    ip: Option<IpAddr>,
) -> Result<PasswordProof> {
    let digest = secret.digest();
    let hash = state.hasher().hash(password.into_secret(), ip).await?;
    state
        .write(move |tx| {
            let purpose = Purpose::Invitation;
            let link = links::find_by_secret(tx.connection, purpose, digest, tx.state.now())?;
            let link = link.ok_or(Error::NotFound)?;
            if !links::take(tx, &link)? {
                return Err(Error::NotFound);
            }
            let email = invitation(&link)?.email;
            email_change::release(tx, None, &email)?;
            let new = NewAccount {
                name,
                email,
                hash,
                language,
            };
            let user = match insert(tx, &new, None)? {
                Err(error) if db::is_unique_violation(&error) => return Err(Error::NotFound),
                inserted => inserted?,
            };
            let event = NewEvent::new(EventKind::AccountCreated, "");
            audit::record(tx, user, &Actor::anonymous(ip), event)?;
            Ok(PasswordProof::from_registration(user, new.hash))
        })
        .await
}
