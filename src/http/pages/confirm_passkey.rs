//! The calls of the script that confirms with a passkey before a sensitive change.

use actix_web::{HttpResponse, http::StatusCode};
use serde::Deserialize;

use crate::{
    error::Result,
    factors::passkeys::AssertionResponse,
    http::{
        auth::BrowserUser,
        extract::json::{CredentialJson, OptionalJson, PageCall, PageUser},
        paths,
        response::{html::see_other, json},
        return_to::{ReturnTo, or_page},
    },
    sessions,
    types::fields::Fields,
};

/// `POST /account/confirm/passkey/options`: the options for `navigator.credentials.get()`.
pub async fn options(
    user: BrowserUser,
    OptionalJson(PageCall { .. }): OptionalJson<PageCall>,
) -> Result<HttpResponse> {
    let options = sessions::confirmation_options(&user.state, &user.principal).await?;
    json::answer(StatusCode::OK, &options)
}

/// The answer of a passkey.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasskeyConfirmation {
    /// The result of `navigator.credentials.get()`.
    credential: AssertionResponse,
    /// The page after the confirmation.
    #[serde(default)]
    next: String,
    #[serde(default, rename = "user")]
    _user: PageUser,
}

/// `POST /account/confirm/passkey`
pub async fn confirm(
    user: BrowserUser,
    CredentialJson(confirmation): CredentialJson<PasskeyConfirmation>,
) -> Result<HttpResponse> {
    let mut fields = Fields::new([("next", confirmation.next)]);
    let next = ReturnTo::take(&mut fields, user.state.settings());
    let credential = confirmation.credential;
    let secret = sessions::confirm_by_passkey(&user.state, &user.principal, credential).await?;
    user.cookie.renew(&secret)?;
    let page = or_page(next, user.state.mount(), paths::ACCOUNT);
    json::onward(&see_other(&page))
}
