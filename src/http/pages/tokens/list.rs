//! The list of tokens: tabs, search, filters, order, and ticks for a revocation.

use actix_web::HttpResponse;
use askama::Template;

use super::row::{TokenRow, kind_name, state_name};
use crate::{
    credentials::{
        CredentialFilter,
        search::{self, ListPage, ListState, SortOrder, StateCounts},
    },
    error::Result,
    http::{
        auth::BrowserUser,
        middleware::body::Query,
        pages::{
            list_query::{self, EXPIRES_WITHIN, ListQuery, NEVER, TOKENS, UNUSED_FOR},
            revoke::address_from,
        },
        response::{
            components::{Choice, Column, SortOrder as Direction, Tab},
            field_texts::FieldTexts,
            html::{self, Layout},
        },
    },
    types::{
        ability::Ability,
        credential_kind::{CredentialKind, CredentialType},
    },
    util::duration,
};

#[derive(Template)]
#[template(path = "tokens/list.html")]
struct TokensPage {
    layout: Layout,
    tabs: Vec<Tab>,
    state: ListState,
    filters: Filters,
    columns: Vec<Column>,
    rows: Vec<TokenRow>,
    /// The place of the page in the list: the numbers of its first and of its last row.
    first: usize,
    last: usize,
    total: usize,
    previous: Option<String>,
    next: Option<String>,
    /// The path of the preview that revokes the tokens of all pages, and the label of the link.
    revoke_all: Option<(String, String)>,
    /// Whether the user has no token in any state.
    has_none: bool,
    /// The command that creates the first token.
    command: String,
    errors: FieldTexts,
}

/// The form that narrows the list.
struct Filters {
    text: String,
    kinds: Vec<Choice>,
    abilities: Vec<Choice>,
    used: Vec<Choice>,
    expires: Vec<Choice>,
    orders: Vec<Choice>,
    /// The fields that the form keeps.
    kept: Vec<(&'static str, &'static str)>,
    /// The path of the list without filters; empty if it has none.
    reset: String,
    /// Whether a filter other than the search text is set.
    open: bool,
}

/// `GET /account/tokens`
pub async fn show(user: BrowserUser, query: Query) -> Result<HttpResponse> {
    let query = ListQuery::parse(&TOKENS, query.0)?;
    let (state, user_id) = (&user.state, user.principal.user().id);
    let (page, counts) = search::search(state, user_id, query.search(state.now())).await?;
    html::ok(&TokensPage::new(&user, &query, &page, counts))
}

impl TokensPage {
    fn new(user: &BrowserUser, query: &ListQuery, page: &ListPage, counts: StateCounts) -> Self {
        let layout = user.layout();
        let (previous, next) = query.neighbours(page);
        let revocation = query.revocation(user.state.now());
        let revoke_all = revocation.map(|filter| {
            let is_all = filter == CredentialFilter::all_of(CredentialType::Token);
            let label = if is_all {
                layout.text("tokens-revoke-all")
            } else {
                layout.text("tokens-revoke-matching")
            };
            (address_from(&filter, &layout.address), label)
        });
        let rows = page.rows.iter();
        Self {
            tabs: tabs(&layout, query, counts),
            state: query.state,
            filters: Filters::new(user, &layout, query),
            columns: columns(&layout, query),
            rows: rows
                .map(|token| TokenRow::new(user, &layout, token))
                .collect(),
            first: page.skipped + 1,
            last: page.skipped + page.rows.len(),
            total: page.total,
            previous,
            next,
            revoke_all,
            has_none: counts == StateCounts::default(),
            command: format!(
                "curl {}{} --json '{{\"email\": \"{}\", \"password\": \"…\", \"device_name\": \"…\"}}'",
                user.state.settings().base_url(),
                crate::http::paths::API_SIGN_IN,
                user.principal.user().email,
            ),
            errors: FieldTexts::default(),
            layout,
        }
    }
}

fn tabs(layout: &Layout, query: &ListQuery, counts: StateCounts) -> Vec<Tab> {
    let states = query.states().iter();
    states
        .map(|state| Tab {
            path: query.address_of_state(*state),
            label: state_name(layout, *state),
            count: u64::try_from(counts.of(*state)).ok(),
            current: *state == query.state,
        })
        .collect()
}

