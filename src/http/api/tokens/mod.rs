//! Tokens in the JSON API.

mod requests;
mod responses;

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    web::Data,
};

pub use self::responses::TokenJson;
use self::{
    requests::{ChangeBody, NewTokenBody, RotateBody, SignInBody},
    responses::{AbilityJson, AbilityList, DeviceJson, IssuedJson, TokenList},
};
use super::credentials::{ReceiptJson, page_of, revoke_one_of_class, revoke_selection};
use crate::{
    app_state::AppState,
    audit::Actor,
    config::SigningKeys,
    credentials::{self, revoke},
    crypto::secret::SecretString,
    error::{Error, Result},
    factors::RecoveryCode,
    http::{
        auth::{ApiCaller, ClientInfo},
        extract::{
            code::read_code,
            idempotency_key::IdempotencyKey,
            json::{Json, OptionalJson},
            path::PathId,
            string_map::{GivenFields, NoInput},
        },
        middleware::body::{NoQuery, Query},
        openapi::schemas::credentials::{Listed, RevocationParams, Tokens},
        paths,
        response::{self, paginated::List},
    },
    i18n::{self, Language},
    passwords::verify::authenticate,
    tokens::{self, Issued, Request},
    types::{
        credential_kind::CredentialType,
        ids::{CredentialId, CredentialTag},
    },
};

fn issued_response(status: StatusCode, Issued { token, secret }: &Issued) -> Result<HttpResponse> {
    let body = IssuedJson {
        token: TokenJson::of(token),
        secret: secret.expose(),
    };
    response::json::answer(status, &body)
}

fn created_response(state: &AppState, issued: &Issued) -> Result<HttpResponse> {
    let answer = issued_response(StatusCode::CREATED, issued)?;
    with_location(state, issued, answer)
}

fn with_location(
    state: &AppState,
    issued: &Issued,
    mut answer: HttpResponse,
) -> Result<HttpResponse> {
    let location = state.mount().url(&paths::api_token(issued.token.id));
    let location = HeaderValue::try_from(location).map_err(Error::internal)?;
    answer.headers_mut().insert(header::LOCATION, location);
    Ok(answer)
}

/// Exchanges an e-mail address and a password for a device token.
///
/// # Errors
/// [`Error::Invalid`] for an invalid name or invalid abilities, before the password is verified;
/// [`Error::WrongPassword`]; [`Error::SecondFactorRequired`] if the code is missing.
#[utoipa::path(
    post,
    path = paths::API_SIGN_IN,
    tag = "Tokens",
    operation_id = "signIn",
    request_body = SignInBody,
    responses((
        status = 201,
        description = "The token, with its secret. The secret is not shown again.",
        body = DeviceJson,
        headers(("Location" = String, description = "The address of the token."))
    ), (
        status = 401,
        description = "The e-mail address or the password is wrong, or the code of a second factor is missing."
    ))
)]
pub async fn sign_in(
    state: Data<AppState>,
    client: ClientInfo,
    _: NoQuery,
    Json(body): Json<SignInBody>,
) -> Result<HttpResponse> {
    let device = body.device(&state)?;
    let code = body.code.as_deref().map(read_code).transpose()?;
    let actor = Actor::anonymous(client.ip);
    let proof = authenticate(&state, &body.email, body.password, actor).await?;
    let signed_in = tokens::sign_in(&state, proof, device, code, actor).await?;
    let (issued, replacement) = (&signed_in.issued, signed_in.replacement.as_ref());
    let replacement = replacement.map(RecoveryCode::grouped);
    let body = DeviceJson {
        token: TokenJson::of(&issued.token),
        secret: issued.secret.expose(),
        recovery_code: replacement.as_ref().map(SecretString::expose),
    };
    let answer = response::json::answer(StatusCode::CREATED, &body)?;
    with_location(&state, issued, answer)
}

/// Lists the abilities that a token may have. The list is always complete.
///
/// # Errors
/// None are expected.
#[utoipa::path(
    get,
    path = paths::API_ABILITIES,
    tag = "Tokens",
    operation_id = "listAbilities",
    responses((status = 200, description = "The list.", body = AbilityList))
)]
pub async fn abilities(state: Data<AppState>, _: ApiCaller, _: NoQuery) -> Result<HttpResponse> {
    let catalogue = state.settings().tokens.catalogue.iter();
    let all = catalogue.map(|(name, description)| AbilityJson {
        name,
        description: i18n::written(Language::english(), description),
    });
    response::json::answer(StatusCode::OK, &List::whole(all.collect()))
}

