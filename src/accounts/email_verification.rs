//! Verifies the e-mail addresses of accounts that users create themselves.
//!
//! The link in the mail does not suffice. A stranger may have registered the address of another
//! person, who would verify the stranger's account by following the link. So the visitor must also
//! be signed in to the account, or know its password. Otherwise a new password takes the account
//! over, and ends everything that the stranger made.

use std::{net::IpAddr, time::Duration};

use super::{
    Account,
    deactivate::delete_account,
    register::{NewAccount, Registration, acquire_registration_permit, insert},
    store,
};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventKind, NewEvent},
    credentials::{
        CredentialFilter, Principal, RevocationReason,
        revoke::{self, RevocationRequest, begin_change_as, lock_user_and_recheck_actor},
    },
    db,
    error::{Error, Result},
    jobs::{self, Job},
    mail::{
        self, Mail, QueuedMail,
        links::{self, Link, LinkCode, LinkSecret, NewLink, Purpose},
    },
    passwords::{
        proof::{PasswordProof, redeem_password_proof},
        set_email_verified,
    },
    rate_limit::mails::{self, MailAllowance},
    types::{
        credential_kind::CredentialType,
        email::Email,
        ids::{CredentialId, UserId},
        language_tag::LanguageTag,
    },
    util::clock::Timestamp,
};

/// The time after which a new registration replaces an account with an unverified address.
const REPLACEABLE_AFTER: Duration = Duration::from_secs(24 * 3600);

/// Creates an account whose address must be verified, and mails the link.
///
/// The result is the same whether the address has an account. The owner of an existing account gets
/// a mail that says so. `language` is that of a new account and its mails. Each attempt costs a
/// password hash and one transaction. If a limit of mails is reached, only the mail is withheld:
/// the visitor can ask for another one later.
///
/// # Errors
/// [`Error::RegistrationClosed`] if only operators create accounts; [`Error::Throttled`] if too
/// many attempts came from the client's network.
pub async fn register_by_mail(
    state: &AppState,
    registration: Registration,
    language: Option<LanguageTag>,
    actor: Actor,
) -> Result<()> {
    let permit = acquire_registration_permit(state, &actor).await?;
    let Registration {
        name,
        email,
        password,
    } = registration;
    let hash = permit.hash(password.into_secret()).await?;
    drop(permit);
    let new = NewAccount {
        name,
        email,
        hash,
        language,
    };
    state
        .write(move |tx| {
            let is_mailed = match record_request(tx, &new.email, actor.ip)? {
                MailAllowance::Allowed => true,
                // An earlier mail has told the owner.
                MailAllowance::AddressLimited(_) => false,
                // Without any mail, a visitor could learn by signing in which addresses had no
                // account.
                MailAllowance::NetworkLimited(until) => {
                    return Err(Error::Throttled(until.saturating_duration_since(tx.now())));
                }
            };
            let existing = store::by_email(tx.connection, new.email.canonical())?;
            match existing {
                Some(account) if !is_replaceable(&account, tx.now()) => match is_mailed {
                    true => tell_owner(tx, &account),
                    false => Ok(()),
                },
                Some(account) => {
                    lock_user_and_recheck_actor(tx, account.user.id, &Actor::operator())?;
                    delete_account(tx, account.user.id, &Actor::operator())?;
                    create(tx, &new, &actor, is_mailed)
                }
                None => create(tx, &new, &actor, is_mailed),
            }
        })
        .await
}

fn record_request(
    tx: &mut Transaction<'_>,
    email: &Email,
    ip: Option<IpAddr>,
) -> Result<MailAllowance> {
    mails::record(tx, Purpose::VerifyEmail.as_str(), email.canonical(), ip)
}

fn is_replaceable(account: &Account, now: Timestamp) -> bool {
    account
        .email_unverified_since
        .is_some_and(|since| since.saturating_add(REPLACEABLE_AFTER) <= now)
}

