//! Introspection (RFC 7662), revocation (RFC 7009) and where they are to be found (RFC 8414).

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use serde::Serialize;
use utoipa::{ToSchema, openapi::ObjectBuilder};

use crate::{
    ability::Ability,
    activity::Actor,
    callers::{AnyCaller, Origin},
    context::Context,
    credentials::{Caller, Class, gate, sign_out},
    error::{Error, Result},
    fields::Fields,
    kit::{clock::Timestamp, digest::Digest},
    sessions::cookie::CookieRules,
    shapes,
    tokens::TokenSecret,
    urls,
    web::{
        body::{Form, NoQuery},
        json,
    },
};

/// What was sent as `token`: a token's secret, or the value of a session's cookie.
struct Presented {
    class: Class,
    digest: Digest,
}

impl Presented {
    /// Reads it by its form alone. `token_type_hint` is not needed for that, and ignored (RFC 7009,
    /// section 2.1).
    fn read(context: &Context, rules: &CookieRules, text: &str) -> Option<Self> {
        let token = TokenSecret::parse(&context.settings.token_prefix, text).map(|secret| Self {
            class: Class::Token,
            digest: secret.digest(),
        });
        token.or_else(|| {
            let secret = rules.secret_in(text)?;
            Some(Self {
                class: Class::Session,
                digest: secret.digest(),
            })
        })
    }
}

/// What lets its user in (RFC 7662, section 2.2).
#[derive(Serialize, ToSchema)]
struct Active<'a> {
    #[schema(schema_with = yes)]
    active: bool,
    /// What it may do, parted by spaces (RFC 6749, section 3.3).
    scope: String,
    username: &'a str,
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

fn yes() -> shapes::Shape {
    shapes::only(true)
}

fn no() -> shapes::Shape {
    shapes::only(false)
}

/// What a token or a session's cookie is (RFC 7662).
///
/// # Errors
/// Where `token` is missing, or the database cannot be asked.
#[utoipa::path(
    post,
    path = urls::INTROSPECT,
    tag = "OAuth",
    operation_id = "introspect",
    request_body(content = Presentation, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "What it is.", body = Introspection),
        (status = 400, description = "`token` is missing, empty or there twice.", body = OAuthError)
    )
)]
pub async fn introspect(
    here: AnyCaller,
    rules: Data<CookieRules>,
    _: NoQuery,
    form: Form,
) -> Result<HttpResponse> {
    let Ok(token) = token_of(form.0) else {
        return invalid_request();
    };
    let context = &here.context;
    if let Some(Presented { class, digest }) = Presented::read(context, &rules, &token)
        && let Ok(known) = gate::check_for_another(context, class, digest).await?
    {
        let active = Introspection::Active(active(context, &known));
        return json::answer(StatusCode::OK, &active);
    }
    let inactive = Introspection::Inactive(Inactive { active: false });
    json::answer(StatusCode::OK, &inactive)
}

fn active<'a>(context: &Context, known: &'a Caller) -> Active<'a> {
    let seconds = |moment: Timestamp| moment.micros().div_euclid(1_000_000);
    let credential = &known.credential;
    Active {
        active: true,
        scope: credential.abilities.to_stored(),
        username: &known.user.email,
        token_type: match credential.class() {
            Class::Token => "Bearer",
            Class::Session => "session",
        },
        exp: credential.dies_at().map(seconds),
        iat: seconds(credential.created_at),
        sub: known.user.id.to_string(),
        iss: context.settings.base_url(),
        jti: credential.id.to_string(),
    }
}

/// Ends a token or a session (RFC 7009).
///
/// Holding the secret is the right to end it, so nobody else has to be known (section 2.1, for public
/// clients); what is unknown or ended is as good as revoked (section 2.2).
///
/// # Errors
/// Where the database cannot be reached: nothing is reported that did not happen.
#[utoipa::path(
    post,
    path = urls::REVOKE,
    tag = "OAuth",
    operation_id = "revoke",
    request_body(content = Presentation, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "It lets nobody in any more."),
        (status = 400, description = "`token` is missing, empty or there twice.", body = OAuthError)
    )
)]
pub async fn revoke(
    context: Data<Context>,
    rules: Data<CookieRules>,
    origin: Origin,
    _: NoQuery,
    form: Form,
) -> Result<HttpResponse> {
    let Ok(token) = token_of(form.0) else {
        return invalid_request();
    };
    if let Some(Presented { class, digest }) = Presented::read(&context, &rules, &token) {
        end(&context, class, digest, &origin).await?;
    }
    Ok(HttpResponse::Ok().finish())
}

