//! All paths. Routes, redirects and templates use these constants and functions only. All are
//! relative to the mount; [`super::address`] makes whole addresses of them.
//!
//! A constant with `{id}` is the pattern of a route. The function of the same name returns the path
//! of one object.

use crate::{
    config::Mount,
    types::ids::{CredentialId, FactorId, ReceiptId},
};

macro_rules! paths {
    ($($(#[$attribute:meta])* $name:ident = $path:literal;)*) => {
        $($(#[$attribute])* pub const $name: &str = $path;)*
    };
}

paths! {
    /// Redirects to the account or to the sign-in page.
    HOME = "/";
    /// Creates an account.
    REGISTER = "/register";
    /// Signs in.
    LOGIN = "/login";
    /// Signs out.
    LOGOUT = "/logout";
    /// Verifies the e-mail address of an account.
    VERIFY_EMAIL = "/verify-email";
    /// Sends the mail with the link to [`VERIFY_EMAIL`] again.
    VERIFY_EMAIL_RESEND = "/verify-email/resend";
    /// Asks for a mail with a link to [`PASSWORD_RESET`].
    PASSWORD_FORGOT = "/password/forgot";
    /// Sets a new password with the link of a mail.
    PASSWORD_RESET = "/password/reset";
    /// Confirms the new address of an account with the link of a mail.
    EMAIL_CONFIRM = "/email/confirm";
    /// Cancels the change to an address that is not confirmed yet.
    EMAIL_CANCEL = "/email/cancel";
    /// Verifies the second address of an account with the link of a mail.
    NOTICE_EMAIL_CONFIRM = "/email/notices";
    /// Puts the previous address of an account back with the link of a mail.
    EMAIL_UNDO = "/email/undo";
    /// Creates an account with the link of an invitation.
    INVITATION = "/invitation";
    /// The overview of the account.
    ACCOUNT = "/account";
    /// The name and the e-mail address.
    PROFILE = "/account/profile";
    /// Changes the password.
    PASSWORD = "/account/password";
    /// Deletes the account.
    DELETE = "/account/delete";
    /// Removes the password.
    PASSWORD_REMOVE = "/account/password/remove";
    /// Recent events and ways to secure the account. Notices link it.
    SECURE = "/account/secure";
    /// Confirms the password or a second factor.
    CONFIRM = "/account/confirm";
    /// Returns the options for a passkey that confirms, to the script of the page.
    CONFIRM_PASSKEY_OPTIONS = "/account/confirm/passkey/options";
    /// Confirms with a passkey.
    CONFIRM_PASSKEY = "/account/confirm/passkey";
    /// The second step of a sign-in.
    LOGIN_VERIFY = "/login/verify";
    /// Returns the options for a passkey to the script of the page.
    LOGIN_PASSKEY_OPTIONS = "/login/passkey/options";
    /// Signs in with a passkey.
    LOGIN_PASSKEY = "/login/passkey";
    /// The password and the second factors.
    SECURITY = "/account/security";
    /// Shows the secret for an authenticator app. `POST` turns the app on.
    TOTP = "/account/security/totp";
    /// Removes the authenticator app.
    TOTP_REMOVE = "/account/security/totp/remove";
    /// Returns the options for a new passkey to the script of the page.
    PASSKEY_OPTIONS = "/account/security/passkeys/options";
    /// Registers a passkey.
    PASSKEYS = "/account/security/passkeys";
    /// One passkey. `POST` renames it.
    PASSKEY = "/account/security/passkeys/{id}";
    /// Removes one passkey.
    PASSKEY_REMOVE = "/account/security/passkeys/{id}/remove";
    /// Cancels the removal of a factor that an operator has planned.
    REMOVAL_CANCEL = "/account/security/removals/{id}/cancel";
    /// Ends the trust in one browser.
    TRUSTED_BROWSER_REMOVE = "/account/security/trusted-browsers/{id}/remove";
    /// Shows new recovery codes once. `POST` makes them.
    RECOVERY_CODES = "/account/security/recovery-codes";
    /// The list of sessions.
    SESSIONS = "/account/sessions";
    /// Recognises the sign-in of one session.
    SESSION_RECOGNISE = "/account/sessions/{id}/recognise";
    /// One session.
    SESSION = "/account/sessions/{id}";
    /// Revokes one session.
    SESSION_REVOKE = "/account/sessions/{id}/revoke";
    /// The list of tokens. `POST` creates a token.
    TOKENS = "/account/tokens";
    /// The form for a new token.
    TOKEN_NEW = "/account/tokens/new";
    /// One token. `POST` changes it.
    TOKEN = "/account/tokens/{id}";
    /// Pauses one token.
    TOKEN_PAUSE = "/account/tokens/{id}/pause";
    /// Resumes one token.
    TOKEN_RESUME = "/account/tokens/{id}/resume";
    /// Gives one token a new secret.
    TOKEN_ROTATE = "/account/tokens/{id}/rotate";
    /// Revokes one token.
    TOKEN_REVOKE = "/account/tokens/{id}/revoke";
    /// Previews and revokes a selection.
    SIGN_OUT = "/account/sign-out";
    /// The receipt of one revocation.
    RECEIPT = "/account/receipts/{id}";
    /// The audit log.
    ACTIVITY = "/account/activity";
    /// The whole audit log as a table.
    ACTIVITY_CSV = "/account/activity.csv";
    /// The whole audit log for programs.
    ACTIVITY_JSON = "/account/activity.json";
    /// Every component of the pages, for their authors and for the tests. No program that is
    /// installed serves it.
    #[cfg(feature = "internals")]
    COMPONENTS = "/components";
    /// Whether the process runs.
    HEALTH = "/healthz";
    /// Whether the database answers.
    READY = "/readyz";
    /// Forward auth: whether the caller of a request to an app is authorized.
    VERIFY = "/auth/verify";
    /// Redirects a password manager to the page that changes the password (W3C, A Well-Known URL
    /// for Changing Passwords).
    CHANGE_PASSWORD = "/.well-known/change-password";
    /// The pages on which a password manager can add and manage passkeys (W3C, A Well-Known URL for
    /// Relying Party Passkey Endpoints).
    PASSKEY_ENDPOINTS = "/.well-known/passkey-endpoints";
    /// The other origins that may use the passkeys of this host name (Web Authentication 3, 5.11).
    RELATED_ORIGINS = "/.well-known/webauthn";
    /// Introspection of a token or session (RFC 7662).
    INTROSPECT = "/oauth/introspect";
    /// Revocation of a token or session by its secret (RFC 7009).
    REVOKE = "/oauth/revoke";
    /// The addresses of introspection and revocation (RFC 8414).
    METADATA = "/.well-known/oauth-authorization-server";
    /// The explanation of a problem type. The `type` of a problem is this address (RFC 9457,
    /// section 3.1.1).
    PROBLEM = "/problems/{name}";
    /// The OpenAPI 3.1 document.
    OPENAPI = "/openapi.json";
    /// Stylesheet, scripts and icon. The version changes with the content.
    ASSET = "/static/{version}/{name}";
    /// Exchanges an e-mail address and a password for a device token.
    API_SIGN_IN = "/api/v1/sign-in";
    /// Confirms the password or a code of a session.
    API_CONFIRM = "/api/v1/confirm";
    /// The user of the caller.
    API_USER = "/api/v1/user";
    /// The abilities that a token may have.
    API_ABILITIES = "/api/v1/abilities";
    /// Sessions and tokens in one list.
    API_CREDENTIALS = "/api/v1/credentials";
    /// The list of sessions.
    API_SESSIONS = "/api/v1/sessions";
    /// The caller's own session.
    API_SESSION_CURRENT = "/api/v1/sessions/current";
    /// One session.
    API_SESSION = "/api/v1/sessions/{id}";
    /// The list of tokens.
    API_TOKENS = "/api/v1/tokens";
    /// The caller's own token.
    API_TOKEN_CURRENT = "/api/v1/tokens/current";
    /// One token.
    API_TOKEN = "/api/v1/tokens/{id}";
    /// Gives one token a new secret.
    API_TOKEN_ROTATE = "/api/v1/tokens/{id}/rotate";
    /// The credentials that a selection would revoke.
    API_SIGN_OUT_PREVIEW = "/api/v1/sign-out/preview";
    /// Revokes a selection.
    API_SIGN_OUT = "/api/v1/sign-out";
    /// One receipt.
    API_RECEIPT = "/api/v1/receipts/{id}";
    /// The activity log.
    API_EVENTS = "/api/v1/events";
}

/// Returns the whole patterns of the route with the path `path`.
///
/// The addresses for password managers are about the whole origin, so they stay at the root (RFC
/// 8615, section 3). The metadata have two addresses, because clients derive the address from the
/// issuer in two ways. The path of the issuer follows the well-known path (RFC 8414, section 3.1).
/// Or it precedes that path, as in OpenID Connect Discovery 1.0, section 4.
#[must_use]
pub fn patterns(mount: &Mount, path: &str) -> Vec<String> {
    match (mount.as_str(), path) {
        ("", _) | (_, CHANGE_PASSWORD | PASSKEY_ENDPOINTS | RELATED_ORIGINS) => {
            vec![path.to_owned()]
        }
        (prefix, HOME) => vec![prefix.to_owned(), mount.url(HOME)],
        (prefix, METADATA) => vec![mount.url(METADATA), format!("{METADATA}{prefix}")],
        _ => vec![mount.url(path)],
    }
}

fn with_id(pattern: &str, id: impl std::fmt::Display) -> String {
    pattern.replace("{id}", &id.to_string())
}

/// The path that recognises the sign-in of the session `id`.
#[must_use]
pub fn session_recognise(id: CredentialId) -> String {
    with_id(SESSION_RECOGNISE, id)
}

/// The path of the session `id`.
#[must_use]
pub fn session(id: CredentialId) -> String {
    with_id(SESSION, id)
}

/// The path that revokes the session `id`.
#[must_use]
pub fn session_revoke(id: CredentialId) -> String {
    with_id(SESSION_REVOKE, id)
}

/// The path of the token `id`.
#[must_use]
pub fn token(id: CredentialId) -> String {
    with_id(TOKEN, id)
}

/// The path that pauses the token `id`.
#[must_use]
pub fn token_pause(id: CredentialId) -> String {
    with_id(TOKEN_PAUSE, id)
}

/// The path that gives the token `id` a new secret.
#[must_use]
pub fn token_rotate(id: CredentialId) -> String {
    with_id(TOKEN_ROTATE, id)
}

/// The path that resumes the token `id`.
#[must_use]
pub fn token_resume(id: CredentialId) -> String {
    with_id(TOKEN_RESUME, id)
}

/// The path that revokes the token `id`.
#[must_use]
pub fn token_revoke(id: CredentialId) -> String {
    with_id(TOKEN_REVOKE, id)
}

/// The path of the passkey `id`.
#[must_use]
pub fn passkey(id: FactorId) -> String {
    with_id(PASSKEY, id)
}

/// The path that removes the passkey `id`.
#[must_use]
pub fn passkey_remove(id: FactorId) -> String {
    with_id(PASSKEY_REMOVE, id)
}

/// The path that cancels the planned removal of the factor `id`.
#[must_use]
pub fn removal_cancel(id: FactorId) -> String {
    with_id(REMOVAL_CANCEL, id)
}

/// The path that ends the trust in the browser `id`.
#[must_use]
pub fn trusted_browser_remove(id: FactorId) -> String {
    with_id(TRUSTED_BROWSER_REMOVE, id)
}

/// The path of the receipt `id`.
#[must_use]
pub fn receipt(id: ReceiptId) -> String {
    with_id(RECEIPT, id)
}

/// The path of the token `id` in the API.
#[must_use]
pub fn api_token(id: CredentialId) -> String {
    with_id(API_TOKEN, id)
}

/// The path of the explanation of a problem type.
#[must_use]
pub fn problem(slug: &str) -> String {
    PROBLEM.replace("{name}", slug)
}

/// The path of an asset with this version.
#[must_use]
pub fn asset(version: &str, name: &str) -> String {
    ASSET.replace("{version}", version).replace("{name}", name)
}

/// The largest return address (`next`) in bytes. Of a longer one, only the path is used. A byte can
/// take three in a query, and proxies accept 8 KiB of response headers at least.
pub const MAX_RETURN_ADDRESS: usize = 2048;

/// Returns `next`, or its path alone if `next` is too long. `None` if the path is too long as well.
/// The address of a selection is never shortened, because without a query it selects everything.
/// It is recognised by its end, because `next` has the mount.
#[must_use]
pub fn truncate_return_address(next: &str) -> Option<&str> {
    if next.len() <= MAX_RETURN_ADDRESS {
        return Some(next);
    }
    let path = next.split(['?', '#']).next()?;
    (path.len() <= MAX_RETURN_ADDRESS && !path.ends_with(SIGN_OUT)).then_some(path)
}

/// Returns `path` with the return address `next`, [truncate_return_address] if it is too long.
#[must_use]
pub fn with_next(path: &str, next: &str) -> String {
    match truncate_return_address(next) {
        Some(next) => with_query(path, &[("next", next)]),
        None => path.to_owned(),
    }
}

/// Returns the path that confirms a second factor, with the return address `next`.
#[must_use]
pub fn confirm_second_factor(next: Option<&str>) -> String {
    let next = next
        .and_then(truncate_return_address)
        .map(|next| ("next", next));
    let fields: Vec<_> = [("acr", "2")].into_iter().chain(next).collect();
    with_query(CONFIRM, &fields)
}

/// Returns `path` with `fields` as its query.
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
