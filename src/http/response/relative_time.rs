//! A time on a page: its date, and relative to the present.

use crate::{
    i18n::{Language, humanize},
    util::clock::Timestamp,
};

/// The parts of a `<time>` element. `components/moment.html` renders it, and `static/times.js` writes
/// it again in the time zone of the reader.
#[derive(Clone, Debug)]
pub struct RelativeTime {
    /// The time in the format of RFC 3339.
    pub exact: String,
    /// The date in UTC. If the time is within a day of now, it is the minute.
    pub date: String,
    /// The minute in UTC.
    pub minute: String,
    /// The relative time, such as `3 days ago`.
    pub words: String,
}

impl RelativeTime {
    /// Creates a time in the past.
    #[must_use]
    pub fn past(language: &Language, now: Timestamp, then: Timestamp) -> Self {
        Self::with(language, now, then, humanize::ago(language, now, then))
    }

    /// Creates a time in the future.
    #[must_use]
    pub fn future(language: &Language, now: Timestamp, then: Timestamp) -> Self {
        Self::with(language, now, then, humanize::until(language, now, then))
    }

    fn with(language: &Language, now: Timestamp, then: Timestamp, words: String) -> Self {
        let minute = humanize::minute(language, then);
        Self {
            exact: then.to_string(),
            date: if humanize::is_near(now, then) {
                minute.clone()
            } else {
                humanize::date(language, then)
            },
            minute,
            words,
        }
    }
}
