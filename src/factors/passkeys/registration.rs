//! Registers a passkey for the caller.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
pub use webauthn_rs_core::proto::RegisterPublicKeyCredential as AttestationResponse;

use super::{
    RelyingParty,
    assertion::refused,
    challenge::{self, Holder},
    handle, provider_of,
    store::{self, StoredPasskey},
    verification::verify_registration,
};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, EventKind, NewEvent},
    credentials::{
        RecentlyAuthenticated, RevocationReason, RevocationReceipt,
        change::{self, Reauthentication},
        revoke::{begin_change_as, lock_user_and_recheck_actor},
    },
    crypto::digest::Digest,
    error::{Error, Result},
    factors::{CodeSource, RecoveryCode, RevocationChoice, recovery_codes, requirement},
    mail::notices::{self, NoticeKind},
    types::{
        assurance::PasskeyUse,
        fields::FieldErrors,
        ids::UserId,
        message::{Message, field},
    },
};

/// The number of passkeys of a user.
pub const MAX_PASSKEYS: usize = 20;

/// Returns the options for `navigator.credentials.create()`, with a new challenge for the caller's
/// session.
///
/// # Errors
/// [`Error::NotFound`] if the settings allow no passkeys; [`Error::EmailNotVerified`];
/// [`Error::Invalid`] if the user has too many; [`Error::SecondFactorConfirmationRequired`] if the
/// user has a second factor that was not confirmed recently.
pub async fn begin_registration(
    state: &AppState,
    confirmed: RecentlyAuthenticated<'_>,
) -> Result<Value> {
    let party = RelyingParty::of(state.settings()).ok_or(Error::NotFound)?;
    let caller = confirmed.caller();
    caller.require_verified_address(state)?;
    let (user, actor, prover) = (caller.user().clone(), caller.actor(), caller.clone());
    let holder = Holder::Registration(caller.credential().id);
    let (challenge, handle, existing) = state
        .write(move |tx| {
            lock_user_and_recheck_actor(tx, user.id, &actor)?;
            let now = tx.now();
            let second_factor = || prover.require_second_factor(now);
            requirement::authorize_addition(tx.connection, user.id, second_factor)?;
            let existing = store::of_user(tx.connection, user.id)?;
            ensure_room(existing.len())?;
            let handle = handle::of_user(tx, user.id)?;
            Ok((challenge::issue(tx, holder)?, handle, existing))
        })
        .await?;
    let user = caller.user();
    Ok(json!({
        "rp": { "id": party.id(), "name": party.name() },
        "user": {
            "id": handle.base64url(),
            "name": user.email,
            "displayName": user.name,
        },
        "challenge": challenge.base64url(),
        "pubKeyCredParams": [
            { "type": "public-key", "alg": -7 },
            { "type": "public-key", "alg": -257 },
        ],
        "timeout": challenge::LIFETIME.as_millis(),
        "excludeCredentials": existing.iter().map(StoredPasskey::descriptor).collect::<Vec<_>>(),
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": true,
            "userVerification": "preferred",
        },
        "attestation": "none",
    }))
}

impl StoredPasskey {
    /// Describes the passkey to a browser (WebAuthn level 3, section 5.8.3).
    pub(super) fn descriptor(&self) -> Value {
        json!({
            "type": "public-key",
            "id": BASE64_URL_SAFE_NO_PAD.encode(&self.credential_id),
            "transports": self.transports.split_whitespace().collect::<Vec<_>>(),
        })
    }
}

/// A new passkey, as the browser of the caller has sent it.
pub struct NewPasskey {
    /// The answer of the authenticator.
    pub response: AttestationResponse,
    /// The name if the provider is unknown.
    pub fallback_name: String,
    /// The credentials to revoke with it.
    pub revocation: RevocationChoice,
}

/// The result of a registration.
pub struct Registered {
    /// The recovery codes, if the passkey is the first second factor. They are shown once.
    pub codes: Vec<RecoveryCode>,
    /// The receipt, if credentials were chosen.
    pub receipt: Option<RevocationReceipt>,
}

