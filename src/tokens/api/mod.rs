//! Tokens in the JSON API.

mod bodies;

use std::net::IpAddr;

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    web::Data,
};
use serde::Serialize;

use self::bodies::{ChangeBody, NewTokenBody, RotateBody, SignInBody};
use super::{Issued, Request};
use crate::{
    ability::{Abilities, Ability},
    accounts::authenticate,
    activity::Actor,
    callers::{AnyCaller, Origin},
    config::SigningKeys,
    context::Context,
    credentials::{
        self, Class, Credential, Selection,
        api::{end_selected, page_of},
        sign_out,
    },
    error::{Error, Result},
    ids::{CredentialId, OfCredential, ReceiptId},
    kit::clock::Timestamp,
    tokens, urls,
    web::{
        body::{NoQuery, Query},
        idempotency::IdempotencyKey,
        json::{self, FieldsInput, Json, JsonOrNothing, NoFields},
        list::List,
        path::PathId,
    },
};

/// A token, without its secret.
#[derive(Serialize)]
pub struct TokenJson<'a> {
    id: CredentialId,
    class: &'static str,
    kind: &'static str,
    name: &'a str,
    hint: &'a str,
    abilities: &'a Abilities,
    made_by: Option<CredentialId>,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
    last_used_ip: Option<IpAddr>,
    expires_at: Option<Timestamp>,
    paused: bool,
    ended_at: Option<Timestamp>,
    receipt_id: Option<ReceiptId>,
}

impl<'a> TokenJson<'a> {
    /// As its owner sees it.
    #[must_use]
    pub fn of(token: &'a Credential) -> Self {
        Self {
            id: token.id,
            class: token.class().as_str(),
            kind: token.kind.as_str(),
            name: &token.name,
            hint: &token.hint,
            abilities: &token.abilities,
            made_by: token.made_by,
            created_at: token.created_at,
            last_used_at: token.last_used_at,
            last_used_ip: token.last_used_ip,
            expires_at: token.expires_at,
            paused: token.paused,
            ended_at: token.ended_at,
            receipt_id: token.receipt_id,
        }
    }
}

/// A new token, with the secret that is shown this once.
#[derive(Serialize)]
struct IssuedJson<'a> {
    token: TokenJson<'a>,
    secret: &'a str,
}

fn shown(status: StatusCode, Issued { token, secret }: &Issued) -> Result<HttpResponse> {
    let shown = IssuedJson {
        token: TokenJson::of(token),
        secret: secret.expose(),
    };
    json::answer(status, &shown)
}

fn made(issued: &Issued) -> Result<HttpResponse> {
    let mut answer = shown(StatusCode::CREATED, issued)?;
    let place =
        HeaderValue::from_str(&urls::api_token(issued.token.id)).map_err(Error::internal)?;
    answer.headers_mut().insert(header::LOCATION, place);
    Ok(answer)
}

/// `POST /sign-in`: trades e-mail and password for a device token.
///
/// # Errors
/// [`Error::Invalid`] for a name or abilities that cannot be, before the password is looked at;
/// [`Error::WrongPassword`].
pub async fn sign_in(
    context: Data<Context>,
    origin: Origin,
    _: NoQuery,
    Json(body): Json<SignInBody>,
) -> Result<HttpResponse> {
    let device = body.device(&context)?;
    let actor = Actor::stranger(origin.ip);
    let proof = authenticate(&context, &body.email, body.password, actor).await?;
    made(&tokens::sign_in(&context, proof, device, actor).await?)
}

#[derive(Serialize)]
struct AbilityJson<'a> {
    name: &'a Ability,
    description: &'a str,
}

/// `GET /abilities`: the abilities that a token may be given, always all of them.
///
/// # Errors
/// None of its own.
pub async fn abilities(context: Data<Context>, _: AnyCaller, _: NoQuery) -> Result<HttpResponse> {
    let catalogue = context.settings.catalogue.iter();
    let all = catalogue.map(|(name, description)| AbilityJson { name, description });
    json::answer(StatusCode::OK, &List::whole(all.collect()))
}

/// `GET /tokens`: every live token; with `?ended=true` also those that ended.
///
/// # Errors
/// [`Error::Invalid`] for a selection or page that cannot be.
pub async fn list(here: AnyCaller, Query(fields): Query) -> Result<HttpResponse> {
    let page = page_of(&here, fields, Some(Class::Token)).await?;
    json::answer(StatusCode::OK, &List::of(&page, TokenJson::of))
}

