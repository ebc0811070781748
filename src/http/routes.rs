//! The route table: method, path, access rule and handler of each route.

use actix_web::{FromRequest, Handler, Responder, guard::GuardContext, http::Method};
use utoipa::OpenApi;

use super::{
    api::{
        credentials as credential_api, events as activity_api, sessions as session_api,
        tokens as token_api, user as account_api,
    },
    auth::Access::{
        self, Abilities, AnyCredential, OAuthClient, OptionalSession, Public, SessionOnly,
        SessionPage,
    },
    forward_auth, oauth,
    openapi::handler,
    ops::health,
    paths,
};
#[cfg(feature = "pages")]
use super::{
    pages::{self, account, activity, problem, revoke as sign_out, security, tokens as token},
    response::assets,
};

/// One route.
pub struct Route {
    /// The method.
    pub method: Method,
    /// Whether the handler answers every method.
    pub any_method: bool,
    /// The pattern of the path.
    pub path: &'static str,
    /// The access rule.
    pub access: Access,
    pub(crate) handler: actix_web::Route,
}

impl Route {
    /// Returns whether a request counts towards the user's rate limit of changes. Changes of an
    /// account count, except revocations and the requests before them. An owner must always be able
    /// to revoke the credentials of an intruder.
    #[must_use]
    pub fn is_change(&self) -> bool {
        let changes = [Method::POST, Method::PUT, Method::PATCH].contains(&self.method);
        let is_account_route = matches!(
            self.access,
            SessionPage | AnyCredential | SessionOnly | Abilities(_)
        );
        changes && is_account_route && !self.any_method && !UNCOUNTED_PATHS.contains(&self.path)
    }

    /// Returns whether the caller must have a second factor if the settings require one.
    #[must_use]
    pub fn needs_factor(&self) -> bool {
        let is_open = OPEN_WITHOUT_FACTOR.contains(&(self.method.clone(), self.path));
        !is_open && !matches!(self.access, Public | OptionalSession)
    }
}

/// The routes that a user without a second factor can use although one is required. They set one
/// up, confirm it, or revoke the calling credential. Signing out in a browser is open to every
/// client.
const OPEN_WITHOUT_FACTOR: [(Method, &str); 11] = [
    (Method::POST, paths::PASSKEY_OPTIONS),
    (Method::POST, paths::PASSKEYS),
    (Method::GET, paths::TOTP),
    (Method::POST, paths::TOTP),
    (Method::GET, paths::CONFIRM),
    (Method::POST, paths::CONFIRM),
    (Method::POST, paths::CONFIRM_PASSKEY_OPTIONS),
    (Method::POST, paths::CONFIRM_PASSKEY),
    (Method::POST, paths::API_CONFIRM),
    (Method::DELETE, paths::API_SESSION_CURRENT),
    (Method::DELETE, paths::API_TOKEN_CURRENT),
];

/// The paths of `POST` requests that revoke credentials, or that precede a revocation.
const UNCOUNTED_PATHS: [&str; 13] = [
    paths::LOGOUT,
    paths::PASSWORD,
    paths::DELETE,
    paths::CONFIRM,
    paths::CONFIRM_PASSKEY_OPTIONS,
    paths::CONFIRM_PASSKEY,
    paths::SESSION_REVOKE,
    paths::TOKEN_PAUSE,
    paths::TOKEN_REVOKE,
    paths::SIGN_OUT,
    paths::API_CONFIRM,
    paths::API_SIGN_OUT,
    paths::API_SIGN_OUT_PREVIEW,
];

fn route<F, Args>(method: Method, path: &'static str, access: Access, handler: F) -> Route
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let handler = actix_web::web::route().to(handler);
    Route {
        method,
        any_method: false,
        path,
        access,
        handler,
    }
}

/// Declares the routes of pages and of API calls. Without the feature `pages`, the former are left
/// out. Each API handler must have `#[utoipa::path]`; otherwise this does not compile. So each API
/// call is in the OpenAPI document.
macro_rules! table {
    (
        pages { $($method:ident $path:ident $access:expr => $handler:path;)* }
        programs { $($call:ident $call_path:ident $call_access:expr => $module:ident::$name:ident;)* }
    ) => {
        fn pages_and_programs() -> Vec<Route> {
            let programs = [
                $(route(Method::$call, paths::$call_path, $call_access, $module::$name),)*
            ];
            #[cfg(feature = "pages")]
            let pages = [
                $(route(Method::$method, paths::$path, $access, $handler),)*
            ];
            #[cfg(not(feature = "pages"))]
            let pages = [];
            pages.into_iter().chain(programs).collect()
        }

        #[derive(OpenApi)]
        #[openapi(paths($($module::$name),*))]
        struct ApiDescription;
    };
}

/// The abilities to list sessions and tokens.
const READ_BOTH: Access = Abilities(&["sessions:read", "tokens:read"]);
/// The abilities to revoke sessions and tokens.
const WRITE_BOTH: Access = Abilities(&["sessions:write", "tokens:write"]);

