//! Is this password that person's?

use super::{
    email::Email,
    password::could_be_a_password,
    store::{self, Account},
};
use crate::{
    activity::{self, Actor, EventKind, What},
    context::Context,
    credentials,
    error::{Error, Result},
    ids::UserId,
    kit::{
        db::AnyConnection,
        password_hash::{StoredHash, Verdict},
        secret::SecretText,
    },
};

/// Proof that somebody knew the password of this user a moment ago.
#[derive(Clone)]
pub struct Authenticated {
    user: UserId,
    /// What the password was verified against: should it change before the proof is used, the proof
    /// is void.
    against: StoredHash,
}

impl Authenticated {
    /// Whose password it was.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }
}

/// Verifies e-mail and password of somebody who wants in. An unknown address, a wrong password and
/// a disabled account have one answer and one cost.
///
/// # Errors
/// [`Error::WrongPassword`], or [`Error::Busy`] when too many ask at once.
pub async fn authenticate(
    context: &Context,
    email: &str,
    password: SecretText,
    actor: Actor,
) -> Result<Authenticated> {
    let Ok(email) = Email::parse(email) else {
        return Err(Error::WrongPassword);
    };
    let canonical = email.canonical().to_owned();
    let account = context
        .read(move |_, connection| Ok(store::by_email(connection, &canonical)?))
        .await?;
    verify(context, account, password, actor).await
}

/// Verifies the password of somebody who is in already.
///
/// # Errors
/// [`Error::WrongPassword`], or [`Error::Busy`] when too many ask at once.
pub async fn authenticate_user(
    context: &Context,
    user: UserId,
    password: SecretText,
    actor: Actor,
) -> Result<Authenticated> {
    let account = context
        .read(move |_, connection| Ok(store::find(connection, user)?))
        .await?;
    verify(context, account, password, actor).await
}

async fn verify(
    context: &Context,
    account: Option<Account>,
    password: SecretText,
    actor: Actor,
) -> Result<Authenticated> {
    if !could_be_a_password(&password) {
        return Err(Error::WrongPassword);
    }
    let stored = account.as_ref().map(|account| account.password.clone());
    let verdict = context.hasher.verify(password, stored).await?;
    let right = if verdict == Verdict::Wrong {
        "wrong"
    } else {
        "right"
    };
    metrics::counter!("narthex_passwords_total", "verdict" => right).increment(1);
    let known = account.as_ref().map(|account| account.user.id);
    match account {
        Some(account) if verdict != Verdict::Wrong && account.disabled_at.is_none() => {
            Ok(Authenticated {
                user: account.user.id,
                against: account.password,
            })
        }
        _ => {
            note_refusal(context, known, actor).await?;
            Err(Error::WrongPassword)
        }
    }
}

/// Writes a line of the log for every refusal, in nobody's log where there is no such account: a
/// commit that only known addresses cost would tell them apart by the time of the answer.
async fn note_refusal(context: &Context, user: Option<UserId>, actor: Actor) -> Result<()> {
    context
        .write(move |context, connection| {
            let what = What::new(EventKind::PasswordRefused, "");
            activity::record(context, connection, user, &actor, what)
        })
        .await
}

/// Begins the transaction that lets somebody in, or lets them do more: takes the user's lock and
/// makes sure that the proof still holds. A password that changed or an account that was disabled
/// after the proof was made, and whose endings were committed, is not slipped past.
///
/// # Errors
/// [`Error::WrongPassword`] where the proof is void; [`Error::NotSignedIn`] where the actor's own
/// credential ended.
pub fn begin_sign_in(
    context: &Context,
    connection: &mut AnyConnection,
    proof: &Authenticated,
    actor: &Actor,
) -> Result<Account> {
    match credentials::sign_out::begin_change(context, connection, proof.user, actor) {
        Err(Error::NotFound) => return Err(Error::WrongPassword),
        other => other?,
    }
    store::find(connection, proof.user)?
        .filter(|account| account.password == proof.against && account.disabled_at.is_none())
        .ok_or(Error::WrongPassword)
}
