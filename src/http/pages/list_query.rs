//! The query of a list of sessions or tokens: tab, search text, filters, order and page.

use crate::{
    credentials::{
        CredentialFilter, limits,
        search::{Boundary, ListPage, ListState, Search, SortOrder},
    },
    http::paths,
    types::{
        ability::Ability,
        credential_kind::{CredentialKind, CredentialType},
        fields::{FieldErrors, Fields},
        message::{Message, field},
    },
    util::{clock::Timestamp, duration},
};

/// The value of `used` for credentials that were never used.
pub(super) const NEVER: &str = "never";
/// The lengths of time without a use, and those until the expiry, that the lists offer.
pub(super) const UNUSED_FOR: [&str; 3] = ["7d", "30d", "90d"];
pub(super) const EXPIRES_WITHIN: [&str; 2] = ["7d", "30d"];

/// The names of the parameters that a form also sends empty.
const OPTIONAL: [&str; 7] = ["q", "state", "kind", "ability", "used", "expires", "sort"];

/// A list that a query can search.
#[derive(Debug)]
pub(super) struct List {
    class: CredentialType,
    path: &'static str,
    page_size: usize,
    states: &'static [ListState],
    /// The orders of credentials that did not end. The first one is the default.
    orders: &'static [SortOrder],
}

pub(super) const TOKENS: List = List {
    class: CredentialType::Token,
    path: paths::TOKENS,
    page_size: 50,
    states: &ListState::ALL,
    orders: &[
        SortOrder::Created,
        SortOrder::LastUsed,
        SortOrder::Expiry,
        SortOrder::Name,
    ],
};

pub(super) const SESSIONS: List = List {
    class: CredentialType::Session,
    path: paths::SESSIONS,
    // A user may have as many.
    page_size: limits::MAX_SESSIONS,
    states: &[ListState::Active, ListState::Ended],
    orders: &[SortOrder::LastUsed, SortOrder::Created, SortOrder::Expiry],
};

impl List {
    /// Returns the orders of the credentials in `state`; the first one is the default.
    fn orders(&self, state: ListState) -> &'static [SortOrder] {
        match state {
            ListState::Active | ListState::Paused => self.orders,
            ListState::Ended => &[SortOrder::Ended],
        }
    }
}

/// A parsed query.
#[derive(Clone, Debug)]
pub(super) struct ListQuery {
    list: &'static List,
    pub(super) state: ListState,
    pub(super) text: String,
    pub(super) kind: Option<CredentialKind>,
    pub(super) ability: Option<Ability>,
    /// `never`, or the length of time without a use.
    pub(super) used: Option<&'static str>,
    /// The length of time until the expiry.
    pub(super) expires: Option<&'static str>,
    pub(super) order: SortOrder,
    boundary: Option<Boundary>,
}

impl ListQuery {
    /// Parses a query.
    ///
    /// # Errors
    /// Returns the parameters that cannot be read. A list that ignored them would show more than
    /// the address says.
    pub(super) fn parse(list: &'static List, fields: Fields) -> Result<Self, FieldErrors> {
        let mut fields = fields.without_empty(&OPTIONAL);
        let state = fields.read("state", |text| {
            one_of(list.states, state_name, text).ok_or_else(field::list_value_unknown)
        });
        let state = state.unwrap_or(ListState::Active);
        let order = fields.read("sort", |text| {
            one_of(list.orders(state), order_name, text).ok_or_else(field::list_value_unknown)
        });
        let query = Self {
            list,
            state,
            text: fields.text("q").trim().to_owned(),
            kind: fields.read("kind", |text| {
                let kind = CredentialKind::parse(text).filter(|kind| kind.class() == list.class);
                kind.ok_or_else(field::kind_unknown)
            }),
            ability: fields.read("ability", |text| {
                Ability::parse(text).ok_or_else(field::ability_malformed)
            }),
            used: fields.read("used", |text| {
                offered(UNUSED_FOR.into_iter().chain([NEVER]), text)
            }),
            expires: fields.read("expires", |text| offered(EXPIRES_WITHIN, text)),
            order: order.unwrap_or_else(|| default_order(list, state)),
            boundary: fields.parsed("cursor", field::cursor_invalid()),
        };
        fields.check()?;
        Ok(query)
    }

    /// Returns the filter that revokes the rows of all pages. `None` if the query has a condition
    /// that a revocation does not have.
    pub(super) fn revocation(&self, now: Timestamp) -> Option<CredentialFilter> {
        let search = self.search(now);
        let is_filter = self.text.is_empty() && !search.never_used && self.expires.is_none();
        let has_all_states = match self.state {
            // Paused credentials that match are revoked as well, and the preview shows them.
            ListState::Active => true,
            ListState::Paused => !self.has_selected_filter(),
            ListState::Ended => false,
        };
        (is_filter && has_all_states).then(|| CredentialFilter {
            class: vec![self.list.class],
            ..search.filter
        })
    }

