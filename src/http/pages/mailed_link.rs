//! The link of a mail that the browser has followed. Its secret is in the signed cookie.

use actix_web::{HttpResponse, http::StatusCode};
use askama::Template;

use crate::{
    error::Result,
    http::{
        auth::OptionalUser,
        response::html::{self, Layout},
    },
    mail::links::{LinkSecret, Purpose},
    passwords::reset::{self, ResetTarget},
};

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
    let target = reset::target(&user.context, purpose, &secret).await?;
    Ok(target.map(|target| (secret, target)))
}

#[derive(Template)]
#[template(path = "link_invalid.html")]
struct InvalidPage {
    frame: Layout,
    purpose: Purpose,
    /// Whether the user can ask for another link.
    has_mail: bool,
}

/// Answers with the page of a link that does not work.
///
/// # Errors
/// None are expected.
pub(super) fn invalid(user: &OptionalUser, purpose: Purpose) -> Result<HttpResponse> {
    user.cookie.forget_link();
    let page = InvalidPage {
        frame: user.frame(),
        purpose,
        has_mail: user.context.settings().mail.is_on(),
    };
    html::page(StatusCode::GONE, &page)
}