/// `GET /tokens/{id}`: one, also where it ended.
///
/// # Errors
/// [`Error::NotFound`] where it is nobody's, somebody else's or a session.
pub async fn one(
    here: AnyCaller,
    PathId(id): PathId<OfCredential>,
    _: NoQuery,
) -> Result<HttpResponse> {
    let token = credentials::find(&here.context, here.caller.user.id, Class::Token, id).await?;
    json::answer(StatusCode::OK, &TokenJson::of(&token))
}

/// `GET /tokens/current`: the one that calls.
///
/// # Errors
/// [`Error::NotFound`] where a session calls.
pub async fn current(here: AnyCaller, _: NoQuery) -> Result<HttpResponse> {
    match here.caller.credential.class() {
        Class::Token => json::answer(StatusCode::OK, &TokenJson::of(&here.caller.credential)),
        Class::Session => Err(Error::NotFound),
    }
}

/// `POST /tokens`: makes one.
///
/// # Errors
/// [`Error::Invalid`] for a token that cannot be; [`Error::ConfirmPassword`] where a session has to
/// confirm its password first; [`Error::MissingAbility`] and [`Error::OutlivesCaller`] for one that
/// may do more, or lives longer, than the caller.
pub async fn create(
    here: AnyCaller,
    _: NoQuery,
    Json(body): Json<NewTokenBody>,
) -> Result<HttpResponse> {
    let new = body.read(&here.context)?;
    made(&tokens::issue(&here.context, here.confirmed()?, new, None).await?)
}

/// `PATCH /tokens/{id}`: renames, narrows, widens, pauses, resumes.
///
/// # Errors
/// [`Error::Invalid`] for a change that cannot be, and as [`tokens::change`].
pub async fn change(
    here: AnyCaller,
    PathId(id): PathId<OfCredential>,
    _: NoQuery,
    Json(body): Json<ChangeBody>,
) -> Result<HttpResponse> {
    let change = body.read(&here.context)?;
    let token = tokens::change(&here.context, &here.caller, id, change).await?;
    json::answer(StatusCode::OK, &TokenJson::of(&token))
}

/// `POST /tokens/{id}/rotate`: gives one a new secret. With an `Idempotency-Key`, whoever asks again
/// within ten minutes gets the same secret again.
///
/// # Errors
/// [`Error::Invalid`] for an overlap that cannot be, and as [`tokens::rotate`].
pub async fn rotate(
    here: AnyCaller,
    keys: Data<SigningKeys>,
    PathId(id): PathId<OfCredential>,
    _: NoQuery,
    IdempotencyKey(key): IdempotencyKey,
    JsonOrNothing(body): JsonOrNothing<RotateBody>,
) -> Result<HttpResponse> {
    let overlap = body.read()?;
    let request = key.map(|key| Request::of_a_program(&keys, &key));
    let rotated = tokens::rotate(&here.context, here.confirmed()?, id, overlap, request).await?;
    shown(StatusCode::OK, &rotated.issued)
}

/// `DELETE /tokens/{id}`: ends one. One that ended before is left as it is.
///
/// # Errors
/// [`Error::NotFound`] where it is nobody's, somebody else's or a session;
/// [`Error::ConfirmPassword`] where a session has to confirm its password first.
pub async fn end_one(
    here: AnyCaller,
    PathId(id): PathId<OfCredential>,
    _: NoFields,
) -> Result<HttpResponse> {
    let user = here.caller.user.id;
    let token = credentials::find(&here.context, user, Class::Token, id).await?;
    if token.is_live(here.context.now()) {
        here.may_end(&Selection::one(Class::Token, id))?;
        sign_out::revoke_token(&here.context, user, id, here.caller.actor()).await?;
    }
    Ok(HttpResponse::NoContent().finish())
}

/// `DELETE /tokens`: ends a selection of tokens.
///
/// # Errors
/// [`Error::Invalid`] for a selection that cannot be; [`Error::ConfirmPassword`] where a session has
/// to confirm its password first.
pub async fn end_some(here: AnyCaller, FieldsInput(fields): FieldsInput) -> Result<HttpResponse> {
    end_selected(&here, fields, Class::Token).await
}

/// `DELETE /tokens/current`: every token may end itself.
///
/// # Errors
/// [`Error::NotFound`] where a session calls.
pub async fn end_current(here: AnyCaller, _: NoFields) -> Result<HttpResponse> {
    if here.caller.credential.class() == Class::Session {
        return Err(Error::NotFound);
    }
    let (user, own) = (here.caller.user.id, here.caller.credential.id);
    sign_out::sign_out_here(&here.context, user, own, here.caller.actor()).await?;
    Ok(HttpResponse::NoContent().finish())
}
