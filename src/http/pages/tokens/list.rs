//! Every live token, and apart what ended lately.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    credentials::{self, Scope, Selection},
    error::Result,
    http::{
        auth::SignedIn,
        middleware::body::Query,
        pages::{credential_row::Row, revoke::address_of},
        paths,
        response::html::{self, Frame},
    },
    types::credential_kind::{Class, Kind},
    util::pagination::Paging,
};

/// How many tokens a page has, and how many that ended.
const ON_A_PAGE: usize = 50;
const ENDED: usize = 10;

#[derive(Template)]
#[template(path = "tokens/list.html")]
struct TokensPage {
    frame: Frame,
    rows: Vec<Row>,
    older: Option<String>,
    ended: Vec<Row>,
    kinds: Vec<(&'static str, String)>,
    all: String,
}

/// `GET /account/tokens`
pub async fn show(here: SignedIn, mut query: Query) -> Result<HttpResponse> {
    let after = query.0.parsed("cursor", "This is no cursor.");
    query.0.check()?;
    let (context, user) = (&here.context, here.caller.user.id);
    let tokens = |scope, paging| {
        credentials::list(
            context,
            user,
            Selection::all_of(Class::Token),
            scope,
            paging,
        )
    };
    let live = tokens(Scope::Live, Paging::new(ON_A_PAGE, after)).await?;
    let ended = tokens(Scope::Ended, Paging::new(ENDED, None)).await?;
    let kinds = Kind::of(Class::Token)
        .filter(|kind| live.rows.iter().any(|token| token.kind == *kind))
        .map(|kind| (kind.label(), address_of(&Selection::all_of_kind(kind))))
        .collect();
    let current = here.caller.credential.id;
    html::ok(&TokensPage {
        frame: here.frame(),
        rows: Row::all(context, &live.rows, current),
        older: live
            .next
            .map(|next| paths::with_query(paths::TOKENS, &[("cursor", next.to_string())])),
        ended: Row::all(context, &ended.rows, current),
        kinds,
        all: address_of(&Selection::all_of(Class::Token)),
    })
}
