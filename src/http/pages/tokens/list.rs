//! The page of all active tokens, with a list of recently ended ones.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    credentials::{self, CredentialFilter, StatusFilter},
    error::Result,
    http::{
        auth::BrowserUser,
        middleware::body::Query,
        pages::{credential_row::CredentialRow, revoke::address_of},
        paths,
        response::html::{self, Layout},
    },
    i18n,
    types::{
        credential_kind::{CredentialKind, CredentialType},
        message::field,
        pagination::Paging,
    },
};

/// The number of active tokens on a page, and of ended ones.
const PAGE_SIZE: usize = 50;
const MAX_ENDED: usize = 10;

#[derive(Template)]
#[template(path = "tokens/list.html")]
struct TokensPage {
    frame: Layout,
    rows: Vec<CredentialRow>,
    older: Option<String>,
    ended: Vec<CredentialRow>,
    kinds: Vec<(String, String)>,
    all: String,
}

/// `GET /account/tokens`
pub async fn show(user: BrowserUser, mut query: Query) -> Result<HttpResponse> {
    let after = query.0.parsed("cursor", field::cursor_invalid());
    query.0.check()?;
    let (context, user_id) = (&user.context, user.principal.user().id);
    let tokens = |scope, paging| {
        credentials::list(
            context,
            user_id,
            CredentialFilter::all_of(CredentialType::Token),
            scope,
            paging,
        )
    };
    let active = tokens(StatusFilter::Active, Paging::new(PAGE_SIZE, after)).await?;
    let ended = tokens(StatusFilter::Ended, Paging::new(MAX_ENDED, None)).await?;
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
        older: active
            .next
            .map(|next| paths::with_query(paths::TOKENS, &[("cursor", next.to_string())])),
        ended: CredentialRow::all(&user, &ended.rows),
        kinds,
        all: address_of(&CredentialFilter::all_of(CredentialType::Token)),
    })
}