/// Lists the active tokens. With `ended=true`, the list includes tokens that have ended.
///
/// # Errors
/// [`Error::Invalid`] for an invalid selection or page.
#[utoipa::path(
    get,
    path = paths::API_TOKENS,
    tag = "Tokens",
    operation_id = "listTokens",
    params(Listed<Tokens>),
    responses((status = 200, description = "A page of the list.", body = TokenList))
)]
pub async fn list(caller: ApiCaller, Query(fields): Query) -> Result<HttpResponse> {
    let page = page_of(&caller, fields, Some(CredentialType::Token)).await?;
    response::json::answer(StatusCode::OK, &List::of(&page, TokenJson::of))
}

/// Returns one token, active or ended.
///
/// # Errors
/// [`Error::NotFound`] if the user has no token with this id.
#[utoipa::path(
    get,
    path = paths::API_TOKEN,
    tag = "Tokens",
    operation_id = "getToken",
    params(("id" = CredentialId, Path)),
    responses((status = 200, description = "The token.", body = TokenJson))
)]
pub async fn one(
    caller: ApiCaller,
    PathId(id): PathId<CredentialTag>,
    _: NoQuery,
) -> Result<HttpResponse> {
    let token = credentials::find(
        &caller.state,
        caller.principal.user().id,
        CredentialType::Token,
        id,
    )
    .await?;
    response::json::answer(StatusCode::OK, &TokenJson::of(&token))
}

/// Returns the caller's own token.
///
/// # Errors
/// [`Error::NotFound`] if the caller's credential is a session.
#[utoipa::path(
    get,
    path = paths::API_TOKEN_CURRENT,
    tag = "Tokens",
    operation_id = "getCurrentToken",
    responses(
        (status = 200, description = "The token.", body = TokenJson),
        (status = 404, description = "The caller's credential is a session.")
    )
)]
pub async fn current(caller: ApiCaller, _: NoQuery) -> Result<HttpResponse> {
    let (user, own) = (caller.principal.user().id, caller.principal.credential().id);
    let token = credentials::find(&caller.state, user, CredentialType::Token, own).await?;
    response::json::answer(StatusCode::OK, &TokenJson::of(&token))
}

/// Creates a token. It cannot have more abilities or a longer life than the token of the caller.
///
/// # Errors
/// [`Error::Invalid`] for an invalid token; [`Error::ReauthenticationRequired`] if a session must
/// re-authenticate first; [`Error::MissingAbility`] if the caller lacks a requested ability;
/// [`Error::ExceedsCallerLifetime`] if the token would outlive the caller's token.
#[utoipa::path(
    post,
    path = paths::API_TOKENS,
    tag = "Tokens",
    operation_id = "createToken",
    request_body = NewTokenBody,
    responses((
        status = 201,
        description = "The token, with its secret. The secret is not shown again.",
        body = IssuedJson,
        headers(("Location" = String, description = "The address of the token."))
    ))
)]
pub async fn create(
    caller: ApiCaller,
    _: NoQuery,
    Json(body): Json<NewTokenBody>,
) -> Result<HttpResponse> {
    let new = body.read(&caller)?;
    let confirmed = caller.require_recent_authentication()?;
    let issued = tokens::create(&caller.state, confirmed, new, None).await?;
    created_response(&caller.state, &issued)
}

/// Changes the name, the abilities, the expiry or the pause of a token. Absent members stay as they
/// are.
///
/// # Errors
/// [`Error::Invalid`] for an invalid change, and the errors of [`tokens::change`].
#[utoipa::path(
    patch,
    path = paths::API_TOKEN,
    tag = "Tokens",
    operation_id = "changeToken",
    params(("id" = CredentialId, Path)),
    request_body(content(
        (ChangeBody = "application/json"),
        (ChangeBody = "application/merge-patch+json")
    )),
    responses(
        (status = 200, description = "The changed token.", body = TokenJson),
        (status = 404, description = "The token does not exist or has ended.")
    )
)]
pub async fn change(
    caller: ApiCaller,
    PathId(id): PathId<CredentialTag>,
    _: NoQuery,
    Json(body): Json<ChangeBody>,
) -> Result<HttpResponse> {
    let change = body.read(&caller.state)?;
    let token = tokens::change(&caller.state, &caller.principal, id, change).await?;
    response::json::answer(StatusCode::OK, &TokenJson::of(&token))
}

