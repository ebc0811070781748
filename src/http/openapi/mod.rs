//! The document that describes the API (OpenAPI 3.1.0), made from the route table, from what stands
//! at each handler (`#[utoipa::path]`) and from the types that handlers read and answer.
//!
//! What is the same for many calls is said once and filled in here: who may call comes from the
//! table's [`Access`], what is answered when something is not done from `answers`, and where an answer
//! leads from `links`.

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
    error::{Error, Result},
    types::credential_kind::{CredentialKind, CredentialType},
};

/// Where a document's API is.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// What the paths are below.
    pub url: &'a str,
    /// The name of the session's cookie.
    pub cookie: &'a str,
}

impl Site<'_> {
    /// Wherever the document was fetched from.
    pub const ANY: Self = Self {
        url: "/",
        cookie: "narthex",
    };
}

const BEARER: &str = "token";
const COOKIE: &str = "session";
const CLIENT: &str = "client";

const DESCRIPTION: &str = "\
What can get in as a user, seen and ended by programs: sessions of browsers and tokens of API clients.

An `Authorization` header, where there is one, decides alone: a bad token is refused whatever cookie \
comes with it. The abilities that a token needs are listed with each call; a session may do everything, \
and is asked for the password again (`403`, `/problems/confirm-password`) where a page would ask.

What was not done is told as a problem (RFC 9457) whose `type` is stable. A method that a path does not \
take is `405` with `Allow`. Wherever there is `GET` there is `HEAD`. Ids of somebody else are not found. \
Unknown fields, in a query as in a body, are refused. New members may come in answers.";

const TAGS: [(&str, &str); 6] = [
    ("Account", "Who is calling, and what happened."),
    ("Sessions", "What lets browsers in."),
    ("Tokens", "What lets API clients in."),
    (
        "Sign-out",
        "Both, and ending many at once: select, preview, end, receipt.",
    ),
    ("OAuth", "What other services ask."),
    ("Service", "What whoever runs this asks."),
];

/// The document as JSON, indented.
///
/// # Errors
/// None that is known: our types serialize.
pub fn json(site: Site<'_>) -> Result<String> {
    document(site).to_pretty_json().map_err(Error::internal)
}

/// The document.
#[must_use]
pub fn document(site: Site<'_>) -> OpenApi {
    let mut document = routes::described();
    let mut info = Info::new("Narthex", env!("CARGO_PKG_VERSION"));
    info.description = Some(DESCRIPTION.to_owned());
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
    let words = [
        (CredentialType::name(), CredentialType::schema()),
        (CredentialKind::name(), CredentialKind::schema()),
        (Problem::name(), Problem::schema()),
    ];
    for (name, shape) in words {
        components.schemas.insert(name.into_owned(), shape);
    }
    components.responses = responses::all();
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
        "The secret of a token (RFC 6750). What is listed with a call are the abilities that the \
         token must have."
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
    let description = "A signed-in browser's session, for pages of this origin and of trusted ones. The \
                       cookie is `narthex` where people reach this service by http, `__Host-narthex` by \
                       https, and `__Secure-narthex` where it is shared with sibling hosts.";
    SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
        name,
        description,
    )))
}

/// What the document says of a route, if anything.
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
    operation.description = operation.description.as_deref().and_then(for_callers);
    operation.security = Some(security(route.access));
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.content.values_mut().for_each(never_null);
    }
    responses::add(operation, route);
    links::add(operation);
}

/// A handler's documentation as far as it speaks to whoever calls: its errors are told to developers,
/// and to callers as answers.
fn for_callers(text: &str) -> Option<String> {
    let text = text.split("# Errors").next().unwrap_or_default().trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A body that may be left out is read as one that may also be `null`, which ours may not.
fn never_null(content: &mut RefOr<Content>) {
    let RefOr::T(content) = content else { return };
    if let Some(RefOr::T(Schema::OneOf(either))) = &content.schema {
        content.schema = either.items.first().cloned();
    }
}

/// Who may call, as alternatives. A scheme that is not of OAuth lists what the caller must have
/// beside it (OpenAPI 3.1, section 4.8.30).
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

/// Whether a call answers in OAuth's way, where nothing is sent but its one form.
fn is_oauth(route: &Route) -> bool {
    [paths::INTROSPECT, paths::REVOKE].contains(&route.path)
}

/// Whether nothing of a request is looked at but its path.
fn is_probe(route: &Route) -> bool {
    [paths::HEALTH, paths::READY].contains(&route.path)
}
