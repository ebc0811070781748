//! Giving a token a new secret, while the one before goes on working for a while.

use std::time::Duration;

use super::{Issued, TokenSecret, update::find_live};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, EventKind, NewEvent},
    config::{SigningKeys, TokenPrefix},
    credentials::{
        Credential, Principal, RecentlyAuthenticated,
        revoke::begin_change_as,
        store::{self, DerivedSecret, ExistingRotation, PreviousSecret},
    },
    crypto::{digest::Digest, rng},
    db::AnyConnection,
    error::{Error, Result},
    types::{fields::FieldErrors, ids::CredentialId},
    util::{
        clock::{Timestamp, micros_of},
        duration,
    },
};

/// How many secrets from before go on working at most, each within its own overlap: enough for
/// somebody who rotates again because a new secret was lost, and a bound for everybody else.
const EARLIER_SECRETS: usize = 8;

/// How long a program that sends the same `Idempotency-Key` again is given the same secret again.
const RETRIED_FOR: Duration = Duration::from_secs(10 * 60);

/// How long the secret before goes on working after a rotation: at most [`GracePeriod::MAX_GRACE_PERIOD`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GracePeriod(Duration);

impl GracePeriod {
    /// A secret that works for longer than this is no longer about to go.
    pub const MAX_GRACE_PERIOD: Duration = Duration::from_secs(7 * 24 * 3600);

    /// Reads a length of time such as `24h`; `0` ends the secret before at once.
    ///
    /// # Errors
    /// What would do.
    pub fn parse(text: &str) -> Result<Self, String> {
        duration::parse(text).map_or_else(Self::refused, Self::of)
    }

    /// So long.
    ///
    /// # Errors
    /// What would do.
    pub fn of(length: Duration) -> Result<Self, String> {
        if length <= Self::MAX_GRACE_PERIOD {
            Ok(Self(length))
        } else {
            Self::refused()
        }
    }

    fn refused() -> Result<Self, String> {
        Err("Choose 0, or a time up to seven days such as 1h, 24h or 7d.".to_owned())
    }
}

/// What makes a rotation that is asked for again the same one, so that it happens once.
///
/// It carries the server's keys, from which its secret is derived.
#[derive(Clone)]
pub struct Request {
    key: Vec<u8>,
    /// What else was asked for. It is part of what the secret is derived from, so that the same key with
    /// something else is noticed.
    terms: Vec<u8>,
    repeatable_for: Option<Duration>,
    keys: SigningKeys,
}

impl Request {
    /// A program's, by the `Idempotency-Key` that it sent. `terms` says what the body asked for besides
    /// the overlap; nothing, where it asked for nothing else.
    #[must_use]
    pub fn from_program(keys: &SigningKeys, key: &str, terms: &str) -> Self {
        Self {
            terms: terms.as_bytes().to_vec(),
            keys: keys.clone(),
            key: format!("Idempotency-Key: {key}").into_bytes(),
            repeatable_for: Some(RETRIED_FOR),
        }
    }

    /// A form's, by the key that the form carries: whenever it is sent again, it is the same.
    #[must_use]
    pub fn from_form(keys: &SigningKeys, key: &[u8; 16]) -> Self {
        Self {
            terms: Vec::new(),
            keys: keys.clone(),
            key: [b"form: ", key.as_slice()].concat(),
            repeatable_for: None,
        }
    }
}

impl Request {
    /// All that was asked for, as its secret is derived from it.
    fn to_bytes(&self) -> Vec<u8> {
        [&*self.key, &*self.terms].concat()
    }

    /// What it is known by: another program's of the same key is another one. A form's key is random,
    /// and the form may come from a session that followed.
    fn digest(&self, caller: &Principal) -> Digest {
        let program = self
            .repeatable_for
            .map(|_| *caller.credential.id.as_bytes());
        let by = program.as_ref().map_or(&[][..], <[u8; 16]>::as_slice);
        Digest::of(&[by, &self.key].concat())
    }
}

/// What a rotation is to do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rotation {
    /// How long the secret before goes on working.
    pub overlap: GracePeriod,
    /// When the token expires from then on; `Some(None)` is never, `None` leaves it as it is. Checked
    /// before by [`NewToken::within_the_operators_bound`](super::NewToken::within_the_operators_bound).
    pub expires_at: Option<Option<Timestamp>>,
}

/// A token under its new secret.
pub struct RotatedToken {
    /// The token and the secret.
    pub issued: Issued,
    /// Whether this request was made before: the secret is the one that it made then.
    pub repeated: bool,
}