/// Gives a token a new secret. The previous secret works for a grace period.
///
/// A repeated request with the same `Idempotency-Key` gets the same secret, for ten minutes.
///
/// # Errors
/// [`Error::Invalid`] for an invalid grace period, and the errors of [`tokens::rotate`].
#[utoipa::path(
    post,
    path = paths::API_TOKEN_ROTATE,
    tag = "Tokens",
    operation_id = "rotateToken",
    params(("id" = CredentialId, Path), IdempotencyKey),
    request_body = Option<RotateBody>,
    responses((
        status = 200,
        description = "The token, with its new secret. The secret is not shown again.",
        body = IssuedJson
    ))
)]
pub async fn rotate(
    caller: ApiCaller,
    keys: Data<SigningKeys>,
    PathId(id): PathId<CredentialTag>,
    _: NoQuery,
    IdempotencyKey(key): IdempotencyKey,
    OptionalJson(body): OptionalJson<RotateBody>,
) -> Result<HttpResponse> {
    let rotation = body.read(&caller.state)?;
    let request = key.map(|key| Request::from_idempotency_key(&keys, &key, &body.terms()));
    let rotated = tokens::rotate(
        &caller.state,
        caller.require_recent_authentication()?,
        id,
        rotation,
        request,
    )
    .await?;
    issued_response(StatusCode::OK, &rotated.issued)
}

/// Revokes a token. A token that has ended before is unchanged.
///
/// # Errors
/// [`Error::NotFound`] if the user has no token with this id; [`Error::ReauthenticationRequired`]
/// if a session must re-authenticate first.
#[utoipa::path(
    delete,
    path = paths::API_TOKEN,
    tag = "Tokens",
    operation_id = "endToken",
    params(("id" = CredentialId, Path)),
    responses((status = 204, description = "The token has ended."))
)]
pub async fn revoke_one(
    caller: ApiCaller,
    PathId(id): PathId<CredentialTag>,
    _: NoInput,
) -> Result<HttpResponse> {
    revoke_one_of_class(&caller, CredentialType::Token, id).await
}

/// Revokes a selection of tokens. `all=true` selects all, the caller's own included. Without a
/// query nothing is revoked.
///
/// # Errors
/// [`Error::Invalid`] for an invalid selection; [`Error::ReauthenticationRequired`] if a session
/// must re-authenticate first.
#[utoipa::path(
    delete,
    path = paths::API_TOKENS,
    tag = "Tokens",
    operation_id = "endTokens",
    params(RevocationParams<Tokens>),
    responses((status = 200, description = "The receipt.", body = ReceiptJson))
)]
pub async fn revoke_selected(
    caller: ApiCaller,
    GivenFields(fields): GivenFields,
) -> Result<HttpResponse> {
    revoke_selection(&caller, fields, CredentialType::Token).await
}

/// Revokes the caller's own token.
///
/// No ability is required.
///
/// # Errors
/// [`Error::NotFound`] if the caller's credential is a session.
#[utoipa::path(
    delete,
    path = paths::API_TOKEN_CURRENT,
    tag = "Tokens",
    operation_id = "endCurrentToken",
    responses(
        (status = 204, description = "The token has ended."),
        (status = 404, description = "The caller's credential is a session.")
    )
)]
pub async fn revoke_current(caller: ApiCaller, _: NoInput) -> Result<HttpResponse> {
    if caller.principal.credential().class() == CredentialType::Session {
        return Err(Error::NotFound);
    }
    let (user, own) = (caller.principal.user().id, caller.principal.credential().id);
    revoke::sign_out_here(&caller.state, user, own, caller.principal.actor()).await?;
    Ok(HttpResponse::NoContent().finish())
}
