//! Sessions in the JSON API.

use std::net::IpAddr;

use actix_web::{HttpResponse, http::StatusCode};
use serde::{Deserialize, Serialize};

use super::Device;
use crate::{
    callers::AnyCaller,
    credentials::{
        self, Class, Credential, Selection,
        api::{end_selected, page_of},
        sign_out,
    },
    error::{Error, Result},
    fields::FieldErrors,
    ids::{CredentialId, OfCredential, ReceiptId},
    kit::{clock::Timestamp, secret::SecretText},
    web::{
        body::{NoQuery, Query},
        json::{self, FieldsInput, Json, NoFields},
        list::List,
        path::PathId,
    },
};

/// A session, without its secret.
#[derive(Serialize)]
pub struct SessionJson {
    id: CredentialId,
    class: &'static str,
    kind: &'static str,
    browser: Option<String>,
    system: Option<String>,
    /// Where it was last used from: what `from` selects by.
    ip: Option<IpAddr>,
    remembered: bool,
    /// Whether it is the one that calls.
    current: bool,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    receipt_id: Option<ReceiptId>,
}

impl SessionJson {
    /// As whoever calls with the credential `current` sees it; an operator calls with none.
    #[must_use]
    pub fn of(session: &Credential, current: Option<CredentialId>) -> Self {
        let device = Device::of(session.user_agent.as_deref());
        Self {
            id: session.id,
            class: session.class().as_str(),
            kind: session.kind.as_str(),
            browser: device.browser,
            system: device.system,
            ip: session.last_used_ip.or(session.ip),
            remembered: session.remembered,
            current: current == Some(session.id),
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
            ended_at: session.ended_at,
            receipt_id: session.receipt_id,
        }
    }
}

/// The password of whoever is signed in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    password: SecretText,
}

/// `POST /confirm`: confirms the password for a while. The session goes on under a new secret.
///
/// # Errors
/// [`Error::Invalid`] for a wrong password: the caller is signed in and stays so.
pub async fn confirm(
    here: AnyCaller,
    _: NoQuery,
    Json(body): Json<Confirmation>,
) -> Result<HttpResponse> {
    let secret = match super::confirm(&here.context, &here.caller, body.password).await {
        Err(Error::WrongPassword) => {
            return Err(FieldErrors::one("password", "This is not your password.").into());
        }
        other => other?,
    };
    here.renew(&secret)?;
    Ok(HttpResponse::NoContent().finish())
}

/// `GET /sessions`: every live session; with `?ended=true` also those that ended.
///
/// # Errors
/// [`Error::Invalid`] for a selection or page that cannot be.
pub async fn list(here: AnyCaller, Query(fields): Query) -> Result<HttpResponse> {
    let page = page_of(&here, fields, Some(Class::Session)).await?;
    let shown = List::of(&page, |session| {
        SessionJson::of(session, here.caller.current())
    });
    json::answer(StatusCode::OK, &shown)
}

/// `GET /sessions/{id}`: one, also where it ended.
///
/// # Errors
/// [`Error::NotFound`] where it is nobody's, somebody else's or a token.
pub async fn one(
    here: AnyCaller,
    PathId(id): PathId<OfCredential>,
    _: NoQuery,
) -> Result<HttpResponse> {
    let session = credentials::find(&here.context, here.caller.user.id, Class::Session, id).await?;
    json::answer(
        StatusCode::OK,
        &SessionJson::of(&session, here.caller.current()),
    )
}

/// `GET /sessions/current`: the one that calls.
///
/// # Errors
/// [`Error::NotFound`] where a token calls.
pub async fn current(here: AnyCaller, _: NoQuery) -> Result<HttpResponse> {
    match here.caller.credential.class() {
        Class::Session => {
            let session = SessionJson::of(&here.caller.credential, here.caller.current());
            json::answer(StatusCode::OK, &session)
        }
        Class::Token => Err(Error::NotFound),
    }
}

/// `DELETE /sessions/{id}`: ends one. One that ended before is left as it is.
///
/// # Errors
/// [`Error::NotFound`] where it is nobody's, somebody else's or a token;
/// [`Error::ConfirmPassword`] where another session has to confirm its password first.
pub async fn end_one(
    here: AnyCaller,
    PathId(id): PathId<OfCredential>,
    _: NoFields,
) -> Result<HttpResponse> {
    let (user, answer) = (here.caller.user.id, HttpResponse::NoContent().finish());
    let session = credentials::find(&here.context, user, Class::Session, id).await?;
    if !session.is_live(here.context.now()) {
        return Ok(answer);
    }
    here.may_end(&Selection::one(Class::Session, id))?;
    let receipt = sign_out::revoke_session(&here.context, user, id, here.caller.actor()).await?;
    Ok(here.leaving(&receipt, answer))
}

/// `DELETE /sessions`: ends a selection of sessions.
///
/// # Errors
/// [`Error::Invalid`] for a selection that cannot be; [`Error::ConfirmPassword`] where a session has
/// to confirm its password first.
pub async fn end_some(here: AnyCaller, FieldsInput(fields): FieldsInput) -> Result<HttpResponse> {
    end_selected(&here, fields, Class::Session).await
}

/// `DELETE /sessions/current`: signs this browser out.
///
/// # Errors
/// None of its own.
pub async fn end_current(here: AnyCaller, _: NoFields) -> Result<HttpResponse> {
    let (user, own) = (here.caller.user.id, here.caller.credential.id);
    let receipt = sign_out::sign_out_here(&here.context, user, own, here.caller.actor()).await?;
    let answer = HttpResponse::NoContent().finish();
    Ok(here.leaving(&receipt, answer))
}
