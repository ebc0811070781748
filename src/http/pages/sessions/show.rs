//! The page of one session.

use std::time::Duration;

use actix_web::HttpResponse;
use askama::Template;

use super::row::SessionRow;
use crate::{
    credentials::{self, Credential, CredentialFilter, StatusFilter},
    error::Result,
    http::{
        auth::BrowserUser,
        extract::path::PathId,
        middleware::body::{Form, Query},
        pages::{
            activity::LatestEvents,
            credential_row::CredentialRow,
            revoke::{address_from, ask, revoke as revoke_one},
        },
        paths,
        response::{
            client_address::{ClientAddress, Locator},
            html::{self, Layout},
            relative_time::RelativeTime,
        },
    },
    types::{
        credential_kind::CredentialType,
        ids::CredentialTag,
        pagination::{MAX_PAGE_SIZE, Paging},
    },
};

#[derive(Template)]
#[template(path = "sessions/show.html")]
struct SessionPage {
    layout: Layout,
    row: SessionRow,
    kind: String,
    first_address: Option<ClientAddress>,
    user_agent: Option<String>,
    remembered: bool,
    /// The longest time between two uses.
    idle_limit: Option<Duration>,
    /// The end of an active session, whatever its use.
    expires: Option<RelativeTime>,
    revoke: String,
    /// The effect of a sign-out.
    note: String,
    created: Vec<CredentialRow>,
    review_created: String,
    events: LatestEvents,
}

/// `GET /account/sessions/{id}`
pub async fn show(user: BrowserUser, id: PathId<CredentialTag>) -> Result<HttpResponse> {
    let (state, user_id) = (&user.state, user.principal.user().id);
    let session = credentials::find(state, user_id, CredentialType::Session, id.0).await?;
    let locator = Locator::new(state, user.language()).await;
    let made_here = CredentialFilter {
        made_by: vec![session.id],
        ..CredentialFilter::default()
    };
    let paging = Paging::new(MAX_PAGE_SIZE, None);
    let created = credentials::list(
        state,
        user_id,
        made_here.clone(),
        StatusFilter::Active,
        paging,
    )
    .await?;
    let layout = user.layout();
    html::ok(&SessionPage {
        note: if session.id == user.principal.credential().id {
            layout.text("revoke-one-this-browser")
        } else {
            layout.text("revoke-one-session")
        },
        row: SessionRow::new(&user, &locator, &session),
        kind: user.text(&session.kind.label()),
        first_address: locator.address(session.ip),
        remembered: session.remembered,
        idle_limit: session.idle_limit,
        expires: expiry(&user, &session),
        revoke: paths::session_revoke(session.id),
        created: CredentialRow::all(&user, &created.rows),
        review_created: address_from(&made_here, &layout.address),
        events: LatestEvents::of(&user, &locator, &session).await?,
        user_agent: session.user_agent,
        layout,
    })
}

fn expiry(user: &BrowserUser, session: &Credential) -> Option<RelativeTime> {
    let now = user.state.now();
    let end = session.expires_at.filter(|_| session.is_active(now))?;
    Some(RelativeTime::future(user.language(), now, end))
}

/// `GET /account/sessions/{id}/revoke`
pub async fn ask_to_revoke(
    user: BrowserUser,
    id: PathId<CredentialTag>,
    query: Query,
) -> Result<HttpResponse> {
    ask(&user, CredentialType::Session, id.0, query).await
}

/// `POST /account/sessions/{id}/revoke`
pub async fn revoke(
    user: BrowserUser,
    id: PathId<CredentialTag>,
    form: Form,
) -> Result<HttpResponse> {
    revoke_one(&user, CredentialType::Session, id.0, form).await
}
