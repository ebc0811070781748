//! Texts for operators. The command line is in English.

use std::time::Duration;

use crate::{
    config,
    db::DatabaseUrl,
    i18n::{self, Language, humanize},
    types::{email::Email, message::Message, name::Name},
    util::clock::Timestamp,
};

/// The English sentence of `message`.
pub(super) fn english(message: &Message) -> String {
    i18n::text(Language::english(), message)
}

/// Reads an e-mail address from an argument.
pub(super) fn email(argument: &str) -> Result<Email, String> {
    Email::parse(argument).map_err(|message| english(&message))
}

/// Reads the URL of a database from an argument.
pub(super) fn database_url(argument: &str) -> Result<DatabaseUrl, &'static str> {
    config::database_url(argument)
}

/// Reads a name from an argument.
pub(super) fn name(argument: &str) -> Result<Name, String> {
    Name::parse(argument).map_err(|message| english(&message))
}

/// Reads a number of rows from an argument.
pub(super) fn number(argument: &str) -> Result<u32, String> {
    let advice = || format!("give a whole number from 0 to {}", u32::MAX);
    argument.parse().map_err(|_| advice())
}

/// The English sentence about abilities. The pages call them permissions, the command line does not.
pub(super) fn about_abilities(message: &Message) -> String {
    let sentence = english(message);
    // What the operator typed is quoted behind the word.
    match sentence.split_once("permission") {
        Some((before, after)) if after.starts_with('s') => {
            format!("{before}abilities{}", after.trim_start_matches('s'))
        }
        Some((before, after)) => {
            let article = before.strip_suffix("a ");
            let before = article.map_or_else(|| before.to_owned(), |before| format!("{before}an "));
            format!("{before}ability{after}")
        }
        None => sentence,
    }
}

/// Returns `1 session`, `2 sessions` or `no sessions`.
pub(super) fn count(number: usize, one: &str) -> String {
    match number {
        0 => format!("no {one}s"),
        1 => format!("1 {one}"),
        n => format!("{n} {one}s"),
    }
}

/// Returns how long ago `then` was: `3 days ago`.
pub(super) fn ago(now: Timestamp, then: Timestamp) -> String {
    humanize::ago(Language::english(), now, then)
}

/// Returns how far in the future `then` is: `in 3 days`.
pub(super) fn until(now: Timestamp, then: Timestamp) -> String {
    humanize::until(Language::english(), now, then)
}

/// Returns a length of time in its largest whole unit: `90 days`.
pub(super) fn length(length: Duration) -> String {
    humanize::length(Language::english(), length)
}
