//! Texts for operators. The command line is in English.

use crate::{
    i18n::{self, Language},
    types::{email::Email, message::Message, name::Name},
};

/// The English sentence of `message`.
pub(super) fn english(message: &Message) -> String {
    i18n::text(Language::English, message)
}

/// Reads an e-mail address from an argument.
pub(super) fn email(argument: &str) -> Result<Email, String> {
    Email::parse(argument).map_err(|message| english(&message))
}

/// Reads a name from an argument.
pub(super) fn name(argument: &str) -> Result<Name, String> {
    Name::parse(argument).map_err(|message| english(&message))
}
