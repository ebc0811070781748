//! The test vectors of WebAuthn level 3, section 16, whose algorithm and key length are accepted.

use super::{
    RelyingParty,
    client_data::challenge_in,
    verification::{VerifiedRegistration, verify_answer, verify_registration},
};
use crate::config::{Settings, Sources};

/// One vector, in hexadecimal digits as in the specification.
struct Vector {
    aaguid: &'static str,
    credential_id: &'static str,
    registration: Ceremony,
    attestation_object: &'static str,
    authentication: Ceremony,
    authenticator_data: &'static str,
    signature: &'static str,
    is_user_verified: bool,
}

struct Ceremony {
    challenge: &'static str,
    client_data: &'static str,
}

/// Section 16.2, "ES256 Credential with No Attestation".
const WITHOUT_ATTESTATION: Vector = Vector {
    aaguid: "8446ccb9ab1db374750b2367ff6f3a1f",
    credential_id: "f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4",
    registration: Ceremony {
        challenge: "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130",
        client_data: "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a646354427258426941774a544c453551227d",
    },
    attestation_object: "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220",
    authentication: Ceremony {
        challenge: "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408",
        client_data: "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
    },
    authenticator_data: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
    signature: "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87",
    is_user_verified: false,
};

/// Section 16.3, "ES256 Credential with Self Attestation".
const SELF_ATTESTED: Vector = Vector {
    aaguid: "df850e09db6afbdfab51697791506cfc",
    credential_id: "455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58c",
    registration: Ceremony {
        challenge: "7869c2b772d4b58eba9378cf8f29e26cf935aa77df0da89fa99c0bdc0a76f7e5",
        client_data: "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a2265476e4374334c55745936366b336a506a796e6962506b31716e666644616966715a774c33417032392d55222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a205539685458764b453255526b4d6e625f307859485667227d",
    },
    attestation_object: "a363666d74667061636b65646761747453746d74a263616c672663736967584630440220067a20754ab925005dbf378097c92120031581c73228d1fb4f5b881bcd7da98302207fc7b147558c7c0eba3af18bd9d121fa3d3a26d17fe3f220272178f473b6006d68617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b55d00000000df850e09db6afbdfab51697791506cfc0020455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58ca5010203262001215820eb151c8176b225cc651559fecf07af450fd85802046656b34c18f6cf193843c5225820927b8aa427a2be1b8834d233a2d34f61f13bfd44119c325d5896e183fee484f2",
    authentication: Ceremony {
        challenge: "4478a10b1352348dd160c1353b0d469b5db19eb91c27f7dfa6fed39fe26af20b",
        client_data: "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a225248696843784e534e493352594d45314f7731476d3132786e726b634a5f6666707637546e2d4a71386773222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a206754623533727a36456853576f6d58477a696d433151227d",
    },
    authenticator_data: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50900000000",
    signature: "304402203310b9431903c401f1be2bdc8d23a4007682dbbddcf846994947b7f465daf84002204e94dd00047b316061b3b99772b7efd95994a83ef584b3b6b825ea3550251b66",
    is_user_verified: false,
};

/// The client data of section 16.4, "ES256 Credential with `crossOrigin`: true in clientDataJSON".
const FRAMED_CLIENT_DATA: &str = "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a224f2d57717a514e5463554a484930437257576e7951504859647862694332674872434d475666704c4f306b222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a747275652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a207a5a7175457444523944577170573574425754467567227d";

const VECTORS: [Vector; 2] = [WITHOUT_ATTESTATION, SELF_ATTESTED];

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
    for vector in &VECTORS {
        let passkey = register(vector, &party, vector.registration.challenge).unwrap();
        let challenge = vector.authentication.challenge;
        let accepted = authenticate(vector, &party, &passkey, challenge, vector.signature);
        assert_eq!(accepted, Some(vector.is_user_verified));
    }
}

#[test]
fn altered_vectors_are_refused() {
    let right = party_at("https://example.org");
    let [one, other] = &VECTORS;
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
fn vector_of_a_frame_is_refused() {
    let framed = bytes(FRAMED_CLIENT_DATA);
    assert!(String::from_utf8_lossy(&framed).contains("\"crossOrigin\":true"));
    assert!(challenge_in(&framed).unwrap().is_framed);
    let alone = bytes(WITHOUT_ATTESTATION.registration.client_data);
    let challenge = bytes(WITHOUT_ATTESTATION.registration.challenge);
    let named = challenge_in(&alone).unwrap();
    assert_eq!((named.bytes, named.is_framed), (challenge, false));
}
