//! Texts for users as data: the id of a message and its arguments.
//!
//! The domain makes messages. `i18n` turns a message into a sentence of a language, and only `http`
//! and `cli` call it. A message is made by the function of its id, so that a wrong id or argument
//! does not compile. A test compares the ids and arguments with the catalogue of each language.

pub mod event;
pub mod field;
pub mod label;
pub mod mail;
pub mod mail_notice;
pub mod notice;
pub mod problem;
pub mod time;

use std::{fmt, time::Duration};

use crate::util::clock::Timestamp;

/// A text for a user, in no language yet. `Display` is for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    id: &'static str,
    args: Vec<(&'static str, Arg)>,
}

impl Message {
    /// The id of the message in the catalogue.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// The arguments, by the name that the catalogue has for each.
    #[must_use]
    pub fn args(&self) -> &[(&'static str, Arg)] {
        &self.args
    }
}

/// Writes the id and the arguments: `field-name-too-long most=255`.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)?;
        self.args
            .iter()
            .try_for_each(|(name, arg)| write!(f, " {name}={arg}"))
    }
}

/// A text that is a message, or one that a user or an operator wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// A message, which each language has.
    Message(Message),
    /// A text that is the same in every language.
    Verbatim(String),
}

/// An argument of a message. A language decides how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    /// A text that is the same in every language, such as a name.
    Text(String),
    /// A number, by which a language also chooses a plural.
    Number(u64),
    /// A length of time.
    Duration(Duration),
    /// A point in time.
    Time(Timestamp),
    /// Texts, which a language joins.
    List(Vec<String>),
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Duration(length) => write!(f, "{length:?}"),
            Self::Time(time) => write!(f, "{time}"),
            Self::List(texts) => write!(f, "{texts:?}"),
        }
    }
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// Templates have references to values.
impl<T: Clone + Into<Self>> From<&T> for Arg {
    fn from(value: &T) -> Self {
        value.clone().into()
    }
}

impl From<u64> for Arg {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Arg {
    fn from(number: usize) -> Self {
        Self::Number(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

impl From<Duration> for Arg {
    fn from(length: Duration) -> Self {
        Self::Duration(length)
    }
}

impl From<Timestamp> for Arg {
    fn from(time: Timestamp) -> Self {
        Self::Time(time)
    }
}

impl From<Vec<String>> for Arg {
    fn from(texts: Vec<String>) -> Self {
        Self::List(texts)
    }
}

/// The id of a message and the names of its arguments, for the test of the catalogues.
#[cfg(any(test, feature = "internals"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The id.
    pub id: &'static str,
    /// The names of the arguments.
    pub args: &'static [&'static str],
}

/// Declares messages: a function for each, with its id in the catalogue and its arguments.
macro_rules! messages {
    ($($name:ident $(($($arg:ident: $type:ty),+))? = $id:literal;)*) => {
        $(
            #[doc = concat!("The message `", $id, "`.")]
            #[must_use]
            pub fn $name($($($arg: $type),+)?) -> $crate::types::message::Message {
                $crate::types::message::Message {
                    id: $id,
                    args: vec![$($((stringify!($arg), $arg.into())),+)?],
                }
            }
        )*

        /// The messages of this module.
        #[cfg(any(test, feature = "internals"))]
        pub const ALL: &[$crate::types::message::Declaration] = &[$(
            $crate::types::message::Declaration { id: $id, args: &[$($(stringify!($arg)),+)?] },
        )*];
    };
}
use messages;

/// The messages of all modules.
#[cfg(any(test, feature = "internals"))]
pub const ALL: &[&[Declaration]] = &[
    event::ALL,
    field::ALL,
    label::ALL,
    mail::ALL,
    mail_notice::ALL,
    notice::ALL,
    problem::ALL,
    time::ALL,
];
