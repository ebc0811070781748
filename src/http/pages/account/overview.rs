//! The overview of the account: what needs a look, and the latest sessions, tokens and events.

use std::{cmp::Reverse, time::Duration};

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    audit::{self, EventFilter, EventGroup, EventKind},
    credentials::{Credential, CredentialFilter, revoke},
    error::Result,
    factors,
    http::{
        auth::BrowserUser,
        extract::path::PathId,
        middleware::body::Form,
        pages::{
            activity::EventRow,
            credential_row::CredentialRow,
            security::{overview::FEW_CODES, planned_removal::RemovalRow},
        },
        paths,
        response::{
            html::{self, Layout},
            relative_time::RelativeTime,
        },
    },
    sessions,
    types::{
        credential_kind::CredentialType, ids::CredentialTag, message::notice, pagination::Paging,
    },
    util::clock::Timestamp,
};

/// The number of sessions, of tokens and of events. The rest has pages of its own.
const LATEST: usize = 3;
const DAY: Duration = Duration::from_secs(24 * 3600);
/// The events that change the password.
const PASSWORD_EVENTS: [EventKind; 3] = [
    EventKind::PasswordChanged,
    EventKind::PasswordReset,
    EventKind::AccountCreated,
];
/// A session is new, and a token expires soon, within this time.
const SOON: Duration = DAY.saturating_mul(7);
/// A token counts as unused after this time.
const UNUSED: Duration = DAY.saturating_mul(90);

#[derive(Template)]
#[template(path = "account/overview.html")]
struct OverviewPage {
    layout: Layout,
    name: String,
    email: String,
    counts: Counts,
    /// The latest change of the password, or the creation of the account.
    password_changed: Option<RelativeTime>,
    has_password: bool,
    has_second_factor: bool,
    /// The number of recovery codes, if it is small.
    few_codes: Option<u64>,
    /// The removals of a factor that an operator has planned.
    removals: Vec<RemovalRow>,
    /// The latest attempt with a wrong password, a wrong code or a wrong passkey.
    refused: Option<EventRow>,
    unfamiliar: Option<UnfamiliarSignIn>,
    sessions: Vec<LatestRow>,
    tokens: Vec<LatestRow>,
    lines: Vec<EventRow>,
    /// The paths of lists and of the preview.
    expiring_tokens: String,
    unused_tokens: String,
    paused_tokens: String,
    failed_attempts: String,
    sign_out_others: String,
}

impl OverviewPage {
    fn password_title(&self) -> String {
        match self.has_password {
            true => self.layout.text("overview-password"),
            false => self.layout.text("settings-password"),
        }
    }

    /// Returns the colour of the tile of the second factor.
    const fn colour_of_factors(&self) -> &'static str {
        match self.few_codes {
            Some(_) => "amber",
            None => "neutral",
        }
    }
}

/// The numbers on the tiles.
#[derive(Default)]
struct Counts {
    sessions: u64,
    new_sessions: u64,
    tokens: u64,
    expiring_tokens: u64,
    unused_tokens: u64,
    paused_tokens: u64,
}

impl Counts {
    fn of(credentials: &[Credential], now: Timestamp) -> Self {
        let mut counts = Self::default();
        for credential in credentials {
            let used = credential.last_used_at.unwrap_or(credential.created_at);
            let expires = credential.expires_at;
            match credential.class() {
                CredentialType::Session => {
                    counts.sessions += 1;
                    counts.new_sessions +=
                        u64::from(credential.created_at > now.saturating_sub(SOON));
                }
                CredentialType::Token => {
                    counts.tokens += 1;
                    // The lists of expiring and of unused tokens do not have the paused ones.
                    if credential.paused {
                        counts.paused_tokens += 1;
                        continue;
                    }
                    counts.expiring_tokens +=
                        u64::from(expires.is_some_and(|end| end <= now.saturating_add(SOON)));
                    counts.unused_tokens += u64::from(used <= now.saturating_sub(UNUSED));
                }
            }
        }
        counts
    }

    /// Returns the colour of the tile of tokens.
    const fn colour_of_tokens(&self) -> &'static str {
        if self.expiring_tokens > 0 || self.paused_tokens > 0 {
            "amber"
        } else {
            "neutral"
        }
    }
}

