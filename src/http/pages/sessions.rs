//! Every live session, and ending one.

use actix_web::HttpResponse;
use askama::Template;

use super::{
    credential_row::Row,
    revoke::{address_of, revoke as revoke_one},
};
use crate::{
    credentials::{self, Scope, Selection},
    error::Result,
    http::{
        auth::SignedIn,
        extract::path::PathId,
        middleware::body::{Form, Query},
        paths,
        response::html::{self, Frame},
    },
    types::{
        credential_kind::{Class, Kind},
        ids::OfCredential,
    },
    util::pagination::Paging,
};

/// How many sessions a page has: as many as a user may have.
const ON_A_PAGE: usize = 100;

#[derive(Template)]
#[template(path = "sessions/list.html")]
struct SessionsPage {
    frame: Frame,
    rows: Vec<Row>,
    older: Option<String>,
    kinds: Vec<(&'static str, String)>,
    sign_out_others: String,
}

/// `GET /account/sessions`
pub async fn show(here: SignedIn, mut query: Query) -> Result<HttpResponse> {
    let after = query.0.parsed("cursor", "This is no cursor.");
    query.0.check()?;
    let paging = Paging::new(ON_A_PAGE, after);
    let (context, user) = (&here.context, here.caller.user.id);
    let everything = Selection::all_of(Class::Session);
    let found = credentials::list(context, user, everything, Scope::Live, paging).await?;
    let kinds = Kind::of(Class::Session)
        .filter(|kind| found.rows.iter().any(|session| session.kind == *kind))
        .map(|kind| (kind.label(), address_of(&Selection::all_of_kind(kind))))
        .collect();
    let others = Selection {
        except: vec![here.caller.credential.id],
        ..Selection::all_of(Class::Session)
    };
    html::ok(&SessionsPage {
        frame: here.frame(),
        rows: Row::all(context, &found.rows, here.caller.credential.id),
        older: found
            .next
            .map(|next| paths::with_query(paths::SESSIONS, &[("cursor", next.to_string())])),
        kinds,
        sign_out_others: address_of(&others),
    })
}

/// `POST /account/sessions/{id}/revoke`
pub async fn revoke(here: SignedIn, id: PathId<OfCredential>, form: Form) -> Result<HttpResponse> {
    revoke_one(&here, Class::Session, id.0, form).await
}