/// Gives one of the caller's tokens a new secret. The one before works until `overlap` is over;
/// those before that keep their own time, where it ends earlier.
///
/// Whoever rotates a token holds its secret afterwards. So it is bounded as making one is: never
/// more abilities, nor a longer life, than the caller has.
///
/// # Errors
/// [`Error::NotFound`] where there is no such live token; [`Error::MissingAbility`] and
/// [`Error::ExceedsCallerLifetime`] where it may do more, or lives or shall live longer, than the caller;
/// [`Error::Invalid`] where the same request was made before with another overlap or expiry, or the
/// token was rotated again since.
pub async fn rotate(
    context: &AppState,
    confirmed: RecentlyAuthenticated<'_>,
    id: CredentialId,
    Rotation {
        overlap,
        expires_at,
    }: Rotation,
    request: Option<Request>,
) -> Result<RotatedToken> {
    let caller = confirmed.caller().clone();
    context
        .write(move |tx| {
            let acting = begin_change_as(tx, &caller)?;
            let actor = caller.actor();
            let mut token = find_live(tx.state, tx.connection, caller.user.id, id)?;
            acting.may_give_abilities(&token.abilities)?;
            acting.may_give_life(expires_at.unwrap_or(token.expires_at))?;
            if let Some(request) = &request
                && let Some(secret) =
                    find_existing(tx.state, tx.connection, &caller, &token, overlap, request)?
            {
                // Whoever asked first may not have been answered yet: the secret before is as over for
                // this answer as for that one.
                let _ = store::invalidate(tx, token.user_id, id)?;
                let issued = Issued { token, secret };
                return Ok(RotatedToken {
                    issued,
                    repeated: true,
                });
            }
            let secret = replace(tx, &caller, &token, overlap, request.as_ref())?;
            token.hint = secret.hint();
            if let Some(expires_at) = expires_at {
                token.expires_at = expires_at;
                let old = store::invalidate(tx, token.user_id, id)?;
                store::update(tx.connection, old, &token)?;
            }
            let what = NewEvent::new(EventKind::TokenRotated, token.name.clone()).to(token.id);
            audit::record(tx, caller.user.id, &actor, what)?;
            let issued = Issued { token, secret };
            Ok(RotatedToken {
                issued,
                repeated: false,
            })
        })
        .await
}

/// The secrets from before that still let somebody in with this token, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn previous_secrets(context: &AppState, id: CredentialId) -> Result<Vec<PreviousSecret>> {
    context
        .read(move |context, connection| {
            let mut earlier = store::previous_secrets(connection, id)?;
            earlier.retain(|earlier| context.now() < earlier.until);
            Ok(earlier)
        })
        .await
}

fn replace(
    tx: &mut Transaction<'_>,
    caller: &Principal,
    token: &Credential,
    overlap: GracePeriod,
    request: Option<&Request>,
) -> Result<TokenSecret> {
    let now = tx.now();
    let old = store::invalidate(tx, token.user_id, token.id)?;
    store::limit_secrets(tx.connection, old, token.id, now.saturating_add(overlap.0))?;
    // What is to work no longer is revoked, for the clock of another node may be slow: to it, a secret
    // that is over here would still be good. Those that are over here make room first.
    let mut earlier = store::previous_secrets(tx.connection, token.id)?;
    earlier.sort_by_key(|earlier| earlier.until <= now);
    let kept = if overlap.0.is_zero() {
        0
    } else {
        EARLIER_SECRETS
    };
    for spent in earlier.iter().skip(kept) {
        store::revoke_secret(tx.connection, old, spent.digest, spent.until, now)?;
    }
    let prefix = &tx.state.settings().token_prefix;
    let Some(request) = request else {
        let secret = TokenSecret::generate(prefix, tx.state.random())?;
        insert(tx.connection, token.id, &secret, now)?;
        return Ok(secret);
    };
    let salt = rng::bytes::<16>(tx.state.random())?;
    let secret = derive(
        prefix,
        request.keys.first(),
        token.id,
        &request.to_bytes(),
        &salt,
    )
    .ok_or_else(|| Error::internal("no secret could be derived"))?;
    insert(tx.connection, token.id, &secret, now)?;
    let derived = DerivedSecret {
        digest: secret.digest(),
        salt,
        overlap: micros_of(overlap.0),
    };
    store::insert_rotation(tx.connection, request.digest(caller), &derived)?;
    Ok(secret)
}

