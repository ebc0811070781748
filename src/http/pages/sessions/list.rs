//! The page of all sessions: the present one, the active ones and the ended ones.

use actix_web::HttpResponse;
use askama::Template;

use super::row::SessionRow;
use crate::{
    credentials::{
        self, CredentialFilter,
        search::{self, ListPage, ListState, Search, StateCounts},
    },
    error::Result,
    http::{
        auth::BrowserUser,
        middleware::body::Query,
        pages::{
            list_query::{ListQuery, SESSIONS, UNUSED_FOR, state_name},
            revoke::address_from,
        },
        response::{
            client_address::Locator,
            components::{Choice, Column, Tab},
            field_texts::FieldTexts,
            html::{self, Layout},
        },
    },
    types::credential_kind::{CredentialKind, CredentialType},
    util::duration,
};

#[derive(Template)]
#[template(path = "sessions/list.html")]
struct SessionsPage {
    layout: Layout,
    current: Option<SessionRow>,
    is_ended: bool,
    tabs: Vec<Tab>,
    filters: Filters,
    no_faults: FieldTexts,
    columns: Vec<Column>,
    rows: Vec<SessionRow>,
    range: String,
    previous: Option<String>,
    next: Option<String>,
    several: Vec<(String, String)>,
}

/// The form that narrows the list.
struct Filters {
    state: &'static str,
    text: String,
    kinds: Vec<Choice>,
    unused: Vec<Choice>,
    /// The path of the whole list, if the list is narrowed.
    reset: String,
}

/// `GET /account/sessions`
pub async fn show(user: BrowserUser, query: Query) -> Result<HttpResponse> {
    let query = ListQuery::parse(&SESSIONS, query.0)?;
    let locator = Locator::new(&user.state, user.language()).await;
    let (state, user_id) = (&user.state, user.principal.user().id);
    let own = user.principal.credential().id;
    let own = credentials::find(state, user_id, CredentialType::Session, own).await?;
    let wanted = query.search(user.state.now());
    // The present session has a card of its own above the list.
    let filter = CredentialFilter {
        except: vec![own.id],
        ..wanted.filter
    };
    let wanted = Search { filter, ..wanted };
    let (page, counts) = search::search(state, user_id, wanted).await?;
    let (previous, next) = query.neighbours(&page);
    let layout = user.layout();
    let is_ended = query.state == ListState::Ended;
    html::ok(&SessionsPage {
        current: (!is_ended).then(|| SessionRow::new(&user, &locator, &own)),
        is_ended,
        tabs: tabs(&layout, &query, counts),
        no_faults: FieldTexts::default(),
        filters: filters(&user, &layout, &query),
        columns: columns(&layout, is_ended),
        rows: rows(&user, &locator, &page),
        range: range(&layout, &page),
        previous,
        next,
        several: several(&user, &layout, counts),
        layout,
    })
}

fn rows(user: &BrowserUser, locator: &Locator, page: &ListPage) -> Vec<SessionRow> {
    let rows = page.rows.iter();
    rows.map(|session| SessionRow::new(user, locator, session))
        .collect()
}

fn tabs(layout: &Layout, query: &ListQuery, counts: StateCounts) -> Vec<Tab> {
    let states = query.states().iter().copied();
    let tab = |state| Tab {
        path: query.address_of_state(state),
        label: match state {
            ListState::Ended => layout.text("sessions-tab-ended"),
            ListState::Active | ListState::Paused => layout.text("sessions-tab-active"),
        },
        count: u64::try_from(counts.of(state)).ok(),
        current: query.state == state,
    };
    states.map(tab).collect()
}

fn filters(user: &BrowserUser, layout: &Layout, query: &ListQuery) -> Filters {
    let any = |label, selected| Choice {
        value: String::new(),
        label,
        selected,
    };
    let kinds = CredentialKind::of(CredentialType::Session).map(|kind| Choice {
        value: kind.as_str().to_owned(),
        label: user.text(&kind.label()),
        selected: query.kind == Some(kind),
    });
    let unused = UNUSED_FOR.into_iter().filter_map(|value| {
        let length = duration::parse(value)?;
        Some(Choice {
            value: value.to_owned(),
            label: layout.text_with("sessions-inactive-for", &[("length", length.into())]),
            selected: query.used == Some(value),
        })
    });
    let any_kind = any(layout.text("sessions-any-type"), query.kind.is_none());
    let any_use = any(layout.text("sessions-any-activity"), query.used.is_none());
    let reset = query.is_filtered().then(|| query.address_unfiltered());
    Filters {
        state: state_name(query.state),
        text: query.text.clone(),
        kinds: std::iter::once(any_kind).chain(kinds).collect(),
        unused: std::iter::once(any_use).chain(unused).collect(),
        reset: reset.unwrap_or_default(),
    }
}

fn columns(layout: &Layout, is_ended: bool) -> Vec<Column> {
    let plain = |label| Column::Plain(label);
    let mut columns = vec![
        plain(layout.text("sessions-device")),
        plain(layout.text("sessions-address")),
        plain(layout.text("sessions-last-active")),
        plain(layout.text("sessions-signed-in")),
    ];
    if is_ended {
        columns.push(plain(layout.text("sessions-ended")));
    } else {
        columns.insert(0, Column::Tick);
    }
    columns
}

fn range(layout: &Layout, page: &ListPage) -> String {
    if page.rows.is_empty() {
        return String::new();
    }
    layout.text_with(
        "sessions-range",
        &[
            ("first", (page.skipped + 1).into()),
            ("last", (page.skipped + page.rows.len()).into()),
            ("total", page.total.into()),
        ],
    )
}

/// Returns the sign-outs of several sessions: label and path of the preview.
fn several(user: &BrowserUser, layout: &Layout, counts: StateCounts) -> Vec<(String, String)> {
    if counts.active < 2 {
        return Vec::new();
    }
    let others = CredentialFilter {
        except: vec![user.principal.credential().id],
        ..CredentialFilter::all_of(CredentialType::Session)
    };
    let mut several = vec![(
        layout.text("sessions-all-others"),
        address_from(&others, &layout.address),
    )];
    several.extend(CredentialKind::of(CredentialType::Session).map(|kind| {
        let label = match kind {
            CredentialKind::Desktop => layout.text("sessions-all-desktop"),
            CredentialKind::Mobile => layout.text("sessions-all-mobile"),
            CredentialKind::Tablet => layout.text("sessions-all-tablet"),
            _ => layout.text("sessions-all-other"),
        };
        let of_kind = CredentialFilter::all_of_kind(kind);
        (label, address_from(&of_kind, &layout.address))
    }));
    several
}
