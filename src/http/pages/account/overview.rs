//! The overview of the account: the user, recent events, sessions and tokens.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    audit,
    credentials::{CredentialFilter, StatusFilter, list},
    error::Result,
    http::{
        auth::BrowserUser,
        pages::{activity::EventRow, credential_row::CredentialRow},
        paths,
        response::html::{self, Layout},
    },
    types::{credential_kind::CredentialType, pagination::Paging},
};

/// The number of sessions, and of tokens. The rest has pages of its own.
const CREDENTIALS: usize = 10;
/// The number of events.
const EVENTS: usize = 5;

#[derive(Template)]
#[template(path = "account/overview.html")]
struct OverviewPage {
    frame: Layout,
    name: String,
    email: String,
    sessions: Vec<CredentialRow>,
    more_sessions: bool,
    tokens: Vec<CredentialRow>,
    more_tokens: bool,
    lines: Vec<EventRow>,
    sign_out_others: String,
}

/// `GET /account`
pub async fn show(user: BrowserUser) -> Result<HttpResponse> {
    let (context, account) = (&user.context, &user.principal.user());
    let first_page = |class| {
        let paging = Paging::new(CREDENTIALS, None);
        list(
            context,
            account.id,
            CredentialFilter::all_of(class),
            StatusFilter::Active,
            paging,
        )
    };
    let sessions = first_page(CredentialType::Session).await?;
    let tokens = first_page(CredentialType::Token).await?;
    let events = audit::list(context, account.id, Paging::new(EVENTS, None)).await?;
    html::ok(&OverviewPage {
        frame: user.frame(),
        name: account.name.clone(),
        email: account.email.clone(),
        sessions: CredentialRow::all(&user, &sessions.rows),
        more_sessions: sessions.next.is_some(),
        tokens: CredentialRow::all(&user, &tokens.rows),
        more_tokens: tokens.next.is_some(),
        lines: events
            .rows
            .iter()
            .map(|event| EventRow::new(&user, event))
            .collect(),
        sign_out_others: paths::with_query(paths::SIGN_OUT, &[("except", "current")]),
    })
}
