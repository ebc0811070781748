//! The link of a mail that the browser has followed. Its secret is in the signed cookie.

use crate::{
    error::Result,
    http::auth::OptionalUser,
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
