//! The page that revokes one session or one token. It asks for a confirmation first.

use actix_web::HttpResponse;
use askama::Template;

use super::by_filter::redirect_to_receipt;
use crate::{
    credentials::{Credential, CredentialFilter, revoke},
    error::Result,
    http::{
        auth::BrowserUser,
        middleware::body::{Form, Query},
        pages::credential_row::CredentialRow,
        paths,
        response::html::{self, Layout},
        return_to::ReturnTo,
    },
    types::{credential_kind::CredentialType, ids::CredentialId, message::notice},
};

/// The largest number of characters of a name in a message, because the message is part of the
/// cookie.
const MAX_TITLE_LENGTH: usize = 60;

#[derive(Template)]
#[template(path = "revoke/one.html")]
struct RevokePage {
    layout: Layout,
    title: String,
    row: CredentialRow,
    asks_password: bool,
    back: String,
}

/// Answers `GET …/{id}/revoke`: shows the credential and the button that revokes it. A user who had
/// to sign in or to confirm before the revocation returns here.
///
/// # Errors
/// The errors of [`revoke::find_to_revoke`].
pub(crate) async fn ask(
    user: &BrowserUser,
    class: CredentialType,
    id: CredentialId,
    query: Query,
) -> Result<HttpResponse> {
    let action = match class {
        CredentialType::Session => paths::session_revoke(id),
        CredentialType::Token => paths::token_revoke(id),
    };
    let mut fields = user.draft(&action).unwrap_or(query.0);
    let back = list_page(user, class, &fields.text("next"));
    match revoke::find_to_revoke(&user.state, user.principal.user().id, class, id).await? {
        Some(credential) => show_preview(user, &credential, back),
        None => ended_already(user, class, &back),
    }
}

/// Answers `POST …/{id}/revoke`. Without `confirmed=1`, it shows the credential. With it, it
/// revokes the credential and redirects to the list in `next`.
///
/// # Errors
/// The errors of [`revoke::revoke_one`].
pub(crate) async fn revoke(
    user: &BrowserUser,
    class: CredentialType,
    id: CredentialId,
    form: Form,
) -> Result<HttpResponse> {
    let mut fields = form.0;
    let confirmed = fields.text("confirmed") == "1";
    let back = list_page(user, class, &fields.text("next"));
    fields.check()?;
    let found = revoke::find_to_revoke(&user.state, user.principal.user().id, class, id).await?;
    let Some(credential) = found else {
        return ended_already(user, class, &back);
    };
    if !confirmed {
        return show_preview(user, &credential, back);
    }
    match revoke::revoke_one(&user.state, &user.principal, class, id).await? {
        None => ended_already(user, class, &back),
        Some(receipt) if receipt.contains(user.principal.credential().id) => {
            redirect_to_receipt(user, &receipt).await
        }
        Some(receipt) => {
            let row = CredentialRow::new(user, &credential);
            let name = shortened(&row.title);
            let message = match class {
                CredentialType::Session => notice::session_signed_out(name),
                CredentialType::Token => notice::token_revoked(name),
            };
            user.redirect_with_receipt(&back, &message, receipt.id)
        }
    }
}

fn show_preview(user: &BrowserUser, credential: &Credential, back: String) -> Result<HttpResponse> {
    let filter = CredentialFilter::one(credential.class(), credential.id);
    let authorization = user
        .principal
        .authorize_revocation(&filter, user.state.now());
    let (layout, row) = (user.layout(), CredentialRow::new(user, credential));
    let name = row.title.clone().into();
    html::ok(&RevokePage {
        title: match credential.class() {
            CredentialType::Session => {
                layout.text_with("revoke-one-session-title", &[("name", name)])
            }
            CredentialType::Token => layout.text_with("revoke-one-token-title", &[("name", name)]),
        },
        row,
        asks_password: authorization.is_err(),
        back,
        layout,
    })
}

fn ended_already(user: &BrowserUser, class: CredentialType, back: &str) -> Result<HttpResponse> {
    let message = match class {
        CredentialType::Session => notice::session_already_ended(),
        CredentialType::Token => notice::token_already_ended(),
    };
    user.redirect(back, &message)
}

/// Returns the path of the list to which the user returns: the one in `next`, otherwise the list of
/// the class.
fn list_page(user: &BrowserUser, class: CredentialType, next: &str) -> String {
    list_in(user, next).unwrap_or_else(|| match class {
        CredentialType::Session => paths::SESSIONS.to_owned(),
        CredentialType::Token => paths::TOKENS.to_owned(),
    })
}

/// Returns `next` if it is the address of a page to which the action on a row may return.
pub(crate) fn list_in(user: &BrowserUser, next: &str) -> Option<String> {
    let lists = [
        paths::ACCOUNT,
        paths::SESSIONS,
        paths::TOKENS,
        // After the sign-out of an unfamiliar session.
        paths::SECURE,
    ];
    let next = ReturnTo::parse(next, user.state.settings())?;
    let next = user.state.mount().relative(next.as_str())?;
    let path = next.split('?').next()?;
    lists.contains(&path).then(|| next.to_owned())
}

fn shortened(title: &str) -> String {
    if title.chars().count() <= MAX_TITLE_LENGTH {
        return title.to_owned();
    }
    let start: String = title.chars().take(MAX_TITLE_LENGTH - 1).collect();
    format!("{start}…")
}
