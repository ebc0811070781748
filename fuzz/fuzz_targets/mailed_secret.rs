//! The input of a person who got a mail: the secret of a link, and a typed code.
#![no_main]

use libfuzzer_sys::fuzz_target;
use narthex::{
    crypto::digest::Digest,
    mail::links::{LinkCode, LinkSecret},
};
use narthex_fuzz::{base64url, crc32};

/// The letters of RFC 8628, section 6.1.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        check_link(text);
        check_code(text);
    }
    check_generated_link(data);
    check_generated_code(data);
});

/// Checks that an accepted secret is the text as it is, in the alphabet of base64url.
fn check_link(text: &str) {
    let Some(secret) = LinkSecret::parse(text) else {
        return;
    };
    assert_eq!(secret.expose(), text);
    assert_eq!(secret.digest(), Digest::of(text.as_bytes()));
    assert_eq!(text.len(), 43);
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    assert!(text.bytes().all(is_base64url));
}

/// Checks that an accepted code consists of two groups of letters that the text contains.
fn check_code(text: &str) {
    let Some(code) = LinkCode::parse(text) else {
        return;
    };
    let printed = code.expose();
    let (first, second) = printed.split_once('-').expect("two groups");
    assert_eq!((first.len(), second.len()), (4, 4));
    let letters = format!("{first}{second}");
    assert!(letters.bytes().all(|byte| LETTERS.contains(&byte)));
    let typed = text.chars().filter(char::is_ascii_alphabetic);
    assert_eq!(typed.collect::<String>().to_ascii_uppercase(), letters);
    assert!(LinkCode::parse(&printed).is_some_and(|again| again.expose() == printed));
}

/// Builds a secret from the input. It must be accepted, and not with a character more or less.
fn check_generated_link(data: &[u8]) {
    let mut bytes = [0; 32];
    for (place, byte) in data.iter().enumerate() {
        bytes[place % 32] ^= byte;
    }
    let text = base64url(&bytes);
    assert!(LinkSecret::parse(&text).is_some());
    assert!(LinkSecret::parse(&format!("{text}A")).is_none());
    assert!(LinkSecret::parse(&text[1..]).is_none());
}

/// Builds a code from the input. It must be accepted however it is typed, and not with another
/// character.
fn check_generated_code(data: &[u8]) {
    let mut number = crc32(data);
    let letters = (0..8).map(|_| {
        let letter = LETTERS[number as usize % 20];
        number = number.rotate_left(5) ^ 0x5bd1_e995;
        char::from(letter)
    });
    let text: String = letters.collect();
    let expected = LinkCode::parse(&text).expect("a code").expose();
    let place = data.len() % 8;
    let mut typed = text.to_ascii_lowercase();
    typed.insert_str(place, [" ", "-", "\t", "\u{a0}"][data.len() % 4]);
    assert!(LinkCode::parse(&typed).is_some_and(|code| code.expose() == expected));
    let mut wrong = text;
    wrong.replace_range(place..=place, ["A", "E", "0", "É"][data.len() % 4]);
    assert!(LinkCode::parse(&wrong).is_none());
}
