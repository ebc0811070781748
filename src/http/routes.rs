//! The whole URL table: method, path, who may call, handler.

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
    pages::{self, account, activity, problem, revoke as sign_out, tokens as token},
    paths,
    response::assets,
};

/// One route.
pub struct Route {
    /// The method.
    pub method: Method,
    /// Whether every other method is answered as this one is.
    pub any_method: bool,
    /// The pattern of its path.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    pub(crate) handler: actix_web::Route,
}

impl Route {
    /// Whether a call counts against the caller's rate of changes: whatever changes something of the
    /// account, but for what ends something or is asked before that. An owner must always be able to end
    /// what an intruder has.
    #[must_use]
    pub fn is_change(&self) -> bool {
        let changes = [Method::POST, Method::PUT, Method::PATCH].contains(&self.method);
        let of_account = matches!(
            self.access,
            SessionPage | AnyCredential | SessionOnly | Abilities(_)
        );
        changes && of_account && !self.any_method && !ENDINGS.contains(&self.path)
    }
}

/// What ends something by a `POST`, and what is asked before that.
const ENDINGS: [&str; 11] = [
    paths::LOGOUT,
    paths::PASSWORD,
    paths::DELETE,
    paths::CONFIRM,
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

/// What pages and programs call. A handler that programs call says of itself what it takes and answers
/// (`#[utoipa::path]`): without that it does not compile here, and with it, it is in the document.
macro_rules! table {
    (
        pages { $($method:ident $path:ident $access:expr => $handler:path;)* }
        programs { $($call:ident $place:ident $asks:expr => $module:ident::$name:ident;)* }
    ) => {
        fn pages_and_programs() -> Vec<Route> {
            vec![
                $(route(Method::$method, paths::$path, $access, $handler),)*
                $(route(Method::$call, paths::$place, $asks, $module::$name),)*
            ]
        }

        #[derive(OpenApi)]
        #[openapi(paths($($module::$name),*))]
        struct Described;
    };
}

/// To see both classes.
const READ_BOTH: Access = Abilities(&["sessions:read", "tokens:read"]);
/// To end both classes.
const WRITE_BOTH: Access = Abilities(&["sessions:write", "tokens:write"]);

table! {
    pages {
        // Before anybody is known.
        GET  ASSET           Public  => assets::serve;
        GET  PROBLEM         Public  => problem::show;
        GET  CHANGE_PASSWORD Public  => account::to_settings;

        // Getting in.
        GET  HOME            OptionalSession => pages::home::home;
        GET  REGISTER        OptionalSession => pages::register::form;
        POST REGISTER        OptionalSession => pages::register::register;
        GET  LOGIN           OptionalSession => pages::login::form;
        POST LOGIN           OptionalSession => pages::login::login;
        GET  LOGOUT          OptionalSession => pages::logout::form;
        POST LOGOUT          OptionalSession => pages::logout::logout;

        // The account.
        GET  ACCOUNT         SessionPage => account::overview;
        GET  PROFILE         SessionPage => account::settings;
        POST PROFILE         SessionPage => account::change_profile;
        GET  PASSWORD        SessionPage => account::to_settings;
        POST PASSWORD        SessionPage => account::change_password;
        GET  DELETE          SessionPage => account::to_settings;
        POST DELETE          SessionPage => account::delete;
        GET  CONFIRM         SessionPage => pages::confirm::form;
        POST CONFIRM         SessionPage => pages::confirm::confirm;
        GET  ACTIVITY        SessionPage => activity::show;

        // What can get in.
        GET  SESSIONS        SessionPage => pages::sessions::show;
        POST SESSION_REVOKE  SessionPage => pages::sessions::revoke;
        GET  TOKENS          SessionPage => token::list;
        POST TOKENS          SessionPage => token::create;
        GET  TOKEN_NEW       SessionPage => token::new_form;
        GET  TOKEN           SessionPage => token::show;
        POST TOKEN           SessionPage => token::change;
        POST TOKEN_PAUSE     SessionPage => token::pause;
        POST TOKEN_RESUME    SessionPage => token::resume;
        POST TOKEN_ROTATE    SessionPage => token::rotate;
        POST TOKEN_REVOKE    SessionPage => token::revoke;

        // Ending it.
        GET  SIGN_OUT        SessionPage => sign_out::preview;
        POST SIGN_OUT        SessionPage => sign_out::end;
        GET  RECEIPT         SessionPage => sign_out::receipt;
    }
    programs {
        // The JSON API: who is calling.
        POST   API_SIGN_IN          Public                   => token_api::sign_in;
        POST   API_CONFIRM          SessionOnly                  => session_api::confirm;
        GET    API_USER             AnyCredential                => account_api::user;
        GET    API_ABILITIES        AnyCredential                => token_api::abilities;
        GET    API_EVENTS           Abilities(&["account:read"])   => activity_api::list;

        // The JSON API: sessions.
        GET    API_SESSIONS         Abilities(&["sessions:read"])  => session_api::list;
        DELETE API_SESSIONS         Abilities(&["sessions:write"]) => session_api::end_some;
        GET    API_SESSION_CURRENT  Abilities(&["sessions:read"])  => session_api::current;
        DELETE API_SESSION_CURRENT  SessionOnly                  => session_api::end_current;
        GET    API_SESSION          Abilities(&["sessions:read"])  => session_api::one;
        DELETE API_SESSION          Abilities(&["sessions:write"]) => session_api::end_one;

        // The JSON API: tokens.
        GET    API_TOKENS           Abilities(&["tokens:read"])    => token_api::list;
        POST   API_TOKENS           Abilities(&["tokens:write"])   => token_api::create;
        DELETE API_TOKENS           Abilities(&["tokens:write"])   => token_api::end_some;
        GET    API_TOKEN_CURRENT    AnyCredential                => token_api::current;
        DELETE API_TOKEN_CURRENT    AnyCredential                => token_api::end_current;
        GET    API_TOKEN            Abilities(&["tokens:read"])    => token_api::one;
        PATCH  API_TOKEN            Abilities(&["tokens:write"])   => token_api::change;
        DELETE API_TOKEN            Abilities(&["tokens:write"])   => token_api::end_one;
        POST   API_TOKEN_ROTATE     Abilities(&["tokens:write"])   => token_api::rotate;

        // The JSON API: both.
        GET    API_CREDENTIALS      READ_BOTH                => credential_api::list;
        POST   API_SIGN_OUT_PREVIEW READ_BOTH                => credential_api::preview;
        POST   API_SIGN_OUT         WRITE_BOTH               => credential_api::sign_out;
        GET    API_RECEIPT          Abilities(&["account:read"])   => credential_api::receipt;

        // What other programs ask by standards of their own.
        POST   INTROSPECT           OAuthClient(&["tokens:introspect"]) => oauth::introspect;
        POST   REVOKE               Public                   => oauth::revoke;
        GET    METADATA             Public                   => oauth::metadata;
        GET    OPENAPI              Public                   => handler::document;

        // Probes.
        GET    HEALTH               Public                   => health::alive;
        GET    READY                Public                   => health::ready;
    }
}

/// Every route. What is not here is not found.
#[must_use]
pub fn table() -> Vec<Route> {
    let mut table = pages_and_programs();
    // A proxy asks with the method of the request that it asks about, whatever that is. Who calls is
    // what it asks.
    table.push(Route {
        any_method: true,
        ..route(Method::GET, paths::VERIFY, Public, forward_auth::verify)
    });
    table
}

/// RFC 9110, section 9.3.2: HEAD is answered as GET is, without the content.
pub(crate) fn answers(method: &Method, context: &GuardContext<'_>) -> bool {
    let asked = &context.head().method;
    asked == method || (asked == Method::HEAD && method == Method::GET)
}

/// What the handlers that programs call say of themselves.
///
/// `/auth/verify` is not among them: it is asked by proxies, by whatever method, and never by somebody
/// who reads what a call takes.
#[must_use]
pub fn described() -> utoipa::openapi::OpenApi {
    Described::openapi()
}
