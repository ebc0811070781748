//! The OpenAPI 3.1.0 document of the API. Its sources are the route table, the attributes of the
//! handlers (`#[utoipa::path]`) and the types that handlers read and answer.
//!
//! Repeated parts are added here: the security requirement comes from the [`Access`] of the route,
//! the error responses from `responses`, and the links from `links`.

pub mod handler;
mod links;
mod responses;
pub mod schemas;

use utoipa::{
    PartialSchema as _, ToSchema as _,
    openapi::{
        Content, Info, License, OpenApi, RefOr, Schema, SecurityRequirement, Server,
        path::{Operation, PathItem},
        security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
        tag::TagBuilder,
    },
};

use super::{
    auth::Access,
    paths,
    response::error_response::Problem,
    routes::{self, Route},
};
use crate::{
    config::Mount,
    error::{Error, Result},
    types::credential_kind::{CredentialKind, CredentialType},
};

/// The address of a document's API, and the name of its cookie.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// The URL that precedes the paths.
    pub url: &'a str,
    /// The mount, which precedes the types of problems.
    pub mount: &'a Mount,
    /// The name of the session cookie.
    pub cookie: &'a str,
}

impl Site<'_> {
    /// The server from which the document was fetched.
    pub const ANY: Self = Self {
        url: "/",
        mount: &Mount::ROOT,
        cookie: "narthex",
    };
}

const BEARER: &str = "token";
const COOKIE: &str = "session";
const CLIENT: &str = "client";

/// Returns the description of the API. `confirm` is the type of one problem.
fn description(confirm: &str) -> String {
    format!(
        "\
Narthex keeps the credentials of users: sessions of browsers and tokens of API clients. Programs \
list and revoke them with this API.

If a request has an `Authorization` header, the cookie is ignored: an invalid token is refused even \
if a valid cookie comes with it. Each call lists the abilities that a token needs. A session may do \
everything. It must confirm the password or a second factor (`403`, `{confirm}`) before a sensitive \
change.

A failed request is answered with a problem (RFC 9457) whose `type` is stable. A method that a path \
does not support is answered with `405` and `Allow`. Each path with `GET` supports `HEAD`. An id \
that belongs to another user is answered with `404`. Unknown fields in a query or a body are \
refused. Responses may get new members."
    )
}

const TAGS: [(&str, &str); 6] = [
    ("Account", "The user of the caller, and the audit log."),
    ("Sessions", "The credentials of browsers."),
    ("Tokens", "The credentials of API clients."),
    (
        "Sign-out",
        "Sessions and tokens together: selection, preview, revocation, receipt.",
    ),
    ("OAuth", "Introspection and revocation for other services."),
    (
        "Service",
        "Health, metrics and this document, for operators.",
    ),
];

/// Returns the document as indented JSON.
///
/// # Errors
/// None are expected, because the types of this crate serialize.
pub fn json(site: Site<'_>) -> Result<String> {
    document(site).to_pretty_json().map_err(Error::internal)
}

/// Builds the document.
#[must_use]
pub fn document(site: Site<'_>) -> OpenApi {
    let mut document = routes::openapi_document();
    let mut info = Info::new("Narthex", env!("CARGO_PKG_VERSION"));
    let confirm = site.mount.url(&paths::problem("confirm-password"));
    info.description = Some(description(&confirm));
    let mut license = License::new("MIT");
    license.identifier = Some("MIT".to_owned());
    info.license = Some(license);
    document.info = info;
    document.servers = Some(vec![Server::new(site.url)]);
    document.tags = Some(
        TAGS.map(|(name, description)| {
            let tag = TagBuilder::new().name(name);
            tag.description(Some(description)).build()
        })
        .into(),
    );

    let components = document.components.get_or_insert_default();
    for (name, shape) in schemas::all() {
        components.schemas.insert(name, shape);
    }
    let named_schemas = [
        (CredentialType::name(), CredentialType::schema()),
        (CredentialKind::name(), CredentialKind::schema()),
        (Problem::name(), Problem::schema()),
    ];
    for (name, shape) in named_schemas {
        components.schemas.insert(name.into_owned(), shape);
    }
    components.responses = responses::all(site.mount);
    components.add_security_scheme(BEARER, bearer());
    components.add_security_scheme(CLIENT, client());
    components.add_security_scheme(COOKIE, cookie(site.cookie));

    for route in routes::table() {
        if let Some(operation) = operation(&mut document, &route) {
            complete(operation, &route);
        }
    }
    document
}

