//! Introspection (RFC 7662), revocation (RFC 7009) and where they are to be found (RFC 8414).

use std::borrow::Cow;

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, dev::Payload, http::StatusCode, web::Data,
};
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    auth::{ApiCaller, ClientInfo, session_cookie::CookieConfig},
    middleware::body::{Form, NoQuery},
    openapi::schemas,
    paths,
    response::{self, error_response::OAuthError},
};
use crate::{
    app_state::AppState,
    audit::Actor,
    credentials::{Principal, authenticate, revoke},
    crypto::digest::Digest,
    error::{Error, Result},
    tokens::TokenSecret,
    types::{ability::Ability, credential_kind::CredentialType, fields::Fields},
    util::clock::Timestamp,
};

/// What was sent as `token`: a token's secret, or the value of a session's cookie.
struct Presented {
    class: CredentialType,
    digest: Digest,
}

impl Presented {
    /// Reads it by its form alone. `token_type_hint` is not needed for that, and ignored (RFC 7009,
    /// section 2.1).
    fn read(rules: &CookieConfig, text: &str) -> Option<Self> {
        let token = TokenSecret::parse(text).map(|secret| Self {
            class: CredentialType::Token,
            digest: secret.digest(),
        });
        token.or_else(|| {
            let secret = rules.secret_in(text)?;
            Some(Self {
                class: CredentialType::Session,
                digest: secret.digest(),
            })
        })
    }
}

/// What lets its user in (RFC 7662, section 2.2). Members without a meaning here are left out, such as
/// `client_id` and `aud`: a token is its user's own, and not bound to a client or a service.
#[derive(Serialize, ToSchema)]
struct Active<'a> {
    #[schema(schema_with = yes)]
    active: bool,
    /// What it may do, parted by spaces (RFC 6749, section 3.3).
    scope: String,
    username: &'a str,
    /// By its registered name (RFC 6749, section 7.1). What is in a cookie is no access token, for which
    /// the registry has `N_A` (RFC 8693, section 2.2.1).
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false)]
    exp: Option<i64>,
    iat: i64,
    /// The user's id: opaque, and never somebody else's later.
    sub: String,
    iss: String,
    /// The credential's id.
    jti: String,
}

/// Exactly `{"active": false}`: why is nobody's business (RFC 7662, section 2.2).
#[derive(Serialize, ToSchema)]
struct Inactive {
    #[schema(schema_with = no)]
    active: bool,
}

/// What a token or a session's cookie is (RFC 7662, section 2.2).
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Introspection<'a> {
    Active(Active<'a>),
    Inactive(Inactive),
}

fn yes() -> schemas::Shape {
    schemas::only(true)
}

fn no() -> schemas::Shape {
    schemas::only(false)
}

/// What a token or a session's cookie is (RFC 7662).
///
/// A caller without it gets 403, which RFC 6750, section 3.1, has for `insufficient_scope`, as everywhere
/// here. RFC 7662, section 2.3, speaks of 401 and points to the same section; a 401 would tell a good
/// token's bearer to get another.
///
/// # Errors
/// Where `token` is missing, or the database cannot be asked.
#[utoipa::path(
    post,
    path = paths::INTROSPECT,
    tag = "OAuth",
    operation_id = "introspect",
    request_body(content = Token, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "What it is.", body = Introspection),
        (status = 400, description = "`token` is missing, empty or there twice.", body = OAuthError),
        (
            status = 401,
            description = "Nobody is recognised, or a client's password is no good token.",
            body = OAuthError
        )
    )
)]
pub async fn introspect(
    caller: ApiCaller,
    rules: Data<CookieConfig>,
    Token(token): Token,
) -> Result<HttpResponse> {
    let context = &caller.context;
    if let Some(Presented { class, digest }) = Presented::read(&rules, &token)
        && let Ok(known) = authenticate::introspect(context, class, digest).await?
    {
        let active = Introspection::Active(active(context, &known));
        return response::json::answer(StatusCode::OK, &active);
    }
    let inactive = Introspection::Inactive(Inactive { active: false });
    response::json::answer(StatusCode::OK, &inactive)
}

fn active<'a>(context: &AppState, known: &'a Principal) -> Active<'a> {
    let seconds = |moment: Timestamp| moment.micros().div_euclid(1_000_000);
    let credential = &known.credential;
    Active {
        active: true,
        scope: credential.abilities.to_stored(),
        username: &known.user.email,
        token_type: match credential.class() {
            CredentialType::Token => "Bearer",
            CredentialType::Session => "N_A",
        },
        exp: known.ends_at(context.now()).map(seconds),
        iat: seconds(credential.created_at),
        sub: known.user.id.to_string(),
        iss: context.settings.base_url(),
        jti: credential.id.to_string(),
    }
}