    /// Returns the search for this query.
    pub(super) fn search(&self, now: Timestamp) -> Search {
        let length = |text: &'static str| duration::parse(text);
        Search {
            class: self.list.class,
            state: self.state,
            text: self.text.clone(),
            filter: CredentialFilter {
                kind: self.kind.into_iter().collect(),
                ability: self.ability.clone().into_iter().collect(),
                unused_since: self
                    .used
                    .and_then(length)
                    .map(|for_| now.saturating_sub(for_)),
                ..CredentialFilter::default()
            },
            never_used: self.used == Some(NEVER),
            expires_until: self
                .expires
                .and_then(length)
                .map(|for_| now.saturating_add(for_)),
            order: self.order,
            boundary: self.boundary.clone(),
            page_size: self.list.page_size,
        }
    }

    /// Returns whether the query has a search text or a filter.
    pub(super) fn is_filtered(&self) -> bool {
        !self.text.is_empty() || self.has_selected_filter()
    }

    /// Returns whether the query has a filter other than the search text.
    pub(super) const fn has_selected_filter(&self) -> bool {
        self.kind.is_some()
            || self.ability.is_some()
            || self.used.is_some()
            || self.expires.is_some()
    }

    /// Returns the states of the list.
    pub(super) fn states(&self) -> &'static [ListState] {
        self.list.states
    }

    /// Returns the orders of the list.
    pub(super) fn orders(&self) -> &'static [SortOrder] {
        self.list.orders(self.state)
    }

    /// Returns the address of the first page of another state.
    pub(super) fn address_of_state(&self, state: ListState) -> String {
        let order = if self.list.orders(state).contains(&self.order) {
            self.order
        } else {
            default_order(self.list, state)
        };
        Self {
            state,
            order,
            ..self.clone()
        }
        .address(None)
    }

    /// Returns the address of the first page of the state without a search text and filters.
    pub(super) fn address_unfiltered(&self) -> String {
        Self {
            text: String::new(),
            kind: None,
            ability: None,
            used: None,
            expires: None,
            ..self.clone()
        }
        .address(None)
    }

    /// Returns the address of the first page in another order.
    pub(super) fn address_in_order(&self, order: SortOrder) -> String {
        Self {
            order,
            ..self.clone()
        }
        .address(None)
    }

    /// Returns the addresses of the previous and of the next page.
    pub(super) fn neighbours(&self, page: &ListPage) -> (Option<String>, Option<String>) {
        let address = |boundary: &Boundary| self.address(Some(boundary));
        (
            page.previous.as_ref().map(address),
            page.next.as_ref().map(address),
        )
    }

    /// Returns the fields that a form with the search text and the filters keeps.
    pub(super) fn kept_fields(&self) -> Vec<(&'static str, &'static str)> {
        let state = Some(self.state).filter(|state| *state != ListState::Active);
        let order = Some(self.order);
        let order = order.filter(|order| *order != default_order(self.list, self.state));
        let state = state.map(|state| ("state", state_name(state)));
        state
            .into_iter()
            .chain(order.map(|order| ("sort", order_name(order))))
            .collect()
    }

    fn address(&self, boundary: Option<&Boundary>) -> String {
        let mut fields: Vec<(&str, String)> = Vec::new();
        let mut add = |name, value: Option<String>| {
            fields.extend(value.map(|value| (name, value)));
        };
        for (name, value) in self.kept_fields() {
            add(name, Some(value.to_owned()));
        }
        add("q", Some(self.text.clone()).filter(|text| !text.is_empty()));
        add("kind", self.kind.map(|kind| kind.as_str().to_owned()));
        add("ability", self.ability.as_ref().map(ToString::to_string));
        add("used", self.used.map(str::to_owned));
        add("expires", self.expires.map(str::to_owned));
        add("cursor", boundary.map(ToString::to_string));
        paths::with_query(self.list.path, &fields)
    }
}

fn default_order(list: &List, state: ListState) -> SortOrder {
    let first = list.orders(state).first();
    first.copied().unwrap_or(SortOrder::Created)
}

/// Returns the name of a state in the query.
pub(super) const fn state_name(state: ListState) -> &'static str {
    match state {
        ListState::Active => "active",
        ListState::Paused => "paused",
        ListState::Ended => "ended",
    }
}

/// Returns the name of an order in the query.
pub(super) const fn order_name(order: SortOrder) -> &'static str {
    match order {
        SortOrder::LastUsed => "used",
        SortOrder::Expiry => "expiry",
        SortOrder::Created => "created",
        SortOrder::Name => "name",
        SortOrder::Ended => "ended",
    }
}

fn one_of<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, text: &str) -> Option<T> {
    all.iter().copied().find(|one| name(*one) == text)
}

fn offered(
    all: impl IntoIterator<Item = &'static str>,
    text: &str,
) -> Result<&'static str, Message> {
    let mut all = all.into_iter();
    all.find(|value| *value == text)
        .ok_or_else(field::list_value_unknown)
}
