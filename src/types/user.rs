//! A user.

use crate::{
    types::{ids::UserId, language_tag::LanguageTag},
    util::clock::Timestamp,
};

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    /// The ID. It is never used again for another user.
    pub id: UserId,
    /// The e-mail address as typed.
    pub email: String,
    /// The name.
    pub name: String,
    /// Whether the user has shown that the address is theirs, or an operator has vouched for it.
    #[doc(hidden)]
    pub email_verified: bool,
    /// The time at which the account was created.
    #[doc(hidden)]
    pub created_at: Timestamp,
    /// The language that the user chose. `None` is the language of the browser.
    #[doc(hidden)]
    pub language: Option<LanguageTag>,
}
