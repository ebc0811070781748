//! The page of the audit log: a filter, and the events by day.

use actix_web::HttpResponse;
use askama::Template;

use super::{
    ActivityRow,
    names::{NamedCredential, Names},
};
use crate::{
    audit::{self, EventBoundary, EventFilter, EventGroup, EventPage, EventsOf},
    credentials::{self, CredentialFilter, StatusFilter},
    error::Result,
    http::{
        auth::BrowserUser,
        middleware::body::Query,
        paths,
        response::{
            client_address::Locator,
            components::Choice,
            field_texts::FieldTexts,
            html::{self, Layout},
        },
    },
    i18n::humanize,
    types::{
        fields::{FieldErrors, Fields},
        ids::{CredentialId, EventId},
        message::field,
        pagination::Paging,
    },
    util::clock::Timestamp,
};

/// The number of events on a page.
const PAGE_SIZE: usize = 50;
/// The names of the parameters that a form also sends empty.
const OPTIONAL: [&str; 4] = ["type", "credential", "since", "until"];

#[derive(Template)]
#[template(path = "activity.html")]
struct ActivityPage {
    layout: Layout,
    types: Vec<Choice>,
    since: String,
    until: String,
    credential: Option<CredentialOfLog>,
    /// The path of the whole log, if the log is narrowed.
    reset: String,
    no_faults: FieldTexts,
    days: Vec<Day>,
    newer: Option<String>,
    older: Option<String>,
    /// The paths of the files with the same events.
    csv: String,
    json: String,
}

/// The credential to whose events the log is narrowed.
pub(super) struct CredentialOfLog {
    id: CredentialId,
    title: Option<String>,
    /// The path of the log without this filter.
    without: String,
}

/// The events of one day in UTC.
struct Day {
    date: String,
    rows: Vec<ActivityRow>,
}

/// The query of the page.
#[derive(Clone, Default)]
pub(super) struct LogQuery {
    group: Option<EventGroup>,
    credential: Option<CredentialId>,
    since: Option<Timestamp>,
    /// The last day.
    until: Option<Timestamp>,
    /// The dates as they were typed.
    dates: [String; 2],
    boundary: Option<EventBoundary>,
}

impl LogQuery {
    pub(super) fn parse(fields: Fields) -> Result<Self, FieldErrors> {
        let mut fields = fields.without_empty(&OPTIONAL);
        let typed = fields.pairs();
        let date = |name: &str| {
            let mut typed = typed.iter();
            let found = typed.find(|(key, _)| key == name);
            found.map_or_else(String::new, |(_, value)| value.clone())
        };
        let older: Option<EventId> = fields.parsed("cursor", field::cursor_invalid());
        let newer: Option<EventId> = fields.parsed("newer", field::cursor_invalid());
        let query = Self {
            group: fields.read("type", |text| {
                EventGroup::parse(text).ok_or_else(field::list_value_unknown)
            }),
            credential: fields.parsed("credential", field::id_malformed()),
            since: fields.read("since", |text| {
                Timestamp::parse(text).ok_or_else(field::date_malformed)
            }),
            until: fields.read("until", |text| {
                Timestamp::end_of_day(text).ok_or_else(field::date_malformed)
            }),
            dates: [date("since"), date("until")],
            boundary: newer
                .map(EventBoundary::NewerThan)
                .or(older.map(EventBoundary::OlderThan)),
        };
        fields.check()?;
        Ok(query)
    }

    fn is_narrowed(&self) -> bool {
        self.group.is_some()
            || self.credential.is_some()
            || self.since.is_some()
            || self.until.is_some()
    }

    /// Returns the filter, and what it says about a credential.
    pub(super) async fn filter(
        &self,
        user: &BrowserUser,
    ) -> Result<(Option<CredentialOfLog>, EventFilter)> {
        let (only_of, credential) = match self.credential {
            Some(id) => find_credential(user, self, id).await?,
            None => (None, None),
        };
        let filter = EventFilter {
            group: self.group,
            credential,
            since: self.since,
            before: self.until,
        };
        Ok((only_of, filter))
    }

