//! Rejects passwords that attackers guess first, however long they are: common passwords, the
//! user's own words, repetitions and sequences.
//!
//! Only these first guesses are rejected. There is no score, and no password is sent to another
//! service.

use std::collections::HashSet;

use memchr::memmem;
use unicode_normalization::UnicodeNormalization as _;

use crate::types::message::{Message, field};

/// The product's name. Users often choose it.
const PRODUCT: &str = "narthex";
/// The minimum length of a word of ASCII letters. Shorter words occur in too many texts. (Two other
/// letters can be a name.)
const MIN_WORD_LENGTH: usize = 3;
/// The longest part whose repetition is rejected, in characters.
const MAX_PERIOD: usize = 3;

/// The list of common passwords, each between two line breaks; see `data/README.md`. It is searched
/// as one text. A set would save less time than the hash of the password takes, and cost memory.
const COMMON_PASSWORDS: &str = concat!("\n", include_str!("../../data/common-passwords.txt"));

/// The sequences of the alphabet, of digits and of keyboards (QWERTY, QWERTZ, AZERTY; rows and
/// columns).
const SEQUENCES: [&str; 7] = [
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789",
    "1234567890qwertyuiopasdfghjklzxcvbnm",
    "1234567890qwertzuiopasdfghjklyxcvbnm",
    "1234567890azertyuiopqsdfghjklmwxcvbn",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
];

/// Returns a message if `password` is easy to guess. `user_words` is the user's data.
pub(super) fn weakness(password: &str, user_words: &[&str]) -> Option<Message> {
    let typed = password.to_lowercase();
    if is_repeated(&typed) {
        Some(field::password_repeated())
    } else if is_sequence(&typed) {
        Some(field::password_sequence())
    } else if is_common(&typed) {
        Some(field::password_common())
    } else if is_of_own_words(&typed, user_words) {
        Some(field::password_own_words())
    } else {
        None
    }
}

fn is_repeated(typed: &str) -> bool {
    let period = smallest_period(typed);
    period != typed && period.chars().count() <= MAX_PERIOD
}

fn is_sequence(typed: &str) -> bool {
    let backwards = reversed(typed);
    SEQUENCES.iter().any(|sequence| {
        let long = sequence.repeat(typed.len() / sequence.len() + 2);
        long.contains(typed) || long.contains(&backwards)
    })
}

/// Returns whether the list has the password: as typed, backwards, repeated, or with digits around
/// it.
fn is_common(typed: &str) -> bool {
    let is_listed = |text: &str| {
        let line = format!("\n{text}\n");
        memmem::find(COMMON_PASSWORDS.as_bytes(), line.as_bytes()).is_some()
    };
    [
        typed,
        without_digits(typed),
        smallest_period(typed),
        without_digits(smallest_period(typed)),
        smallest_period(without_digits(typed)),
    ]
    .into_iter()
    .filter(|text| text.chars().count() >= MIN_WORD_LENGTH)
    .any(|text| is_listed(text) || is_listed(&reversed(text)))
}

/// Returns whether the password consists of the user's own words only. They may be forwards or
/// backwards, in any order and number, with digits around them and any separators. A whole name,
/// address or local part counts as one word too, however short its words are.
fn is_of_own_words(typed: &str, user_words: &[&str]) -> bool {
    let typed = folded(typed);
    let user_words: Vec<String> = user_words
        .iter()
        .chain(&[PRODUCT])
        .map(|text| folded(text))
        .collect();
    let single = user_words
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.len() >= MIN_WORD_LENGTH && word.chars().count() >= 2)
        .map(str::to_owned);
    let local_parts = user_words.iter().filter_map(|text| text.split_once('@'));
    let whole = user_words.iter().map(String::as_str);
    let whole = whole.chain(local_parts.map(|(local, _)| local));
    let mut words: Vec<String> = single.chain(whole.map(joined)).collect();
    words.retain(|word| !word.is_empty());
    let backwards: Vec<String> = words.iter().map(|word| reversed(word)).collect();
    words.extend(backwards);
    [joined(&typed), joined(without_digits(&typed))]
        .iter()
        .any(|text| !text.is_empty() && is_made_of(text, &words))
}