/// Ends a token or a session (RFC 7009).
///
/// Holding the secret is the right to end it, so
/// nobody else has to be known (RFC 7009, section 2.1, for public clients; what a client says of itself
/// is not looked at); what is unknown or ended is as good as revoked (section 2.2). Whatever can be
/// introspected can be revoked, so `unsupported_token_type` (section 2.2.1) is never answered. Of section
/// 2.3, which is the server's choice, pages of trusted origins have CORS, and nobody has JSONP.
///
/// # Errors
/// Where the database cannot be reached: nothing is reported that did not happen. The token is to be
/// taken for live then, and `Retry-After` says when to try again (section 2.2.1).
#[utoipa::path(
    post,
    path = paths::REVOKE,
    tag = "OAuth",
    operation_id = "revoke",
    request_body(content = Token, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "It lets nobody in any more."),
        (status = 400, description = "`token` is missing, empty or there twice.", body = OAuthError)
    )
)]
pub async fn revoke(
    context: Data<AppState>,
    rules: Data<CookieConfig>,
    origin: ClientInfo,
    Token(token): Token,
) -> Result<HttpResponse> {
    if let Some(Presented { class, digest }) = Presented::read(&rules, &token) {
        end(&context, class, digest, &origin).await?;
    }
    Ok(HttpResponse::Ok().finish())
}

async fn end(
    context: &AppState,
    class: CredentialType,
    digest: Digest,
    origin: &ClientInfo,
) -> Result<()> {
    // A paused token lets nobody in and can still be ended by whoever holds it.
    let Some(credential) = authenticate::find_not_ended(context, class, digest).await? else {
        return Ok(());
    };
    let actor = Actor::stranger(origin.ip);
    match revoke::sign_out_here(context, credential.user_id, credential.id, actor).await {
        // Deleted with its user a moment ago.
        Err(Error::NotFound) => Ok(()),
        other => other.map(drop),
    }
}

/// The parameter `token` of both calls.
pub struct Token(String);

/// What both calls are sent, as a form.
impl utoipa::PartialSchema for Token {
    fn schema() -> schemas::Shape {
        let text = schemas::text().min_length(Some(1));
        schemas::form_of_texts()
            .description(Some(
                "A token's secret, or the value of a session's cookie.",
            ))
            .property("token", text)
            .required("token")
            .property("token_type_hint", schemas::text())
            .into()
    }
}

impl ToSchema for Token {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Presentation")
    }
}

impl FromRequest for Token {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let in_address = !request.query_string().is_empty();
        let form = Form::from_request(request, payload);
        Box::pin(async move {
            let form = form.await;
            if in_address {
                // What is in an address is in logs.
                return Err(Error::InvalidRequest(
                    "Send the parameters in the body, not in the address.",
                ));
            }
            form.map_err(as_oauth_says)
                .and_then(|form| token_of(form.0))
                .map(Self)
        })
    }
}

/// RFC 7662, section 2.1, and RFC 7009, section 2.1, want a form.
fn as_oauth_says(error: Error) -> Error {
    match error {
        Error::WrongMediaType(_) | Error::Malformed(_) => {
            Error::InvalidRequest("Send the parameters as application/x-www-form-urlencoded.")
        }
        error => error,
    }
}

/// Parameters come once each, one without a value is as if it were not there, and those that are
/// unknown are ignored (RFC 6749, section 3.2).
fn token_of(mut fields: Fields) -> Result<String> {
    let mut names: Vec<String> = fields.pairs().into_iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(Error::InvalidRequest("Send every parameter once."));
    }
    let token = fields.text("token");
    if token.is_empty() {
        return Err(Error::InvalidRequest("Send the parameter token."));
    }
    Ok(token)
}

/// RFC 8414, section 2. Nothing is issued by OAuth here, so there is no authorization and no token
/// endpoint, and of the response types the registered one that gives nothing (`none`): the member is
/// required, and an empty list is forbidden (section 3.2). For that reason there is none of grant types.
#[derive(Serialize, ToSchema)]
#[schema(as = ServerMetadata)]
struct Metadata {
    issuer: String,
    scopes_supported: Vec<String>,
    response_types_supported: [&'static str; 1],
    revocation_endpoint: String,
    revocation_endpoint_auth_methods_supported: [&'static str; 1],
    introspection_endpoint: String,
    introspection_endpoint_auth_methods_supported: [&'static str; 2],
}

/// Where introspection and revocation are (RFC 8414).
///
/// The issuer is the public URL, which has no path that
/// would belong behind this one (RFC 8414, section 3.1).
///
/// # Errors
/// None that is known.
#[utoipa::path(
    get,
    path = paths::METADATA,
    tag = "OAuth",
    operation_id = "getServerMetadata",
    responses((status = 200, description = "The metadata.", body = Metadata))
)]
pub async fn metadata(context: Data<AppState>, _: NoQuery) -> Result<HttpResponse> {
    let issuer = context.settings.base_url();
    let abilities = context
        .settings
        .catalogue
        .iter()
        .map(|(ability, _)| ability.clone());
    let metadata = Metadata {
        scopes_supported: abilities
            .chain([Ability::all()])
            .map(|ability| ability.to_string())
            .collect(),
        response_types_supported: ["none"],
        revocation_endpoint: format!("{issuer}{}", paths::REVOKE),
        revocation_endpoint_auth_methods_supported: ["none"],
        introspection_endpoint: format!("{issuer}{}", paths::INTROSPECT),
        // By name from the registry of access token types, and from that of token endpoint
        // authentication methods.
        introspection_endpoint_auth_methods_supported: ["Bearer", "client_secret_basic"],
        issuer,
    };
    response::json::answer(StatusCode::OK, &metadata)
}
