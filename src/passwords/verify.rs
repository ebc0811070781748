//! Is this password that person's?

use super::policy::has_valid_length;
use crate::{
    accounts::store::{self, Account},
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventKind, NewEvent},
    credentials::{self, Principal},
    crypto::{
        password_hash::{HashPermit, PasswordCheck, StoredHash},
        secret::SecretString,
    },
    db::AnyConnection,
    error::{Error, Result},
    rate_limit::{self, Attempt, Counted},
    types::{email::Email, fields::FieldErrors, ids::UserId},
    util::networks,
};

/// Proof that somebody knew the password of this user a moment ago.
#[derive(Clone)]
pub struct PasswordProof {
    user: UserId,
    /// What the password was verified against: should it change before the proof is used, the proof
    /// is void.
    against: StoredHash,
    /// To be taken back once the proof is used; none for who has just chosen the password.
    attempt: Option<Counted>,
    is_by_registering: bool,
}

impl PasswordProof {
    /// The proof of who has just made this account with this password.
    pub(crate) const fn from_registration(user: UserId, against: StoredHash) -> Self {
        Self {
            user,
            against,
            attempt: None,
            is_by_registering: true,
        }
    }

    /// The same proof, of who made this account a moment ago.
    pub(crate) const fn for_new_account(mut self) -> Self {
        self.is_by_registering = true;
        self
    }

    /// Whose password it was.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// Whether this account was made a moment ago, by whoever the proof is of.
    #[must_use]
    pub const fn is_from_registration(&self) -> bool {
        self.is_by_registering
    }
}

/// Verifies e-mail and password of somebody who wants in. An unknown address, a wrong password and
/// a disabled account have one answer and one cost, and are counted alike.
///
/// What is no address, or cannot be anybody's password, is refused uncounted: it costs nothing and
/// guesses nothing.
///
/// # Errors
/// [`Error::WrongPassword`]; [`Error::Throttled`] where too many were wrong before, whatever this one
/// is; [`Error::Busy`] when too many ask at once.
pub async fn authenticate(
    context: &AppState,
    email: &str,
    password: SecretString,
    actor: Actor,
) -> Result<PasswordProof> {
    let Ok(email) = Email::parse(email) else {
        return Err(Error::WrongPassword);
    };
    if !has_valid_length(&password) {
        return Err(Error::WrongPassword);
    }
    let canonical = email.canonical().to_owned();
    let (account, attempt) = context
        .read(move |context, connection| {
            let account = store::by_email(connection, &canonical)?;
            let attempt = Attempt::to_sign_in(context, &canonical, actor.ip);
            let user = account.as_ref().map(|account| account.user.id);
            let attempt = expect_not_blocked(context, connection, attempt, user, &actor)?;
            Ok((account, attempt))
        })
        .await?;
    verify(context, account, password, actor, attempt).await
}

/// Verifies the password of somebody who is in already.
///
/// # Errors
/// [`Error::WrongPassword`]; [`Error::Throttled`] where too many were wrong in this session;
/// [`Error::Busy`] when too many ask at once.
pub async fn authenticate_user(
    context: &AppState,
    caller: &Principal,
    password: SecretString,
) -> Result<PasswordProof> {
    if !has_valid_length(&password) {
        return Err(Error::WrongPassword);
    }
    let (user, actor) = (caller.user.id, caller.actor());
    let attempt = Attempt::in_session(caller.credential.id);
    let (account, attempt) = context
        .read(move |context, connection| {
            let attempt = rate_limit::check(context, connection, attempt)?;
            Ok((store::find(connection, user)?, attempt))
        })
        .await?;
    verify(context, account, password, actor, attempt).await
}

/// The attempt as it is counted, where nothing stands in its way.
///
/// Somebody who hammers at an account uses up every turn, and so does a neighbour for a whole network.
/// So a place from which its owner signed in before is held only against its own count. That costs no
/// cookie: the sessions that are kept say from where they were opened. Whoever shares such a place could
/// learn by it that the account exists; they could by registering, too.
fn expect_not_blocked(
    context: &AppState,
    connection: &mut AnyConnection,
    attempt: Attempt,
    user: Option<UserId>,
    actor: &Actor,
) -> Result<Attempt> {
    // Asked of nobody where there is no such account: how long a refusal takes tells nothing.
    let user = user.unwrap_or_else(UserId::nil);
    let is_known = match actor.ip.map(networks::client_prefix) {
        Some(here) => credentials::has_signed_in_from(connection, user, here)?,
        None => false,
    };
    let attempt = if is_known {
        attempt.from_a_known_place()
    } else {
        attempt
    };
    rate_limit::check(context, connection, attempt)
}

