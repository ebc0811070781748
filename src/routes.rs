//! The whole URL table: method, path, who may call, handler.

use actix_web::{FromRequest, Handler, Responder, http::Method};

use crate::{
    accounts::pages as account,
    activity::pages as activity,
    callers::Access::{self, Anyone, Browser, Visitor},
    credentials::pages as sign_out,
    protocols::health,
    sessions::pages as session,
    tokens::pages as token,
    urls,
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
#[rustfmt::skip]
pub fn table() -> Vec<Route> {
    table! {
        // Probes and browsers, before anybody is known.
        GET  HEALTH          Anyone  => health::alive;
        GET  READY           Anyone  => health::ready;
        GET  ASSET           Anyone  => assets::serve;

        // Getting in.
        GET  HOME            Visitor => account::home;
        GET  REGISTER        Visitor => account::register_form;
        POST REGISTER        Visitor => account::register;
        GET  LOGIN           Visitor => session::login_form;
        POST LOGIN           Visitor => session::login;

        // The account.
        POST LOGOUT          Browser => session::logout;
        GET  ACCOUNT         Browser => account::overview;
        GET  PROFILE         Browser => account::settings;
        POST PROFILE         Browser => account::change_profile;
        GET  PASSWORD        Browser => account::to_settings;
        POST PASSWORD        Browser => account::change_password;
        GET  DELETE          Browser => account::to_settings;
        POST DELETE          Browser => account::delete;
        GET  CONFIRM         Browser => session::confirm_form;
        POST CONFIRM         Browser => session::confirm;
        GET  ACTIVITY        Browser => activity::show;

        // What can get in.
        GET  SESSIONS        Browser => session::list;
        POST SESSION_REVOKE  Browser => session::revoke;
        GET  TOKENS          Browser => token::list;
        POST TOKENS          Browser => token::create;
        GET  TOKEN_NEW       Browser => token::new_form;
        GET  TOKEN           Browser => token::show;
        POST TOKEN           Browser => token::change;
        POST TOKEN_PAUSE     Browser => token::pause;
        POST TOKEN_RESUME    Browser => token::resume;
        POST TOKEN_REVOKE    Browser => token::revoke;

        // Ending it.
        GET  SIGN_OUT        Browser => sign_out::preview;
        POST SIGN_OUT        Browser => sign_out::end;
        GET  RECEIPT         Browser => sign_out::receipt;
    }
}
