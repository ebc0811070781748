//! A time on a page: relative for people, exact for programs and as a tooltip.

use crate::{
    i18n::{Language, humanize},
    util::clock::Timestamp,
};

/// The parts of a `<time>` element. `components/moment.html` renders it.
#[derive(Clone, Debug)]
pub struct RelativeTime {
    /// The time in the format of RFC 3339.
    pub exact: String,
    /// The minute in UTC.
    pub minute: String,
    /// The relative time, such as `3 days ago`.
    pub words: String,
}

impl RelativeTime {
    /// Creates a time in the past.
    #[must_use]
    pub fn past(language: &Language, now: Timestamp, then: Timestamp) -> Self {
        Self::with(then, humanize::ago(language, now, then))
    }

    /// Creates a time in the future.
    #[must_use]
    pub fn future(language: &Language, now: Timestamp, then: Timestamp) -> Self {
        Self::with(then, humanize::until(language, now, then))
    }

    fn with(then: Timestamp, words: String) -> Self {
        Self {
            exact: then.to_string(),
            minute: then.format_minute(),
            words,
        }
    }
}
