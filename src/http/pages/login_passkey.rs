//! The calls of the script that signs in with a passkey.

use actix_web::{HttpResponse, http::StatusCode};
use serde::Deserialize;

use super::login_verify::{BrowserCookies, enter, over};
use crate::{
    error::Result,
    factors::passkeys::AssertionResponse,
    http::{
        auth::{ClientInfo, OptionalUser},
        extract::json::{EmptyObject, Json},
        response::json,
        return_to::ReturnTo,
    },
    sessions,
    types::fields::Fields,
};

/// `POST /login/passkey/options`: the options for `navigator.credentials.get()`. A sign-in that is over
/// has none: the answer has the address to go on.
pub async fn options(
    user: OptionalUser,
    Json(EmptyObject {}): Json<EmptyObject>,
) -> Result<HttpResponse> {
    let options = match user.cookie.attempt() {
        Some(attempt) => sessions::passkey_options(&user.context, &attempt).await?,
        None => None,
    };
    match options {
        Some(options) => json::answer(StatusCode::OK, &options),
        None => json::onward(&over(&user, None)?),
    }
}

/// The answer of a passkey.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    /// The result of `navigator.credentials.get()`.
    credential: AssertionResponse,
    /// The page after the sign-in.
    #[serde(default)]
    next: String,
    /// Whether the user asks to trust the browser.
    #[serde(default)]
    trust: bool,
}

/// `POST /login/passkey`
pub async fn sign_in(
    user: OptionalUser,
    origin: ClientInfo,
    Json(assertion): Json<Assertion>,
) -> Result<HttpResponse> {
    let mut fields = Fields::new([("next", assertion.next)]);
    let next = ReturnTo::take(&mut fields, user.context.settings());
    let Some(attempt) = user.cookie.attempt() else {
        return json::onward(&over(&user, next.as_ref())?);
    };
    let cookies = BrowserCookies {
        known: user.browser()?,
        trusted: user.trust(&attempt, assertion.trust)?,
    };
    let details = cookies.sign_in_parameters(&user, origin).await?;
    let credential = assertion.credential;
    let context = &user.context;
    match sessions::complete_by_passkey(context, &attempt, credential, details).await? {
        Some(completed) => json::onward(&enter(&user, completed, next, cookies)?),
        None => json::onward(&over(&user, next.as_ref())?),
    }
}
