//! The calls of the script that signs in with a passkey.

use actix_web::{HttpResponse, http::StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::login_verify::{BrowserCookies, enter, restart_sign_in};
use crate::{
    error::Result,
    factors::passkeys::{AssertionResponse, assertion::refused},
    http::{
        auth::{ClientInfo, OptionalUser},
        extract::json::{CredentialJson, OptionalJson},
        response::json,
        return_to::ReturnTo,
    },
    sessions::{self, SignIn},
    sign_in_attempts::AttemptSecret,
    types::fields::Fields,
};

/// Which step of a sign-in a call is for.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionsRequest {
    /// Whether a new sign-in begins, even if the browser has one that waits for its second step.
    #[serde(default)]
    begin: bool,
}

/// `POST /login/passkey/options`: the options for `navigator.credentials.get()`. If the second step
/// has expired, the answer has the address of the next page and no options.
pub async fn options(
    user: OptionalUser,
    client: ClientInfo,
    OptionalJson(request): OptionalJson<OptionsRequest>,
) -> Result<HttpResponse> {
    let options = match second_step(&user, request.begin) {
        Some(attempt) => sessions::passkey_options(&user.state, &attempt).await?,
        None => Some(begin(&user, &client).await?),
    };
    match options {
        Some(options) => json::answer(StatusCode::OK, &options),
        None => json::onward(&restart_sign_in(&user, None)?),
    }
}

/// Returns the secret of the sign-in whose second step a call is for.
fn second_step(user: &OptionalUser, begin: bool) -> Option<AttemptSecret> {
    user.cookie.attempt().filter(|_| !begin)
}

/// Returns the options for a new sign-in, and binds it to the browser.
async fn begin(user: &OptionalUser, client: &ClientInfo) -> Result<Value> {
    let state = &user.state;
    if let Some(browser) = user.cookie.passkey_sign_in() {
        return sessions::begin_by_passkey(state, &browser, client.ip).await;
    }
    let browser = AttemptSecret::generate(state.random())?;
    let options = sessions::begin_by_passkey(state, &browser, client.ip).await?;
    user.cookie.begin_passkey_sign_in(&browser)?;
    Ok(options)
}

/// The answer of a passkey.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    /// The result of `navigator.credentials.get()`.
    credential: AssertionResponse,
    /// Whether the answer begins a sign-in, as in the request for the options.
    #[serde(default)]
    begin: bool,
    /// Whether the user selected "Keep me signed in".
    #[serde(default)]
    remember: bool,
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
    client: ClientInfo,
    CredentialJson(assertion): CredentialJson<Assertion>,
) -> Result<HttpResponse> {
    let mut fields = Fields::new([("next", assertion.next)]);
    let next = ReturnTo::take(&mut fields, user.state.settings());
    let (state, credential) = (&user.state, assertion.credential);
    if let Some(attempt) = second_step(&user, assertion.begin) {
        let cookies = BrowserCookies {
            known: user.browser()?,
            trusted: user.trust(&attempt, assertion.trust)?,
        };
        let details = cookies.sign_in_parameters(&user, client).await?;
        let completed = sessions::complete_by_passkey(state, &attempt, credential, details);
        return match completed.await? {
            Some(completed) => json::onward(&enter(&user, completed, next, cookies)?),
            None => json::onward(&restart_sign_in(&user, next.as_ref())?),
        };
    }
    let holder = user.cookie.passkey_sign_in().ok_or_else(refused)?;
    let (browser, remember) = (user.browser()?, assertion.remember);
    let details = SignIn {
        remember,
        ..user.sign_in_parameters(client, browser.as_ref()).await?
    };
    let signed_in = sessions::sign_in_by_passkey(state, &holder, credential, details).await?;
    json::onward(&user.enter(&signed_in, remember, next, browser)?)
}
