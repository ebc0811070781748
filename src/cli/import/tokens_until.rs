//! The end of imported secrets, as the operator gives it.

use std::time::Duration;

use crate::{
    cli::CliError,
    util::{clock::Timestamp, duration},
};

/// The end of the imported secrets.
#[derive(Clone, Copy)]
pub(super) enum TokensUntil {
    /// The end of a day in UTC.
    Day(Timestamp),
    /// The length of time after the import.
    Length(Duration),
}

impl TokensUntil {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let day = Timestamp::end_of_day(text).map(Self::Day);
        day.or_else(|| duration::parse(text).map(Self::Length))
            .ok_or("give a date such as 2027-06-30, or a length of time such as 180d")
    }

    /// Returns the end for an import at `now`. An end in the past is refused, because the tokens
    /// would never work.
    pub(super) fn end(self, now: Timestamp) -> Result<Timestamp, CliError> {
        let end = match self {
            Self::Day(end) => end,
            Self::Length(length) => now.saturating_add(length),
        };
        if end > now {
            Ok(end)
        } else {
            let reason = "--tokens-until: give a date in the future, or a length of time over zero";
            Err(CliError::Usage(reason.to_owned()))
        }
    }
}
