//! The page of all active sessions.

use actix_web::HttpResponse;
use askama::Template;

use super::{
    credential_row::CredentialRow,
    list_query::{ListQuery, SESSIONS},
    revoke::{address_of, revoke as revoke_one},
};
use crate::{
    credentials::{CredentialFilter, search},
    error::Result,
    http::{
        auth::BrowserUser,
        extract::path::PathId,
        middleware::body::{Form, Query},
        response::html::{self, Layout},
    },
    i18n,
    types::{
        credential_kind::{CredentialKind, CredentialType},
        ids::CredentialTag,
    },
};

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    frame: Layout,
    rows: Vec<CredentialRow>,
    newer: Option<String>,
    older: Option<String>,
    kinds: Vec<(String, String)>,
    sign_out_others: String,
}

/// `GET /account/sessions`
pub async fn show(user: BrowserUser, query: Query) -> Result<HttpResponse> {
    let query = ListQuery::parse(&SESSIONS, query.0)?;
    let (context, user_id) = (&user.context, user.principal.user().id);
    let (found, _) = search::search(context, user_id, query.search(context.now())).await?;
    let (newer, older) = query.neighbours(&found);
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
        newer,
        older,
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