/// A sign-in on a new device that the user has not recognised yet.
struct UnfamiliarSignIn {
    event: EventRow,
    recognise: String,
    revoke: String,
}

/// One of the latest credentials.
struct LatestRow {
    icon: &'static str,
    title: String,
    href: String,
    is_current: bool,
    used: Option<RelativeTime>,
}

impl LatestRow {
    fn new(user: &BrowserUser, credential: &Credential) -> Self {
        let row = CredentialRow::new(user, credential);
        Self {
            icon: credential.kind.as_str(),
            title: row.title,
            href: row.href,
            is_current: row.current,
            used: row.last_used,
        }
    }

    /// Returns the rows of the latest credentials of `class`: those used last.
    fn latest(user: &BrowserUser, class: CredentialType, credentials: &[Credential]) -> Vec<Self> {
        let of_class = credentials
            .iter()
            .filter(|credential| credential.class() == class);
        let mut latest: Vec<&Credential> = of_class.collect();
        latest.sort_by_key(|credential| {
            Reverse(credential.last_used_at.unwrap_or(credential.created_at))
        });
        let latest = latest.into_iter().take(LATEST);
        latest
            .map(|credential| Self::new(user, credential))
            .collect()
    }
}

/// `GET /account`
pub async fn show(user: BrowserUser) -> Result<HttpResponse> {
    let (state, account, now) = (&user.state, user.principal.user(), user.state.now());
    let everything = CredentialFilter::default();
    let active = revoke::preview(state, account.id, everything).await?;
    let active = active.credentials;
    let event = async |kinds| -> Result<Option<audit::Event>> {
        let events = audit::newest_of(state, account.id, kinds, 1).await?;
        Ok(events.into_iter().next())
    };
    let password = event(&PASSWORD_EVENTS).await?;
    let failures = EventFilter {
        group: Some(EventGroup::Failures),
        ..EventFilter::default()
    };
    let refused = audit::search(state, account.id, failures, None, 1).await?;
    let factors = factors::summary(state, account.id).await?;
    let codes_left = factors.recovery_codes.as_ref().map(|codes| codes.left);
    let unfamiliar = sessions::newest_unrecognised(state, &user.principal, &active).await?;
    let events = audit::list(state, account.id, Paging::new(LATEST, None)).await?;
    let row = |event: &audit::Event| EventRow::new(&user, event);
    let layout = user.layout();
    html::ok(&OverviewPage {
        name: account.name.clone(),
        email: account.email.clone(),
        counts: Counts::of(&active, now),
        has_password: factors.has_password,
        has_second_factor: factors.has_second_factor(),
        few_codes: codes_left.filter(|left| *left <= FEW_CODES),
        removals: RemovalRow::all(&user).await?,
        password_changed: password.map(|event| RelativeTime::past(user.language(), now, event.at)),
        refused: refused.rows.first().map(row),
        unfamiliar: unfamiliar.map(|(event, session)| UnfamiliarSignIn {
            event: row(&event),
            recognise: paths::session_recognise(session.id),
            revoke: paths::session_revoke(session.id),
        }),
        sessions: LatestRow::latest(&user, CredentialType::Session, &active),
        tokens: LatestRow::latest(&user, CredentialType::Token, &active),
        lines: events.rows.iter().map(row).collect(),
        expiring_tokens: paths::with_query(paths::TOKENS, &[("expires", "7d")]),
        unused_tokens: paths::with_query(paths::TOKENS, &[("used", "90d")]),
        paused_tokens: paths::with_query(paths::TOKENS, &[("state", "paused")]),
        failed_attempts: paths::with_query(
            paths::ACTIVITY,
            &[("type", EventGroup::Failures.as_str())],
        ),
        sign_out_others: paths::with_query(
            paths::SIGN_OUT,
            &[
                ("class", "session"),
                ("except", "current"),
                ("next", &layout.address),
            ],
        ),
        layout,
    })
}

/// `POST /account/sessions/{id}/recognise`
pub async fn recognise(
    user: BrowserUser,
    id: PathId<CredentialTag>,
    form: Form,
) -> Result<HttpResponse> {
    form.0.check()?;
    sessions::recognise(&user.state, &user.principal, id.0).await?;
    user.redirect(paths::ACCOUNT, &notice::sign_in_recognised())
}
