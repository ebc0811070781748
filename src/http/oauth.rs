//! Introspection (RFC 7662), revocation (RFC 7009) and server metadata (RFC 8414).

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, dev::Payload, http::StatusCode, web::Data,
};
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    auth::{ApiCaller, ClientInfo, session_cookie::CookieConfig},
    middleware::body::{Form, NoQuery},
    openapi::schemas::{
        self,
        credentials::{acr, amr},
    },
    paths,
    response::{self, error_response::OAuthError},
};
use crate::{
    app_state::AppState,
    audit::Actor,
    credentials::{Principal, authenticate, identify, revoke},
    crypto::digest::Digest,
    error::{Error, Result},
    factors::requirement,
    tokens::{PresentedToken, TokenScheme},
    types::{
        ability::Ability, credential_kind::CredentialType, fields::Fields, message::problem,
        secret_form::SecretForm,
    },
    util::clock::Timestamp,
};

/// The credential that the parameter `token` contains: the secret of a token, or the value of a
/// session cookie.
struct Presented {
    form: SecretForm,
    digest: Digest,
}

impl Presented {
    /// Recognises the credential by its format. `token_type_hint` is not needed for this and is
    /// ignored (RFC 7009, section 2.1).
    fn read(state: &AppState, rules: &CookieConfig, text: &str) -> Option<Self> {
        let foreign = &state.settings().tokens.foreign;
        let token = PresentedToken::parse(text, TokenScheme::Bearer, foreign);
        let token = token.map(|PresentedToken { digest, form }| Self { form, digest });
        token.or_else(|| {
            let secret = rules.secret_in(text)?;
            Some(Self {
                form: SecretForm::Session,
                digest: secret.digest(),
            })
        })
    }
}

/// An active credential (RFC 7662, section 2.2). Members without a meaning for Narthex are absent.
/// One example is `client_id`, because a token belongs to its user and not to a client. Another is
/// `aud`, because a token is not bound to a service.
#[derive(Serialize, ToSchema)]
struct Active<'a> {
    #[schema(schema_with = yes)]
    active: bool,
    /// The abilities, separated by spaces (RFC 6749, section 3.3).
    scope: String,
    username: &'a str,
    /// Whether the user has shown that the address is theirs (OpenID Connect Core, section 5.1).
    email_verified: bool,
    /// The registered name of the type (RFC 6749, section 7.1). A session cookie is not an access
    /// token, so its type is the registered value `N_A` (RFC 8693, section 2.2.1).
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false)]
    exp: Option<i64>,
    iat: i64,
    /// The user's id. It is opaque and is never given to another user.
    sub: String,
    iss: String,
    /// The credential's id.
    jti: String,
    /// The level of the sign-in (RFC 9470, section 6.2): `1` after one factor, `2` after two. That of
    /// a token is the level of the session that created it.
    #[schema(schema_with = acr)]
    acr: &'static str,
    /// The methods that proved the user (RFC 8176).
    #[schema(schema_with = amr)]
    amr: Vec<&'static str>,
    /// The time of that proof.
    auth_time: i64,
}

/// The answer `{"active": false}`. It does not reveal the reason (RFC 7662, section 2.2).
#[derive(Serialize, ToSchema)]
struct Inactive {
    #[schema(schema_with = no)]
    active: bool,
}

/// The state of a token or a session cookie (RFC 7662, section 2.2).
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Introspection<'a> {
    Active(Box<Active<'a>>),
    Inactive(Inactive),
}

fn yes() -> schemas::Shape {
    schemas::only(true)
}

fn no() -> schemas::Shape {
    schemas::only(false)
}

/// Returns the state of a token or a session cookie (RFC 7662).
///
/// A caller without the ability gets 403, as for every call. RFC 6750, section 3.1, has this status
/// for `insufficient_scope`. RFC 7662, section 2.3, names 401 and refers to the same section, but a
/// 401 would tell the client to replace a valid token.
///
/// # Errors
/// [`Error::InvalidRequest`] if `token` is missing, and database errors.
#[utoipa::path(
    post,
    path = paths::INTROSPECT,
    tag = "OAuth",
    operation_id = "introspect",
    request_body(content = Token, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The state of the credential.", body = Introspection),
        (status = 400, description = "`token` is missing, empty or repeated.", body = OAuthError),
        (
            status = 401,
            description = "Authentication failed: the token, the cookie or the client password is invalid.",
            body = OAuthError
        )
    )
)]
pub async fn introspect(
    caller: ApiCaller,
    rules: Data<CookieConfig>,
    Token(token): Token,
) -> Result<HttpResponse> {
    let state = &caller.state;
    if let Some(Presented { form, digest }) = Presented::read(state, &rules, &token)
        && let Ok(principal) = authenticate::introspect(state, form, digest).await?
        && requirement::is_satisfied(state, &principal).await?
    {
        let active = Introspection::Active(Box::new(active(state, &principal)));
        return response::json::answer(StatusCode::OK, &active);
    }
    let inactive = Introspection::Inactive(Inactive { active: false });
    response::json::answer(StatusCode::OK, &inactive)
}

