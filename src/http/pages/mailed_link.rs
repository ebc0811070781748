//! The link of a mail that the browser has followed. Its secret is in the signed cookie.

use actix_web::{HttpResponse, http::StatusCode};
use askama::Template;

use crate::{
    error::{Error, Result},
    http::{
        auth::OptionalUser,
        response::html::{self, Layout},
    },
    mail::links::{LinkSecret, Purpose},
    passwords::reset::{self, ResetTarget},
    types::fields::Fields,
};

/// Refuses a form that belongs to another link than the one in the cookie. Two links that are open in
/// two tabs share the cookie, and the last one replaces the first. A form that names no link counts
/// as one of the link in the cookie.
///
/// # Errors
/// [`Error::OtherLink`].
pub(super) fn check_form(user: &OptionalUser, purpose: Purpose, fields: &mut Fields) -> Result<()> {
    let named = fields.text("link");
    let secret = user.cookie.link(purpose);
    let is_other = secret.is_some_and(|secret| secret.form_name() != named);
    if is_other && !named.is_empty() {
        return Err(Error::OtherLink);
    }
    Ok(())
}

/// Returns the secret in the cookie and the account of its link, if the link works.
///
/// # Errors
/// Database errors.
pub(super) async fn link_and_target(
    user: &OptionalUser,
    purpose: Purpose,
) -> Result<Option<(LinkSecret, ResetTarget)>> {
    let Some(secret) = user.cookie.link(purpose) else {
        return Ok(None);
    };
    let target = reset::target(&user.state, purpose, &secret).await?;
    Ok(target.map(|target| (secret, target)))
}

#[derive(Template)]
#[template(path = "link_invalid.html")]
struct InvalidPage {
    layout: Layout,
    purpose: Purpose,
    /// Whether the user can ask for another link.
    has_mail: bool,
}

/// Answers with the page of a link that does not work.
///
/// # Errors
/// None are expected.
pub(super) fn invalid(user: &OptionalUser, purpose: Purpose) -> Result<HttpResponse> {
    user.cookie.remove_link();
    let page = InvalidPage {
        layout: user.layout(),
        purpose,
        has_mail: user.state.settings().mail.is_on(),
    };
    html::page(StatusCode::GONE, &page)
}
