//! The verification of registrations and answers, without a server.

use narthex::{
    config::{Settings, Sources},
    factors::passkeys::{
        RelyingParty,
        verification::{VerifiedAnswer, VerifiedRegistration, verify_answer, verify_registration},
    },
};
use serde_json::{Value, json};

use crate::support::passkey::{Passkey, encode};

const CHALLENGE: [u8; 32] = [7; 32];
const OWN: &str = "http://localhost:7150";

/// Texts for [`OWN`] that no browser sends, and other origins.
const FOREIGN: [&str; 17] = [
    "http://LOCALHOST:7150",
    "HTTP://localhost:7150",
    "http://user@localhost:7150",
    "http://user:password@localhost:7150",
    "http://localhost:7150/",
    "http://localhost:7150/x",
    "http://localhost:7150?x",
    "http://localhost:7150#x",
    "http://localhost:07150",
    "http://localhost.:7150",
    "http://badlocalhost:7150",
    "http://a.localhost:7150",
    "http://localhost.evil.example:7150",
    "https://localhost:7150",
    " http://localhost:7150",
    "null",
    "",
];

fn party(settings: &[(&'static str, &str)]) -> RelyingParty {
    let sources = Sources::of(settings.iter().copied()).unwrap();
    RelyingParty::of(&Settings::read(&sources).unwrap()).unwrap()
}

fn own_party() -> RelyingParty {
    party(&[("NARTHEX_PUBLIC_URL", OWN)])
}

fn passkey_at(origin: &str) -> Passkey {
    let mut passkey = Passkey::new(1);
    origin.clone_into(&mut passkey.origin);
    passkey
}

fn options() -> Value {
    json!({ "challenge": encode(&CHALLENGE), "user": { "id": "AAAA" } })
}

fn verify_created(party: &RelyingParty, created: Value) -> Option<VerifiedRegistration> {
    let response = serde_json::from_value(created).unwrap();
    verify_registration(party, &response, &CHALLENGE)
}

fn register(party: &RelyingParty, passkey: &Passkey) -> Option<VerifiedRegistration> {
    verify_created(party, passkey.clone().create(&options()))
}

fn verify_got(
    party: &RelyingParty,
    key: &VerifiedRegistration,
    got: Value,
) -> Option<VerifiedAnswer> {
    let response = serde_json::from_value(got).unwrap();
    verify_answer(party, key.into(), &response, &CHALLENGE)
}

fn answer(
    party: &RelyingParty,
    key: &VerifiedRegistration,
    passkey: &Passkey,
) -> Option<VerifiedAnswer> {
    verify_got(party, key, passkey.get(&options()))
}

#[test]
fn backup_eligibility_is_that_of_the_registration() {
    let party = own_party();
    for registered in [false, true] {
        let mut passkey = passkey_at(OWN);
        passkey.is_eligible = registered;
        let key = register(&party, &passkey).unwrap();
        assert_eq!(key.backup_eligible, registered);
        for answered in [false, true] {
            passkey.is_eligible = answered;
            let is_accepted = answer(&party, &key, &passkey).is_some();
            assert_eq!(is_accepted, answered == registered);
        }
    }
}

#[test]
fn backed_up_passkey_without_eligibility_is_refused() {
    let party = own_party();
    let mut passkey = passkey_at(OWN);
    let key = register(&party, &passkey).unwrap();
    passkey.is_backed_up = true;
    assert!(register(&party, &passkey).is_none());
    assert!(answer(&party, &key, &passkey).is_none());
}

#[test]
fn origin_is_compared_as_text() {
    let party = own_party();
    let key = register(&party, &passkey_at(OWN)).unwrap();
    assert!(answer(&party, &key, &passkey_at(OWN)).is_some());
    let other_port = ["http://localhost:7151", "http://localhost"];
    for origin in FOREIGN.into_iter().chain(other_port) {
        expect_refused(&party, &key, &passkey_at(origin), origin);
    }
}

/// Expects that neither a registration nor an answer is accepted, wherever it is refused.
fn expect_refused(party: &RelyingParty, key: &VerifiedRegistration, passkey: &Passkey, what: &str) {
    let created = serde_json::from_value(passkey.clone().create(&options())).unwrap();
    let registered = verify_registration(party, &created, &CHALLENGE);
    assert!(registered.is_none(), "{what}");
    let got = serde_json::from_value(passkey.get(&options())).unwrap();
    let answered = verify_answer(party, key.into(), &got, &CHALLENGE);
    assert!(answered.is_none(), "{what}");
}

#[test]
fn every_port_is_accepted_without_a_public_url() {
    let party = party(&[]);
    let key = register(&party, &passkey_at("http://localhost")).unwrap();
    for origin in ["http://localhost", OWN, "http://localhost:65535"] {
        assert!(register(&party, &passkey_at(origin)).is_some(), "{origin}");
        assert!(
            answer(&party, &key, &passkey_at(origin)).is_some(),
            "{origin}"
        );
    }
    for origin in FOREIGN.into_iter().chain(["http://localhost:80"]) {
        expect_refused(&party, &key, &passkey_at(origin), origin);
    }
}

#[test]
fn international_host_is_compared_in_its_ascii_form() {
    let party = party(&[("NARTHEX_PUBLIC_URL", "https://bücher.example")]);
    let mut passkey = passkey_at("https://xn--bcher-kva.example");
    passkey.relying_party = "xn--bcher-kva.example".to_owned();
    let key = register(&party, &passkey).unwrap();
    assert!(answer(&party, &key, &passkey).is_some());
    passkey.origin = "https://bücher.example".to_owned();
    expect_refused(&party, &key, &passkey, "Unicode");
}

#[test]
fn answer_of_another_type_is_refused() {
    let party = own_party();
    let passkey = passkey_at(OWN);
    let key = register(&party, &passkey).unwrap();
    for kind in ["", "password", "Public-Key", "public-key "] {
        let mut created = passkey.clone().create(&options());
        created["type"] = json!(kind);
        assert!(verify_created(&party, created).is_none(), "{kind}");
        let mut got = passkey.get(&options());
        got["type"] = json!(kind);
        assert!(verify_got(&party, &key, got).is_none(), "{kind}");
    }
}

#[test]
fn client_data_of_the_other_call_are_refused() {
    let party = own_party();
    let key = register(&party, &passkey_at(OWN)).unwrap();
    let of_type = |kind| {
        let mut passkey = passkey_at(OWN);
        passkey.client_type = Some(kind);
        passkey
    };
    for kind in ["webauthn.get", "webauthn.Create", ""] {
        assert!(register(&party, &of_type(kind)).is_none(), "{kind}");
    }
    for kind in ["webauthn.create", "webauthn.Get", ""] {
        assert!(answer(&party, &key, &of_type(kind)).is_none(), "{kind}");
    }
}

#[test]
fn credential_id_has_at_most_1023_bytes() {
    let party = own_party();
    for (length, is_accepted) in [(16, true), (1023, true), (1024, false)] {
        let mut passkey = passkey_at(OWN);
        passkey.id = vec![1; length];
        let registered = register(&party, &passkey);
        assert_eq!(registered.is_some(), is_accepted, "{length}");
        if let Some(key) = registered {
            assert_eq!(key.credential_id.len(), length);
            assert!(answer(&party, &key, &passkey).is_some(), "{length}");
        }
    }
}