async fn end(context: &Context, class: Class, digest: Digest, origin: &Origin) -> Result<()> {
    // A paused token lets nobody in and can still be ended by whoever holds it.
    let Some(credential) = gate::find_live(context, class, digest).await? else {
        return Ok(());
    };
    let actor = Actor {
        credential: None,
        ip: origin.ip,
    };
    match sign_out::sign_out_here(context, credential.user_id, credential.id, actor).await {
        // Deleted with its user a moment ago.
        Err(Error::NotFound) => Ok(()),
        other => other.map(drop),
    }
}

/// What both are sent, as a form: a token's secret, or the value of a session's cookie.
enum Presentation {}

impl utoipa::PartialSchema for Presentation {
    fn schema() -> shapes::Shape {
        let text = shapes::text().min_length(Some(1));
        ObjectBuilder::new()
            .description(Some(
                "A token's secret, or the value of a session's cookie.",
            ))
            .property("token", text)
            .required("token")
            .property("token_type_hint", shapes::text())
            .into()
    }
}

impl ToSchema for Presentation {}

/// The parameter `token`, which comes once. Others are ignored, as OAuth has it (RFC 6749, 3.2).
fn token_of(mut fields: Fields) -> Result<String> {
    let token = fields.text("token");
    fields.check()?;
    if token.is_empty() {
        Err(Error::Malformed("token is missing".to_owned()))
    } else {
        Ok(token)
    }
}

/// Why a request cannot be answered (RFC 6749, section 5.2).
#[derive(Serialize, ToSchema)]
struct OAuthError {
    error: &'static str,
    error_description: &'static str,
}

/// RFC 6749, section 5.2, which both standards point to for a request that is not well formed.
fn invalid_request() -> Result<HttpResponse> {
    let error = OAuthError {
        error: "invalid_request",
        error_description: "Send the parameter token once, in a form.",
    };
    json::answer(StatusCode::BAD_REQUEST, &error)
}

/// RFC 8414, section 2. There is no authorization endpoint, and so no response or grant type.
#[derive(Serialize, ToSchema)]
#[schema(as = ServerMetadata)]
struct Metadata {
    issuer: String,
    introspection_endpoint: String,
    introspection_endpoint_auth_methods_supported: [&'static str; 1],
    revocation_endpoint: String,
    revocation_endpoint_auth_methods_supported: [&'static str; 1],
    scopes_supported: Vec<String>,
    response_types_supported: [&'static str; 0],
    grant_types_supported: [&'static str; 0],
}

/// Where introspection and revocation are (RFC 8414).
///
/// # Errors
/// None that is known.
#[utoipa::path(
    get,
    path = urls::METADATA,
    tag = "OAuth",
    operation_id = "getServerMetadata",
    responses((status = 200, description = "The metadata.", body = Metadata))
)]
pub async fn metadata(context: Data<Context>, _: NoQuery) -> Result<HttpResponse> {
    let issuer = context.settings.base_url();
    let abilities = context
        .settings
        .catalogue
        .iter()
        .map(|(ability, _)| ability.clone());
    let metadata = Metadata {
        introspection_endpoint: format!("{issuer}{}", urls::INTROSPECT),
        introspection_endpoint_auth_methods_supported: ["bearer"],
        revocation_endpoint: format!("{issuer}{}", urls::REVOKE),
        revocation_endpoint_auth_methods_supported: ["none"],
        scopes_supported: abilities
            .chain([Ability::everything()])
            .map(|ability| ability.to_string())
            .collect(),
        response_types_supported: [],
        grant_types_supported: [],
        issuer,
    };
    json::answer(StatusCode::OK, &metadata)
}
