//! The answers to changes of the factors and of the password.

use actix_web::HttpResponse;

use crate::{
    credentials::RevocationReceipt,
    crypto::digest::Digest,
    error::{Error, Result},
    factors::RecoveryCode,
    http::{
        auth::BrowserUser,
        paths,
        response::html::see_other,
        return_to::{ReturnTo, or_page},
    },
    sessions::SessionSecret,
    types::message::{Message, notice},
};

/// The message of a change, with the numbers of revoked sessions, tokens and trusted browsers.
type ChangeMessage = fn(u64, u64, u64) -> Message;

/// Removes a factor or the password by `removal`, which gets the digest of the session's new secret.
/// `page` shows the form again after a confirmation.
///
/// # Errors
/// The errors of `removal`, except [`Error::NotFound`].
pub(super) async fn remove(
    user: &BrowserUser,
    page: &str,
    message: ChangeMessage,
    removal: impl AsyncFnOnce(Digest) -> Result<Option<RevocationReceipt>>,
) -> Result<HttpResponse> {
    let secret = SessionSecret::generate(user.state.random())?;
    let removed = removal(secret.digest()).await;
    if matches!(removed, Err(Error::NotFound)) {
        return to_overview(user, &notice::already_removed());
    }
    let receipt = user.with_return_address(|| page.to_owned(), removed)?;
    user.cookie.renew(&secret)?;
    redirect(user, paths::SECURITY, message, receipt.as_ref())
}

/// Answers the addition of a factor. New recovery codes are shown first. Then the browser goes to
/// `next`, or to the overview with the message.
pub(super) fn added(
    user: &BrowserUser,
    codes: &[RecoveryCode],
    next: Option<ReturnTo>,
    message: ChangeMessage,
    receipt: Option<&RevocationReceipt>,
) -> Result<HttpResponse> {
    if !codes.is_empty() {
        user.put_recovery_codes(codes)?;
        let page = ReturnTo::append_to(paths::RECOVERY_CODES, next.as_ref());
        return redirect(user, &page, message, receipt);
    }
    match next {
        Some(_) => Ok(see_other(&or_page(
            next,
            user.state.mount(),
            paths::SECURITY,
        ))),
        None => redirect(user, paths::SECURITY, message, receipt),
    }
}

/// Redirects to the overview of the factors with a message that the thing to change is gone, for
/// example after a second click.
///
/// # Errors
/// None are expected.
pub(super) fn to_overview(user: &BrowserUser, message: &Message) -> Result<HttpResponse> {
    user.redirect(paths::SECURITY, message)
}

/// Redirects to a page that shows the message with the numbers of revoked credentials, and links the
/// receipt.
pub(super) fn redirect(
    user: &BrowserUser,
    path: &str,
    message: ChangeMessage,
    receipt: Option<&RevocationReceipt>,
) -> Result<HttpResponse> {
    let count = RevocationReceipt::count_of(receipt);
    let message = count.message(message);
    match receipt {
        Some(receipt) => user.redirect_with_receipt(path, &message, receipt.id),
        None => user.redirect(path, &message),
    }
}
