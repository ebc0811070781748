//! Rotates tokens: gives a token a new secret, while the previous one works for a grace period.

use super::{GracePeriod, Issued, Request, TokenSecret, update::find_active};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, EventKind, NewEvent},
    config::TokenPrefix,
    credentials::{
        Credential, Principal, RecentlyAuthenticated, change,
        revoke::begin_change_as,
        store::{self, DerivedSecret, ExistingRotation, PreviousSecret},
    },
    crypto::rng,
    db::AnyConnection,
    error::{Error, Result},
    types::{
        fields::FieldErrors,
        ids::CredentialId,
        message::{Message, field},
        secret_form::SecretForm,
    },
    util::clock::{Timestamp, micros_of},
};

/// The maximum number of previous secrets that work, each within its own grace period. A user who
/// rotates again because a new secret was lost needs a few of them.
const MAX_PREVIOUS_SECRETS: usize = 8;

/// The parameters of a rotation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rotation {
    /// The time for which the previous secret stays valid.
    pub overlap: GracePeriod,
    /// The expiry after the rotation. `Some(None)` is never, and `None` leaves it unchanged.
    /// [`NewToken::ensure_within_max_age`](super::NewToken::ensure_within_max_age) has checked the
    /// value.
    pub expires_at: Option<Option<Timestamp>>,
}

/// A token with its new secret.
pub struct RotatedToken {
    /// The token and the secret.
    pub issued: Issued,
    /// Whether this request is a repetition, and the secret is that of the first request.
    pub repeated: bool,
}

/// Rotates one of the caller's tokens. The previous secret works until `overlap` is over. Older
/// secrets keep their own end, if that is earlier.
///
/// The caller knows the new secret afterwards. So a rotation has the same bounds as a creation: the
/// token cannot have more abilities or a longer life than the caller.
///
/// # Errors
/// - [`Error::NotFound`] if there is no such active token;
/// - [`Error::MissingAbility`] and [`Error::ExceedsCallerLifetime`] if the token has or would get
///   more than the caller;
/// - [`Error::Invalid`] if the same request was made before with another grace period or expiry, or
///   if the token was rotated again since.
pub async fn rotate(
    state: &AppState,
    confirmed: RecentlyAuthenticated<'_>,
    id: CredentialId,
    Rotation {
        overlap,
        expires_at,
    }: Rotation,
    request: Option<Request>,
) -> Result<RotatedToken> {
    let caller = confirmed.caller().clone();
    state
        .write(move |tx| {
            let caller_credential = begin_change_as(tx, &caller)?;
            let actor = caller.actor();
            let mut token = find_active(tx.state, tx.connection, caller.user().id, id)?;
            caller_credential.ensure_may_grant_abilities(&token.abilities)?;
            caller_credential.ensure_may_grant_lifetime(expires_at.unwrap_or(token.expires_at))?;
            if let Some(request) = &request
                && let Some(secret) =
                    find_existing(tx.state, tx.connection, &caller, &token, overlap, request)?
            {
                // The first request may still wait for other nodes. This response promises the same
                // end of the previous secret, so it must wait as well.
                change::invalidate_again(tx, &token)?;
                let issued = Issued { token, secret };
                return Ok(RotatedToken {
                    issued,
                    repeated: true,
                });
            }
            let secret = replace(tx, &caller, &token, overlap, request.as_ref())?;
            token.hint = secret.hint();
            token.form = SecretForm::Token;
            token.secret_accepted_until = None;
            if let Some(expires_at) = expires_at {
                token.expires_at = expires_at;
                change::update(tx, &token)?;
            }
            let event = NewEvent::new(EventKind::TokenRotated, token.name.clone()).to(token.id);
            audit::record(tx, caller.user().id, &actor, event)?;
            let issued = Issued { token, secret };
            Ok(RotatedToken {
                issued,
                repeated: false,
            })
        })
        .await
}

