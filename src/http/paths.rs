//! Every path once. Routes, redirects and templates call these; nothing else spells a path.
//!
//! A constant with `{id}` is a route's pattern; the function beside it makes the path of one thing.

use crate::types::ids::{CredentialId, ReceiptId};

macro_rules! paths {
    ($($(#[$doc:meta])* $name:ident = $path:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $path;)*
    };
}

paths! {
    /// Leads to the account or to the sign-in page.
    HOME = "/";
    /// Makes an account.
    REGISTER = "/register";
    /// Signs in.
    LOGIN = "/login";
    /// Ends this session.
    LOGOUT = "/logout";
    /// The overview.
    ACCOUNT = "/account";
    /// Name and e-mail.
    PROFILE = "/account/profile";
    /// A new password.
    PASSWORD = "/account/password";
    /// Deletes the account.
    DELETE = "/account/delete";
    /// Asks for the password once more.
    CONFIRM = "/account/confirm";
    /// Every session.
    SESSIONS = "/account/sessions";
    /// Ends one session.
    SESSION_REVOKE = "/account/sessions/{id}/revoke";
    /// Every token; makes one.
    TOKENS = "/account/tokens";
    /// The form for a new token.
    TOKEN_NEW = "/account/tokens/new";
    /// One token: shows and changes it.
    TOKEN = "/account/tokens/{id}";
    /// Pauses one token.
    TOKEN_PAUSE = "/account/tokens/{id}/pause";
    /// Lets a paused token in again.
    TOKEN_RESUME = "/account/tokens/{id}/resume";
    /// Gives one token a new secret.
    TOKEN_ROTATE = "/account/tokens/{id}/rotate";
    /// Ends one token.
    TOKEN_REVOKE = "/account/tokens/{id}/revoke";
    /// Previews and ends a selection.
    SIGN_OUT = "/account/sign-out";
    /// What one sign-out ended.
    RECEIPT = "/account/receipts/{id}";
    /// The activity log.
    ACTIVITY = "/account/activity";
    /// The process is up.
    HEALTH = "/healthz";
    /// The database answers.
    READY = "/readyz";
    /// Whether the caller of a request to another app may pass.
    VERIFY = "/auth/verify";
    /// Leads a password manager to the page that changes the password (W3C, A Well-Known URL for
    /// Changing Passwords).
    CHANGE_PASSWORD = "/.well-known/change-password";
    /// What a token or session is (RFC 7662).
    INTROSPECT = "/oauth/introspect";
    /// Ends a token or session by its secret (RFC 7009).
    REVOKE = "/oauth/revoke";
    /// Where the two are (RFC 8414).
    METADATA = "/.well-known/oauth-authorization-server";
    /// What one sort of problem means: where a problem's `type` leads (RFC 9457, section 3.1.1).
    PROBLEM = "/problems/{name}";
    /// What describes the API (OpenAPI 3.1).
    OPENAPI = "/openapi.json";
    /// Stylesheet and icon, under a name that changes with their content.
    ASSET = "/static/{version}/{name}";
    /// Trades e-mail and password for a device token.
    API_SIGN_IN = "/api/v1/sign-in";
    /// Confirms the password of a session.
    API_CONFIRM = "/api/v1/confirm";
    /// Who is calling.
    API_USER = "/api/v1/user";
    /// The abilities that a token may be given.
    API_ABILITIES = "/api/v1/abilities";
    /// Sessions and tokens in one list.
    API_CREDENTIALS = "/api/v1/credentials";
    /// Sessions.
    API_SESSIONS = "/api/v1/sessions";
    /// The session that calls.
    API_SESSION_CURRENT = "/api/v1/sessions/current";
    /// One session.
    API_SESSION = "/api/v1/sessions/{id}";
    /// Tokens.
    API_TOKENS = "/api/v1/tokens";
    /// The token that calls.
    API_TOKEN_CURRENT = "/api/v1/tokens/current";
    /// One token.
    API_TOKEN = "/api/v1/tokens/{id}";
    /// Gives one token a new secret.
    API_TOKEN_ROTATE = "/api/v1/tokens/{id}/rotate";
    /// What a selection would end.
    API_SIGN_OUT_PREVIEW = "/api/v1/sign-out/preview";
    /// Ends a selection.
    API_SIGN_OUT = "/api/v1/sign-out";
    /// One receipt.
    API_RECEIPT = "/api/v1/receipts/{id}";
    /// The activity log.
    API_EVENTS = "/api/v1/events";
}

fn with_id(pattern: &str, id: impl std::fmt::Display) -> String {
    pattern.replace("{id}", &id.to_string())
}

/// Ends session `id`.
#[must_use]
pub fn session_revoke(id: CredentialId) -> String {
    with_id(SESSION_REVOKE, id)
}

/// Token `id`.
#[must_use]
pub fn token(id: CredentialId) -> String {
    with_id(TOKEN, id)
}

/// Pauses token `id`.
#[must_use]
pub fn token_pause(id: CredentialId) -> String {
    with_id(TOKEN_PAUSE, id)
}

/// Gives token `id` a new secret.
#[must_use]
pub fn token_rotate(id: CredentialId) -> String {
    with_id(TOKEN_ROTATE, id)
}

/// Resumes token `id`.
#[must_use]
pub fn token_resume(id: CredentialId) -> String {
    with_id(TOKEN_RESUME, id)
}

/// Ends token `id`.
#[must_use]
pub fn token_revoke(id: CredentialId) -> String {
    with_id(TOKEN_REVOKE, id)
}

/// Receipt `id`.
#[must_use]
pub fn receipt(id: ReceiptId) -> String {
    with_id(RECEIPT, id)
}

/// Token `id` in the API.
#[must_use]
pub fn api_token(id: CredentialId) -> String {
    with_id(API_TOKEN, id)
}

/// The `type` of a sort of problem.
#[must_use]
pub fn problem(slug: &str) -> String {
    PROBLEM.replace("{name}", slug)
}

/// An asset under the name that its content has now.
#[must_use]
pub fn asset(version: &str, name: &str) -> String {
    ASSET.replace("{version}", version).replace("{name}", name)
}

/// The most bytes of a `next`: of what is longer only the path is followed, and carried. In a query
/// each may be written as three, and 8 KiB is what proxies take of an answer's headers at the least.
pub const LONGEST_NEXT: usize = 2048;

/// `next`, or its path alone where the whole is too long; `None` where that is too long, too. A
/// selection is never cut: without its query it is a selection of everything.
#[must_use]
pub fn shortened(next: &str) -> Option<&str> {
    if next.len() <= LONGEST_NEXT {
        return Some(next);
    }
    let path = next.split(['?', '#']).next()?;
    (path.len() <= LONGEST_NEXT && path != SIGN_OUT).then_some(path)
}

/// `path` with a query that leads back to `next` afterwards, [shortened] where it is too long.
#[must_use]
pub fn with_next(path: &str, next: &str) -> String {
    match shortened(next) {
        Some(next) => with_query(path, &[("next", next)]),
        None => path.to_owned(),
    }
}

/// `path` with `fields` as its query.
#[must_use]
pub fn with_query<N: AsRef<str>, V: AsRef<str>>(path: &str, fields: &[(N, V)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}
