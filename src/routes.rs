//! The whole URL table: method, path, who may call, handler.

use actix_web::{FromRequest, Handler, Responder, http::Method};

use crate::{
    callers::Access::{self, Anyone, Visitor},
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
pub fn table() -> Vec<Route> {
    table! {
        // Anybody.
        GET    ASSET    Anyone  => assets::serve;
        GET    HOME     Visitor => crate::accounts::pages::home;
        GET    HEALTH   Anyone  => crate::protocols::health::alive;
        GET    READY    Anyone  => crate::protocols::health::ready;
    }
}