/// Returns one form for all spellings of a text: case, width and composition.
fn folded(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

/// Returns the letters and digits of `text`, without separators.
fn joined(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Returns whether `text` is a concatenation of `words`.
fn is_made_of(text: &str, words: &[String]) -> bool {
    // The texts that remain after prefixes made of words. Each can lead to shorter ones.
    let mut reached = vec![text];
    let mut seen = HashSet::new();
    while let Some(rest) = reached.pop() {
        if rest.is_empty() {
            return true;
        }
        let next = words.iter().filter_map(|word| rest.strip_prefix(&**word));
        reached.extend(next.filter(|rest| seen.insert(rest.len())));
    }
    false
}

/// Returns the part of which `text` is a repetition, or `text` itself.
fn smallest_period(text: &str) -> &str {
    let ends = text.char_indices().skip(1).map(|(end, _)| end);
    ends.take_while(|end| *end <= text.len() / 2)
        .filter(|end| text.len().is_multiple_of(*end))
        .filter_map(|end| text.get(..end))
        .find(|part| text.split(part).all(str::is_empty))
        .unwrap_or(text)
}

fn without_digits(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_ascii_digit() || c.is_whitespace())
}

fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: [&str; 2] = ["Ada King-Lovelace", "ada.l1815@analytical.example"];

    #[test]
    fn common_passwords_are_refused_in_any_spelling() {
        for password in [
            "1q2w3e4r5t6y7u8i9o0p",
            "FamiliyaFamiliya",
            "manchesterunited",
            "ManchesterUnited",
            "detinuretsehcnam",
            "passwordpassword",
            "PASSWORD12345678",
            "0000000password",
            "letmeinletmeinletmein",
        ] {
            assert_eq!(
                weakness(password, &ADA),
                Some(field::password_common()),
                "{password}"
            );
        }
    }

    #[test]
    fn users_own_words_are_refused_in_any_order() {
        for password in [
            "ada king-lovelace",
            "AdaKingLovelace",
            "ada.l1815@analytical.example",
            "ecalevoL gniK adA",
            "narthexnarthexnarthex",
            "Narthex 20261122",
            "narthex-lovelace",
            "lovelace12345678",
            "1815 ada ada ada",
            "l1815l1815l1815",
        ] {
            assert_eq!(
                weakness(password, &ADA),
                Some(field::password_own_words()),
                "{password}"
            );
        }
        let user_words = ["欧阳明明", "x@example.com"];
        assert_eq!(
            weakness("欧阳明明欧阳明明欧阳明明欧阳明明", &user_words),
            Some(field::password_own_words())
        );
    }

    #[test]
    fn short_own_names_and_addresses_are_refused() {
        for (name, email, passwords) in [
            (
                "Jo",
                "jo@example.test",
                &["jo@example.test", "JO@EXAMPLE.TEST", "tset.elpmaxe@oj"][..],
            ),
            (
                "Al Bo Cy Di Ed Fy",
                "zz@qq.test",
                &["Al Bo Cy Di Ed Fy", "albocydiedfy 1234"],
            ),
            (
                "Jay",
                "j.k@ab.cd.ef.gh.ij",
                &["j.k@ab.cd.ef.gh.ij", "jk ab cd ef gh ij"],
            ),
            (
                "X",
                "x1y2z3a4@b.c",
                &["x1y2z3a4-x1y2z3a4", "x1y2z3a4.jay.x1y2z3a4"],
            ),
            (
                "Zo\u{eb} Li",
                "zo@example.test",
                &[
                    "zoe\u{308} li zoe\u{308} li",
                    "ｚｏ＠ｅｘａｍｐｌｅ．ｔｅｓｔ",
                ],
            ),
        ] {
            for password in passwords {
                let user_words = [email, name];
                let advice = weakness(password, &user_words);
                let of_others = password.contains("jay");
                assert_eq!(
                    advice,
                    (!of_others).then(field::password_own_words),
                    "{password}"
                );
            }
        }
    }

    #[test]
    fn repetitions_and_sequences_are_refused() {
        for password in [
            "xxxxxxxxxxxxxxx",
            "ababababababababab",
            "🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂",
        ] {
            assert_eq!(
                weakness(password, &[]),
                Some(field::password_repeated()),
                "{password}"
            );
        }
        for password in [
            "abcdefghijklmnop",
            "uvwxyzabcdefghijk",
            "ZYXWVUTSRQPONMLK",
            "345678901234567890",
            "0987654321098765",
            "qwertyuiopasdfg",
            "mnbvcxzlkjhgfdsa",
            "1qaz2wsx3edc4rfv",
        ] {
            assert_eq!(
                weakness(password, &[]),
                Some(field::password_sequence()),
                "{password}"
            );
        }
    }

    #[test]
    fn hard_to_guess_passwords_are_accepted() {
        for password in [
            "correct horse battery staple",
            "another long password",
            "lovelace rides a horse",
            "ada likes narthex",
            "839284710293847",
            "nul\0 inside is fine",
            "🙂🙃🙂🙃 and so on ☂☃",
        ] {
            assert_eq!(weakness(password, &ADA), None, "{password}");
        }
    }

    #[test]
    fn smallest_period_is_found() {
        for (text, part) in [
            ("aaaa", "a"),
            ("ababab", "ab"),
            ("ababa", "ababa"),
            ("ééé", "é"),
            ("", ""),
            ("a", "a"),
        ] {
            assert_eq!(smallest_period(text), part);
        }
    }

    #[test]
    fn common_passwords_are_trimmed_and_lower_case() {
        assert!(COMMON_PASSWORDS.lines().count() >= 10_000);
        assert!(COMMON_PASSWORDS.ends_with('\n'));
        for line in COMMON_PASSWORDS.lines() {
            assert_eq!(line, line.to_lowercase().trim(), "{line}");
        }
    }
}
