//! The languages of the texts for users. Only `http` and `cli` use this folder.

mod catalog;
pub mod humanize;

pub use self::catalog::{text, written};

/// A language that users are answered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English: the language of the API, of the command line, and of a message that another
    /// language lacks.
    English,
}

impl Language {
    /// All languages.
    pub const ALL: &[Self] = &[Self::English];

    /// The language tag (RFC 5646).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
        }
    }
}