fn active<'a>(state: &AppState, principal: &'a Principal) -> Active<'a> {
    let seconds = |time: Timestamp| time.micros().div_euclid(1_000_000);
    let credential = principal.credential();
    Active {
        active: true,
        scope: credential.abilities.to_stored(),
        username: &principal.user().email,
        email_verified: principal.user().email_verified,
        token_type: match credential.class() {
            CredentialType::Token => "Bearer",
            CredentialType::Session => "N_A",
        },
        exp: principal.expiry_after_use_at(state.now()).map(seconds),
        iat: seconds(credential.created_at),
        sub: principal.user().id.to_string(),
        iss: state.settings().base_url(),
        jti: credential.id.to_string(),
        acr: credential.methods.acr(),
        amr: credential.methods.names(),
        auth_time: seconds(credential.authenticated_at),
    }
}

/// Revokes a token or a session (RFC 7009).
///
/// Possession of the secret is the right to revoke it, so no client authentication is required (RFC
/// 7009, section 2.1, for public clients). Client credentials in the request are ignored. An
/// unknown or ended credential is answered as revoked (section 2.2). Every secret that can be
/// introspected can be revoked, so `unsupported_token_type` (section 2.2.1) is never answered.
/// Section 2.3 leaves cross-origin access to the server: pages of trusted origins get CORS, and
/// JSONP is not supported.
///
/// # Errors
/// Database errors. The client must then assume that the token is active. `Retry-After` says when
/// to try again (section 2.2.1).
#[utoipa::path(
    post,
    path = paths::REVOKE,
    tag = "OAuth",
    operation_id = "revoke",
    request_body(content = Token, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The credential is revoked."),
        (status = 400, description = "`token` is missing, empty or repeated.", body = OAuthError)
    )
)]
pub async fn revoke(
    state: Data<AppState>,
    rules: Data<CookieConfig>,
    client: ClientInfo,
    Token(token): Token,
) -> Result<HttpResponse> {
    if let Some(Presented { form, digest }) = Presented::read(&state, &rules, &token) {
        revoke_presented(&state, form, digest, &client).await?;
    }
    Ok(HttpResponse::Ok().finish())
}

async fn revoke_presented(
    state: &AppState,
    form: SecretForm,
    digest: Digest,
    client: &ClientInfo,
) -> Result<()> {
    // A paused token is refused, but its holder can revoke it.
    let Some(credential) = identify::find_unrevoked(state, form, digest).await? else {
        return Ok(());
    };
    let actor = Actor::anonymous(client.ip);
    match revoke::sign_out_here(state, credential.user_id, credential.id, actor).await {
        // The credential was deleted together with its user between the two transactions.
        Err(Error::NotFound) => Ok(()),
        other => other.map(drop),
    }
}

/// The parameter `token` of introspection and revocation.
pub struct Token(String);

// The form that both calls take.
schemas::schema! {
    Token, "Presentation" => schemas::form_of_texts()
        .description(Some("A token's secret, or the value of a session's cookie."))
        .property("token", schemas::text().min_length(Some(1)))
        .required("token")
        .property("token_type_hint", schemas::text());
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
                // Addresses are written to logs.
                return Err(Error::InvalidRequest(problem::oauth_parameters_in_query()));
            }
            form.map_err(into_oauth_error)
                .and_then(|form| token_of(form.0))
                .map(Self)
        })
    }
}

/// Answers a wrong body as an OAuth error. RFC 7662, section 2.1, and RFC 7009, section 2.1,
/// require a form.
fn into_oauth_error(error: Error) -> Error {
    match error {
        Error::WrongMediaType(_) | Error::Malformed(_) => {
            Error::InvalidRequest(problem::oauth_parameters_not_a_form())
        }
        error => error,
    }
}

/// Returns the parameter `token`. A repeated parameter is refused, an empty one counts as absent,
/// and unknown ones are ignored (RFC 6749, section 3.2).
fn token_of(mut fields: Fields) -> Result<String> {
    let mut names: Vec<String> = fields.pairs().into_iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(Error::InvalidRequest(problem::oauth_parameter_repeated()));
    }
    let token = fields.text("token");
    if token.is_empty() {
        return Err(Error::InvalidRequest(problem::oauth_token_missing()));
    }
    Ok(token)
}

/// The server metadata (RFC 8414, section 2). Narthex issues no token by OAuth, so there is no
/// authorization endpoint and no token endpoint. `response_types_supported` is required and must
/// not be empty (section 3.2), so it has the registered value `none`. `grant_types_supported` is
/// absent because an empty list is forbidden.
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

/// Returns the addresses of introspection and revocation (RFC 8414).
///
/// The issuer is the URL of this service. If it has a path, the document is also at the address
/// that RFC 8414, section 3.1, derives from the issuer.
///
/// # Errors
/// None are expected.
#[utoipa::path(
    get,
    path = paths::METADATA,
    tag = "OAuth",
    operation_id = "getServerMetadata",
    responses((status = 200, description = "The metadata.", body = Metadata))
)]
pub async fn metadata(state: Data<AppState>, _: NoQuery) -> Result<HttpResponse> {
    let issuer = state.settings().base_url();
    let abilities = state
        .settings()
        .tokens
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
        // The registered names of an access token type and of a token endpoint authentication
        // method.
        introspection_endpoint_auth_methods_supported: ["Bearer", "client_secret_basic"],
        issuer,
    };
    response::json::answer(StatusCode::OK, &metadata)
}
