//! The form fields of a passkey: a registration, and an answer to a challenge. The input is the
//! JSON of the browser, or the parts of it: each has its length before it, in two bytes.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use narthex::factors::passkeys::{
    AssertionResponse, AttestationResponse, RelyingParty,
    verification::{VerifiedAnswer, VerifiedRegistration, verify_answer, verify_registration},
};
use narthex_fuzz::{base64url, settings};
use serde_json::{Value, json};
use url::Url;

const ORIGIN: &str = "https://example.org";

/// A registration and an answer of the same passkey (WebAuthn level 3, section 16.2).
struct Vector {
    credential_id: Vec<u8>,
    registration_challenge: Vec<u8>,
    registration_client_data: Vec<u8>,
    attestation_object: Vec<u8>,
    challenge: Vec<u8>,
    client_data: Vec<u8>,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
}

static VECTOR: LazyLock<Vector> = LazyLock::new(|| Vector {
    credential_id: bytes("f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4"),
    registration_challenge: bytes(
        "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130",
    ),
    registration_client_data: bytes(
        "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a646354427258426941774a544c453551227d",
    ),
    attestation_object: bytes(
        "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220",
    ),
    challenge: bytes("39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408"),
    client_data: bytes(
        "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
    ),
    authenticator_data: bytes(
        "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
    ),
    signature: bytes(
        "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87",
    ),
});

static PARTY: LazyLock<RelyingParty> = LazyLock::new(|| {
    let settings = settings(&[("NARTHEX_PUBLIC_URL", ORIGIN)]);
    RelyingParty::of(&settings).expect("a host name")
});

/// The passkey of the vector, which must be accepted.
static PASSKEY: LazyLock<VerifiedRegistration> = LazyLock::new(|| {
    let vector = &*VECTOR;
    let posted = registration(&vector.registration_client_data, &vector.attestation_object);
    let posted = posted.expect("the form of a registration");
    let passkey = verify_registration(&PARTY, &posted, &vector.registration_challenge);
    let passkey = passkey.expect("the registration of the vector");
    let data = &vector.authenticator_data;
    let posted = answer(&vector.client_data, data, &vector.signature);
    let posted = posted.expect("the form of an answer");
    assert!(verify(&passkey, &posted).is_some());
    passkey
});

fuzz_target!(|data: &[u8]| {
    if let Ok(posted) = serde_json::from_slice(data) {
        check_registration(&posted);
    }
    if let Ok(posted) = serde_json::from_slice(data) {
        check_answer(&posted);
    }
    let mut rest = data;
    let [client_data, object, signature] = [(); 3].map(|()| part(&mut rest));
    if let Some(posted) = registration(client_data, object) {
        check_registration(&posted);
    }
    if let Some(posted) = answer(client_data, object, signature) {
        check_answer(&posted);
    }
});

/// Takes the next part.
fn part<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let Some((length, after)) = rest.split_first_chunk() else {
        return &[];
    };
    let length = usize::from(u16::from_be_bytes(*length)).min(after.len());
    let (part, after) = after.split_at(length);
    *rest = after;
    part
}

fn registration(client_data: &[u8], object: &[u8]) -> Option<AttestationResponse> {
    let response = json!({
        "clientDataJSON": base64url(client_data),
        "attestationObject": base64url(object),
        "transports": ["internal"],
    });
    serde_json::from_value(posted(&response)).ok()
}

fn answer(client_data: &[u8], data: &[u8], signature: &[u8]) -> Option<AssertionResponse> {
    let response = json!({
        "clientDataJSON": base64url(client_data),
        "authenticatorData": base64url(data),
        "signature": base64url(signature),
    });
    serde_json::from_value(posted(&response)).ok()
}

fn posted(response: &Value) -> Value {
    let id = base64url(&VECTOR.credential_id);
    json!({
        "id": id,
        "rawId": id,
        "type": "public-key",
        "clientExtensionResults": {},
        "response": response,
    })
}

/// Checks that an accepted registration is about our challenge, origin and host name.
fn check_registration(posted: &AttestationResponse) {
    let challenge = &VECTOR.registration_challenge;
    let Some(accepted) = verify_registration(&PARTY, posted, challenge) else {
        return;
    };
    let client_data = &posted.response.client_data_json;
    check_client_data(client_data, "webauthn.create", challenge);
    // The SHA-256 of the host name begins the authenticator data.
    let object = &posted.response.attestation_object;
    assert!(contains(object, &VECTOR.authenticator_data[..32]));
    assert!(contains(object, &accepted.credential_id));
    assert!(contains(object, &accepted.aaguid));
    assert!(accepted.credential_id.len() <= 1023);
}

/// Checks that only the signed bytes are accepted. The private key of the vector is not in this file.
fn check_answer(posted: &AssertionResponse) {
    if verify(&PASSKEY, posted).is_none() {
        return;
    }
    let response = &posted.response;
    assert_eq!(response.client_data_json, VECTOR.client_data);
    assert_eq!(response.authenticator_data, VECTOR.authenticator_data);
    check_client_data(
        &response.client_data_json,
        "webauthn.get",
        &VECTOR.challenge,
    );
}

fn verify(passkey: &VerifiedRegistration, posted: &AssertionResponse) -> Option<VerifiedAnswer> {
    verify_answer(&PARTY, passkey.into(), posted, &VECTOR.challenge)
}

fn check_client_data(text: &[u8], kind: &str, challenge: &[u8]) {
    let data: Value = serde_json::from_slice(text).expect("an object");
    assert_eq!(data["type"], kind);
    assert_eq!(data["challenge"], base64url(challenge));
    // The library compares origins, in which case does not count.
    let origin = Url::parse(data["origin"].as_str().expect("text")).expect("an address");
    assert_eq!(origin.origin().ascii_serialization(), ORIGIN);
}

/// Returns the bytes of hexadecimal digits.
fn bytes(digits: &str) -> Vec<u8> {
    hex::decode(digits).expect("digits")
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    part.is_empty() || bytes.windows(part.len()).any(|window| window == part)
}