fn insert(
    connection: &mut AnyConnection,
    id: CredentialId,
    secret: &TokenSecret,
    now: Timestamp,
) -> Result<()> {
    store::insert_secret(connection, id, secret.digest(), &secret.hint(), now)?;
    Ok(())
}

/// The secret that this request made before, where it did so not too long ago.
///
/// The server's key is tried first, then those that it replaced: the same secret comes out also after
/// a restart, and after the key was changed.
fn find_existing(
    context: &AppState,
    connection: &mut AnyConnection,
    caller: &Principal,
    token: &Credential,
    overlap: GracePeriod,
    request: &Request,
) -> Result<Option<TokenSecret>> {
    let since = request
        .repeatable_for
        .map(|window| context.now().saturating_sub(window));
    let Some(ExistingRotation {
        derived: made,
        is_replaced,
    }) = store::rotation(connection, token.id, request.digest(caller), since)?
    else {
        return Ok(None);
    };
    // A form that is sent again is told that it was, and nothing more.
    let is_a_program = request.repeatable_for.is_some();
    if is_a_program && made.overlap != micros_of(overlap.0) {
        return Err(key_reuse_error("It was sent with another overlap."));
    }
    if is_a_program && is_replaced {
        return Err(key_reuse_error("The token was rotated again since."));
    }
    let prefix = &context.settings().token_prefix;
    let spelt_out = request.to_bytes();
    std::iter::once(request.keys.first())
        .chain(request.keys.older())
        .filter_map(|key| derive(prefix, key, token.id, &spelt_out, &made.salt))
        .find(|secret| secret.digest() == made.digest)
        .map(Some)
        .ok_or_else(|| {
            key_reuse_error(
                "It was sent with another expires_in, or the key that its secret was made with is gone.",
            )
        })
}

/// A key stands for one request (draft-ietf-httpapi-idempotency-key-header-07, section 2.7).
fn key_reuse_error(why: &str) -> Error {
    FieldErrors::one(
        "Idempotency-Key",
        format!("{why} Send a new key for a new rotation."),
    )
    .into()
}

fn derive(
    prefix: &TokenPrefix,
    key: &[u8],
    token: CredentialId,
    request: &[u8],
    salt: &[u8],
) -> Option<TokenSecret> {
    // The client's key itself, which is stored as a digest only: the database and the server's key are
    // not enough to make the secret again.
    let what_for: [&[u8]; 3] = [b"narthex rotation", token.as_bytes(), request];
    TokenSecret::derive(prefix, key, salt, &what_for)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_derived_secret_is_of_the_server_s_key_the_token_the_client_s_key_and_the_salt_and_of_no_less()
     {
        let prefix = TokenPrefix::parse("nrx").unwrap();
        let [one, other] = [1, 2].map(|number| CredentialId::from_uuid(Uuid::from_u128(number)));
        let secret = |key: &[u8], token, request: &[u8], salt: &[u8]| {
            let secret = derive(&prefix, key, token, request, salt).unwrap();
            secret.expose().to_owned()
        };
        let made = secret(b"key", one, b"request", b"salt");
        assert_eq!(secret(b"key", one, b"request", b"salt"), made);
        for different in [
            secret(b"another", one, b"request", b"salt"),
            secret(b"key", other, b"request", b"salt"),
            secret(b"key", one, b"another", b"salt"),
            secret(b"key", one, b"", b"salt"),
            secret(b"key", one, b"request", b"another"),
        ] {
            assert_ne!(different, made);
        }
    }

    /// A version that derives another would refuse what a program asks for again across an update.
    #[test]
    fn a_derived_secret_stays_the_one_that_anybody_with_all_of_it_can_compute() {
        // Python: HKDF by `hmac`, with the information `narthex rotation`, the id's 16 bytes, `request`.
        let prefix = TokenPrefix::parse("nrx").unwrap();
        let id = CredentialId::from_uuid(Uuid::from_u128(1));
        let secret = derive(&prefix, b"key", id, b"request", b"salt").unwrap();
        assert_eq!(secret.expose(), "nrx_ZjJdwAXJuJVy75a6TPaemixYpfWb1F342RLY");
    }

    #[test]
    fn a_program_cannot_spell_the_request_of_a_form() {
        let keys = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
        let keys = SigningKeys::parse(keys).unwrap();
        let form = Request::from_form(&keys, b"0123456789abcdef");
        for key in ["0123456789abcdef", "form: 0123456789abcdef"] {
            assert_ne!(Request::from_program(&keys, key, "").key, form.key);
        }
    }
}