fn columns(layout: &Layout, query: &ListQuery) -> Vec<Column> {
    let sorted = |label: String, order: SortOrder, direction| {
        if query.orders().contains(&order) {
            Column::Sorted {
                label,
                path: query.address_in_order(order),
                order: (query.order == order).then_some(direction),
            }
        } else {
            Column::Plain(label)
        }
    };
    let name = sorted(
        layout.text("tokens-column-name"),
        SortOrder::Name,
        Direction::Ascending,
    );
    let permissions = Column::Plain(layout.text("tokens-column-permissions"));
    let used = layout.text("tokens-column-last-used");
    let used = sorted(used, SortOrder::LastUsed, Direction::Descending);
    if query.state == ListState::Ended {
        let ended = Column::Plain(layout.text("tokens-column-ended"));
        return vec![name, permissions, used, ended];
    }
    let expires = layout.text("tokens-column-expires");
    let expires = sorted(expires, SortOrder::Expiry, Direction::Ascending);
    vec![Column::Tick, name, permissions, used, expires, Column::Menu]
}

impl Filters {
    fn new(user: &BrowserUser, layout: &Layout, query: &ListQuery) -> Self {
        let kinds = CredentialKind::of(CredentialType::Token).map(|kind| {
            choice(
                kind.as_str(),
                kind_name(layout, kind),
                query.kind == Some(kind),
            )
        });
        let catalogue = &user.state.settings().tokens.catalogue;
        let abilities = catalogue.iter().map(|(ability, _)| ability.clone());
        let abilities = [Ability::all()]
            .into_iter()
            .chain(abilities)
            .map(|ability| {
                let is_selected = query.ability.as_ref() == Some(&ability);
                let label = match ability.as_str() {
                    "*" => layout.text("tokens-full-access"),
                    name => name.to_owned(),
                };
                choice(ability.as_str(), label, is_selected)
            });
        let length = |text: &str| duration::parse(text).unwrap_or_default();
        let unused = UNUSED_FOR.into_iter().map(|text| {
            let label = layout.text_with("tokens-unused-for", &[("length", length(text).into())]);
            choice(text, label, query.used == Some(text))
        });
        let never = choice(
            NEVER,
            layout.text("tokens-never-used"),
            query.used == Some(NEVER),
        );
        let expires = EXPIRES_WITHIN.into_iter().map(|text| {
            let label =
                layout.text_with("tokens-expires-within", &[("length", length(text).into())]);
            choice(text, label, query.expires == Some(text))
        });
        let orders = query.orders().iter();
        let any = || choice("", layout.text("tokens-filter-any"), false);
        let without_order = query
            .kept_fields()
            .into_iter()
            .filter(|(name, _)| *name != "sort");
        Self {
            text: query.text.clone(),
            kinds: [any()].into_iter().chain(kinds).collect(),
            abilities: [any()].into_iter().chain(abilities).collect(),
            used: [any(), never].into_iter().chain(unused).collect(),
            expires: [any()].into_iter().chain(expires).collect(),
            orders: orders
                .map(|order| {
                    let name = list_query::order_name(*order);
                    choice(name, order_label(layout, *order), *order == query.order)
                })
                .collect(),
            kept: without_order.collect(),
            reset: if query.is_filtered() {
                query.address_unfiltered()
            } else {
                String::new()
            },
            open: query.has_selected_filter(),
        }
    }
}

fn choice(value: &str, label: String, selected: bool) -> Choice {
    Choice {
        value: value.to_owned(),
        label,
        selected,
    }
}

fn order_label(layout: &Layout, order: SortOrder) -> String {
    match order {
        SortOrder::LastUsed => layout.text("tokens-sort-last-used"),
        SortOrder::Expiry => layout.text("tokens-sort-expiry"),
        SortOrder::Created => layout.text("tokens-sort-created"),
        SortOrder::Name => layout.text("tokens-sort-name"),
        SortOrder::Ended => layout.text("tokens-sort-ended"),
    }
}
