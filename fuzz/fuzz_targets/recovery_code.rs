//! A code that a user types: of the authenticator app, or a recovery code.
#![no_main]

use libfuzzer_sys::fuzz_target;
use narthex::factors::{Code, ImportedRecoveryCode, RecoveryCode};
use narthex_fuzz::crc32;

/// The digits of Crockford's base32.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fuzz_target!(|text: &str| {
    check_kind(text);
    check_generated(text.as_bytes());
});

/// Checks that the form of a text decides its kind.
fn check_kind(text: &str) {
    let typed = text.chars();
    let typed = typed.filter(|typed| !typed.is_whitespace() && *typed != '-');
    let compact: String = typed.collect();
    let is_app = compact.len() == 6 && compact.bytes().all(|byte| byte.is_ascii_digit());
    let own = RecoveryCode::parse(&compact);
    let imported = ImportedRecoveryCode::parse(text);
    match Code::parse(text) {
        Ok(Code::App(digits)) => assert!(is_app && *digits == compact),
        Ok(Code::Recovery(_)) => {
            assert!(!is_app && (own.is_some() || imported.is_some()));
        }
        Err(_) => assert!(!is_app && own.is_none() && imported.is_none()),
    }
    assert_eq!(
        imported.is_some(),
        compact.len() == 20 && compact.bytes().all(|byte| byte.is_ascii_alphanumeric())
    );
    if let Some(code) = own {
        assert_eq!(compact.chars().count(), 20);
        check_printed(&code);
    }
}

/// Checks that a code is read back from the page that shows it.
fn check_printed(code: &RecoveryCode) {
    let shown = code.grouped();
    let compact = shown.expose().replace('-', "");
    assert!(compact.bytes().all(|byte| DIGITS.contains(&byte)));
    let again = RecoveryCode::parse(&compact).expect("a code");
    assert_eq!(again.locator(), code.locator());
    assert_eq!(again.secret().expose(), code.secret().expose());
    assert_eq!(
        format!("{}{}", code.locator(), code.secret().expose()),
        compact
    );
}

/// Builds a code from the input. It must be accepted however it is typed, and not with a character
/// more or less, or another one.
fn check_generated(data: &[u8]) {
    let mut number = crc32(data);
    let digits = (0..20).map(|_| {
        let digit = DIGITS[number as usize % 32];
        number = number.rotate_left(5) ^ 0x5bd1_e995;
        char::from(digit)
    });
    let text: String = digits.collect();
    let code = RecoveryCode::parse(&text).expect("a code");
    check_printed(&code);
    let typed = text.to_ascii_lowercase();
    let typed = typed.replace('1', ["l", "i", "I"][data.len() % 3]);
    let typed = typed.replace('0', ["o", "O"][data.len() % 2]);
    let read = RecoveryCode::parse(&typed).expect("the same code");
    assert_eq!(read.grouped().expose(), code.grouped().expose());
    assert!(RecoveryCode::parse(&text[1..]).is_none());
    assert!(RecoveryCode::parse(&format!("{text}0")).is_none());
    let place = data.len() % 20;
    let mut wrong = text;
    wrong.replace_range(place..=place, ["U", "u", "É", "!"][data.len() % 4]);
    assert!(RecoveryCode::parse(&wrong).is_none());
}
