//! The values that the templates in `templates/components` take.

use super::error_response::whole_seconds;
use crate::{
    error::Error,
    i18n::{self, Language},
    types::message::{Message, notice},
};

/// The look of a toast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something was done.
    Success,
    /// Nothing was done, or the user has to do something first.
    Attention,
}

impl Tone {
    /// Returns the name of the colour, which is also the name of the icon.
    #[must_use]
    pub const fn colour(self) -> &'static str {
        match self {
            Self::Success => "green",
            Self::Attention => "amber",
        }
    }

    /// Returns the ARIA role.
    #[must_use]
    pub const fn role(self) -> &'static str {
        match self {
            Self::Success => "status",
            Self::Attention => "alert",
        }
    }
}

/// The message of an earlier request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// The text.
    pub text: String,
    /// The look.
    pub tone: Tone,
}

impl Toast {
    /// Writes `message` in `language`.
    #[must_use]
    pub fn new(language: &Language, message: &Message) -> Self {
        let success = notice::is_success(message);
        Self {
            text: i18n::text(language, message),
            tone: if success {
                Tone::Success
            } else {
                Tone::Attention
            },
        }
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// The ticks of the rows.
    Tick,
    /// A column with this heading.
    Plain(String),
    /// A column by which the table can be sorted.
    Sorted {
        /// The heading.
        label: String,
        /// The path of the table in the order that the heading selects.
        path: String,
        /// The order, if the table is sorted by this column.
        order: Option<SortOrder>,
    },
    /// The menus of the rows.
    Menu,
}

/// The order of a sorted column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortOrder {
    /// The smallest value first.
    Ascending,
    /// The largest value first.
    Descending,
}

impl SortOrder {
    /// Returns the value of `aria-sort`.
    #[must_use]
    pub const fn aria(self) -> &'static str {
        match self {
            Self::Ascending => "ascending",
            Self::Descending => "descending",
        }
    }

    /// Returns the name of the icon.
    #[must_use]
    pub const fn icon(self) -> &'static str {
        match self {
            Self::Ascending => "up",
            Self::Descending => "down",
        }
    }
}

/// One of several views of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// The path of the view.
    pub path: String,
    /// The name of the view.
    pub label: String,
    /// The number of rows, if it is known.
    pub count: Option<u64>,
    /// Whether the page shows this view.
    pub current: bool,
}

/// An option of a list of choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The value of the field.
    pub value: String,
    /// The text of the option.
    pub label: String,
    /// Whether the option is selected.
    pub selected: bool,
}

/// The reason for which a whole form was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A value is wrong, and the message does not say which.
    Wrong(String),
    /// The form can be sent again after a while.
    Wait {
        /// The reason.
        reason: String,
        /// The time to wait.
        seconds: u64,
    },
}

impl Refused {
    /// Returns the reason that `error` names.
    #[must_use]
    pub fn by(error: &Error, language: &Language) -> Self {
        let reason = error.sentence(language);
        match error.retry_after() {
            Some(wait) => Self::Wait {
                reason,
                seconds: whole_seconds(wait),
            },
            None => Self::Wrong(reason),
        }
    }

    /// Returns the id of the message that the fields refer to. No field is wrong if the form only
    /// has to wait.
    #[must_use]
    pub fn message_id(refused: Option<&Self>) -> &'static str {
        match refused {
            Some(Self::Wrong(_)) => "refused",
            _ => "",
        }
    }
}
