//! The test vectors of WebAuthn level 3, section 16, that Narthex accepts, and some that it refuses.

mod vectors;

use self::vectors::{
    ATTESTED, ED25519, FRAMED, FRAMED_BY_NAMED_SITE, LONG_CREDENTIAL_ID, LONG_RSA_KEY, RSA_2048,
    SELF_ATTESTED, Vector, WITHOUT_ATTESTATION,
};
use super::{
    RelyingParty,
    client_data::challenge_in,
    verification::{VerifiedRegistration, verify_answer, verify_registration},
};
use crate::config::{Settings, Sources};

const ACCEPTED: [Vector; 5] = [
    WITHOUT_ATTESTATION,
    SELF_ATTESTED,
    LONG_CREDENTIAL_ID,
    ATTESTED,
    RSA_2048,
];

/// Their algorithm is not offered, or their key is longer than 2,048 bits.
const REFUSED: [Vector; 2] = [ED25519, LONG_RSA_KEY];

fn bytes(digits: &str) -> Vec<u8> {
    hex::decode(digits).unwrap()
}

fn base64url(digits: &str) -> String {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    BASE64_URL_SAFE_NO_PAD.encode(bytes(digits))
}

fn party_at(origin: &str) -> RelyingParty {
    let sources = Sources::of([("NARTHEX_PUBLIC_URL", origin)]).unwrap();
    RelyingParty::of(&Settings::read(&sources).unwrap()).unwrap()
}

/// Registers the passkey of a vector at this challenge.
fn register(
    vector: &Vector,
    party: &RelyingParty,
    challenge: &str,
) -> Option<VerifiedRegistration> {
    let answer = serde_json::json!({
        "id": base64url(vector.credential_id),
        "rawId": base64url(vector.credential_id),
        "type": "public-key",
        "clientExtensionResults": {},
        "response": {
            "clientDataJSON": base64url(vector.registration.client_data),
            "attestationObject": base64url(vector.attestation_object),
        },
    });
    let answer = serde_json::from_value(answer).unwrap();
    let verified = verify_registration(party, &answer, &bytes(challenge))?;
    assert_eq!(verified.aaguid.as_slice(), bytes(vector.aaguid));
    assert_eq!(verified.credential_id, bytes(vector.credential_id));
    Some(verified)
}

/// Returns whether the answer to this challenge is accepted, and whether the user was verified.
fn authenticate(
    vector: &Vector,
    party: &RelyingParty,
    passkey: &VerifiedRegistration,
    challenge: &str,
    signature: &str,
) -> Option<bool> {
    let answer = serde_json::json!({
        "id": base64url(vector.credential_id),
        "rawId": base64url(vector.credential_id),
        "type": "public-key",
        "clientExtensionResults": {},
        "response": {
            "clientDataJSON": base64url(vector.authentication.client_data),
            "authenticatorData": base64url(vector.authenticator_data),
            "signature": base64url(signature),
        },
    });
    let answer = serde_json::from_value(answer).unwrap();
    let verified = verify_answer(party, passkey.into(), &answer, &bytes(challenge))?;
    assert_eq!(verified.counter, 0);
    Some(verified.user_verified)
}

#[test]
fn vectors_of_the_specification_are_accepted() {
    let party = party_at("https://example.org");
    for vector in &ACCEPTED {
        let passkey = register(vector, &party, vector.registration.challenge).unwrap();
        let challenge = vector.authentication.challenge;
        let accepted = authenticate(vector, &party, &passkey, challenge, vector.signature);
        assert_eq!(accepted, Some(vector.is_user_verified));
    }
}

#[test]
fn altered_vectors_are_refused() {
    let right = party_at("https://example.org");
    let (one, other) = (&WITHOUT_ATTESTATION, &SELF_ATTESTED);
    let passkey = register(one, &right, one.registration.challenge).unwrap();
    let challenge = one.authentication.challenge;
    for origin in ["https://example.com", "https://example.org:8443"] {
        let wrong = party_at(origin);
        let origin_is_refused = register(one, &wrong, one.registration.challenge).is_none();
        assert!(origin_is_refused, "{origin}");
        let accepted = authenticate(one, &wrong, &passkey, challenge, one.signature);
        assert_eq!(accepted, None, "{origin}");
    }
    assert!(register(one, &right, other.registration.challenge).is_none());
    let replayed = other.authentication.challenge;
    let accepted = authenticate(one, &right, &passkey, replayed, one.signature);
    assert_eq!(accepted, None);
    let accepted = authenticate(one, &right, &passkey, challenge, other.signature);
    assert_eq!(accepted, None);
    let foreign = register(other, &right, other.registration.challenge).unwrap();
    let accepted = authenticate(one, &right, &foreign, challenge, one.signature);
    assert_eq!(accepted, None);
}

#[test]
fn vectors_that_are_not_offered_are_refused() {
    let party = party_at("https://example.org");
    for vector in &REFUSED {
        let registered = register(vector, &party, vector.registration.challenge);
        assert!(registered.is_none(), "{}", vector.credential_id);
    }
}

/// The challenge that their client data name is not open to a frame.
#[test]
fn vectors_of_frames_are_marked() {
    let party = party_at("https://example.org");
    for (vector, is_framed) in [
        (&FRAMED, true),
        (&FRAMED_BY_NAMED_SITE, true),
        (&WITHOUT_ATTESTATION, false),
    ] {
        let registered = register(vector, &party, vector.registration.challenge);
        assert_eq!(registered.is_none(), is_framed);
        for ceremony in [&vector.registration, &vector.authentication] {
            let named = challenge_in(&bytes(ceremony.client_data)).unwrap();
            let challenge = bytes(ceremony.challenge);
            assert_eq!((named.bytes, named.is_framed), (challenge, is_framed));
        }
    }
}
