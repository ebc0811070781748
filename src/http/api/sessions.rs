//! Sessions in the JSON API.

use std::net::IpAddr;

use actix_web::{HttpResponse, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::credentials::{ReceiptJson, page_of, revoke_one_of_class, revoke_selection};
use crate::{
    credentials::{self, Credential, revoke},
    crypto::secret::SecretString,
    error::Result,
    http::{
        auth::ApiCaller,
        extract::{
            code::read_code,
            json::Json,
            json_values::present,
            path::PathId,
            string_map::{GivenFields, NoInput},
        },
        middleware::body::{NoQuery, Query},
        openapi::schemas::{
            self,
            credentials::{
                Listed, RevocationParams, Sessions, acr, amr, session_class, session_kind,
            },
        },
        paths,
        response::{self, paginated::List},
    },
    passwords::verify::wrong_password_in,
    sessions::{Device, confirm_by_code, reauthenticate},
    types::{
        credential_kind::CredentialType,
        fields::FieldErrors,
        ids::{CredentialId, CredentialTag, ReceiptId},
        message::field,
    },
    util::clock::Timestamp,
};

/// A session, without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionJson {
    id: CredentialId,
    #[schema(schema_with = session_class)]
    class: &'static str,
    #[schema(schema_with = session_kind)]
    kind: &'static str,
    /// The browser, or the name of another program.
    #[schema(required)]
    browser: Option<String>,
    #[schema(required)]
    system: Option<String>,
    /// The address of the last use. The field `from` of a selection matches this address.
    #[schema(required, value_type = Option<schemas::Ip>)]
    ip: Option<IpAddr>,
    /// Whether the user asked to stay signed in.
    remembered: bool,
    /// The level of the sign-in: `1` after one factor, `2` after two.
    #[schema(schema_with = acr)]
    acr: &'static str,
    /// The methods that proved the user (RFC 8176).
    #[schema(schema_with = amr)]
    amr: Vec<&'static str>,
    /// The time at which they last proved the user. A confirmation by the password alone does not
    /// change that of two factors.
    auth_time: Timestamp,
    /// Whether this is the caller's own session.
    current: bool,
    created_at: Timestamp,
    #[schema(required)]
    last_used_at: Option<Timestamp>,
    #[schema(required)]
    expires_at: Option<Timestamp>,
    #[schema(required)]
    ended_at: Option<Timestamp>,
    #[schema(required)]
    receipt_id: Option<ReceiptId>,
}

/// A page of sessions.
type SessionList = List<SessionJson>;

impl SessionJson {
    /// Returns `session` as the caller sees it. `current` is the caller's own credential; an
    /// operator has none.
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
            acr: session.methods.acr(),
            amr: session.methods.names(),
            auth_time: session.authenticated_at,
            current: current == Some(session.id),
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
            ended_at: session.ended_at,
            receipt_id: session.receipt_id,
        }
    }
}

/// The password of the signed-in user, or a code of a second factor: one of both.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, max_properties = 1)]
pub struct Confirmation {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = schemas::Password, required = false)]
    password: Option<SecretString>,
    /// A code of the authenticator app, or a recovery code. A confirmation by a code also counts
    /// where a second factor is needed. A used recovery code is replaced by the one in the answer.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = schemas::Code, required = false)]
    code: Option<String>,
}

/// The recovery code that replaces the used one.
#[derive(Serialize, ToSchema)]
#[schema(as = ReplacedRecoveryCode)]
struct ConfirmedJson<'a> {
    /// The new code. It is not shown again.
    recovery_code: &'a str,
}

/// Confirms the password or a code. The confirmation is valid for a limited time.
///
/// The session gets a new secret, and the answer sets the cookie with it.
///
/// # Errors
/// [`crate::error::Error::Invalid`] for a wrong password or code. The caller stays signed in.
#[utoipa::path(
    post,
    path = paths::API_CONFIRM,
    tag = "Sessions",
    operation_id = "confirmPassword",
    request_body = Confirmation,
    responses(
        (status = 200, description = "The recovery code is confirmed, and another one replaces it.", body = ConfirmedJson),
        (status = 204, description = "The password or the code of the authenticator app is confirmed.")
    )
)]
pub async fn confirm(
    caller: ApiCaller,
    _: NoQuery,
    Json(body): Json<Confirmation>,
) -> Result<HttpResponse> {
    let (state, principal) = (&caller.state, &caller.principal);
    let mut replacement = None;
    let secret = match (body.password, body.code) {
        (Some(password), None) => reauthenticate(state, principal, password, None)
            .await
            .map_err(|error| wrong_password_in("password", error))?,
        (None, Some(code)) => {
            let code = read_code(&code)?;
            let confirmed = confirm_by_code(state, principal, code, None).await?;
            replacement = confirmed.replacement;
            confirmed.secret
        }
        (None, None) => return Err(FieldErrors::one("password", field::missing()).into()),
        (Some(_), Some(_)) => return Err(FieldErrors::one("code", field::one_proof()).into()),
    };
    caller.renew(&secret)?;
    match replacement {
        Some(code) => {
            let code = code.grouped();
            let body = ConfirmedJson {
                recovery_code: code.expose(),
            };
            response::json::answer(StatusCode::OK, &body)
        }
        None => Ok(HttpResponse::NoContent().finish()),
    }
}

