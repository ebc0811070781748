//! A moment on a page: in words for people, exactly for machines and for whoever points at it.

use crate::{i18n::humanize, util::clock::Timestamp};

/// What a `<time>` element is made of; `components.html` makes it.
#[derive(Clone, Debug)]
pub struct RelativeTime {
    /// RFC 3339.
    pub exact: String,
    /// The minute in UTC.
    pub minute: String,
    /// `3 days ago`.
    pub words: String,
}

impl RelativeTime {
    /// A moment that is over.
    #[must_use]
    pub fn past(now: Timestamp, then: Timestamp) -> Self {
        Self::with(then, humanize::ago(now, then))
    }

    /// A moment that is still to come.
    #[must_use]
    pub fn future(now: Timestamp, then: Timestamp) -> Self {
        Self::with(then, humanize::until(now, then))
    }

    fn with(then: Timestamp, words: String) -> Self {
        Self {
            exact: then.to_string(),
            minute: then.format_minute(),
            words,
        }
    }
}
