//! Verifies what a browser posts of a passkey, without the database. webauthn-rs-core does the work.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;
use webauthn_rs_core::proto::{
    AttestationFormat, AttestationMetadata, AuthenticationState, Credential, ParsedAttestation,
    ParsedAttestationData, RegisteredExtensions, RegistrationState, UserVerificationPolicy,
};

use super::{AssertionResponse, AttestationResponse, RelyingParty, client_data::origin_in};

/// The longest credential ID (WebAuthn level 3, section 5.1).
const MAX_CREDENTIAL_ID: usize = 1023;

/// A passkey whose registration was verified.
#[derive(Clone, Debug)]
pub struct VerifiedRegistration {
    /// The ID that the authenticator chose.
    pub credential_id: Vec<u8>,
    /// The public key in JSON.
    pub public_key: String,
    /// The identifier of the model or the provider. The authenticator does not prove it.
    pub aaguid: [u8; 16],
    /// The signature counter.
    pub counter: u32,
    /// Whether the provider may copy the passkey to other devices.
    pub backup_eligible: bool,
    /// Whether the provider has copied the passkey.
    pub backed_up: bool,
    /// Whether the authenticator has verified the user.
    pub user_verified: bool,
}

/// The part of a stored passkey that verifies its answers.
#[derive(Clone, Copy, Debug)]
pub struct VerificationKey<'a> {
    /// The ID that the authenticator chose.
    pub credential_id: &'a [u8],
    /// The public key in JSON.
    pub public_key: &'a str,
    /// Whether the provider may copy the passkey to other devices.
    pub backup_eligible: bool,
    /// Whether the provider has copied the passkey.
    pub backed_up: bool,
}

impl<'a> From<&'a VerifiedRegistration> for VerificationKey<'a> {
    fn from(passkey: &'a VerifiedRegistration) -> Self {
        Self {
            credential_id: &passkey.credential_id,
            public_key: &passkey.public_key,
            backup_eligible: passkey.backup_eligible,
            backed_up: passkey.backed_up,
        }
    }
}

/// The data of an accepted answer of a passkey.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedAnswer {
    /// The signature counter.
    pub counter: u32,
    /// Whether the provider has copied the passkey.
    pub backed_up: bool,
    /// Whether the authenticator has verified the user.
    pub user_verified: bool,
}

/// Verifies a registration that answers `challenge` (WebAuthn level 3, section 7.1). No attestation
/// was asked for.
#[must_use]
pub fn verify_registration(
    party: &RelyingParty,
    response: &AttestationResponse,
    challenge: &[u8],
) -> Option<VerifiedRegistration> {
    if !is_expected(party, &response.type_, &response.response.client_data_json) {
        return None;
    }
    // The state that the library would have made with the challenge. It has no constructor.
    let state: RegistrationState = serde_json::from_value(json!({
        "policy": "preferred",
        "exclude_credentials": [],
        "challenge": BASE64_URL_SAFE_NO_PAD.encode(challenge),
        "credential_algorithms": ["ES256", "RS256"],
        "require_resident_key": true,
        "authenticator_attachment": null,
        "extensions": {},
        "allow_synchronised_authenticators": true,
    }))
    .ok()?;
    let attested = party.core().register_credential(response, &state, None);
    let attested = attested
        .inspect_err(|error| tracing::debug!(%error, "registration of a passkey refused"))
        .ok()?;
    let is_short = attested.cred_id.len() <= MAX_CREDENTIAL_ID;
    is_short.then_some(VerifiedRegistration {
        public_key: serde_json::to_string(&attested.cred).ok()?,
        aaguid: aaguid_in(&response.response.attestation_object)?,
        counter: attested.counter,
        backup_eligible: attested.backup_eligible,
        backed_up: attested.backup_state,
        user_verified: attested.user_verified,
        credential_id: attested.cred_id,
    })
}

/// Returns whether an answer is one of a public key, from a page of the relying party. The library
/// compares the origin as a parsed URL, and so accepts texts that no browser sends.
fn is_expected(party: &RelyingParty, kind: &str, client_data: &[u8]) -> bool {
    let origin = origin_in(client_data);
    kind == "public-key" && origin.is_some_and(|origin| party.is_own_origin(&origin))
}

/// Returns the AAGUID in an attestation object (WebAuthn level 3, sections 6.5 and 6.5.1).
fn aaguid_in(attestation: &[u8]) -> Option<[u8; 16]> {
    use serde_cbor_2::Value;
    let Value::Map(object) = serde_cbor_2::from_slice(attestation).ok()? else {
        return None;
    };
    match object.get(&Value::Text("authData".to_owned()))? {
        // After the digest of the relying party, the flags and the counter.
        Value::Bytes(data) => data.get(37..53)?.try_into().ok(),
        _ => None,
    }
}

/// Verifies an answer of this passkey to `challenge` (WebAuthn level 3, section 7.2): the
/// signature, and the challenge, the origin, the relying party and the flags that it covers. The
/// backup eligibility must be that of the registration, because it is a property of the passkey.
///
/// The function accepts a counter that is not higher than before. It also accepts a use without
/// user verification after one with it. The caller decides about both.
#[must_use]
pub fn verify_answer(
    party: &RelyingParty,
    key: VerificationKey<'_>,
    response: &AssertionResponse,
    challenge: &[u8],
) -> Option<VerifiedAnswer> {
    if !is_expected(party, &response.type_, &response.response.client_data_json) {
        return None;
    }
    // The state that the library would have made with the challenge. It has no constructor.
    let state: AuthenticationState = serde_json::from_value(json!({
        "credentials": [],
        "policy": "preferred",
        "challenge": BASE64_URL_SAFE_NO_PAD.encode(challenge),
        "appid": null,
        "allow_backup_eligible_upgrade": false,
    }))
    .ok()?;
    let credential = credential_of(key)?;
    let core = party.core();
    let result = core.authenticate_single_credential(response, &state, &credential);
    let result = result
        .inspect_err(|error| tracing::debug!(%error, "answer of a passkey refused"))
        .ok()?;
    Some(VerifiedAnswer {
        counter: result.counter(),
        backed_up: result.backup_state(),
        user_verified: result.user_verified(),
    })
}

/// The stored passkey as the library knows it. With this counter and these flags, the library
/// compares neither the counter nor the user verification.
fn credential_of(key: VerificationKey<'_>) -> Option<Credential> {
    Some(Credential {
        cred_id: key.credential_id.into(),
        cred: serde_json::from_str(key.public_key).ok()?,
        counter: 0,
        transports: None,
        user_verified: false,
        backup_eligible: key.backup_eligible,
        backup_state: key.backed_up,
        registration_policy: UserVerificationPolicy::Preferred,
        extensions: RegisteredExtensions::none(),
        attestation: ParsedAttestation {
            data: ParsedAttestationData::None,
            metadata: AttestationMetadata::None,
        },
        attestation_format: AttestationFormat::None,
    })
}