/// Lists the active sessions. With `ended=true`, the list includes sessions that have ended.
///
/// # Errors
/// [`crate::error::Error::Invalid`] for an invalid selection or page.
#[utoipa::path(
    get,
    path = paths::API_SESSIONS,
    tag = "Sessions",
    operation_id = "listSessions",
    params(Listed<Sessions>),
    responses((status = 200, description = "A page of the list.", body = SessionList))
)]
pub async fn list(caller: ApiCaller, Query(fields): Query) -> Result<HttpResponse> {
    let page = page_of(&caller, fields, Some(CredentialType::Session)).await?;
    let list = List::of(&page, |session| {
        SessionJson::of(session, Some(caller.principal.credential().id))
    });
    response::json::answer(StatusCode::OK, &list)
}

/// Returns one session, active or ended.
///
/// # Errors
/// [`crate::error::Error::NotFound`] if the user has no session with this id.
#[utoipa::path(
    get,
    path = paths::API_SESSION,
    tag = "Sessions",
    operation_id = "getSession",
    params(("id" = CredentialId, Path)),
    responses((status = 200, description = "The session.", body = SessionJson))
)]
pub async fn one(
    caller: ApiCaller,
    PathId(id): PathId<CredentialTag>,
    _: NoQuery,
) -> Result<HttpResponse> {
    let session = credentials::find(
        &caller.state,
        caller.principal.user().id,
        CredentialType::Session,
        id,
    )
    .await?;
    response::json::answer(
        StatusCode::OK,
        &SessionJson::of(&session, Some(caller.principal.credential().id)),
    )
}

/// Returns the caller's own session.
///
/// # Errors
/// [`crate::error::Error::NotFound`] if the caller's credential is a token.
#[utoipa::path(
    get,
    path = paths::API_SESSION_CURRENT,
    tag = "Sessions",
    operation_id = "getCurrentSession",
    responses(
        (status = 200, description = "The session.", body = SessionJson),
        (status = 404, description = "The caller's credential is a token.")
    )
)]
pub async fn current(caller: ApiCaller, _: NoQuery) -> Result<HttpResponse> {
    let (user, own) = (caller.principal.user().id, caller.principal.credential().id);
    let session = credentials::find(&caller.state, user, CredentialType::Session, own).await?;
    response::json::answer(
        StatusCode::OK,
        &SessionJson::of(&session, Some(caller.principal.credential().id)),
    )
}

/// Revokes a session. A session that has ended before is unchanged.
///
/// # Errors
/// [`crate::error::Error::NotFound`] if the user has no session with this id;
/// [`crate::error::Error::ReauthenticationRequired`] if the caller is another session that must
/// re-authenticate first.
#[utoipa::path(
    delete,
    path = paths::API_SESSION,
    tag = "Sessions",
    operation_id = "endSession",
    params(("id" = CredentialId, Path)),
    responses((status = 204, description = "The session has ended."))
)]
pub async fn revoke_one(
    caller: ApiCaller,
    PathId(id): PathId<CredentialTag>,
    _: NoInput,
) -> Result<HttpResponse> {
    revoke_one_of_class(&caller, CredentialType::Session, id).await
}

/// Revokes a selection of sessions. `all=true` selects all, the caller's own included. Without a
/// query nothing is revoked.
///
/// # Errors
/// [`crate::error::Error::Invalid`] for an invalid selection;
/// [`crate::error::Error::ReauthenticationRequired`] if a session must re-authenticate first.
#[utoipa::path(
    delete,
    path = paths::API_SESSIONS,
    tag = "Sessions",
    operation_id = "endSessions",
    params(RevocationParams<Sessions>),
    responses((status = 200, description = "The receipt.", body = ReceiptJson))
)]
pub async fn revoke_selected(
    caller: ApiCaller,
    GivenFields(fields): GivenFields,
) -> Result<HttpResponse> {
    revoke_selection(&caller, fields, CredentialType::Session).await
}

/// Revokes the caller's own session.
///
/// # Errors
/// Only database errors.
#[utoipa::path(
    delete,
    path = paths::API_SESSION_CURRENT,
    tag = "Sessions",
    operation_id = "endCurrentSession",
    responses((status = 204, description = "The session has ended."))
)]
pub async fn revoke_current(caller: ApiCaller, _: NoInput) -> Result<HttpResponse> {
    let (user, own) = (caller.principal.user().id, caller.principal.credential().id);
    let receipt = revoke::sign_out_here(&caller.state, user, own, caller.principal.actor()).await?;
    caller.sign_out_if_revoked(&receipt).await?;
    Ok(HttpResponse::NoContent().finish())
}
