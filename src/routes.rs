//! The whole URL table: method, path, who may call, handler.

use actix_web::{FromRequest, Handler, Responder, http::Method};

use crate::{
    accounts, activity,
    callers::Access::{self, AnyCaller, Anyone, Can, Session, Visitor},
    credentials, sessions, tokens, urls,
    web::assets,
};

/// One route.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The pattern of its path.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    pub(crate) handler: actix_web::Route,
}

fn route<F, Args>(method: Method, path: &'static str, access: Access, handler: F) -> Route
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let handler = actix_web::web::route().to(handler);
    Route {
        method,
        path,
        access,
        handler,
    }
}

macro_rules! table {
    ($($method:ident $path:ident $access:expr => $handler:path;)*) => {
        vec![$(route(Method::$method, urls::$path, $access, $handler),)*]
    };
}

/// Every route. What is not here is not found.
#[must_use]
pub fn table() -> Vec<Route> {
    table! {
        // Anybody.
        GET    ASSET    Anyone  => assets::serve;
        GET    HOME     Visitor => accounts::pages::home;
        GET    HEALTH   Anyone  => crate::protocols::health::alive;
        GET    READY    Anyone  => crate::protocols::health::ready;

        // The JSON API.
        POST   API_SIGN_IN          Anyone    => tokens::api::sign_in;
        POST   API_CONFIRM          Session   => sessions::api::confirm;
        GET    API_USER             AnyCaller => accounts::api::user;
        GET    API_ABILITIES        AnyCaller => tokens::api::abilities;
        GET    API_CREDENTIALS      Can(&["sessions:read", "tokens:read"]) => credentials::api::list;
        GET    API_SESSIONS         Can(&["sessions:read"])  => sessions::api::list;
        DELETE API_SESSIONS         Can(&["sessions:write"]) => sessions::api::end_some;
        GET    API_SESSION_CURRENT  Can(&["sessions:read"])  => sessions::api::current;
        DELETE API_SESSION_CURRENT  Session                  => sessions::api::end_current;
        GET    API_SESSION          Can(&["sessions:read"])  => sessions::api::one;
        DELETE API_SESSION          Can(&["sessions:write"]) => sessions::api::end_one;
        GET    API_TOKENS           Can(&["tokens:read"])    => tokens::api::list;
        POST   API_TOKENS           Can(&["tokens:write"])   => tokens::api::create;
        DELETE API_TOKENS           Can(&["tokens:write"])   => tokens::api::end_some;
        GET    API_TOKEN_CURRENT    AnyCaller                => tokens::api::current;
        DELETE API_TOKEN_CURRENT    AnyCaller                => tokens::api::end_current;
        GET    API_TOKEN            Can(&["tokens:read"])    => tokens::api::one;
        PATCH  API_TOKEN            Can(&["tokens:write"])   => tokens::api::change;
        DELETE API_TOKEN            Can(&["tokens:write"])   => tokens::api::end_one;
        POST   API_SIGN_OUT_PREVIEW Can(&["sessions:read", "tokens:read"]) => credentials::api::preview;
        POST   API_SIGN_OUT         Can(&["sessions:write", "tokens:write"]) => credentials::api::sign_out;
        GET    API_RECEIPT          Can(&["account:read"])   => credentials::api::receipt;
        GET    API_EVENTS           Can(&["account:read"])   => activity::api::list;
    }
}