fn create(
    tx: &mut Transaction<'_>,
    new: &NewAccount,
    actor: &Actor,
    is_mailed: bool,
) -> Result<()> {
    let since = Some(tx.now());
    let user = match insert(tx, new, since)? {
        Ok(user) => user,
        // A concurrent registration has created the account, and its mail is on its way.
        Err(error) if db::is_unique_violation(&error) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let event = NewEvent::new(EventKind::AccountCreated, "");
    audit::record(tx, user, actor, event)?;
    match is_mailed {
        true => queue_link(tx, user, &new.email),
        false => Ok(()),
    }
}

/// Mails the owner of an account that a client wanted to register its address. If the address is not
/// verified yet, the mail has a link.
fn tell_owner(tx: &mut Transaction<'_>, account: &Account) -> Result<()> {
    if account.disabled_at.is_some() {
        return Ok(());
    }
    match (
        account.email_unverified_since,
        Email::parse(&account.user.email),
    ) {
        (Some(_), Ok(email)) => {
            lock_user_and_recheck_actor(tx, account.user.id, &Actor::operator())?;
            queue_link(tx, account.user.id, &email)
        }
        _ => {
            let mail = QueuedMail {
                to: account.user.email.clone(),
                mail: Mail::AccountExists,
            };
            mail::queue(tx, Some(account.user.id), mail)
        }
    }
}

fn queue_link(tx: &mut Transaction<'_>, user: UserId, email: &Email) -> Result<()> {
    let link = NewLink {
        purpose: Purpose::VerifyEmail,
        user: Some(user),
        email,
        detail: "",
    };
    mail::queue_link(tx, &link, |link| Mail::VerifyEmail { link })
}

/// Asks for another mail with a link that verifies the address. As for a reset, the account is looked
/// for when the mail is due. Only the owner of the account may learn of a reached limit.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn resend(state: &AppState, email: Email, ip: Option<IpAddr>) -> Result<MailAllowance> {
    state
        .write(move |tx| {
            let allowance = record_request(tx, &email, ip)?;
            if allowance == MailAllowance::Allowed {
                let mail = QueuedMail {
                    to: email.as_str().to_owned(),
                    mail: Mail::VerificationRequested,
                };
                mail::queue(tx, None, mail)?;
            }
            Ok(allowance)
        })
        .await
}

/// Returns the time at which the limits of the caller's address permit another mail. `None`: now.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn limited_until(state: &AppState, caller: &Principal) -> Result<Option<Timestamp>> {
    let Ok(email) = Email::parse(&caller.user().email) else {
        return Ok(None);
    };
    state
        .read(move |state, connection| {
            let kind = Purpose::VerifyEmail.as_str();
            mails::address_limited_until(state, connection, kind, email.canonical())
        })
        .await
}

/// Replaces the job of [`resend`] by the mail with the link. If no account waits for its
/// verification, the job only ends.
///
/// # Errors
/// Returns an error if the database fails. The job is due again later.
pub async fn begin_resend(state: &AppState, job: &Job, typed: &str) -> Result<()> {
    let (job, email) = (job.clone(), Email::parse(typed).ok());
    state
        .write(move |tx| {
            if !jobs::complete(tx, &job)? {
                return Ok(());
            }
            let account = match &email {
                Some(email) => store::by_email(tx.connection, email.canonical())?,
                None => None,
            };
            match account {
                Some(account) if account.email_unverified_since.is_some() => {
                    tell_owner(tx, &account)
                }
                _ => Ok(()),
            }
        })
        .await
}

