//! The value of the session cookie: unsigned, signed with a foreign key, and signed with our keys.
#![no_main]

use std::sync::LazyLock;

use actix_web::cookie::{Cookie, CookieJar, Key};
use libfuzzer_sys::fuzz_target;
use narthex::{
    config::SigningKeys, crypto::digest::Digest, http::auth::session_cookie::CookieConfig,
};
use narthex_fuzz::{base64, crc32, settings};

/// The first key, an older one, and a foreign one.
static KEYS: LazyLock<[Key; 3]> =
    LazyLock::new(|| [1, 2, 3].map(|seed| Key::derive_from(&[seed; 32])));

thread_local! {
    // One for each thread, like in a server with one for each worker, because it caches verified
    // values.
    static RULES: CookieConfig = {
        let ours = KEYS[..2].iter().map(|key| base64(key.master()));
        let keys = SigningKeys::parse(&ours.collect::<Vec<_>>().join(","));
        CookieConfig::new(&settings(&[]), &keys.expect("keys"))
    };
}

fuzz_target!(|text: &str| RULES.with(|rules| check(rules, text)));

fn check(rules: &CookieConfig, text: &str) {
    assert!(rules.secret_in(text).is_none(), "{text:?} is not signed");
    let [first, older, foreign] = &*KEYS;
    assert!(rules.secret_in(&signed(foreign, text)).is_none());
    let by_older = rules
        .secret_in(&signed(older, text))
        .map(|secret| secret.digest());
    let value = signed(first, text);
    let found = rules.secret_in(&value).map(|secret| secret.digest());
    assert_eq!(found, by_older);
    assert_eq!(found, secret_in(text), "{text:?}");

    // With one byte changed, the value is rejected or has the same meaning, because `%2a` equals
    // `%2A`.
    let chosen = crc32(text.as_bytes());
    let mut bytes = value.into_bytes();
    let place = chosen as usize % bytes.len();
    bytes[place] = 0x20 + (chosen >> 16) as u8 % 0x5f;
    let changed = String::from_utf8(bytes).expect("ASCII");
    let of_changed = rules.secret_in(&changed).map(|secret| secret.digest());
    assert!(of_changed.is_none() || of_changed == found, "{changed:?}");
}

/// The signed value as a browser sends it.
fn signed(key: &Key, content: &str) -> String {
    let mut jar = CookieJar::new();
    let cookie = Cookie::new("narthex", content.to_owned());
    jar.signed_mut(key).add(cookie);
    let cookie = jar.get("narthex").expect("the added cookie");
    let pair = cookie.encoded().stripped().to_string();
    pair.strip_prefix("narthex=").expect("its name").to_owned()
}

/// A second implementation of the format: an object of strings, with a JSON string of 43 bytes in
/// `s`.
fn secret_in(content: &str) -> Option<Digest> {
    let content: serde_json::Value = serde_json::from_str(content).ok()?;
    let bag = content.as_object()?;
    if !bag.values().all(serde_json::Value::is_string) {
        return None;
    }
    let secret: serde_json::Value = serde_json::from_str(bag.get("s")?.as_str()?).ok()?;
    let secret = secret.as_str()?;
    (secret.len() == 43).then(|| Digest::of(secret.as_bytes()))
}
