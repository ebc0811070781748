//! Challenges: what an authenticator signs. Each is accepted once, from the browser that asked for it
//! and for its purpose.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{assertion::refused, client_data::challenge_in, store};
use crate::{
    app_state::{AppState, Transaction},
    crypto::{digest::Digest, rng},
    db::AnyConnection,
    error::{Error, Result},
    types::ids::CredentialId,
    util::clock::Timestamp,
};

/// The time in which an answer is accepted.
pub const LIFETIME: Duration = Duration::from_secs(300);
/// The number of open challenges of one holder.
const MAX_OPEN: i64 = 20;

/// A challenge. It is no secret.
pub struct Challenge([u8; 32]);

impl Challenge {
    /// Encodes the challenge for a browser.
    #[must_use]
    pub fn base64url(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }
}

/// The purpose of a challenge, and the holder who may answer it.
#[derive(Clone, Copy)]
pub(crate) enum Holder {
    /// Registers a passkey in this session.
    Registration(CredentialId),
    /// Begins a sign-in in the browser whose cookie has the secret with this digest.
    SignIn(Digest),
    /// Confirms that it is the user, in this session.
    Confirmation(CredentialId),
    /// Completes this sign-in, which has the digest of the secret of its attempt.
    SecondStep(Digest),
}

impl Holder {
    fn digest(self) -> Digest {
        let (purpose, id) = match &self {
            Self::Registration(session) => ("registration", session.as_bytes().as_slice()),
            Self::SignIn(browser) => ("sign-in", browser.as_bytes().as_slice()),
            Self::Confirmation(session) => ("confirmation", session.as_bytes().as_slice()),
            Self::SecondStep(attempt) => ("second step", attempt.as_bytes().as_slice()),
        };
        Digest::of(&[purpose.as_bytes(), b"\0", id].concat())
    }
}

/// Makes a challenge. The oldest one of the holder is deleted if there are too many.
///
/// # Errors
/// Returns an error if the machine has no randomness.
pub(crate) fn issue(tx: &mut Transaction<'_>, holder: Holder) -> Result<Challenge> {
    let challenge = Challenge(rng::bytes::<32>(tx.state.random())?);
    let (now, holder) = (tx.now(), holder.digest());
    store::delete_oldest_challenges(tx.connection, holder, MAX_OPEN - 1)?;
    store::insert_challenge(tx.connection, Digest::of(&challenge.0), holder, now)?;
    Ok(challenge)
}

/// The challenge that an answer names.
pub(crate) struct AnsweredChallenge {
    pub(crate) bytes: Vec<u8>,
    /// Whether the holder could still answer it, from a page that is in no frame of another site.
    pub(crate) is_open: bool,
}

/// Deletes the challenge that an answer with these client data names. The commit precedes every other
/// step, so each answer of the holder uses its challenge up, whether it is accepted or not.
///
/// # Errors
/// The error of an answer that was not accepted, if it names no challenge.
pub(crate) async fn consume(
    state: &AppState,
    holder: Holder,
    client_data: &[u8],
) -> Result<AnsweredChallenge> {
    let named = challenge_in(client_data).ok_or_else(refused)?;
    let (challenge, holder) = (Digest::of(&named.bytes), holder.digest());
    let is_in_time = state
        .write(move |tx| {
            let now = tx.now();
            let since = now.saturating_sub(LIFETIME);
            let created = store::take_challenge(tx.connection, challenge, holder)?;
            // A time in the future comes from a clock that was set back.
            Ok::<_, Error>(created.is_some_and(|created| created > since && created <= now))
        })
        .await?;
    Ok(AnsweredChallenge {
        bytes: named.bytes,
        is_open: is_in_time && !named.is_framed,
    })
}

/// Deletes up to `limit` challenges whose time is over at `now`, and returns their number.
pub(in crate::factors) fn delete_expired(
    connection: &mut AnyConnection,
    now: Timestamp,
    limit: i64,
) -> Result<usize> {
    let before = now.saturating_sub(LIFETIME);
    Ok(store::delete_challenges_before(connection, before, limit)?)
}
