//! The calls of the script that adds a passkey.

use actix_web::{HttpResponse, http::StatusCode};
use serde::Deserialize;

use super::{answers, revocation_choices};
use crate::{
    error::Result,
    factors::{
        RevocationChoice,
        passkeys::{self, AttestationResponse, NewPasskey},
    },
    http::{
        auth::BrowserUser,
        extract::json::{CredentialJson, OptionalJson, PageCall, PageUser},
        paths,
        response::json,
        return_to::ReturnTo,
    },
    sessions::SessionSecret,
    types::{
        fields::Fields,
        message::{label, notice},
    },
};

/// `POST /account/security/passkeys/options`: the options for `navigator.credentials.create()`.
pub async fn options(
    user: BrowserUser,
    OptionalJson(PageCall { .. }): OptionalJson<PageCall>,
) -> Result<HttpResponse> {
    let confirmed = user.confirmed(|| paths::SECURITY.to_owned())?;
    let options = passkeys::begin_registration(&user.state, confirmed).await?;
    json::answer(StatusCode::OK, &options)
}

/// A new passkey.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasskeyRegistration {
    /// The result of `navigator.credentials.create()`.
    credential: AttestationResponse,
    /// The credentials to revoke with it.
    #[serde(default)]
    also: Vec<String>,
    /// The page after the recovery codes.
    #[serde(default)]
    next: String,
    #[serde(default, rename = "user")]
    _user: PageUser,
}

/// `POST /account/security/passkeys`
pub async fn register(
    user: BrowserUser,
    CredentialJson(registration): CredentialJson<PasskeyRegistration>,
) -> Result<HttpResponse> {
    let confirmed = user.confirmed(|| paths::SECURITY.to_owned())?;
    let also = registration.also.into_iter();
    let also = also.map(|choice| ("also", choice));
    let mut fields = Fields::new(also.chain([("next", registration.next)]));
    let next = ReturnTo::take(&mut fields, user.state.settings());
    let revocation = revocation_choices::take(&mut fields, RevocationChoice::default());
    fields.check()?;
    let new = NewPasskey {
        response: registration.credential,
        fallback_name: user.text(&label::passkey()),
        revocation,
    };
    let secret = SessionSecret::generate(user.state.random())?;
    let made = passkeys::register(&user.state, confirmed, new, secret.digest()).await?;
    user.cookie.renew(&secret)?;
    let (codes, receipt) = (&made.codes, made.receipt.as_ref());
    json::onward(&answers::added(
        &user,
        codes,
        next,
        notice::passkey_added,
        receipt,
    )?)
}
