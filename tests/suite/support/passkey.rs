//! An authenticator in software: it makes passkeys and answers challenges with them.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use serde_cbor_2::Value as Cbor;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::answer::Answer;
use super::client::Browser;

pub const OPTIONS: &str = "/account/security/passkeys/options";
pub const PASSKEYS: &str = "/account/security/passkeys";
pub const LOGIN_OPTIONS: &str = "/login/passkey/options";
pub const LOGIN: &str = "/login/passkey";
pub const CONFIRM_OPTIONS: &str = "/account/confirm/passkey/options";
pub const CONFIRM: &str = "/account/confirm/passkey";

/// The flags of the authenticator data.
const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;

/// A passkey, and what its authenticator says with each answer. A test changes the fields to answer
/// wrongly.
#[derive(Clone)]
pub struct Passkey {
    key: SigningKey,
    pub id: Vec<u8>,
    pub handle: Option<String>,
    pub origin: String,
    pub relying_party: String,
    pub counter: u32,
    pub is_verified: bool,
    pub is_synced: bool,
    /// Whether it may be copied, if it is not synced.
    pub is_eligible: bool,
    /// Whether it claims to be copied, if it is not synced.
    pub is_backed_up: bool,
    pub cross_origin: bool,
    /// The type in the client data, instead of the right one.
    pub client_type: Option<&'static str>,
    /// The algorithm of the public key.
    pub algorithm: i128,
    /// The number of bytes in the attestation statement that mean nothing.
    pub padding: usize,
}

pub fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl Passkey {
    /// A passkey that is made with the key of this number.
    pub fn new(number: u8) -> Self {
        Self {
            key: SigningKey::from_slice(&[number; 32]).expect("a key"),
            id: vec![number; 32],
            handle: None,
            origin: "http://localhost:8080".to_owned(),
            relying_party: "localhost".to_owned(),
            counter: 0,
            is_verified: true,
            is_synced: false,
            is_eligible: false,
            is_backed_up: false,
            cross_origin: false,
            client_type: None,
            algorithm: -7,
            padding: 0,
        }
    }

    fn client_data(&self, kind: &'static str, options: &Value) -> Vec<u8> {
        let data = json!({
            "type": self.client_type.unwrap_or(kind),
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        });
        data.to_string().into_bytes()
    }

    fn authenticator_data(&self, flags: u8) -> Vec<u8> {
        let verified = if self.is_verified { VERIFIED } else { 0 };
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        let synced = flag(self.is_synced || self.is_eligible, ELIGIBLE)
            | flag(self.is_synced || self.is_backed_up, BACKED_UP);
        let mut data = Sha256::digest(self.relying_party.as_bytes()).to_vec();
        data.push(flags | PRESENT | verified | synced);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn cose_key(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_sec1_point(false);
        let coordinate = |at: usize| Cbor::Bytes(point.as_bytes()[at..at + 32].to_vec());
        let key = BTreeMap::from([
            (Cbor::Integer(1), Cbor::Integer(2)),
            (Cbor::Integer(3), Cbor::Integer(self.algorithm)),
            (Cbor::Integer(-1), Cbor::Integer(1)),
            (Cbor::Integer(-2), coordinate(1)),
            (Cbor::Integer(-3), coordinate(33)),
        ]);
        serde_cbor_2::to_vec(&Cbor::Map(key)).expect("CBOR")
    }

    /// Returns the result of `navigator.credentials.create()`.
    pub fn create(&mut self, options: &Value) -> Value {
        self.handle = options["user"]["id"].as_str().map(str::to_owned);
        let mut data = self.authenticator_data(ATTESTED);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).expect("short").to_be_bytes());
        data.extend(&self.id);
        data.extend(self.cose_key());
        let statement = match self.padding {
            0 => BTreeMap::new(),
            length => BTreeMap::from([(Cbor::Text("x".to_owned()), Cbor::Bytes(vec![0; length]))]),
        };
        let object = BTreeMap::from([
            (Cbor::Text("fmt".to_owned()), Cbor::Text("none".to_owned())),
            (Cbor::Text("attStmt".to_owned()), Cbor::Map(statement)),
            (Cbor::Text("authData".to_owned()), Cbor::Bytes(data)),
        ]);
        let object = serde_cbor_2::to_vec(&Cbor::Map(object)).expect("CBOR");
        json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(&self.client_data("webauthn.create", options)),
                "attestationObject": encode(&object),
                "transports": ["internal", "hybrid"],
            },
        })
    }

    /// Returns the result of `navigator.credentials.get()`.
    pub fn get(&self, options: &Value) -> Value {
        let client_data = self.client_data("webauthn.get", options);
        let data = self.authenticator_data(0);
        let signed = [&data[..], &Sha256::digest(&client_data)[..]].concat();
        let signature: Signature = self.key.sign(&signed);
        json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(&client_data),
                "authenticatorData": encode(&data),
                "signature": encode(signature.to_der().as_bytes()),
                "userHandle": self.handle,
            },
        })
    }
}

/// Asks for options.
pub async fn options(browser: &Browser, path: &str) -> Value {
    let answer = browser.post_json(path, &json!({})).await;
    answer.expect_status(200).json()
}

/// Registers a passkey and returns the answer.
pub async fn try_to_register(browser: &Browser, passkey: &mut Passkey) -> Answer {
    let options = options(browser, OPTIONS).await;
    let body = json!({ "credential": passkey.create(&options) });
    browser.post_json(PASSKEYS, &body).await
}

/// Answers a challenge of the second step.
pub async fn second_step(browser: &Browser, passkey: &Passkey) -> Answer {
    let options = options(browser, LOGIN_OPTIONS).await;
    let body = json!({ "credential": passkey.get(&options) });
    browser.post_json(LOGIN, &body).await
}

/// Asks for a challenge that begins a sign-in.
pub async fn begin(browser: &Browser) -> Value {
    let body = json!({ "begin": true });
    let answer = browser.post_json(LOGIN_OPTIONS, &body).await;
    answer.expect_status(200).json()
}

/// Answers a challenge that begins a sign-in.
pub async fn answer(browser: &Browser, passkey: &Passkey, options: &Value) -> Answer {
    let body = json!({ "credential": passkey.get(options), "begin": true });
    browser.post_json(LOGIN, &body).await
}

/// Signs in with a passkey instead of a name and a password.
pub async fn sign_in(browser: &Browser, passkey: &Passkey) -> Answer {
    let options = begin(browser).await;
    answer(browser, passkey, &options).await
}