fn bearer() -> SecurityScheme {
    let mut scheme = Http::new(HttpAuthScheme::Bearer);
    scheme.description = Some(
        "The secret of a token (RFC 6750). Each call lists the abilities that the token must have."
            .to_owned(),
    );
    SecurityScheme::Http(scheme)
}

fn client() -> SecurityScheme {
    let mut scheme = Http::new(HttpAuthScheme::Basic);
    scheme.description = Some(
        "The secret of a token as the password of an OAuth client (RFC 6749, section 2.3.1), under any \
         name."
            .to_owned(),
    );
    SecurityScheme::Http(scheme)
}

fn cookie(name: &str) -> SecurityScheme {
    let description = "The session of a signed-in browser, for pages of this origin and of trusted \
                       origins. The name of the cookie is `narthex` if the public URL has http, \
                       `__Host-narthex` if it has https, and `__Secure-narthex` if sibling hosts \
                       share the cookie.";
    SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
        name,
        description,
    )))
}

/// Returns the operation that documents a route, if there is one.
fn operation<'a>(document: &'a mut OpenApi, route: &Route) -> Option<&'a mut Operation> {
    let item: &mut PathItem = document.paths.paths.get_mut(route.path)?;
    let operation = match route.method.as_str() {
        "GET" => &mut item.get,
        "POST" => &mut item.post,
        "PUT" => &mut item.put,
        "PATCH" => &mut item.patch,
        "DELETE" => &mut item.delete,
        _ => return None,
    };
    operation.as_mut()
}

fn complete(operation: &mut Operation, route: &Route) {
    operation.description = operation.description.as_deref().and_then(without_errors);
    operation.security = Some(security(route.access));
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.content.values_mut().for_each(remove_null);
    }
    responses::add(operation, route);
    links::add(operation);
}

/// Returns the part of a handler's documentation that is for API clients. The section about errors
/// is for developers; clients find the errors among the responses.
fn without_errors(text: &str) -> Option<String> {
    let text = text.split("# Errors").next().unwrap_or_default().trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Removes `null` from an optional body. utoipa describes an optional body as nullable, but a
/// handler refuses `null`.
fn remove_null(content: &mut RefOr<Content>) {
    let RefOr::T(content) = content else { return };
    if let Some(RefOr::T(Schema::OneOf(either))) = &content.schema {
        content.schema = either.items.first().cloned();
    }
}

/// Returns the alternatives for authentication. Schemes other than OAuth list the required
/// abilities as roles (OpenAPI 3.1, section 4.8.30).
fn security(access: Access) -> Vec<SecurityRequirement> {
    let none: [&str; 0] = [];
    let session = SecurityRequirement::new(COOKIE, none);
    match access {
        Access::Public | Access::OptionalSession => Vec::new(),
        Access::SessionPage | Access::SessionOnly => vec![session],
        Access::AnyCredential => vec![SecurityRequirement::new(BEARER, none), session],
        Access::Abilities(abilities) => vec![
            SecurityRequirement::new(BEARER, abilities.iter().copied()),
            session,
        ],
        Access::OAuthClient(abilities) => [BEARER, CLIENT]
            .map(|scheme| SecurityRequirement::new(scheme, abilities.iter().copied()))
            .into_iter()
            .chain([session])
            .collect(),
    }
}

/// Returns whether a call answers with OAuth errors. Such a call takes a form only.
fn is_oauth(route: &Route) -> bool {
    [paths::INTROSPECT, paths::REVOKE].contains(&route.path)
}

/// Returns whether the handler reads nothing of a request but its path.
fn is_probe(route: &Route) -> bool {
    [paths::HEALTH, paths::READY].contains(&route.path)
}