/// Verifies the address of a link with the password of its account.
///
/// # Errors
/// [`Error::NotFound`] if the link does not work any more; [`Error::WrongPassword`] if the proof is
/// no longer valid.
pub async fn verify_with_password(
    state: &AppState,
    secret: &LinkSecret,
    proof: PasswordProof,
    actor: Actor,
) -> Result<()> {
    let digest = secret.digest();
    state
        .write(move |tx| {
            redeem_password_proof(tx, &proof, &actor)?;
            let link =
                links::find_by_secret(tx.connection, Purpose::VerifyEmail, digest, tx.state.now())?;
            let link = link.filter(|link| link.user == Some(proof.user()));
            verify(tx, proof.user(), link, &actor, None)
        })
        .await
}

/// Verifies the address of a link in a session of its account.
///
/// # Errors
/// [`Error::NotFound`] if the link does not work any more or belongs to another account.
pub async fn verify_in_session(
    state: &AppState,
    secret: &LinkSecret,
    caller: &Principal,
) -> Result<()> {
    let (digest, caller) = (secret.digest(), caller.clone());
    state
        .write(move |tx| {
            let session = begin_change_as(tx, &caller)?;
            let link =
                links::find_by_secret(tx.connection, Purpose::VerifyEmail, digest, tx.state.now())?;
            let link = link.filter(|link| link.user == Some(session.user_id));
            verify(tx, session.user_id, link, &caller.actor(), Some(session.id))
        })
        .await
}

/// Verifies the address of the caller's account with the code of the mail.
///
/// # Errors
/// [`Error::NotFound`] if the code is wrong or the link does not work any more.
pub async fn verify_with_code(state: &AppState, code: LinkCode, caller: &Principal) -> Result<()> {
    let caller = caller.clone();
    let verified = state
        .write(move |tx| {
            let session = begin_change_as(tx, &caller)?;
            let link = links::check_code(tx, session.user_id, Purpose::VerifyEmail, &code)?;
            match verify(tx, session.user_id, link, &caller.actor(), Some(session.id)) {
                // The count of wrong codes is committed.
                Err(Error::NotFound) => Ok(false),
                other => other.map(|()| true),
            }
        })
        .await?;
    if verified {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}

/// Uses the link up and marks the address as verified, under the lock of the user. Sessions that
/// began before the verification are revoked, except for the one that verifies.
fn verify(
    tx: &mut Transaction<'_>,
    user: UserId,
    link: Option<Link>,
    actor: &Actor,
    session: Option<CredentialId>,
) -> Result<()> {
    let account = store::find(tx.connection, user)?.ok_or(Error::NotFound)?;
    let link = link.ok_or(Error::NotFound)?;
    let canonical = Email::parse(&account.user.email).ok();
    let has_address = canonical.is_some_and(|email| email.canonical() == link.email_canonical);
    if !has_address || account.disabled_at.is_some() || !links::take(tx, &link)? {
        return Err(Error::NotFound);
    }
    mark_verified(tx, user, actor)?;
    let filter = CredentialFilter {
        except: session.into_iter().collect(),
        ..CredentialFilter::all_of(CredentialType::Session)
    };
    let request = RevocationRequest::of(filter, RevocationReason::AddressVerified);
    revoke::revoke_in(tx, user, &request, actor).map(drop)
}

fn mark_verified(tx: &mut Transaction<'_>, user: UserId, actor: &Actor) -> Result<()> {
    let invalidation = tx.invalidate_user(user);
    set_email_verified(tx.connection, invalidation, user)?;
    audit::record(tx, user, actor, NewEvent::new(EventKind::EmailVerified, ""))
}

/// Marks the address of an account as verified, for an operator. Returns whether it was not before.
///
/// # Errors
/// [`Error::NotFound`] if the account does not exist.
pub async fn verify_as_operator(state: &AppState, user: UserId) -> Result<bool> {
    state
        .write(move |tx| {
            let actor = Actor::operator();
            lock_user_and_recheck_actor(tx, user, &actor)?;
            let account = store::find(tx.connection, user)?.ok_or(Error::NotFound)?;
            if account.email_unverified_since.is_none() {
                return Ok(false);
            }
            mark_verified(tx, user, &actor)?;
            Ok(true)
        })
        .await
}