/// Returns the previous secrets of a token that still work, newest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn previous_secrets(state: &AppState, id: CredentialId) -> Result<Vec<PreviousSecret>> {
    state
        .read(move |state, connection| {
            let mut previous = store::previous_secrets(connection, id)?;
            previous.retain(|previous| state.now() < previous.until);
            Ok(previous)
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
    let prefix = &tx.state.settings().tokens.prefix;
    let Some(request) = request else {
        let secret = TokenSecret::generate(prefix, tx.state.random())?;
        insert(tx, token, &secret, overlap)?;
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
    .ok_or_else(|| Error::internal("token secret derivation failed"))?;
    insert(tx, token, &secret, overlap)?;
    let derived = DerivedSecret {
        digest: secret.digest(),
        salt,
        overlap: micros_of(overlap.0),
    };
    store::insert_rotation(tx.connection, request.digest(caller), &derived)?;
    Ok(secret)
}

fn insert(
    tx: &mut Transaction<'_>,
    token: &Credential,
    secret: &TokenSecret,
    overlap: GracePeriod,
) -> Result<()> {
    let kept = if overlap.0.is_zero() {
        0
    } else {
        MAX_PREVIOUS_SECRETS
    };
    let new = secret.to_new();
    Ok(change::rotate_secret(tx, token, &new, overlap.0, kept)?)
}

/// Returns the secret that this request created before, if that is recent enough.
///
/// The server's current key is tried first, then its older keys. So the secret is the same after a
/// restart and after a change of the key.
fn find_existing(
    state: &AppState,
    connection: &mut AnyConnection,
    caller: &Principal,
    token: &Credential,
    overlap: GracePeriod,
    request: &Request,
) -> Result<Option<TokenSecret>> {
    let since = request
        .repeatable_for
        .map(|window| state.now().saturating_sub(window));
    let Some(ExistingRotation {
        derived,
        is_replaced,
    }) = store::rotation(connection, token.id, request.digest(caller), since)?
    else {
        return Ok(None);
    };
    // A repeated form gets only the information that it is a repetition.
    let has_idempotency_key = request.repeatable_for.is_some();
    if has_idempotency_key && derived.overlap != micros_of(overlap.0) {
        return Err(key_reuse_error(field::key_used_with_other_overlap()));
    }
    if has_idempotency_key && is_replaced {
        return Err(key_reuse_error(field::key_used_before_rotation()));
    }
    let prefix = &state.settings().tokens.prefix;
    let input = request.to_bytes();
    std::iter::once(request.keys.first())
        .chain(request.keys.older())
        .filter_map(|key| derive(prefix, key, token.id, &input, &derived.salt))
        .find(|secret| secret.digest() == derived.digest)
        .map(Some)
        .ok_or_else(|| key_reuse_error(field::key_used_with_other_expiry()))
}

/// Returns an error, because a key stands for one request
/// (draft-ietf-httpapi-idempotency-key-header-07, section 2.7).
fn key_reuse_error(message: Message) -> Error {
    FieldErrors::one("Idempotency-Key", message).into()
}

fn derive(
    prefix: &TokenPrefix,
    key: &[u8],
    token: CredentialId,
    request: &[u8],
    salt: &[u8],
) -> Option<TokenSecret> {
    // The request contains the client's key, of which only a digest is stored. So the database and
    // the server's key alone do not give the secret.
    let info: [&[u8]; 3] = [b"narthex rotation", token.as_bytes(), request];
    TokenSecret::derive(prefix, key, salt, &info)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn derived_secret_depends_on_key_token_request_and_salt() {
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

    /// A version that derives another secret would reject a repeated request across an update.
    #[test]
    fn derived_secret_matches_an_independent_implementation() {
        // Python: HKDF by `hmac`, with the information `narthex rotation`, the id's 16 bytes,
        // `request`.
        let prefix = TokenPrefix::parse("nrx").unwrap();
        let id = CredentialId::from_uuid(Uuid::from_u128(1));
        let secret = derive(&prefix, b"key", id, b"request", b"salt").unwrap();
        assert_eq!(secret.expose(), "nrx_ZjJdwAXJuJVy75a6TPaemixYpfWb1F342RLY");
    }
}
