//! The page of all active sessions.

use actix_web::HttpResponse;
use askama::Template;

use super::{
    credential_row::CredentialRow,
    revoke::{address_of, revoke as revoke_one},
};
use crate::{
    credentials::{self, CredentialFilter, StatusFilter},
    error::Result,
    http::{
        auth::BrowserUser,
        extract::path::PathId,
        middleware::body::{Form, Query},
        paths,
        response::html::{self, Layout},
    },
    i18n,
    types::{
        credential_kind::{CredentialKind, CredentialType},
        ids::CredentialTag,
        message::field,
        pagination::Paging,
    },
};

/// The number of sessions on a page. A user may have as many.
const PAGE_SIZE: usize = 100;

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    frame: Layout,
    rows: Vec<CredentialRow>,
    older: Option<String>,
    kinds: Vec<(String, String)>,
    sign_out_others: String,
}

/// `GET /account/sessions`
pub async fn show(user: BrowserUser, mut query: Query) -> Result<HttpResponse> {
    let after = query.0.parsed("cursor", field::cursor_invalid());
    query.0.check()?;
    let paging = Paging::new(PAGE_SIZE, after);
    let (context, user_id) = (&user.context, user.principal.user().id);
    let everything = CredentialFilter::all_of(CredentialType::Session);
    let found =
        credentials::list(context, user_id, everything, StatusFilter::Active, paging).await?;
    let kinds = CredentialKind::of(CredentialType::Session)
        .filter(|kind| found.rows.iter().any(|session| session.kind == *kind))
        .map(|kind| {
            (
                i18n::text(user.language(), &kind.label()),
                address_of(&CredentialFilter::all_of_kind(kind)),
            )
        })
        .collect();
    let others = CredentialFilter {
        except: vec![user.principal.credential().id],
        ..CredentialFilter::all_of(CredentialType::Session)
    };
    html::ok(&SessionsPage {
        frame: user.frame(),
        rows: CredentialRow::all(&user, &found.rows),
        older: found
            .next
            .map(|next| paths::with_query(paths::SESSIONS, &[("cursor", next.to_string())])),
        kinds,
        sign_out_others: address_of(&others),
    })
}

/// `POST /account/sessions/{id}/revoke`
pub async fn revoke(
    user: BrowserUser,
    id: PathId<CredentialTag>,
    form: Form,
) -> Result<HttpResponse> {
    revoke_one(&user, CredentialType::Session, id.0, form).await
}