    /// Returns the path of the same log at another page.
    fn path(&self, boundary: Option<(&'static str, EventId)>) -> String {
        self.path_at(paths::ACTIVITY, boundary)
    }

    /// Returns the path of another view of the same log.
    fn path_at(&self, view: &str, boundary: Option<(&'static str, EventId)>) -> String {
        let [since, until] = &self.dates;
        let mut fields: Vec<(&str, String)> = Vec::new();
        fields.extend(self.group.map(|group| ("type", group.as_str().to_owned())));
        fields.extend(self.credential.map(|id| ("credential", id.to_string())));
        fields.extend((!since.is_empty()).then(|| ("since", since.clone())));
        fields.extend((!until.is_empty()).then(|| ("until", until.clone())));
        fields.extend(boundary.map(|(name, id)| (name, id.to_string())));
        paths::with_query(view, &fields)
    }
}

/// `GET /account/activity`
pub async fn show(user: BrowserUser, query: Query) -> Result<HttpResponse> {
    let query = LogQuery::parse(query.0)?;
    let (credential, filter) = query.filter(&user).await?;
    let user_id = user.principal.user().id;
    let page = audit::search(&user.state, user_id, filter, query.boundary, PAGE_SIZE).await?;
    let locator = Locator::new(&user.state, user.language()).await;
    let names = Names::of(&user, &page.rows).await?;
    let layout = user.layout();
    let [since, until] = query.dates.clone();
    let reset = query.is_narrowed().then(|| paths::ACTIVITY.to_owned());
    html::ok(&ActivityPage {
        types: types(&layout, query.group),
        since,
        until,
        credential,
        no_faults: FieldTexts::default(),
        reset: reset.unwrap_or_default(),
        days: days(&user, &locator, &names, &page),
        newer: page.newer.map(|id| query.path(Some(("newer", id)))),
        older: page.older.map(|id| query.path(Some(("cursor", id)))),
        csv: query.path_at(paths::ACTIVITY_CSV, None),
        json: query.path_at(paths::ACTIVITY_JSON, None),
        layout,
    })
}

/// Returns the credential of the query and its events. A credential that ended long ago has no name
/// any more, but its events are in the log.
async fn find_credential(
    user: &BrowserUser,
    query: &LogQuery,
    id: CredentialId,
) -> Result<(Option<CredentialOfLog>, Option<EventsOf>)> {
    let filter = CredentialFilter {
        id: vec![id],
        ..CredentialFilter::default()
    };
    let (user_id, paging) = (user.principal.user().id, Paging::new(1, None));
    let found = credentials::list(&user.state, user_id, filter, StatusFilter::All, paging).await?;
    let found = found.rows.first();
    let without = LogQuery {
        credential: None,
        ..query.clone()
    };
    let only_of = CredentialOfLog {
        id,
        title: found.map(|found| NamedCredential::new(user, found).title),
        without: without.path(None),
    };
    let events_of = EventsOf {
        credential: id,
        receipt: found.and_then(|found| found.receipt_id),
    };
    Ok((Some(only_of), Some(events_of)))
}

fn types(layout: &Layout, selected: Option<EventGroup>) -> Vec<Choice> {
    let any = Choice {
        value: String::new(),
        label: layout.text("activity-type-any"),
        selected: selected.is_none(),
    };
    let groups = EventGroup::ALL.into_iter().map(|group| Choice {
        value: group.as_str().to_owned(),
        label: match group {
            EventGroup::SignIns => layout.text("activity-type-sign-in"),
            EventGroup::Failures => layout.text("activity-type-failed"),
            EventGroup::Tokens => layout.text("activity-type-token"),
            EventGroup::Revocations => layout.text("activity-type-revocation"),
            EventGroup::Account => layout.text("activity-type-account"),
        },
        selected: selected == Some(group),
    });
    std::iter::once(any).chain(groups).collect()
}

fn days(user: &BrowserUser, locator: &Locator, names: &Names, page: &EventPage) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for event in &page.rows {
        let date = humanize::date(user.language(), event.at);
        let row = ActivityRow::new(user, locator, names, event);
        match days.last_mut() {
            Some(day) if day.date == date => day.rows.push(row),
            _ => days.push(Day {
                date,
                rows: vec![row],
            }),
        }
    }
    days
}
