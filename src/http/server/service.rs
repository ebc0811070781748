//! The routes of the program's own server.

use std::rc::Rc;

#[cfg(feature = "pages")]
use actix_web::HttpRequest;
use actix_web::{HttpResponse, Scope, dev::HttpServiceFactory, web};

use super::connections::InProgress;
#[cfg(feature = "pages")]
use crate::http::{address::mount_of, auth::identify_browser};
use crate::{
    app_state::AppState,
    config::SigningKeys,
    error::Error,
    http::{
        app::{add_state, compressed, paths_in_order, resource},
        auth::session_cookie::CookieConfig,
        middleware::{
            body,
            outermost::{Outermost, wrap_request},
        },
        response::error_response::ResponseFormat,
    },
};

/// Returns all routes of Narthex for the program's own server. Every other path is answered with
/// 404.
pub fn service_with_routes(
    state: &AppState,
    keys: &SigningKeys,
    extra_routes: fn(&mut web::ServiceConfig),
) -> impl HttpServiceFactory + use<> {
    state.set_node_config(keys);
    let cookie_config = web::Data::new(CookieConfig::new(state.settings(), keys));
    let scope: Scope = web::scope("")
        .app_data(body::payload_limit())
        .configure(|config| add_state(config, state, keys, &cookie_config))
        .configure(extra_routes);
    let scope = paths_in_order()
        .into_iter()
        .fold(scope, |scope, (path, routes)| {
            let resource = resource(state, &cookie_config, path, routes);
            match ResponseFormat::of(path) {
                ResponseFormat::Html => scope.service(compressed(resource)),
                ResponseFormat::Json => scope.service(resource),
            }
        });
    let shared = Rc::new(Outermost::new(state));
    scope
        .default_service(web::to(not_found))
        .wrap_fn(move |request, service| {
            wrap_request::<InProgress, _>(Rc::clone(&shared), request, service)
        })
}

/// The page of a signed-in user keeps its menu, so that the user does not look signed out.
#[cfg(feature = "pages")]
async fn not_found(request: HttpRequest) -> Result<HttpResponse, Error> {
    let format = ResponseFormat::at(mount_of(&request), request.path());
    if format == ResponseFormat::Html {
        identify_browser(&request).await?;
    }
    Err(Error::NotFound)
}

#[cfg(not(feature = "pages"))]
async fn not_found() -> Result<HttpResponse, Error> {
    Err(Error::NotFound)
}
