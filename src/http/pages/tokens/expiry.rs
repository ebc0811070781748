//! The expiry of a token as a choice in a form: a length of time, a date, or no expiry.

use std::time::Duration;

use crate::{
    app_state::AppState,
    http::{
        auth::BrowserUser,
        response::{components::Choice, html::Layout},
    },
    tokens::NewToken,
    types::{
        fields::Fields,
        message::{Message, field},
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
/// The choice of no expiry.
const NEVER: &str = "never";

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
            NEVER => Ok(Some(None)),
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
        state: &AppState,
    ) -> Result<Option<Option<Timestamp>>, Message> {
        let Some(requested) = self.read(state.now())? else {
            return Ok(None);
        };
        NewToken::ensure_within_max_age(state, requested).map(Some)
    }
}

/// Returns the expiry that the page of a new token selects at first.
pub(super) fn preselected_end(state: &AppState) -> Option<Timestamp> {
    let max_age = state.settings().tokens.max_age;
    let life = preselected_life(max_age).map(|(_, life)| life);
    life.or(max_age)
        .map(|life| state.now().saturating_add(life))
}

/// Returns the default life if the list offers it, otherwise the longest one.
fn preselected_life(max_age: Option<Duration>) -> Option<(&'static str, Duration)> {
    let offered = offered_lives(max_age);
    let default_life = offered.iter().find(|(value, _)| *value == DEFAULT_LIFE);
    default_life.or(offered.last()).copied()
}

/// Returns the lives that the list offers.
fn offered_lives(max_age: Option<Duration>) -> Vec<(&'static str, Duration)> {
    let all = LIVES.into_iter();
    all.filter_map(|value| Some((value, duration::parse(value)?)))
        .filter(|(_, life)| max_age.is_none_or(|max_age| *life <= max_age))
        .collect()
}

/// Returns the end of a day in UTC, or a time with its offset.
fn end_of(text: &str) -> Option<Timestamp> {
    Timestamp::end_of_day(text).or_else(|| Timestamp::parse(text))
}

/// The choice in the form: a list, and a field for a date.
pub(super) struct ExpiryFields {
    /// The id of the list. A page can have two of them.
    pub(super) id: &'static str,
    pub(super) options: Vec<Choice>,
    pub(super) preselected: &'static str,
    pub(super) date: String,
    /// Whether the list has the choice of no expiry.
    pub(super) never: bool,
}

impl ExpiryFields {
    /// Returns the choice for a new token.
    pub(super) fn of_new(user: &BrowserUser, layout: &Layout, typed: ExpiryChoice) -> Self {
        let preselected = preselected_life(user.state.settings().tokens.max_age);
        let preselected = preselected.map_or(DATE, |(value, _)| value);
        let lives = lives(user, layout);
        Self::with("expires", user, layout, lives, preselected, typed)
    }

    /// Returns the choice for a token that expires at `end`.
    pub(super) fn of_change(
        id: &'static str,
        user: &BrowserUser,
        layout: &Layout,
        end: Option<Timestamp>,
        typed: ExpiryChoice,
    ) -> Self {
        let present = match end {
            Some(end) => layout.text_with("tokens-expires-keep", &[("end", end.into())]),
            None => layout.text("tokens-expires-keep-never"),
        };
        let lives = [(KEEP, present)].into_iter().chain(lives(user, layout));
        Self::with(id, user, layout, lives.collect(), KEEP, typed)
    }

    fn with(
        id: &'static str,
        user: &BrowserUser,
        layout: &Layout,
        lives: Vec<(&'static str, String)>,
        preselected: &'static str,
        typed: ExpiryChoice,
    ) -> Self {
        let never = user.state.settings().tokens.max_age.is_none();
        let mut offered = lives;
        offered.push((DATE, layout.text("tokens-expires-date")));
        if never {
            offered.push((NEVER, layout.text("tokens-expires-never")));
        }
        let is_offered = offered.iter().any(|(value, _)| *value == typed.choice);
        let selected = if is_offered {
            &*typed.choice
        } else {
            preselected
        };
        let options = offered.into_iter().map(|(value, label)| Choice {
            value: value.to_owned(),
            label,
            selected: value == selected,
        });
        Self {
            id,
            options: options.collect(),
            preselected,
            date: typed.date,
            never,
        }
    }
}

/// Returns the lengths of life in the form, each with its end.
fn lives(user: &BrowserUser, layout: &Layout) -> Vec<(&'static str, String)> {
    offered_lives(user.state.settings().tokens.max_age)
        .into_iter()
        .map(|(value, life)| {
            let end = user.state.now().saturating_add(life);
            let label = layout.text_with(
                "tokens-expires-in",
                &[("length", life.into()), ("end", end.into())],
            );
            (value, label)
        })
        .collect()
}
