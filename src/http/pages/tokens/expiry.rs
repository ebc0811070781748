//! The expiry of a token as a choice in a form: a length of time, a date, or no expiry.

use crate::{
    app_state::AppState,
    http::auth::BrowserUser,
    i18n::{self, humanize},
    tokens::NewToken,
    types::{
        fields::Fields,
        message::{Message, field, label},
    },
    util::{clock::Timestamp, duration},
};

/// The lengths of life in the form.
const LIVES: [&str; 4] = ["7d", "30d", "90d", "365d"];
/// The preselected choice for a new token.
const DEFAULT_LIFE: &str = "90d";
/// The choice of the date field. Forms of an earlier version send `on`.
const DATE: &str = "date";
/// The choice that keeps the expiry.
const KEEP: &str = "keep";

/// The submitted choice.
#[derive(Default)]
pub(super) struct ExpiryChoice {
    choice: String,
    date: String,
    preselected: String,
}

impl ExpiryChoice {
    pub(super) fn take(fields: &mut Fields) -> Self {
        let choice = fields.text("expires");
        Self {
            choice: if choice == "on" {
                DATE.to_owned()
            } else {
                choice
            },
            date: fields.text("expires_on"),
            preselected: fields.text("expires_default"),
        }
    }

    /// Parses the choice. `None` means that the form has none. A date is accepted together with the
    /// preselected choice, which the user may not have seen. With another choice it is refused.
    pub(super) fn read(&self, now: Timestamp) -> Result<Option<Option<Timestamp>>, Message> {
        let (choice, date) = (&*self.choice, self.date.trim());
        if !date.is_empty() {
            let is_date = ["", DATE, KEEP].contains(&choice) || choice == self.preselected;
            if !is_date {
                return Err(field::expiry_ambiguous());
            }
            let end = end_of(date).ok_or_else(field::date_malformed)?;
            return Ok(Some(Some(end)));
        }
        match choice {
            "" | KEEP => Ok(None),
            "never" => Ok(Some(None)),
            DATE => Err(field::date_missing()),
            text => duration::parse(text)
                .map(|life| now.saturating_add(life))
                .or_else(|| end_of(text))
                .map(|end| Some(Some(end)))
                .ok_or_else(field::expiry_malformed),
        }
    }

    /// Parses the choice for an existing token. `None` keeps its expiry.
    pub(super) fn read_change(
        &self,
        context: &AppState,
    ) -> Result<Option<Option<Timestamp>>, Message> {
        let Some(requested) = self.read(context.now())? else {
            return Ok(None);
        };
        NewToken::ensure_within_max_age(context, requested).map(Some)
    }
}

/// Returns the end of a day in UTC, or a time with its offset.
fn end_of(text: &str) -> Option<Timestamp> {
    Timestamp::end_of_day(text).or_else(|| Timestamp::parse(text))
}

/// A length of life in the form.
pub(super) struct Life {
    pub(super) value: &'static str,
    pub(super) words: String,
    pub(super) until: String,
}

/// The values of the choice in the form.
pub(super) struct ExpiryFields {
    /// The current expiry, in the form for a change.
    pub(super) present: Option<String>,
    pub(super) lives: Vec<Life>,
    pub(super) never: bool,
    pub(super) preselected: &'static str,
    pub(super) choice: String,
    pub(super) date: String,
}

impl ExpiryFields {
    /// Returns the values for a new token.
    pub(super) fn of_new(user: &BrowserUser, typed: ExpiryChoice) -> Self {
        let lives = lives(user);
        // The default life if it is offered, otherwise the longest one.
        let default_life = lives.iter().find(|life| life.value == DEFAULT_LIFE);
        let preselected = default_life
            .or(lives.last())
            .map_or(DATE, |life| life.value);
        Self::with(user, lives, None, preselected, typed)
    }

    /// Returns the values for a token that expires at `end`.
    pub(super) fn of_change(
        user: &BrowserUser,
        end: Option<Timestamp>,
        typed: ExpiryChoice,
    ) -> Self {
        let present = end.map_or_else(label::expires_never, label::expires_at);
        let present = i18n::text(user.language(), &present);
        Self::with(user, lives(user), Some(present), KEEP, typed)
    }

    fn with(
        user: &BrowserUser,
        lives: Vec<Life>,
        present: Option<String>,
        preselected: &'static str,
        typed: ExpiryChoice,
    ) -> Self {
        Self {
            present,
            lives,
            never: user.context.settings().tokens.max_age.is_none(),
            preselected,
            choice: if typed.choice.is_empty() {
                preselected.to_owned()
            } else {
                typed.choice
            },
            date: typed.date,
        }
    }
}

fn lives(user: &BrowserUser) -> Vec<Life> {
    let max_age = user.context.settings().tokens.max_age;
    LIVES
        .into_iter()
        .filter_map(|value| Some((value, duration::parse(value)?)))
        .filter(|(_, life)| max_age.is_none_or(|max_age| *life <= max_age))
        .map(|(value, life)| Life {
            value,
            words: humanize::length(user.language(), life),
            until: user.context.now().saturating_add(life).format_minute(),
        })
        .collect()
}
