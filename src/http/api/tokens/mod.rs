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
    responses::{AbilityJson, AbilityList, IssuedJson, TokenList},
};
use super::credentials::{ReceiptJson, end_one_of_class, end_selected, page_of};
use crate::{
    app_state::AppState,
    audit::Actor,
    config::SigningKeys,
    credentials::{self, revoke},
    error::{Error, Result},
    http::{
        auth::{ApiCaller, ClientInfo},
        extract::{
            idempotency_key::IdempotencyKey,
            json::{Json, OptionalJson},
            path::PathId,
            string_map::{GivenFields, NoInput},
        },
        middleware::body::{NoQuery, Query},
        openapi::schemas::credentials::{EndedBy, Listed, Tokens},
        paths,
        response::{self, paginated::List},
    },
    passwords::verify::authenticate,
    tokens::{self, Issued, Request},
    types::{
        credential_kind::CredentialType,
        ids::{CredentialId, CredentialTag},
    },
};

fn shown(status: StatusCode, Issued { token, secret }: &Issued) -> Result<HttpResponse> {
    let shown = IssuedJson {
        token: TokenJson::of(token),
        secret: secret.expose(),
    };
    response::json::answer(status, &shown)
}

fn made(issued: &Issued) -> Result<HttpResponse> {
    let mut answer = shown(StatusCode::CREATED, issued)?;
    let place =
        HeaderValue::from_str(&paths::api_token(issued.token.id)).map_err(Error::internal)?;
    answer.headers_mut().insert(header::LOCATION, place);
    Ok(answer)
}

/// Trades e-mail and password for a device token.
///
/// # Errors
/// [`Error::Invalid`] for a name or abilities that cannot be, before the password is looked at;
/// [`Error::WrongPassword`].
#[utoipa::path(
    post,
    path = paths::API_SIGN_IN,
    tag = "Tokens",
    operation_id = "signIn",
    request_body = SignInBody,
    responses((
        status = 201,
        description = "The token, with the secret that is shown this once.",
        body = IssuedJson,
        headers(("Location" = String, description = "Where the token is."))
    ), (
        status = 401,
        description = "E-mail or password is wrong."
    ))
)]
pub async fn sign_in(
    context: Data<AppState>,
    origin: ClientInfo,
    _: NoQuery,
    Json(body): Json<SignInBody>,
) -> Result<HttpResponse> {
    let device = body.device(&context)?;
    let actor = Actor::stranger(origin.ip);
    let proof = authenticate(&context, &body.email, body.password, actor).await?;
    made(&tokens::sign_in(&context, proof, device, actor).await?)
}

/// The abilities that a token may be given, always all of them.
///
/// # Errors
/// None of its own.
#[utoipa::path(
    get,
    path = paths::API_ABILITIES,
    tag = "Tokens",
    operation_id = "listAbilities",
    responses((status = 200, description = "All of them.", body = AbilityList))
)]
pub async fn abilities(context: Data<AppState>, _: ApiCaller, _: NoQuery) -> Result<HttpResponse> {
    let catalogue = context.settings.catalogue.iter();
    let all = catalogue.map(|(name, description)| AbilityJson { name, description });
    response::json::answer(StatusCode::OK, &List::whole(all.collect()))
}

/// Every live token; with `ended=true` also those that ended.
///
/// # Errors
/// [`Error::Invalid`] for a selection or page that cannot be.
#[utoipa::path(
    get,
    path = paths::API_TOKENS,
    tag = "Tokens",
    operation_id = "listTokens",
    params(Listed<Tokens>),
    responses((status = 200, description = "A page of them.", body = TokenList))
)]
pub async fn list(caller: ApiCaller, Query(fields): Query) -> Result<HttpResponse> {
    let page = page_of(&caller, fields, Some(CredentialType::Token)).await?;
    response::json::answer(StatusCode::OK, &List::of(&page, TokenJson::of))
}

/// One token, also where it ended.
///
/// # Errors
/// [`Error::NotFound`] where it is nobody's, somebody else's or a session.
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
        &caller.context,
        caller.caller.user.id,
        CredentialType::Token,
        id,
    )
    .await?;
    response::json::answer(StatusCode::OK, &TokenJson::of(&token))
}

/// The token that calls.
///
/// # Errors
/// [`Error::NotFound`] where a session calls.
#[utoipa::path(
    get,
    path = paths::API_TOKEN_CURRENT,
    tag = "Tokens",
    operation_id = "getCurrentToken",
    responses(
        (status = 200, description = "The token.", body = TokenJson),
        (status = 404, description = "A session calls.")
    )
)]
pub async fn current(caller: ApiCaller, _: NoQuery) -> Result<HttpResponse> {
    let (user, own) = (caller.caller.user.id, caller.caller.credential.id);
    let token = credentials::find(&caller.context, user, CredentialType::Token, own).await?;
    response::json::answer(StatusCode::OK, &TokenJson::of(&token))
}

