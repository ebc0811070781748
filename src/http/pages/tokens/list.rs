//! The page of all active tokens, with a list of recently ended ones.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    credentials::{self, CredentialFilter, StatusFilter, search},
    error::Result,
    http::{
        auth::BrowserUser,
        middleware::body::Query,
        pages::{
            credential_row::CredentialRow,
            list_query::{ListQuery, TOKENS},
            revoke::address_of,
        },
        response::html::{self, Layout},
    },
    i18n,
    types::{
        credential_kind::{CredentialKind, CredentialType},
        pagination::Paging,
    },
};

/// The number of ended tokens.
const MAX_ENDED: usize = 10;

#[derive(Template)]
#[template(path = "tokens/list.html")]
struct TokensPage {
    frame: Layout,
    rows: Vec<CredentialRow>,
    newer: Option<String>,
    older: Option<String>,
    ended: Vec<CredentialRow>,
    kinds: Vec<(String, String)>,
    all: String,
}

/// `GET /account/tokens`
pub async fn show(user: BrowserUser, query: Query) -> Result<HttpResponse> {
    let query = ListQuery::parse(&TOKENS, query.0)?;
    let (context, user_id) = (&user.context, user.principal.user().id);
    let (active, _) = search::search(context, user_id, query.search(context.now())).await?;
    let ended = credentials::list(
        context,
        user_id,
        CredentialFilter::all_of(CredentialType::Token),
        StatusFilter::Ended,
        Paging::new(MAX_ENDED, None),
    )
    .await?;
    let (newer, older) = query.neighbours(&active);
    let kinds = CredentialKind::of(CredentialType::Token)
        .filter(|kind| active.rows.iter().any(|token| token.kind == *kind))
        .map(|kind| {
            (
                i18n::text(user.language(), &kind.label()),
                address_of(&CredentialFilter::all_of_kind(kind)),
            )
        })
        .collect();
    html::ok(&TokensPage {
        frame: user.frame(),
        rows: CredentialRow::all(&user, &active.rows),
        newer,
        older,
        ended: CredentialRow::all(&user, &ended.rows),
        kinds,
        all: address_of(&CredentialFilter::all_of(CredentialType::Token)),
    })
}
