//! Revoking one session or one token: the page asks first.

use actix_web::HttpResponse;
use askama::Template;

use super::by_filter::{address_of, leave};
use crate::{
    credentials::{Credential, Selection, revoke},
    error::Result,
    http::{
        auth::SignedIn,
        middleware::body::Form,
        pages::credential_row::Row,
        paths,
        response::html::{self, Frame},
        return_to::Next,
    },
    types::{credential_kind::Class, ids::CredentialId},
};

/// The most characters of a name in a message, which travels in the cookie.
const LONGEST_TITLE: usize = 60;

#[derive(Template)]
#[template(path = "credentials/revoke.html")]
struct RevokePage {
    frame: Frame,
    row: Row,
    asks_password: bool,
    back: String,
}

/// Answers `POST …/{id}/revoke`. Without `confirmed=1` it shows what would end; with it, it revokes the
/// credential and leads back to the list that `next` names.
///
/// # Errors
/// As [`revoke::end_one`]; [`crate::error::Error::ConfirmPassword`] leads to the preview of this one.
pub(crate) async fn revoke(
    here: &SignedIn,
    class: Class,
    id: CredentialId,
    form: Form,
) -> Result<HttpResponse> {
    let mut fields = form.0;
    let confirmed = fields.text("confirmed") == "1";
    let back = list_of(here, class, &fields.text("next"));
    fields.check()?;
    let found = revoke::find_to_end(&here.context, here.caller.user.id, class, id).await?;
    let Some(credential) = found else {
        return ended_already(here, class, &back);
    };
    if !confirmed {
        return ask(here, &credential, back);
    }
    let preview = || address_of(&Selection::one(class, id));
    let ended = revoke::end_one(&here.context, &here.caller, class, id).await;
    match here.leading_back(preview, ended)? {
        None => ended_already(here, class, &back),
        Some(receipt) if receipt.names(here.caller.credential.id) => leave(here, &receipt).await,
        Some(receipt) => {
            let row = Row::new(&here.context, &credential, here.caller.credential.id);
            let what = match class {
                Class::Session => "Session signed out",
                Class::Token => "Token revoked",
            };
            let message = format!("{what}: {}.", shortened(&row.title));
            here.go_with_receipt(&back, &message, receipt.id)
        }
    }
}

fn ask(here: &SignedIn, credential: &Credential, back: String) -> Result<HttpResponse> {
    let selection = Selection::one(credential.class(), credential.id);
    let may = here.caller.may_end(&selection, here.context.now());
    html::ok(&RevokePage {
        frame: here.frame(),
        row: Row::new(&here.context, credential, here.caller.credential.id),
        asks_password: may.is_err(),
        back,
    })
}

fn ended_already(here: &SignedIn, class: Class, back: &str) -> Result<HttpResponse> {
    let message = match class {
        Class::Session => "This session had ended already.",
        Class::Token => "This token had ended already.",
    };
    here.go(back, message)
}

/// The list that a form came from: `next` where that is one of the pages with such forms, else the list
/// of the class.
fn list_of(here: &SignedIn, class: Class, next: &str) -> String {
    let lists = [paths::ACCOUNT, paths::SESSIONS, paths::TOKENS];
    let next = Next::parse(next, &here.context.settings);
    let next = next.filter(|next| {
        let path = next.as_str().split('?').next();
        path.is_some_and(|path| lists.contains(&path))
    });
    match (next, class) {
        (Some(next), _) => next.as_str().to_owned(),
        (None, Class::Session) => paths::SESSIONS.to_owned(),
        (None, Class::Token) => paths::TOKENS.to_owned(),
    }
}

fn shortened(title: &str) -> String {
    if title.chars().count() <= LONGEST_TITLE {
        return title.to_owned();
    }
    let start: String = title.chars().take(LONGEST_TITLE - 1).collect();
    format!("{start}…")
}
