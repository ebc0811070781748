//! The whole URL table: method, path, who may call, handler.

use actix_web::{FromRequest, Handler, Responder, guard::GuardContext, http::Method};
use utoipa::OpenApi;

use super::{
    api::{
        credentials as credential_api, events as activity_api, sessions as session_api,
        tokens as token_api, user as account_api,
    },
    auth::Access::{self, AnyCaller, Anyone, Browser, Can, Client, Session, Visitor},
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
        let of_account = matches!(self.access, Browser | AnyCaller | Session | Can(_));
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
const READ_BOTH: Access = Can(&["sessions:read", "tokens:read"]);
/// To end both classes.
const WRITE_BOTH: Access = Can(&["sessions:write", "tokens:write"]);

table! {
    pages {
        // Before anybody is known.
        GET  ASSET           Anyone  => assets::serve;
        GET  PROBLEM         Anyone  => problem::show;
        GET  CHANGE_PASSWORD Anyone  => account::to_settings;

        // Getting in.
        GET  HOME            Visitor => pages::home::home;
        GET  REGISTER        Visitor => pages::register::form;
        POST REGISTER        Visitor => pages::register::register;
        GET  LOGIN           Visitor => pages::login::form;
        POST LOGIN           Visitor => pages::login::login;
        GET  LOGOUT          Visitor => pages::logout::form;
        POST LOGOUT          Visitor => pages::logout::logout;

        // The account.
        GET  ACCOUNT         Browser => account::overview;
        GET  PROFILE         Browser => account::settings;
        POST PROFILE         Browser => account::change_profile;
        GET  PASSWORD        Browser => account::to_settings;
        POST PASSWORD        Browser => account::change_password;
        GET  DELETE          Browser => account::to_settings;
        POST DELETE          Browser => account::delete;
        GET  CONFIRM         Browser => pages::confirm::form;
        POST CONFIRM         Browser => pages::confirm::confirm;
        GET  ACTIVITY        Browser => activity::show;

        // What can get in.
        GET  SESSIONS        Browser => pages::sessions::show;
        POST SESSION_REVOKE  Browser => pages::sessions::revoke;
        GET  TOKENS          Browser => token::list;
        POST TOKENS          Browser => token::create;
        GET  TOKEN_NEW       Browser => token::new_form;
        GET  TOKEN           Browser => token::show;
        POST TOKEN           Browser => token::change;
        POST TOKEN_PAUSE     Browser => token::pause;
        POST TOKEN_RESUME    Browser => token::resume;
        POST TOKEN_ROTATE    Browser => token::rotate;
        POST TOKEN_REVOKE    Browser => token::revoke;

        // Ending it.
        GET  SIGN_OUT        Browser => sign_out::preview;
        POST SIGN_OUT        Browser => sign_out::end;
        GET  RECEIPT         Browser => sign_out::receipt;
    }
    programs {
        // The JSON API: who is calling.
        POST   API_SIGN_IN          Anyone                   => token_api::sign_in;
        POST   API_CONFIRM          Session                  => session_api::confirm;
        GET    API_USER             AnyCaller                => account_api::user;
        GET    API_ABILITIES        AnyCaller                => token_api::abilities;
        GET    API_EVENTS           Can(&["account:read"])   => activity_api::list;

        // The JSON API: sessions.
        GET    API_SESSIONS         Can(&["sessions:read"])  => session_api::list;
        DELETE API_SESSIONS         Can(&["sessions:write"]) => session_api::end_some;
        GET    API_SESSION_CURRENT  Can(&["sessions:read"])  => session_api::current;
        DELETE API_SESSION_CURRENT  Session                  => session_api::end_current;
        GET    API_SESSION          Can(&["sessions:read"])  => session_api::one;
        DELETE API_SESSION          Can(&["sessions:write"]) => session_api::end_one;

        // The JSON API: tokens.
        GET    API_TOKENS           Can(&["tokens:read"])    => token_api::list;
        POST   API_TOKENS           Can(&["tokens:write"])   => token_api::create;
        DELETE API_TOKENS           Can(&["tokens:write"])   => token_api::end_some;
        GET    API_TOKEN_CURRENT    AnyCaller                => token_api::current;
        DELETE API_TOKEN_CURRENT    AnyCaller                => token_api::end_current;
        GET    API_TOKEN            Can(&["tokens:read"])    => token_api::one;
        PATCH  API_TOKEN            Can(&["tokens:write"])   => token_api::change;
        DELETE API_TOKEN            Can(&["tokens:write"])   => token_api::end_one;
        POST   API_TOKEN_ROTATE     Can(&["tokens:write"])   => token_api::rotate;

        // The JSON API: both.
        GET    API_CREDENTIALS      READ_BOTH                => credential_api::list;
        POST   API_SIGN_OUT_PREVIEW READ_BOTH                => credential_api::preview;
        POST   API_SIGN_OUT         WRITE_BOTH               => credential_api::sign_out;
        GET    API_RECEIPT          Can(&["account:read"])   => credential_api::receipt;

        // What other programs ask by standards of their own.
        POST   INTROSPECT           Client(&["tokens:introspect"]) => oauth::introspect;
        POST   REVOKE               Anyone                   => oauth::revoke;
        GET    METADATA             Anyone                   => oauth::metadata;
        GET    OPENAPI              Anyone                   => handler::document;

        // Probes.
        GET    HEALTH               Anyone                   => health::alive;
        GET    READY                Anyone                   => health::ready;
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
        ..route(Method::GET, paths::VERIFY, Anyone, forward_auth::verify)
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