table! {
    pages {
        // Without a user.
        GET  ASSET           Public  => assets::serve;
        GET  CHANGE_PASSWORD Public  => account::to_settings;
        GET  PASSKEY_ENDPOINTS Public => pages::passkey_addresses::endpoints;
        GET  RELATED_ORIGINS Public  => pages::passkey_addresses::related_origins;

        // Sign-in and sign-out.
        GET  PROBLEM         OptionalSession => problem::show;
        GET  HOME            OptionalSession => pages::home::home;
        GET  REGISTER        OptionalSession => pages::register::form;
        POST REGISTER        OptionalSession => pages::register::register;
        GET  LOGIN           OptionalSession => pages::login::form;
        POST LOGIN           OptionalSession => pages::login::login;
        GET  LOGIN_VERIFY    OptionalSession => pages::login_verify::form;
        POST LOGIN_VERIFY    OptionalSession => pages::login_verify::verify;
        POST LOGIN_PASSKEY_OPTIONS OptionalSession => pages::login_passkey::options;
        POST LOGIN_PASSKEY   OptionalSession => pages::login_passkey::sign_in;
        GET  LOGOUT          OptionalSession => pages::logout::form;
        POST LOGOUT          OptionalSession => pages::logout::logout;

        // Links in mails.
        GET  VERIFY_EMAIL    OptionalSession => pages::verify_email::show;
        POST VERIFY_EMAIL    OptionalSession => pages::verify_email::verify;
        POST VERIFY_EMAIL_RESEND OptionalSession => pages::verify_email::resend;
        GET  EMAIL_CONFIRM   OptionalSession => pages::email_change::confirm_form;
        POST EMAIL_CONFIRM   OptionalSession => pages::email_change::confirm;
        GET  EMAIL_UNDO      OptionalSession => pages::email_change::undo_form;
        POST EMAIL_UNDO      OptionalSession => pages::email_change::undo;
        GET  NOTICE_EMAIL_CONFIRM OptionalSession => pages::email_change::notices_form;
        POST NOTICE_EMAIL_CONFIRM OptionalSession => pages::email_change::verify_for_notices;
        GET  INVITATION      OptionalSession => pages::invitation::form;
        POST INVITATION      OptionalSession => pages::invitation::accept;
        GET  PASSWORD_FORGOT OptionalSession => pages::password::forgot::form;
        POST PASSWORD_FORGOT OptionalSession => pages::password::forgot::request;
        GET  PASSWORD_RESET  OptionalSession => pages::password::reset::form;
        POST PASSWORD_RESET  OptionalSession => pages::password::reset::reset;

        // The account.
        GET  ACCOUNT         SessionPage => account::overview;
        GET  PROFILE         SessionPage => account::settings;
        POST PROFILE         SessionPage => account::change_profile;
        POST EMAIL_CANCEL    SessionPage => pages::email_change::cancel;
        GET  PASSWORD        SessionPage => account::to_settings;
        POST PASSWORD        SessionPage => account::change_password;
        GET  PASSWORD_REMOVE SessionPage => security::to_security;
        POST PASSWORD_REMOVE SessionPage => security::remove_password;
        GET  DELETE          SessionPage => account::to_settings;
        POST DELETE          SessionPage => account::delete;
        GET  SECURE          SessionPage => account::secure;
        GET  CONFIRM         SessionPage => pages::confirm::form;
        POST CONFIRM         SessionPage => pages::confirm::confirm;
        POST CONFIRM_PASSKEY_OPTIONS SessionPage => pages::confirm_passkey::options;
        POST CONFIRM_PASSKEY SessionPage => pages::confirm_passkey::confirm;
        GET  SECURITY        SessionPage => security::overview;
        GET  TOTP            SessionPage => security::totp_form;
        POST TOTP            SessionPage => security::turn_on_totp;
        GET  TOTP_REMOVE     SessionPage => security::to_security;
        POST TOTP_REMOVE     SessionPage => security::remove_totp;
        POST PASSKEY_OPTIONS SessionPage => security::passkey_options;
        POST PASSKEYS        SessionPage => security::register_passkey;
        GET  PASSKEY         SessionPage => security::passkey;
        POST PASSKEY         SessionPage => security::rename_passkey;
        GET  PASSKEY_REMOVE  SessionPage => security::to_passkey;
        POST PASSKEY_REMOVE  SessionPage => security::remove_passkey;
        GET  REMOVAL_CANCEL  SessionPage => security::to_security;
        POST REMOVAL_CANCEL  SessionPage => security::cancel_removal;
        GET  TRUSTED_BROWSER_REMOVE SessionPage => security::to_security;
        POST TRUSTED_BROWSER_REMOVE SessionPage => security::remove_trusted_browser;
        GET  RECOVERY_CODES  SessionPage => security::show_recovery_codes;
        POST RECOVERY_CODES  SessionPage => security::make_recovery_codes;
        GET  ACTIVITY        SessionPage => activity::show;
        GET  ACTIVITY_CSV    SessionPage => activity::csv;
        GET  ACTIVITY_JSON   SessionPage => activity::json;

        // Sessions and tokens.
        GET  SESSIONS        SessionPage => pages::sessions::list;
        GET  SESSION         SessionPage => pages::sessions::show;
        POST SESSION_RECOGNISE SessionPage => account::recognise;
        GET  SESSION_REVOKE  SessionPage => pages::sessions::ask_to_revoke;
        POST SESSION_REVOKE  SessionPage => pages::sessions::revoke;
        GET  TOKENS          SessionPage => token::list;
        POST TOKENS          SessionPage => token::create;
        GET  TOKEN_NEW       SessionPage => token::new_form;
        GET  TOKEN           SessionPage => token::show;
        POST TOKEN           SessionPage => token::change;
        POST TOKEN_PAUSE     SessionPage => token::pause;
        POST TOKEN_RESUME    SessionPage => token::resume;
        GET  TOKEN_ROTATE    SessionPage => token::to_token;
        POST TOKEN_ROTATE    SessionPage => token::rotate;
        GET  TOKEN_REVOKE    SessionPage => token::ask_to_revoke;
        POST TOKEN_REVOKE    SessionPage => token::revoke;

        // Revocation.
        GET  SIGN_OUT        SessionPage => sign_out::preview;
        POST SIGN_OUT        SessionPage => sign_out::revoke_selection;
        GET  RECEIPT         SessionPage => sign_out::receipt;
    }
    programs {
        // JSON API: the account.
        POST   API_SIGN_IN          Public                   => token_api::sign_in;
        POST   API_CONFIRM          SessionOnly                  => session_api::confirm;
        GET    API_USER             AnyCredential                => account_api::user;
        GET    API_ABILITIES        AnyCredential                => token_api::abilities;
        GET    API_EVENTS           Abilities(&["account:read"])   => activity_api::list;

        // JSON API: sessions.
        GET    API_SESSIONS         Abilities(&["sessions:read"])  => session_api::list;
        DELETE API_SESSIONS         Abilities(&["sessions:write"]) => session_api::revoke_selected;
        GET    API_SESSION_CURRENT  Abilities(&["sessions:read"])  => session_api::current;
        DELETE API_SESSION_CURRENT  SessionOnly                  => session_api::revoke_current;
        GET    API_SESSION          Abilities(&["sessions:read"])  => session_api::one;
        DELETE API_SESSION          Abilities(&["sessions:write"]) => session_api::revoke_one;

        // JSON API: tokens.
        GET    API_TOKENS           Abilities(&["tokens:read"])    => token_api::list;
        POST   API_TOKENS           Abilities(&["tokens:write"])   => token_api::create;
        DELETE API_TOKENS           Abilities(&["tokens:write"])   => token_api::revoke_selected;
        GET    API_TOKEN_CURRENT    AnyCredential                => token_api::current;
        DELETE API_TOKEN_CURRENT    AnyCredential                => token_api::revoke_current;
        GET    API_TOKEN            Abilities(&["tokens:read"])    => token_api::one;
        PATCH  API_TOKEN            Abilities(&["tokens:write"])   => token_api::change;
        DELETE API_TOKEN            Abilities(&["tokens:write"])   => token_api::revoke_one;
        POST   API_TOKEN_ROTATE     Abilities(&["tokens:write"])   => token_api::rotate;

        // JSON API: sessions and tokens.
        GET    API_CREDENTIALS      READ_BOTH                => credential_api::list;
        POST   API_SIGN_OUT_PREVIEW READ_BOTH                => credential_api::preview;
        POST   API_SIGN_OUT         WRITE_BOTH               => credential_api::sign_out;
        GET    API_RECEIPT          Abilities(&["account:read"])   => credential_api::receipt;

        // OAuth and OpenAPI.
        POST   INTROSPECT           OAuthClient(&["tokens:introspect"]) => oauth::introspect;
        POST   REVOKE               Public                   => oauth::revoke;
        GET    METADATA             Public                   => oauth::metadata;
        GET    OPENAPI              Public                   => handler::document;

        // Health checks.
        GET    HEALTH               Public                   => health::alive;
        GET    READY                Public                   => health::ready;
    }
}

/// Returns all routes. Other paths are answered with 404.
#[must_use]
pub fn table() -> Vec<Route> {
    let mut table = pages_and_programs();
    // A proxy sends the method of the original request. The handler authenticates the caller
    // itself.
    table.push(Route {
        any_method: true,
        ..route(Method::GET, paths::VERIFY, Public, forward_auth::verify)
    });
    #[cfg(all(feature = "internals", feature = "pages"))]
    table.push(route(
        Method::GET,
        paths::COMPONENTS,
        OptionalSession,
        pages::components::show,
    ));
    table
}

/// Returns whether a route with `method` answers the request. A HEAD is answered like a GET,
/// without the content (RFC 9110, section 9.3.2).
pub(crate) fn matches_method(method: &Method, guard: &GuardContext<'_>) -> bool {
    let requested = &guard.head().method;
    requested == method || (requested == Method::HEAD && method == Method::GET)
}

/// Returns the OpenAPI descriptions of the API handlers.
///
/// `/auth/verify` is excluded, because proxies call it with every method and no developer writes
/// calls of it.
#[must_use]
pub fn openapi_document() -> utoipa::openapi::OpenApi {
    ApiDescription::openapi()
}