async fn verify(
    context: &AppState,
    account: Option<Account>,
    password: SecretString,
    actor: Actor,
    attempt: Attempt,
) -> Result<PasswordProof> {
    let place = context.hasher().acquire(actor.ip).await?;
    let counted = rate_limit::record_attempt(context, &attempt).await?;
    let verified = match account {
        Some(account) => {
            let id = account.user.id;
            let against = verify_one(context, &place, account, password).await?;
            (Some(id), against)
        }
        None => {
            place.verify(password, None).await?;
            (None, None)
        }
    };
    drop(place);
    let right = if verified.1.is_some() {
        "right"
    } else {
        "wrong"
    };
    metrics::counter!("narthex_passwords_total", "verdict" => right).increment(1);
    match verified {
        (Some(user), Some(against)) => Ok(PasswordProof {
            user,
            against,
            attempt: Some(counted),
            is_by_registering: false,
        }),
        (known, _) => {
            record_refusal(context, known, actor, counted).await?;
            Err(Error::WrongPassword)
        }
    }
}

/// What the password was found to be right against, where it is and the account is open.
async fn verify_one(
    context: &AppState,
    place: &HashPermit,
    account: Account,
    password: SecretString,
) -> Result<Option<StoredHash>> {
    let (user, stored) = (account.user.id, account.password);
    let verdict = place.verify(password.clone(), Some(stored.clone())).await?;
    if account.disabled_at.is_some() {
        return Ok(None);
    }
    match verdict {
        PasswordCheck::Valid => Ok(Some(stored)),
        PasswordCheck::ValidNeedsRehash => rehash(context, place, user, stored, password).await,
        PasswordCheck::Invalid => Ok(None),
        PasswordCheck::MalformedHash => {
            tracing::error!(%user, "the stored password hash cannot be used: nobody can sign in");
            Ok(None)
        }
    }
}

/// Replaces a hash that was made with other parameters, in a commit of its own. Of many who sign in
/// at once one replaces it; the others verify against what it left.
async fn rehash(
    context: &AppState,
    place: &HashPermit,
    user: UserId,
    old: StoredHash,
    password: SecretString,
) -> Result<Option<StoredHash>> {
    let new = place.hash(password.clone()).await?;
    let found = context
        .write(move |tx| {
            if store::renew_hash(tx.connection, user, &old, &new)? {
                return Ok(Found::Ours(new));
            }
            let account = store::find(tx.connection, user)?;
            Ok(Found::Another(account.map(|account| account.password)))
        })
        .await?;
    match found {
        Found::Ours(new) => Ok(Some(new)),
        Found::Another(stored) => {
            let verdict = place.verify(password, stored.clone()).await?;
            let right = matches!(
                verdict,
                PasswordCheck::Valid | PasswordCheck::ValidNeedsRehash
            );
            Ok(stored.filter(|_| right))
        }
    }
}

/// What is stored after a hash was to be replaced.
enum Found {
    Ours(StoredHash),
    Another(Option<StoredHash>),
}

/// Writes a line of the log for every refusal, in nobody's log where there is no such account: a
/// commit that only known addresses cost would tell them apart by the time of the answer. The same commit
/// takes the attempt back from the counts of successes.
async fn record_refusal(
    context: &AppState,
    user: Option<UserId>,
    actor: Actor,
    attempt: Counted,
) -> Result<()> {
    context
        .write(move |tx| {
            let what = NewEvent::new(EventKind::PasswordRefused, "");
            audit::record(tx, user, &actor, what)?;
            rate_limit::record_failure(tx.state, tx.connection, &attempt)
        })
        .await
}

/// Begins the transaction that lets somebody in, or lets them do more: takes the user's lock, makes
/// sure that the proof still holds, and takes the attempt back. A password that changed or an account
/// that was disabled after the proof was made, and whose endings were committed, is not slipped past.
///
/// # Errors
/// [`Error::WrongPassword`] where the proof is void; [`Error::NotSignedIn`] where the actor's own
/// credential ended.
pub(crate) fn redeem_password_proof(
    tx: &mut Transaction<'_>,
    proof: &PasswordProof,
    actor: &Actor,
) -> Result<Account> {
    match credentials::revoke::lock_user_and_recheck_actor(tx, proof.user, actor) {
        Err(Error::NotFound) => return Err(Error::WrongPassword),
        other => other?,
    }
    let account = store::find(tx.connection, proof.user)?
        .filter(|account| account.password == proof.against && account.disabled_at.is_none())
        .ok_or(Error::WrongPassword)?;
    if let Some(attempt) = &proof.attempt {
        rate_limit::record_success(tx.state, tx.connection, attempt)?;
    }
    Ok(account)
}

/// What the form of a signed-in user says of a wrong password.
pub const NOT_YOUR_PASSWORD: &str = "This is not your password.";

/// Turns [`Error::WrongPassword`] into an error of a field, because a user who is signed in can correct it.
#[must_use]
pub fn wrong_password_in(field: &'static str, error: Error) -> Error {
    match error {
        Error::WrongPassword => FieldErrors::one(field, NOT_YOUR_PASSWORD).into(),
        other => other,
    }
}
