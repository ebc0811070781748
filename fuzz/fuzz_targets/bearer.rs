//! The secret of a token in an `Authorization` header, as a bearer token or as the password of a
//! client, with and without the tokens of other systems.
#![no_main]

use actix_web::http::header::HeaderValue;
use libfuzzer_sys::fuzz_target;
use narthex::{
    config::ForeignTokens,
    crypto::digest::Digest,
    http::auth::{Authorization, bearer, client_password},
    tokens::{PresentedToken, TokenSecret},
    types::secret_form::SecretForm,
};
use narthex_fuzz::{base64, crc32};

fuzz_target!(|data: &[u8]| {
    if let Ok(value) = HeaderValue::from_bytes(data) {
        check_header(&value);
    }
    if let Some(secret) = as_password(data) {
        check_format(&secret);
    }
    check_generated(data);
});

fn check_header(value: &HeaderValue) {
    let own = bearer(value, &ForeignTokens::default());
    let all = ForeignTokens::parse("sanctum,knox,drf,better-auth").expect("a setting");
    let with_foreign = bearer(value, &all);
    if let Authorization::Bearer(PresentedToken { digest, form }) = own {
        // The tokens of other systems change nothing for those of Narthex.
        assert_eq!(own, with_foreign);
        assert_eq!(form, SecretForm::Token);
        let (scheme, text) = credentials(value);
        assert!(scheme.eq_ignore_ascii_case("bearer"));
        assert_eq!(digest, Digest::of(text.as_bytes()));
        check_format(&TokenSecret::parse(text).expect("the form of a secret"));
    } else if let Authorization::Bearer(PresentedToken { digest, form }) = with_foreign {
        let (scheme, text) = credentials(value);
        check_foreign(scheme, text, form, digest);
    }
}

fn credentials(value: &HeaderValue) -> (&str, &str) {
    let value = value.to_str().expect("a header that is text");
    let (scheme, rest) = value.split_once(' ').expect("a scheme");
    (scheme, rest.trim_start_matches(' '))
}

/// Checks that a token of another system is as long as the documented ones, and that the scheme is
/// one of this system.
fn check_foreign(scheme: &str, text: &str, form: SecretForm, digest: Digest) {
    assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
    let is_bearer = scheme.eq_ignore_ascii_case("bearer");
    match form {
        SecretForm::Sanctum => {
            let secret = text.split_once('|').map_or(text, |(_, secret)| secret);
            assert!(is_bearer && (40..=112).contains(&secret.len()));
            assert_eq!(digest, Digest::of(secret.as_bytes()));
        }
        SecretForm::BetterAuth => assert!(is_bearer && (64..=128).contains(&text.len())),
        SecretForm::Knox => assert!((64..=74).contains(&text.len())),
        SecretForm::Drf => assert_eq!(text.len(), 40),
        SecretForm::Session | SecretForm::Token => panic!("{form:?} is not of another system"),
    }
}

/// Checks that an accepted secret has exactly the documented format.
fn check_format(secret: &TokenSecret) {
    let text = secret.expose();
    let (prefix, rest) = text.split_once('_').expect("a prefix");
    assert!((2..=10).contains(&prefix.len()));
    assert_eq!(rest.len(), 36);
    let mut parts = prefix.bytes().chain(rest.bytes());
    assert!(parts.all(|byte| byte.is_ascii_alphanumeric()));
    let (body, sum) = text.split_at(text.len() - 6);
    assert_eq!(sum, base62(crc32(body.as_bytes())));
    assert_eq!(secret.hint(), sum[2..]);
    assert_eq!(secret.digest(), Digest::of(text.as_bytes()));
}

/// Parses HTTP Basic credentials with this name and password.
fn as_password(both: &[u8]) -> Option<TokenSecret> {
    let value = HeaderValue::from_str(&format!("Basic {}", base64(both))).expect("a header");
    client_password(&value)
}

/// Builds a secret from the input. It must be accepted, and it must be rejected with one character
/// changed, added or removed.
fn check_generated(data: &[u8]) {
    let mut random: String = data
        .iter()
        .map(|byte| digit(u32::from(*byte)))
        .take(30)
        .collect();
    while random.len() < 30 {
        random.push('0');
    }
    // A prefix of two to ten characters.
    let length = 2 + crc32(data) as usize % 9;
    let body = format!("{}_{random}", random.split_at(length).0);
    let text = format!("{body}{}", base62(crc32(body.as_bytes())));
    let parse_bearer = |text: &str| {
        let value = HeaderValue::from_str(&format!("Bearer {text}")).expect("a header");
        bearer(&value, &ForeignTokens::default())
    };
    let expected = PresentedToken {
        digest: Digest::of(text.as_bytes()),
        form: SecretForm::Token,
    };
    assert_eq!(parse_bearer(&text), Authorization::Bearer(expected));
    for password in [
        text.clone(),
        text.replace('_', "%5F"),
        text.replace('_', "%5f"),
    ] {
        let secret = as_password(format!("client:{password}").as_bytes());
        assert!(secret.is_some_and(|secret| secret.expose() == text));
    }

    let chosen = crc32(data);
    let place = chosen as usize % text.len();
    let other = digit(chosen >> 8);
    let mut changed = text.clone();
    changed.replace_range(place..=place, &other.to_string());
    assert_eq!(
        parse_bearer(&changed) != Authorization::Malformed,
        changed == text,
        "{changed}"
    );
    changed.remove(place);
    assert_eq!(parse_bearer(&changed), Authorization::Malformed);
    assert_eq!(
        parse_bearer(&format!("{text}{other}")),
        Authorization::Malformed
    );
}

fn digit(number: u32) -> char {
    let alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    char::from(alphabet[number as usize % 62])
}

fn base62(number: u32) -> String {
    (0..6)
        .rev()
        .map(|place| digit(number / 62u32.pow(place)))
        .collect()
}