/// Registers a passkey of the caller, and makes recovery codes if it is the first second factor. The
/// caller's session gets the secret with the digest `renewed`.
///
/// # Errors
/// [`Error::EmailNotVerified`]. [`Error::Invalid`] if the answer does not match the challenge of
/// this session, or if the passkey is registered already.
/// [`Error::SecondFactorConfirmationRequired`] if the user has another second factor that was not
/// confirmed recently.
pub async fn register(
    state: &AppState,
    confirmed: RecentlyAuthenticated<'_>,
    new: NewPasskey,
    renewed: Digest,
) -> Result<Registered> {
    let party = RelyingParty::of(state.settings()).ok_or(Error::NotFound)?;
    let caller = confirmed.caller().clone();
    caller.require_verified_address(state)?;
    let user = caller.user().id;
    let holder = Holder::Registration(caller.credential().id);
    let client_data = &new.response.response.client_data_json;
    let challenge = challenge::consume(state, holder, client_data).await?;
    let verified = verify_registration(&party, &new.response, &challenge.bytes);
    let verified = verified.filter(|_| challenge.is_open);
    let verified = verified.ok_or_else(refused)?;
    let codes = recovery_codes::generate_for_first(state, &caller, &CodeSource::RANDOM).await?;
    let transports = transports_of(&new.response);
    let name = provider_of(verified.aaguid).map_or(new.fallback_name, str::to_owned);
    state
        .write(move |tx| {
            let session = begin_change_as(tx, &caller)?;
            session.require_recent_authentication(tx.now())?;
            ensure_new(tx, user, &verified.credential_id)?;
            let now = tx.now();
            let second_factor = || session.require_second_factor(now);
            let is_first = requirement::authorize_addition(tx.connection, user, second_factor)?;
            let codes = recovery_codes::store_for_first(tx, user, is_first, codes)?;
            let codes = codes.ok_or_else(refused)?;
            let passkey = StoredPasskey {
                id: tx.new_id()?,
                user,
                credential_id: verified.credential_id,
                public_key: verified.public_key,
                name,
                aaguid: verified.aaguid,
                transports,
                counter: verified.counter.into(),
                backup_eligible: verified.backup_eligible,
                backed_up: verified.backed_up,
                created_at: tx.now(),
                last_used_at: None,
                copy_suspected_at: None,
                user_verified: verified.user_verified,
            };
            store::insert(tx.connection, &passkey)?;
            let actor = caller.actor();
            let event = NewEvent::new(EventKind::PasskeyAdded, &*passkey.name);
            audit::record(tx, user, &actor, event)?;
            let used = PasskeyUse {
                is_synced: passkey.backup_eligible,
                is_user_verified: verified.user_verified,
            };
            let reauthentication = Reauthentication::by_passkey(tx, &session, used);
            change::record_reauthentication(tx, &session, renewed, &reauthentication, None)?;
            let reason = RevocationReason::PasskeyAdded;
            let receipt = new
                .revocation
                .apply_and_end_trust(tx, user, session.id, reason, &actor)?;
            let revoked = receipt.iter().flat_map(RevocationReceipt::kinds);
            let kind = NoticeKind::PasskeyAdded { name: passkey.name };
            notices::notify(tx, user, &actor, kind, revoked)?;
            Ok(Registered { codes, receipt })
        })
        .await
}

/// Returns how the browser says that the authenticator is reached. It is a hint for later sign-ins.
fn transports_of(response: &AttestationResponse) -> String {
    let known = response.response.transports.iter().flatten();
    let names = known.filter_map(|transport| {
        let name = serde_json::to_value(transport).ok()?;
        Some(name.as_str()?.to_owned())
    });
    names
        .filter(|name| name != "unknown")
        .collect::<Vec<_>>()
        .join(" ")
}

fn ensure_room(count: usize) -> Result<()> {
    if count < MAX_PASSKEYS {
        return Ok(());
    }
    Err(invalid(field::passkeys_too_many(MAX_PASSKEYS)))
}

/// Refuses a passkey beyond the limit, and one that any user has registered.
fn ensure_new(tx: &mut Transaction<'_>, user: UserId, credential_id: &[u8]) -> Result<()> {
    ensure_room(store::of_user(tx.connection, user)?.len())?;
    if store::by_credential_id(tx.connection, credential_id)?.is_some() {
        return Err(invalid(field::passkey_known()));
    }
    Ok(())
}

fn invalid(message: Message) -> Error {
    FieldErrors::one("credential", message).into()
}