/// Makes a token: never with more abilities, nor a longer life, than the token that asks.
///
/// # Errors
/// [`Error::Invalid`] for a token that cannot be; [`Error::ReauthenticationRequired`] where a session has to
/// confirm its password first; [`Error::MissingAbility`] and [`Error::ExceedsCallerLifetime`] for one that
/// may do more, or lives longer, than the caller.
#[utoipa::path(
    post,
    path = paths::API_TOKENS,
    tag = "Tokens",
    operation_id = "createToken",
    request_body = NewTokenBody,
    responses((
        status = 201,
        description = "The token, with the secret that is shown this once.",
        body = IssuedJson,
        headers(("Location" = String, description = "Where the token is."))
    ))
)]
pub async fn create(
    caller: ApiCaller,
    _: NoQuery,
    Json(body): Json<NewTokenBody>,
) -> Result<HttpResponse> {
    let new = body.read(&caller.context)?;
    made(
        &tokens::create(
            &caller.context,
            caller.require_recent_authentication()?,
            new,
            None,
        )
        .await?,
    )
}

/// Renames, narrows, widens, pauses or resumes a token, or changes when it expires; what is left out stays.
///
/// # Errors
/// [`Error::Invalid`] for a change that cannot be, and as [`tokens::change`].
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
        (status = 200, description = "The token as it is now.", body = TokenJson),
        (status = 404, description = "There is no such token, or it has ended.")
    )
)]
pub async fn change(
    caller: ApiCaller,
    PathId(id): PathId<CredentialTag>,
    _: NoQuery,
    Json(body): Json<ChangeBody>,
) -> Result<HttpResponse> {
    let change = body.read(&caller.context)?;
    let token = tokens::change(&caller.context, &caller.caller, id, change).await?;
    response::json::answer(StatusCode::OK, &TokenJson::of(&token))
}

/// Gives a token a new secret, while the one before goes on working for a while.
///
/// With an `Idempotency-Key`, whoever asks again within ten minutes gets the same secret again.
///
/// # Errors
/// [`Error::Invalid`] for an overlap that cannot be, and as [`tokens::rotate`].
#[utoipa::path(
    post,
    path = paths::API_TOKEN_ROTATE,
    tag = "Tokens",
    operation_id = "rotateToken",
    params(("id" = CredentialId, Path), IdempotencyKey),
    request_body = Option<RotateBody>,
    responses((
        status = 200,
        description = "The token, with its new secret that is shown this once.",
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
    let rotation = body.read(&caller.context)?;
    let request = key.map(|key| Request::from_program(&keys, &key, &body.terms()));
    let rotated = tokens::rotate(
        &caller.context,
        caller.require_recent_authentication()?,
        id,
        rotation,
        request,
    )
    .await?;
    shown(StatusCode::OK, &rotated.issued)
}

/// Ends a token. One that ended before is left as it is.
///
/// # Errors
/// [`Error::NotFound`] where it is nobody's, somebody else's or a session;
/// [`Error::ReauthenticationRequired`] where a session has to confirm its password first.
#[utoipa::path(
    delete,
    path = paths::API_TOKEN,
    tag = "Tokens",
    operation_id = "endToken",
    params(("id" = CredentialId, Path)),
    responses((status = 204, description = "It has ended."))
)]
pub async fn end_one(
    caller: ApiCaller,
    PathId(id): PathId<CredentialTag>,
    _: NoInput,
) -> Result<HttpResponse> {
    end_one_of_class(&caller, CredentialType::Token, id).await
}

/// Ends a selection of tokens: with `all=true` all of them, the one that calls included. Without a query nothing
/// ends.
///
/// # Errors
/// [`Error::Invalid`] for a selection that cannot be; [`Error::ReauthenticationRequired`] where a session has
/// to confirm its password first.
#[utoipa::path(
    delete,
    path = paths::API_TOKENS,
    tag = "Tokens",
    operation_id = "endTokens",
    params(EndedBy<Tokens>),
    responses((status = 200, description = "What ended.", body = ReceiptJson))
)]
pub async fn end_some(caller: ApiCaller, GivenFields(fields): GivenFields) -> Result<HttpResponse> {
    end_selected(&caller, fields, CredentialType::Token).await
}

/// Ends the token that calls.
///
/// Every token may do that.
///
/// # Errors
/// [`Error::NotFound`] where a session calls.
#[utoipa::path(
    delete,
    path = paths::API_TOKEN_CURRENT,
    tag = "Tokens",
    operation_id = "endCurrentToken",
    responses(
        (status = 204, description = "It has ended."),
        (status = 404, description = "A session calls.")
    )
)]
pub async fn end_current(caller: ApiCaller, _: NoInput) -> Result<HttpResponse> {
    if caller.caller.credential.class() == CredentialType::Session {
        return Err(Error::NotFound);
    }
    let (user, own) = (caller.caller.user.id, caller.caller.credential.id);
    revoke::sign_out_here(&caller.context, user, own, caller.caller.actor()).await?;
    Ok(HttpResponse::NoContent().finish())
}
